//! The wire protocol of a whole machine: what only all parts together show.

use std::os::unix::process::CommandExt;
use std::time::Duration;

use indexmap::IndexMap;
use labwright_wire::frame::{self, Kind};
use labwright_wire::{
    Client, ClientError, Control, Event, Exit, KeepOp, Open, Reply, Stream, VERSION,
};

use crate::machine::{Machine, name, node, spec};
use crate::serve_peer::{code, read_until, type_in};

fn check(script: &str, user: &str, timeout_ms: u64) -> Open {
    Open::Check {
        node: name("one"),
        script: script.to_owned(),
        env: IndexMap::from([("ANSWER".to_owned(), "42".to_owned())]),
        user: user.to_owned(),
        timeout_ms,
    }
}

fn pty(terminal: &str) -> Open {
    Open::Pty {
        node: name("one"),
        terminal: terminal.to_owned(),
        cols: 80,
        rows: 24,
        since: None,
        existing: false,
        argv: Vec::new(),
        user: None,
    }
}

async fn receive(mut stream: Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(frame) = frame::read_frame(&mut stream).await.unwrap() {
        match frame.kind {
            Kind::Data => bytes.extend(frame.bytes),
            Kind::Eof => return bytes,
            other => panic!("{other:?}"),
        }
    }
    panic!("it broke off");
}

async fn send(mut stream: Stream, bytes: &[u8]) -> Control {
    for part in bytes.chunks(60_000) {
        frame::write_frame(&mut stream, Kind::Data, part)
            .await
            .unwrap();
    }
    frame::write_frame(&mut stream, Kind::Eof, &[])
        .await
        .unwrap();
    let frame = frame::read_frame(&mut stream).await.unwrap().unwrap();
    serde_json::from_slice(&frame.bytes).unwrap()
}

#[tokio::test]
async fn checks_run_beyond_the_learner_and_leave_nothing() {
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    let text =
        "echo $ANSWER; id -u; cat /proc/1/environ; head -c1 /proc/1/mem; sleep 1000 & exit 1";
    let (reply, _) = machine
        .client
        .open(&check(text, "root", 5000))
        .await
        .unwrap();
    let Reply::Check(output) = reply else {
        panic!("{reply:?}")
    };
    assert_eq!(
        (output.exit, output.stdout.as_str()),
        (Some(Exit::Code(1)), "42\n0\n")
    );
    machine.ok("one", "! grep -l sleep /proc/[0-9]*/comm").await;

    for user in ["root", "nobody"] {
        let secret = check("sleep 2; echo the-secret", user, 5000);
        let attack = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let attack = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -q 'sh /proc/self/f[d]' || continue; \
                echo found; cat $p/fd/60 $p/environ; head -c 1 $p/mem; done 2>/dev/null";
            machine.sh("one", attack).await.1
        };
        let (checked, seen) = tokio::join!(machine.client.open(&secret), attack);
        assert!(
            matches!(checked.unwrap().0, Reply::Check(output) if output.exit == Some(Exit::Code(0)))
        );
        assert_eq!(seen, "found\n", "{user}");
    }
}

#[tokio::test]
async fn what_one_machine_keeps_another_restores() {
    let mut kept = spec(vec![node("one", 1)]);
    kept.keep = vec!["/root".to_owned(), "/home/no-such".to_owned()];
    let machine = Machine::ready(&kept).await;
    machine
        .ok(
            "one",
            "echo mine > /root/f && chown 7:8 /root/f && rm -f /root/.profile && mkdir /root/d",
        )
        .await;
    let save = Open::Keep {
        node: name("one"),
        op: KeepOp::Save,
    };
    let archive = receive(machine.client.open(&save).await.unwrap().1).await;
    machine
        .ok(
            "one",
            "dd if=/dev/urandom of=/root/big bs=1M count=20 && rm /root/f",
        )
        .await;
    let restore = Open::Keep {
        node: name("one"),
        op: KeepOp::Restore,
    };
    for machine in [&machine, &Machine::ready(&kept).await] {
        let stream = machine.done(&restore).await.unwrap();
        assert_eq!(
            send(stream, &archive).await,
            Control::Exit {
                exit: Exit::Code(0)
            }
        );
        let list = machine
            .ok(
                "one",
                "cat /root/f; stat -c '%u %g' /root/f; ls -A /root; ls -Ad /.labwright* 2>/dev/null || true",
            )
            .await;
        assert!(list.starts_with("mine\n7 8\n"), "{list}");
        assert!(
            !list.contains("big") && !list.contains(".profile") && list.contains("d\n"),
            "{list}"
        );
    }
    // Noise changes nothing.
    let stream = machine.done(&restore).await.unwrap();
    assert!(matches!(
        send(stream, &[9; 100_000]).await,
        Control::Failed(_)
    ));
    machine.ok("one", "cat /root/f").await;
}

