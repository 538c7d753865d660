//! The real Open edX consumer (`packaging/openedx-peer`) launches labs of a real server, which is killed on the way: every
//! score is in the platform's database in the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use labwright_testkit::{Browser, test_state};
use serde_json::{Value, json};

use crate::ground::{Ground, PASSWORD, Served, write};

/// Longest wait for the platform to start, or for a score.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn scores_reach_open_edx_through_kills_of_the_server() {
    let python = installed();
    let ground = ground();
    let server = ground.serve(([127, 0, 0, 1], 0).into());
    let peer = Peer::start(&python, &server);
    let blocks = peer.get("config").await;
    register(&server, &blocks).await;

    // All three kinds of block: the line item is the platform's, or ours.
    for (block, user) in [("decl", "alice"), ("dbcfg", "zoe")] {
        let (learner, to) = enter(&server, &peer, user, block).await;
        answer(&learner, &to, "first", "3").await;
        peer.until(user, block, Some(0.0), &blocks).await;
        answer(&learner, &to, "first", "4").await;
        peer.until(user, block, Some(7.5), &blocks).await;
    }
    // A teacher picks the second step for the third block, by Deep Linking.
    pick(&server, &peer).await;
    let (bob, to) = enter(&server, &peer, "bob", "prog").await;
    assert!(to.ends_with("/graded#step-2"), "{to}");

    // The platform stands still, so that the score is under way; the server is killed, twice.
    peer.signal("STOP");
    answer(&bob, &to, "second", "yes").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let address = server.address;
    server.kill();
    let server = ground.serve(address);
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.kill();
    peer.signal("CONT");
    let server = ground.serve(address);
    peer.until("bob", "prog", Some(10.0), &blocks).await;
    let state = peer.get("state").await;
    let user = &state["external_ids"]["bob"];
    let scores = state["scores"].as_array().unwrap();
    assert_eq!(
        scores
            .iter()
            .filter(|score| score["user_id"] == *user)
            .count(),
        1
    );

    // Who is not enrolled does not get as far as us; nobody is a teacher who is not one there.
    assert_eq!(peer.drive(&["launch", "mallory", "decl"])["status"], 403);
    let (ivy, _) = enter(&server, &peer, "ivy", "decl").await;
    assert_eq!(ivy.get("/api/v1/me").await.ok()["role"], "teacher");
    assert_eq!(bob.get("/api/v1/me").await.ok()["role"], "learner");
}

/// A lab of two questions, and an operator who allows platforms on this machine.
fn ground() -> Ground {
    let ground = Ground::new();
    let path = ground.0.path();
    write(&path.join("lab/lab.yaml"), LAB);
    write(&path.join("lab/steps/2.md"), "# Go on\n\nAnswer.\n");
    let config = fs::read_to_string(path.join("config.toml")).unwrap();
    let more = format!(
        "\n[[accounts]]\nname = \"olga\"\npassword = \"{PASSWORD}\"\noperator = true\n\n[lti]\nprivate_networks = true\n"
    );
    write(&path.join("config.toml"), &(config + &more));
    ground
}

const LAB: &str = "\
labwright: 1
name: graded
title: Graded
nodes:
  desk: {}
steps:
  - page: steps/1.md
    tasks:
      - { id: first, title: First, points: 3, answer: number, expect: 4 }
  - page: steps/2.md
    tasks:
      - { id: second, title: Second, points: 1, answer: text, expect: 'yes' }
";

async fn register(server: &Served, blocks: &Value) {
    let olga = server.sign_in_as("olga").await;
    for (name, block) in blocks.as_object().unwrap() {
        let platform = json!({
            "name": format!("Open edX {name}"), "issuer": block["issuer"], "client_id": block["client_id"],
            "auth_url": block["auth_url"], "token_url": block["token_url"], "keyset_url": block["keyset_url"],
            "deployments": [block["deployment_id"]],
        });
        olga.post("/api/v1/operator/platforms", platform).await.ok();
    }
}

/// Opens a block as somebody: their browser at our server, and where the launch leads.
async fn enter(server: &Served, peer: &Peer, user: &str, block: &str) -> (Browser, String) {
    let arrived = peer.drive(&["launch", user, block]);
    let code = code(&arrived, "/launched");
    let nobody = Browser {
        address: server.address,
        token: None,
        polled: false,
    };
    let launched = nobody
        .post("/api/v1/lti/launches", json!({ "code": code }))
        .await
        .ok();
    let browser = Browser {
        token: launched["token"].as_str().map(str::to_owned),
        ..nobody
    };
    (browser, launched["to"].as_str().unwrap().to_owned())
}

