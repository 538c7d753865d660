//! `labwright run` and `labwright demo` as an author and a newcomer use them, on true machines.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command};
use std::time::{Duration, Instant};

use labwright_testkit::Browser;
use serde_json::{Value, json};

use crate::ground::{Ground, write};

/// A command that serves until Ctrl-C.
pub struct Running {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    pub fn start(ground: &Ground, arguments: &[&str]) -> Self {
        let log = fs::File::create(ground.0.path().join("log")).unwrap();
        let mut process = ground.labwright(arguments).stderr(log).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    pub fn line(&mut self, ground: &Ground, part: &str) -> String {
        let found = self
            .lines
            .by_ref()
            .map_while(Result::ok)
            .find(|line| line.contains(part));
        found.unwrap_or_else(|| panic!("no line with {part}: {}", said(ground)))
    }

    /// As `kill -9` does.
    fn kill(self) {}

    /// Presses Ctrl-C and waits.
    pub fn interrupt(mut self) {
        let id = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the command said on stderr so far.
fn said(ground: &Ground) -> String {
    fs::read_to_string(ground.0.path().join("log")).unwrap_or_default()
}

/// The browser that a printed link opens.
pub fn open(link: &str) -> Browser {
    let (address, rest) = link
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let (_, token) = rest.split_once("#token=").unwrap();
    Browser {
        address: address.parse().unwrap(),
        token: Some(token.to_owned()),
        polled: false,
    }
}

fn sessions(ground: &Ground) -> usize {
    let listed = ground
        .labwright(&["session", "ls", "--json"])
        .output()
        .unwrap();
    let sessions: Value = serde_json::from_slice(&listed.stdout).unwrap();
    sessions.as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_sees_changes_at_once_and_ctrl_c_leaves_nothing() {
    let ground = Ground::new();
    let lab = ground.0.path().join("lab");
    let mut running = Running::start(&ground, &["run", lab.to_str().unwrap()]);
    let author = open(&running.line(&ground, "#token="));
    let session = author.launch("preview", "kill-nine").await;
    let mut events = author
        .socket(
            &format!("{session}/events"),
            json!({ "token": author.token }),
        )
        .await;
    events
        .event(|event| event["session"]["state"] == "ready")
        .await;

    write(&lab.join("steps/1.md"), "# Changed\n\nNew words.\n");
    events.event(|event| event["type"] == "reload").await;
    let step = author.get(&format!("{session}/steps/1")).await.ok();
    assert_eq!(
        (&step["title"], &step["html"]),
        (&json!("Changed"), &json!("<p>New words.</p>\n"))
    );

    // A slip is told and changes nothing; mending it goes on.
    let yaml = fs::read_to_string(lab.join("lab.yaml")).unwrap();
    write(&lab.join("lab.yaml"), &format!("{yaml}nodse: {{}}\n"));
    let began = Instant::now();
    while !said(&ground).contains("nodse") {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{}",
            said(&ground)
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    author.get(&format!("{session}/steps/1")).await.ok();
    write(&lab.join("lab.yaml"), &yaml.replace("Kill nine", "Mended"));
    events.event(|event| event["type"] == "reload").await;
    assert_eq!(author.get(&session).await.ok()["title"], "Mended");

    assert_eq!(sessions(&ground), 1);
    running.interrupt();
    assert_eq!(sessions(&ground), 0);
    let left = fs::read_dir(ground.0.path().join("state/previews"))
        .unwrap()
        .count();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_preview_is_cleared_up_by_the_next() {
    let ground = Ground::new();
    let lab = ground.0.path().join("lab");
    let arguments = ["run", lab.to_str().unwrap()];
    let mut killed = Running::start(&ground, &arguments);
    let author = open(&killed.line(&ground, "#token="));
    author.launch("preview", "kill-nine").await;
    killed.kill();
    assert_eq!(sessions(&ground), 1);

    let mut next = Running::start(&ground, &arguments);
    next.line(&ground, "#token=");
    assert_eq!(sessions(&ground), 0);
    next.interrupt();
    let left = fs::read_dir(ground.0.path().join("state/previews"))
        .unwrap()
        .count();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_prints_a_link_and_people_and_remembers_them() {
    let ground = Ground::new();
    let lab = ground.0.path().join("lab");
    let arguments = [
        "demo",
        "--labs",
        lab.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
    ];
    let mut path = String::new();
    let mut passwords = Vec::new();
    for round in 0..2 {
        let began = Instant::now();
        let mut demo = Running::start(&ground, &arguments);
        let link = demo.line(&ground, "http://");
        let line = demo.line(&ground, "learner");
        let password = line.split_whitespace().last().unwrap().to_owned();
        demo.line(&ground, "Ctrl-C");
        assert!(round == 0 || began.elapsed() < Duration::from_secs(10));

        let address = link.split("http://").nth(1).unwrap().parse().unwrap();
        let nobody = Browser {
            address,
            token: None,
            polled: false,
        };
        let body = json!({ "name": "learner", "password": password });
        let signed_in = nobody.post("/api/v1/sign-in", body).await.ok();
        let learner = Browser {
            token: signed_in["token"].as_str().map(str::to_owned),
            ..nobody
        };
        let session = learner.launch("demo", "kill-nine").await;
        if round == 1 {
            assert_eq!(session, path, "the saved session goes on");
        }
        path = session;
        passwords.push(password);
        demo.interrupt();
        assert_eq!(sessions(&ground), 0);
    }
    assert_eq!(passwords[0], passwords[1]);
}
