//! Checks: what they get, and that nothing of theirs survives or is within the learner's reach.

use std::time::{Duration, Instant};

use labwright_wire::Exit;

use crate::init_node::Node;

#[tokio::test]
async fn a_check_has_its_answer_a_clean_path_and_no_terminal() {
    let node = Node::start().await;
    let text = "echo $ANSWER $LAB $PATH $PWD; tty; echo oops >&2; read line || echo empty; exit 1";
    let output = node.check(text).await;
    assert_eq!(output.exit, Some(Exit::Code(1)));
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert_eq!(
        output.stdout,
        format!("42 test {path} /\nnot a tty\nempty\n")
    );
    assert_eq!(output.stderr, "oops\n");
}

#[tokio::test]
async fn interpreters_are_taken_from_the_first_line() {
    let node = Node::start().await;
    for (text, stdout) in [
        ("echo $0", "/proc/self/fd/60\n"),
        ("#!/bin/sh -e\nfalse\necho no", ""),
        (
            "#!/usr/bin/env python3\nimport os; print(os.environ['ANSWER'])",
            "42\n",
        ),
        ("#!/usr/bin/awk -f\nBEGIN { print 7 }", "7\n"),
    ] {
        assert_eq!(node.check(text).await.stdout, stdout, "{text}");
    }
    let env = indexmap::IndexMap::new();
    let script = labwright_agent::init::run::Script {
        text: "#!/no/such/shell\n",
        env: &env,
        user: "",
        timeout: Duration::from_secs(5),
    };
    let error = node.control.check(&script).await.unwrap_err().to_string();
    assert!(error.contains("no program `/no/such/shell`"), "{error}");
}

#[tokio::test]
async fn a_script_is_given_the_parameters_that_it_names() {
    let node = Node::start().await;
    let env = ["PARAM_PORT", "PARAM_ANSWER", "TASK"].map(|name| (name.to_owned(), "7".to_owned()));
    let env = indexmap::IndexMap::from(env);
    let script = labwright_agent::init::run::Script {
        text: "env | grep -E '^(PARAM|TASK)' | sort; test $PARAM_PORT = 7",
        env: &env,
        user: "",
        timeout: Duration::from_secs(5),
    };
    for output in [
        node.control.check(&script).await,
        node.control.run_script(&script).await,
    ] {
        let output = output.unwrap();
        assert_eq!(
            (output.exit, output.stdout.as_str()),
            (Some(Exit::Code(0)), "PARAM_PORT=7\nTASK=7\n")
        );
    }
}

#[tokio::test]
async fn nothing_of_a_check_outlives_it() {
    let node = Node::start().await;
    let text = "setsid sleep 1001 & (setsid sh -c 'setsid sleep 1002 & sleep 1003' &) ; \
        nohup sleep 1004 >/dev/null 2>&1 & sleep 0.2; exit 0";
    let output = node.check(text).await;
    assert_eq!(output.exit, Some(Exit::Code(0)));
    node.ok("! pgrep sleep").await;
}

#[tokio::test]
async fn a_timeout_kills_all_and_is_no_verdict() {
    let node = Node::start().await;
    let began = Instant::now();
    let text = "echo begun; setsid sleep 1001 & trap '' TERM HUP INT; while :; do sleep 1002; done";
    let output = node.check_as("", text, Duration::from_millis(500)).await;
    assert_eq!((output.exit, output.stdout.as_str()), (None, "begun\n"));
    assert!(began.elapsed() < Duration::from_secs(3));
    node.ok("! pgrep sleep").await;
}

#[tokio::test]
async fn a_bomb_in_a_check_is_cleared_away() {
    let node = Node::start().await;
    let text = "bomb() { sleep 1001 & setsid sh -c 'sleep 1002 & sleep 1003 & sleep 1004' & }\n\
        i=0; while [ $i -lt 40 ]; do bomb; i=$((i+1)); done; while :; do sh -c 'sleep 0.01 &'; done";
    let output = node.check_as("", text, Duration::from_secs(1)).await;
    assert_eq!(output.exit, None);
    node.ok("! pgrep sleep").await;
}

