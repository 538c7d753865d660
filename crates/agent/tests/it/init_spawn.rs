//! Programs, terminals and users in a node.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use labwright_agent::init::{InitError, Spawn, Stdio, StdioKind};
use labwright_wire::Exit;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::init_node::Node;

#[tokio::test]
async fn a_program_has_a_clean_start() {
    let node = Node::start().await;
    let status = node
        .ok("cat /proc/self/status; ls /proc/self/fd; pwd; cat /proc/self/oom_score_adj")
        .await;
    let line = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    for set in ["SigBlk:", "SigIgn:", "CapInh:", "CapAmb:"] {
        assert_eq!(line(set), "0000000000000000", "{set}");
    }
    for set in ["CapBnd:", "CapPrm:", "CapEff:"] {
        let bits = u64::from_str_radix(&line(set), 16).unwrap();
        assert_eq!(
            bits & (1 << 19 | 1 << 35),
            0,
            "{set} holds SYS_PTRACE or WAKE_ALARM"
        );
        assert_ne!(bits & (1 << 12), 0, "{set} holds NET_ADMIN");
    }
    let rest: Vec<_> = status.lines().skip_while(|line| *line != "0").collect();
    assert_eq!(rest, ["0", "1", "2", "3", "/", "500"]);
}

#[tokio::test]
async fn input_output_error_and_end_come_through() {
    let node = Node::start().await;
    let mut child = node
        .control
        .spawn(Spawn {
            argv: ["sh", "-c", "cat; echo oops >&2; exit 3"]
                .map(str::to_owned)
                .to_vec(),
            env: node.control.environment([]),
            stdio: StdioKind::Pipes,
            ..Spawn::default()
        })
        .await
        .unwrap();
    let Stdio::Pipes {
        mut stdin,
        mut stdout,
        mut stderr,
    } = std::mem::replace(&mut child.stdio, Stdio::None)
    else {
        panic!("pipes were asked for");
    };
    stdin.write_all(b"hello").await.unwrap();
    drop(stdin);
    let (mut out, mut error) = (String::new(), String::new());
    stdout.read_to_string(&mut out).await.unwrap();
    stderr.read_to_string(&mut error).await.unwrap();
    assert_eq!((out.as_str(), error.as_str()), ("hello", "oops\n"));
    assert_eq!(child.wait().await, Exit::Code(3));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let node = Node::start().await;
    let missing = |argv: &str, user: &str, cwd: Option<&str>| Spawn {
        argv: vec![argv.to_owned()],
        user: user.to_owned(),
        cwd: cwd.map(str::to_owned),
        ..Spawn::default()
    };
    for (spawn, words) in [
        (missing("no-such", "", None), "no program `no-such`"),
        (missing("/etc/passwd", "", None), "cannot run `/etc/passwd`"),
        (
            missing("true", "nobody-such", None),
            "no user `nobody-such`",
        ),
        (
            missing("true", "", Some("/no/such")),
            "cannot enter `/no/such`",
        ),
    ] {
        match node.control.spawn(spawn).await {
            Err(InitError::Refused(text)) => assert!(text.contains(words), "{text}"),
            _ => panic!("{words}"),
        }
    }
}

#[tokio::test]
async fn users_have_their_groups_home_and_own_their_streams() {
    let node = Node::start().await;
    let (exit, text) = node
        .sh("nobody", "id -un; echo $HOME $USER; echo x > /dev/stdout")
        .await;
    assert_eq!(exit, Exit::Code(0), "{text}");
    assert_eq!(text, "nobody\n/nonexistent nobody\nx\n");
    let (_, text) = node
        .sh("12345", "id -u; id -G; grep CapEff /proc/self/status")
        .await;
    assert_eq!(text, "12345\n12345\nCapEff:\t0000000000000000\n");
}

