//! `labwright serve` as it is run, on true machines: killed without warning, it loses nothing.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use labwright_testkit::{Browser, Heard, Socket};
use serde_json::{Value, json};

use crate::ground::{Ground, Host, PASSWORD, Served};
use crate::kills::kill_agents;

const TERMINALS: usize = 20;
/// More than one machine has: two learners share them.
const STALLED: usize = 50;
/// What the server may grow by for each terminal whose page does not read: windows and queues.
const MOST_GROWTH_KB: usize = 3 * 1024;

/// A terminal that a browser has open, and how far it has read.
struct Open {
    path: String,
    socket: Socket,
    offset: u64,
    seen: String,
}

impl Open {
    async fn new(browser: &Browser, path: String) -> Self {
        let mut socket = browser.terminal(&path, None).await;
        let offset = socket.text().await["offset"].as_u64().unwrap();
        Self {
            path,
            socket,
            offset,
            seen: String::new(),
        }
    }

    async fn run(&mut self, command: &str, until: &str) {
        self.socket.type_in(format!("{command}\n").as_bytes()).await;
        let output = self.socket.until(until).await;
        self.offset += output.len() as u64;
        self.seen += &output;
    }

    /// Attaches again where it had read to: nothing lost, nothing twice.
    async fn again(&mut self, browser: &Browser) {
        let (socket, attached) = browser.attach(&self.path, Some(self.offset)).await;
        self.socket = socket;
        assert_eq!(attached["offset"], self.offset);
        assert_eq!(attached["lost"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_with_twenty_open_terminals_it_loses_nothing() {
    let ground = Ground::new();
    let server = ground.serve(([127, 0, 0, 1], 0).into());
    let address = server.address;
    let ada = server.sign_in().await;
    let session = ada.launch("nets", "kill-nine").await;
    let mut terminals = open_terminals(&ada, &session, TERMINALS).await;
    // Goes on counting while there is no server.
    let count = "(n=0; while sleep 0.1; do n=$((n+1)); echo n=$n.; done) &";
    terminals[0].run(count, "n=3.").await;

    server.kill();
    for terminal in &mut terminals {
        assert_eq!(terminal.socket.closed().await, 1006);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let server = ground.serve(address);
    let ada = Browser {
        address: server.address,
        ..ada
    };
    ada.wait(&session, "ready").await;
    for (number, terminal) in terminals.iter_mut().enumerate() {
        terminal.again(&ada).await;
        // The same shell, with its variable: no process died.
        let still = format!("still={}", number + 1000);
        terminal.run("echo still=$me", &still).await;
    }
    counted_on(&terminals[0].seen);

    let mut whole = ada.terminal(&terminals[7].path, None).await;
    whole.text().await;
    let scrollback = whole.until("still=1007").await;
    assert!(scrollback.contains("I=1007"), "{scrollback}");
    server.end(&ada, &session).await;
}

/// Terminals, each with a shell that knows its number.
async fn open_terminals(ada: &Browser, session: &str, count: usize) -> Vec<Open> {
    let view = ada.get(session).await.ok();
    let mut ids = vec![view["terminals"][0]["id"].as_str().unwrap().to_owned()];
    let more = format!("{session}/terminals");
    while ids.len() < count {
        let made = ada.post(&more, json!({ "node": "desk" })).await.ok();
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let mut terminals = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        let mut terminal = Open::new(ada, format!("{more}/{id}")).await;
        // The answer differs from what was typed, so that its echo is not taken for it.
        let command = format!("me=$(({number}+1000)); echo I=$me");
        terminal
            .run(&command, &format!("I={}", number + 1000))
            .await;
        terminals.push(terminal);
    }
    terminals
}

/// Every line of the counter came once, also those that it printed without a server.
fn counted_on(seen: &str) {
    let numbers: Vec<usize> = seen
        .split("n=")
        .filter_map(|part| part.split_once('.')?.0.parse().ok())
        .collect();
    let expected: Vec<usize> = (1..=numbers.len()).collect();
    assert_eq!(numbers, expected, "a line is missing or came twice: {seen}");
    assert!(
        numbers.len() > 6,
        "it did not count on without the server: {seen}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_root_it_asks_the_host_and_survives_its_death() {
    let ground = Ground::new();
    let host = Host::start(&ground);
    let server = ground.serve_unprivileged();
    let ada = server.sign_in().await;
    let session = ada.launch("nets", "kill-nine").await;
    let view = ada.get(&session).await.ok();
    let id = view["terminals"][0]["id"].as_str().unwrap();
    let mut terminal = Open::new(&ada, format!("{session}/terminals/{id}")).await;
    terminal.run("echo A=$((40+2))", "A=42").await;

    host.kill();
    terminal.run("echo A=$((41+2))", "A=43").await;
    let nobody = Browser {
        token: None,
        ..ada.clone()
    };
    assert_eq!(nobody.get("/readyz").await.status, 503);

    let _host = Host::start(&ground);
    assert_eq!(nobody.get("/readyz").await.status, 200);
    server.end(&ada, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_do_not_read_cost_no_memory_and_disturb_nobody() {
    let ground = Ground::with_learners(2);
    let server = ground.serve(([127, 0, 0, 1], 0).into());
    let ada = server.sign_in_as("learner-0").await;
    let session = ada.launch("nets", "kill-nine").await;
    let bob = server.sign_in_as("learner-1").await;
    let his = bob.launch("nets", "kill-nine").await;
    let mut stalled = open_terminals(&ada, &session, STALLED / 2 + 1).await;
    let mut reading = stalled.swap_remove(0);
    stalled.extend(open_terminals(&bob, &his, STALLED / 2).await);
    assert_eq!(stalled.len(), STALLED);
    let before = resident_kb(&server);
    for terminal in &mut stalled {
        terminal.socket.type_in(b"yes flood\n").await;
    }
    for round in 0..20 {
        let began = Instant::now();
        reading
            .run(
                &format!("echo R=$(({round}+500))"),
                &format!("R={}", round + 500),
            )
            .await;
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "an echo took {:?}",
            began.elapsed()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let grown = resident_kb(&server).saturating_sub(before);
    assert!(
        grown < STALLED * MOST_GROWTH_KB,
        "{grown} kB more for {STALLED} pages that do not read"
    );
    // The page wakes up: Ctrl-C got through meanwhile, and the shell is its own.
    for terminal in &mut stalled {
        terminal.socket.type_in(b"\x03").await;
    }
    stalled[STALLED - 1]
        .run("echo still=$me", "still=1024")
        .await;
    bob.post(&format!("{his}/end"), json!({})).await.ok();
    bob.wait(&his, "ended").await;
    server.end(&ada, &session).await;
}

fn resident_kb(server: &Served) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_agent_is_told_and_the_lab_starts_again_with_its_files() {
    let ground = Ground::new();
    let server = ground.serve(([127, 0, 0, 1], 0).into());
    let ada = server.sign_in().await;
    let session = ada.launch("nets", "kill-nine").await;
    let view = ada.get(&session).await.ok();
    let id = view["terminals"][0]["id"].as_str().unwrap();
    let mut terminal = Open::new(&ada, format!("{session}/terminals/{id}")).await;
    let keep = "echo precious > /root/work; sync; echo W=$((1+1))";
    terminal.run(keep, "W=2").await;
    let hello = json!({ "token": ada.token });
    let mut events = ada.socket(&format!("{session}/events"), hello).await;
    events
        .event(|event| event["session"]["state"] == "ready")
        .await;

    kill_agents(&ground);
    assert!(matches!(terminal.socket.closed().await, 4404 | 4409));
    let told = events
        .event(|event| event["session"]["problem"] != Value::Null)
        .await;
    let message = told["session"]["problem"]["message"].as_str().unwrap();
    assert!(
        message.contains("machine stopped") || message.contains("line"),
        "{message}"
    );
    let ready = |event: &Value| {
        let session = &event["session"];
        session["state"] == "ready" && session["problem"] == Value::Null
    };
    let again = events.event(ready).await;
    let id = again["session"]["terminals"][0]["id"].as_str().unwrap();
    let mut terminal = Open::new(&ada, format!("{session}/terminals/{id}")).await;
    terminal.run("cat /root/work; echo W=$((1+2))", "W=3").await;
    assert!(terminal.seen.contains("precious"), "{}", terminal.seen);
    server.end(&ada, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_it_says_so_to_its_pages_and_lets_the_labs_live() {
    let ground = Ground::new();
    let server = ground.serve(([127, 0, 0, 1], 0).into());
    let address = server.address;
    let ada = server.sign_in().await;
    let session = ada.launch("nets", "kill-nine").await;
    let mut events = ada
        .socket(&format!("{session}/events"), json!({ "token": ada.token }))
        .await;
    assert!(matches!(events.next().await, Heard::Text(_)));
    let id = server.process.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    assert_eq!(events.closed().await, 1012);
    assert!(server.ended().success());

    let server = ground.serve(address);
    let ada = Browser {
        address: server.address,
        ..ada
    };
    let view = ada.wait(&session, "ready").await;
    assert_eq!(view["problem"], Value::Null);
    server.end(&ada, &session).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_line_holds_a_token_a_password_or_a_name() {
    let ground = Ground::new();
    let log = ground.0.path().join("log");
    let config = ground.0.path().join("config.toml");
    let mut server = ground.labwright(&[
        "serve",
        "--config",
        config.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
    ]);
    server
        .env("LABWRIGHT_LOG", "trace")
        .stderr(fs::File::create(&log).unwrap());
    let process = server.spawn().unwrap();
    let mut said = String::new();
    while !said.contains("labwright serves") {
        tokio::time::sleep(Duration::from_millis(50)).await;
        said = fs::read_to_string(&log).unwrap();
    }
    let link = said
        .split("labwright serves http://")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let server = Served {
        process,
        address: link.parse().unwrap(),
    };
    let ada = server.sign_in().await;
    let session = ada.launch("nets", "kill-nine").await;
    let mut events = ada
        .socket(&format!("{session}/events"), json!({ "token": ada.token }))
        .await;
    events.next().await;
    let wrong = json!({ "name": "ada-of-the-test", "password": "some other password" });
    ada.post("/api/v1/sign-in", wrong).await;
    let token = ada.token.clone().unwrap();
    server.end(&ada, &session).await;

    let said = fs::read_to_string(&log).unwrap();
    assert!(said.lines().count() > 20, "nothing was logged: {said}");
    for secret in [
        token.as_str(),
        PASSWORD,
        "some other password",
        "ada-of-the-test",
        "Ada Example",
    ] {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "`{secret}` is in the log");
    }
}