fn code(arrived: &Value, page: &str) -> String {
    let location = arrived["location"]
        .as_str()
        .unwrap_or_else(|| panic!("{arrived}"));
    let (path, code) = location.split_once("#code=").unwrap();
    assert!(path.ends_with(page), "{location}");
    code.to_owned()
}

async fn answer(learner: &Browser, to: &str, task: &str, answer: &str) {
    let path = to.split('#').next().unwrap();
    let [course, lab] = path
        .strip_prefix("/labs/")
        .unwrap()
        .split('/')
        .collect::<Vec<_>>()[..]
    else {
        panic!("{to}")
    };
    let session = learner.launch(course, lab).await;
    let body = json!({ "answer": answer });
    learner
        .post(&format!("{session}/tasks/{task}/check"), body)
        .await
        .ok();
}

async fn pick(server: &Served, peer: &Peer) {
    let arrived = peer.drive(&["deeplink", "ivy", "prog"]);
    let code = code(&arrived, "/pick");
    let nobody = Browser {
        address: server.address,
        token: None,
        polled: false,
    };
    let choice =
        json!({ "code": code, "course": "nets", "lab": "graded", "step": 2, "points": 10 });
    let picked = nobody.post("/api/v1/lti/picks", choice).await.ok();
    let [url, jwt] = ["return_url", "jwt"].map(|name| picked[name].as_str().unwrap());
    let returned = peer.drive(&["return", "ivy", url, jwt]);
    assert_eq!(returned["status"], 200, "{returned}");
    let items = peer.get("state").await["dl_items"].clone();
    assert_eq!(items[0]["content_type"], "ltiResourceLink", "{items}");
}

/// The consumer, running.
struct Peer {
    process: Child,
    python: PathBuf,
    address: String,
}

impl Peer {
    fn start(python: &Path, server: &Served) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let tool = format!("http://{}/lti", server.address);
        let process = Command::new(python)
            .arg(folder().join("edxpeer.py"))
            .args([
                "serve",
                "--quiet",
                "--port",
                &port.to_string(),
                "--lab",
                "nets/graded",
            ])
            .args([
                "--login",
                &format!("{tool}/login"),
                "--launch",
                &format!("{tool}/launch"),
            ])
            .args([
                "--deeplink",
                &format!("{tool}/launch"),
                "--jwks",
                &format!("{tool}/jwks"),
            ])
            .stdout(Stdio::null())
            // To look at when it does not start.
            .stderr(fs::File::create(test_state().join("openedx-peer.log")).unwrap())
            .spawn()
            .unwrap();
        Self {
            process,
            python: python.to_owned(),
            address: format!("127.0.0.1:{port}"),
        }
    }

    /// What the platform itself says, as soon as it is up.
    async fn get(&self, what: &str) -> Value {
        let began = Instant::now();
        let browser = Browser {
            address: self.address.parse().unwrap(),
            token: None,
            polled: false,
        };
        while std::net::TcpStream::connect(&self.address).is_err() {
            assert!(
                began.elapsed() < PATIENCE,
                "Open edX's consumer does not start"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        browser.get(&format!("/peer/{what}")).await.ok()
    }

    fn drive(&self, arguments: &[&str]) -> Value {
        let driven = Command::new(&self.python)
            .arg(folder().join("drive.py"))
            .arg(format!("http://{}", self.address))
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&driven.stderr);
        serde_json::from_slice(&driven.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {said}"))
    }

    /// Waits until the grade book has a grade, of 10.
    async fn until(&self, user: &str, block: &str, grade: Option<f64>, blocks: &Value) {
        let began = Instant::now();
        loop {
            let state = self.get("state").await;
            let mut grades = state["grades"].as_array().unwrap().iter();
            let found = grades
                .find(|known| known["user"] == user && known["block"] == blocks[block]["block"]);
            if found.and_then(|found| found["value"].as_f64()) == grade {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{user} in {block}: not {grade:?}: {state}"
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status()
            .unwrap();
        assert!(sent.success());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/openedx-peer")
}

/// Python with the pinned packages; installed once on a machine, again when the list changes.
fn installed() -> PathBuf {
    fs::create_dir_all(test_state()).unwrap();
    let ended = Command::new(folder().join("install"))
        .arg(test_state().join("openedx-peer"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{said}");
    PathBuf::from(String::from_utf8(ended.stdout).unwrap().trim())
}