#[tokio::test]
async fn a_terminal_is_a_login_shell_with_job_control() {
    let node = Node::start().await;
    let mut child = node
        .control
        .spawn(Spawn {
            env: node.control.environment([]),
            stdio: StdioKind::Pty {
                cols: 100,
                rows: 30,
            },
            ..Spawn::default()
        })
        .await
        .unwrap();
    let Stdio::Pty(master) = std::mem::replace(&mut child.stdio, Stdio::None) else {
        panic!("a terminal was asked for");
    };
    let text = tokio::task::spawn_blocking(move || {
        rustix::io::ioctl_fionbio(&master, false).unwrap();
        let mut master = std::fs::File::from(master);
        master
            .write_all(b"tty; stty size; echo $0 $TERM $LAB; sleep 100 & jobs; kill %1; exit 5\n")
            .unwrap();
        let mut text = Vec::new();
        let mut buffer = [0; 1024];
        while let Ok(length @ 1..) = master.read(&mut buffer) {
            text.extend_from_slice(&buffer[..length]);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
    .await
    .unwrap();
    for words in [
        "/dev/pts/",
        "30 100",
        "-bash xterm-256color test",
        "Running",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    assert_eq!(child.wait().await, Exit::Code(5));
}

#[tokio::test]
async fn signals_reach_the_whole_group_and_only_the_living() {
    let node = Node::start().await;
    let spawn = || Spawn {
        argv: ["sh", "-c", "sleep 1000 & sleep 1000; true"]
            .map(str::to_owned)
            .to_vec(),
        env: node.control.environment([]),
        ..Spawn::default()
    };
    let mut child = node.control.spawn(spawn()).await.unwrap();
    child.signal(libc::SIGKILL).await.unwrap();
    assert_eq!(child.wait().await, Exit::Signal(libc::SIGKILL));
    child.signal(libc::SIGKILL).await.unwrap();
    node.ok("! pgrep sleep").await;
}

#[tokio::test]
async fn orphans_are_reaped() {
    let node = Node::start().await;
    node.ok("for i in 1 2 3 4 5; do (sh -c 'sleep 0.1' &); done; sleep 0.5")
        .await;
    let states = node.ok("ps -eo pid=,stat=,comm=").await;
    assert!(!states.contains('Z'), "{states}");
    let names: BTreeSet<_> = states
        .lines()
        .filter_map(|l| l.split_whitespace().nth(2))
        .collect();
    assert_eq!(names, BTreeSet::from(["init", "ps", "sh"]), "{states}");
}

#[tokio::test]
async fn a_hostile_passwd_holds_nothing_up() {
    let prepare = "cp /etc/passwd /mnt/p && mkfifo /mnt/fifo && mount --bind /mnt/fifo /etc/passwd";
    let node = Node::prepared(prepare).await;
    let (exit, _) = node.sh("root", "true").await;
    assert_eq!(exit, Exit::Code(0));
    assert!(matches!(
        node.control
            .spawn(Spawn {
                user: "student".to_owned(),
                ..Spawn::default()
            })
            .await,
        Err(InitError::Refused(_))
    ));
}

#[tokio::test]
async fn shutdown_asks_first_and_ends_then() {
    let node = Node::start().await;
    node.ok(
        "(trap 'echo asked > /mnt/x; exit' TERM; while :; do sleep 0.05; done) >/dev/null 2>&1 &",
    )
    .await;
    let began = Instant::now();
    node.control.shutdown(Duration::from_secs(5)).await.unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn many_at_once() {
    let node = Node::start().await;
    let all = (0..100).map(|_| node.sh("", "echo hello"));
    for (exit, text) in futures_join(all).await {
        assert_eq!((exit, text.as_str()), (Exit::Code(0), "hello\n"));
    }
}

async fn futures_join<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    futures::future::join_all(all).await
}

#[tokio::test]
async fn nothing_piles_up_in_init() {
    let node = Node::start().await;
    let descriptors = || std::fs::read_dir(node.proc().join("fd")).unwrap().count();
    let memory = || {
        let rollup = std::fs::read_to_string(node.proc().join("smaps_rollup")).unwrap();
        let line = rollup.lines().find(|line| line.starts_with("Pss_Anon:"));
        let kb = line.unwrap().split_whitespace().nth(1).unwrap();
        kb.parse::<u64>().unwrap()
    };
    for _ in 0..20 {
        node.ok("true").await;
    }
    let before = (descriptors(), memory());
    for _ in 0..10 {
        let good = (0..20).map(|_| node.sh("", "true"));
        futures_join(good).await;
        node.check("true").await;
        let bad = Spawn {
            argv: vec!["/no/such".to_owned()],
            ..Spawn::default()
        };
        assert!(node.control.spawn(bad).await.is_err());
    }
    let after = (descriptors(), memory());
    assert_eq!(before.0, after.0);
    assert!(after.1 <= before.1 + 64, "{before:?} {after:?}");
}