#[tokio::test]
async fn output_is_bounded() {
    let node = Node::start().await;
    let output = node
        .check("yes | head -c 3000000; yes | head -c 3000000 >&2; echo end")
        .await;
    assert_eq!(output.exit, Some(Exit::Code(0)));
    assert_eq!(output.stdout.len(), 64 * 1024);
    assert_eq!(output.stderr.len(), 64 * 1024);
}

#[tokio::test]
async fn a_check_is_beyond_the_learners_reach() {
    let node = Node::start().await;
    for user in ["", "nobody"] {
        let check = node.check_as(
            user,
            "sleep 3; echo secret-of-the-check",
            Duration::from_secs(8),
        );
        let attack = async {
            tokio::time::sleep(Duration::from_millis(700)).await;
            let attack = "for p in $(pgrep -f 'sh /proc/self/fd/6[0]'); do \
                echo pid $p; cat /proc/$p/fd/60; cat /proc/$p/environ; ls -l /proc/$p/fd; \
                dd if=/proc/$p/mem bs=1 count=1 skip=4194304; strace -p $p & sleep 0.2; kill %1; done 2>&1";
            let (_, text) = node.sh(user, attack).await;
            text
        };
        let (output, text) = tokio::join!(check, attack);
        assert_eq!(output.exit, Some(Exit::Code(0)), "{user}: {output:?}");
        assert!(
            text.contains("pid "),
            "{user}: the check was not found: {text}"
        );
        for secret in ["secret-of-the-check", "ANSWER=", "memfd", "attached"] {
            assert!(!text.contains(secret), "{user} reached {secret}: {text}");
        }
    }
}

#[tokio::test]
async fn what_a_check_calls_cannot_touch_init() {
    let node = Node::start().await;
    let output = node
        .check("cat /proc/1/environ; readlink /proc/1/fd/*; head -c1 /proc/1/mem; exit 0")
        .await;
    assert_eq!(output.stdout, "", "{output:?}");
}

#[tokio::test]
async fn a_killed_supervisor_is_a_broken_check() {
    let node = Node::start().await;
    let check = node.check("sleep 5; exit 0");
    let attack = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        node.sh(
            "",
            "for p in $(pgrep -f '[i]nit --control-fd'); do [ $p = 1 ] || kill -9 $p; done",
        )
        .await
    };
    let (output, _) = tokio::join!(check, attack);
    assert_eq!(output.exit, Some(Exit::Signal(libc::SIGKILL)));
}

#[tokio::test]
async fn scripts_leave_their_daemons_alone() {
    let node = Node::start().await;
    let env = indexmap::IndexMap::new();
    let script = labwright_agent::init::run::Script {
        text: "echo started; while :; do echo noise; sleep 0.01; done &",
        env: &env,
        user: "",
        timeout: Duration::from_secs(5),
    };
    let output = node.control.run_script(&script).await.unwrap();
    assert_eq!(output.exit, Some(Exit::Code(0)));
    assert!(output.stdout.starts_with("started\n"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    node.ok("pgrep -f /proc/self/fd/60").await;
}

#[tokio::test]
async fn a_stopped_supervisor_holds_nothing_up() {
    let node = Node::start().await;
    let check = node.check_as("", "sleep 1001", Duration::from_secs(1));
    let attack = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let attack = "for p in $(pgrep -f '[i]nit --control-fd'); do \
            [ $p = 1 ] || kill -STOP $p; done";
        node.sh("", attack).await
    };
    let (output, _) = tokio::join!(check, attack);
    assert_eq!(output.exit, None);
    node.ok("sleep 0.2; ! pgrep -f /proc/self/fd/6[0]").await;
}