#[tokio::test]
async fn files_stay_inside_the_node() {
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    let path = "/root/a/file".to_owned();
    machine.ok("one", "mkdir /root/a && ln -s / /root/up").await;
    let write = Open::FileWrite {
        node: name("one"),
        path: path.clone(),
        mode: 0o600,
    };
    let content = vec![5; 300_000];
    let stream = machine.done(&write).await.unwrap();
    assert_eq!(
        send(stream, &content).await,
        Control::Exit {
            exit: Exit::Code(0)
        }
    );
    let read = |path: &str| Open::FileRead {
        node: name("one"),
        path: path.to_owned(),
    };
    assert_eq!(
        receive(machine.done(&read(&path)).await.unwrap()).await,
        content
    );
    machine.ok("one", "echo inside > /root/probe").await;
    let bytes = receive(
        machine
            .done(&read("/root/up/../../../root/probe"))
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(bytes, b"inside\n");
    assert_eq!(
        code(machine.client.open(&read("/no/such")).await),
        "refused"
    );
}

#[tokio::test]
async fn terminals_are_told_and_go_with_their_node() {
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    let (reply, mut events) = machine
        .client
        .open(&Open::Status { version: VERSION })
        .await
        .unwrap();
    assert!(matches!(reply, Reply::Status(status) if status.terminals.is_empty()));
    let (_, mut stream) = machine.client.open(&pty("t1")).await.unwrap();
    type_in(&mut stream, "tty; echo he''re\n").await;
    let seen = read_until(&mut stream, "here").await;
    assert!(seen.text.contains("/dev/pts/0"), "{seen:?}");
    assert_eq!(machine.status().await.terminals.len(), 1);
    machine.done(&Open::Reset { node: None }).await.unwrap();
    assert!(read_until(&mut stream, "").await.exit.is_some());
    let ended = async {
        while let Ok(Some(frame)) = frame::read_frame(&mut events).await {
            if matches!(
                serde_json::from_slice(&frame.bytes),
                Ok(Event::TerminalEnded { .. })
            ) {
                return;
            }
        }
        panic!("the end was not told");
    };
    tokio::time::timeout(Duration::from_secs(5), ended)
        .await
        .unwrap();
    assert!(machine.status().await.terminals.is_empty());
}

#[tokio::test]
async fn strangers_and_what_is_not_there_are_refused() {
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    let socket = machine.folder.path().join("agent.sock");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(&socket, mode).unwrap();
    // Somebody who can open the socket and is neither root nor its owner gets not a byte.
    let probe = "import socket,sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n\
        try:\n s.sendall(b'\\0' * 12)\n sys.exit(0 if s.recv(1) == b'' else 1)\n\
        except OSError: sys.exit(0)";
    let mut stranger = std::process::Command::new("/usr/bin/python3");
    stranger.args(["-c", probe]).arg(&socket).uid(65534);
    assert!(stranger.status().unwrap().success());

    for open in [Open::Ethernet {
        network: "lan".to_owned(),
    }] {
        assert_eq!(code(machine.client.open(&open).await), "unsupported");
    }
    assert_eq!(
        code(machine.client.open(&Open::Status { version: 7 }).await),
        "version"
    );
    let mut open = check("true", "root", 1000);
    if let Open::Check { node, .. } = &mut open {
        *node = name("ghost");
    }
    assert_eq!(code(machine.client.open(&open).await), "unknown_node");
    assert_eq!(
        code(machine.client.open(&check("true", "ghost", 1000)).await),
        "refused"
    );
}

#[tokio::test]
async fn the_channel_closes_after_a_stop() {
    let machine = Machine::ready(&spec(vec![node("one", 1)])).await;
    machine.client.open(&pty("t1")).await.unwrap();
    let client: Client = machine.client.clone();
    machine.done(&Open::Stop).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), client.closed())
        .await
        .unwrap();
    assert!(matches!(
        client.open(&Open::Stop).await,
        Err(ClientError::Closed)
    ));
}
