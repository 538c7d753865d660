//! What is held on people: an export, an erasure that can be taken back, and logs that name nobody.

use std::io::{self, Read as _, Write};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use labwright_place::Place as _;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{Browser, PASSWORD, World};

const ERASURE: &str = "/api/v1/me/erasure";

#[tokio::test]
async fn a_learner_takes_all_that_is_held_on_them() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let body = json!({ "answer": "17" });
    ada.post(&format!("{session}/tasks/count/check"), body)
        .await
        .ok();
    let id = session.rsplit('/').next().unwrap();
    let saved = world.state().join("autosaves").join(id);
    std::fs::create_dir_all(&saved).unwrap();
    std::fs::write(saved.join("client.tar"), "saved files").unwrap();
    let bytes = reqwest::Client::new()
        .get(format!("http://{}/api/v1/me/data", world.server.address))
        .bearer_auth(ada.token.clone().unwrap())
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    let data = zip.by_name("data.json").unwrap().read_to_string(&mut text);
    data.unwrap();
    let data: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(data["attempts"][0]["answer"], "17");
    assert_eq!(data["accounts"][0]["name"], "ada");
    assert!(!text.contains("argon2") && !text.contains("bob"));
    let mut file = zip.by_name(&format!("files/{id}/client.tar")).unwrap();
    let mut content = String::new();
    file.read_to_string(&mut content).unwrap();
    assert_eq!(content, "saved files");
}

#[tokio::test]
async fn an_erasure_waits_can_be_taken_back_and_then_leaves_nothing() {
    let world = World::new().await;
    let (ada, olga) = (world.browser("ada").await, world.browser("olga").await);
    assert_eq!(ada.get(ERASURE).await.ok()["due_at"], Value::Null);
    let asked = ada.post(ERASURE, json!({})).await.ok();
    assert!(asked["due_at"].as_i64().is_some());
    let seen = olga.get("/api/v1/operator/privacy").await.ok();
    assert_eq!(seen["erasures"][0]["display_name"], "ada Somebody");
    ada.send(Method::DELETE, ERASURE, None, &[]).await;
    assert_eq!(ada.get(ERASURE).await.ok()["due_at"], Value::Null);

    // Without a time to think it happens in the next round, which a start begins with.
    let bob = world.browser("bob").await;
    let session = bob.launch("nets", "tiny").await;
    bob.post(&format!("{session}/end"), json!({})).await.ok();
    let world = world
        .restart_with(|config| {
            config.privacy.erase_after_days = Some(0);
            config.accounts.retain(|account| account.name != "bob");
            config.courses[0].learners.retain(|name| name != "bob");
        })
        .await;
    let bob = world.browser("bob").await;
    bob.post(ERASURE, json!({})).await.ok();
    let world = world
        .restart_with(|config| {
            config.accounts.retain(|account| account.name != "bob");
            config.courses[0].learners.retain(|name| name != "bob");
        })
        .await;
    is_forgotten(&bob).await;
    let tom = world.browser("tom").await;
    let people = tom.get("/api/v1/courses/nets/people").await.ok();
    assert!(!people.to_string().contains("bob"), "{people}");
}

#[tokio::test]
async fn the_notice_says_what_the_operator_wrote() {
    let world = World::with(|config| config.privacy.contact = Some("dpo@school.example".into()));
    let notice = world.await.stranger().get("/api/v1/privacy").await.ok();
    assert_eq!(
        (
            &notice["contact"],
            &notice["erase_after_days"],
            &notice["recorded"]
        ),
        (&json!("dpo@school.example"), &json!(14), &json!(false))
    );
}

/// Everything that this process logs.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logged {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn logged() -> &'static Logged {
    static LOGGED: OnceLock<Logged> = OnceLock::new();
    LOGGED.get_or_init(|| {
        let logged = Logged::default();
        // What the product logs at its most talkative.
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("info,labwright=trace,labwright_server=trace,labwright_session=trace,labwright_store=trace,sqlx=debug")
            .with_writer(logged.clone())
            .finish();
        let _ = tracing::subscriber::set_global_default(subscriber);
        logged
    })
}

/// Marks that stand for a name, an address, an answer, a password and an IP address.
const MARKS: [&str; 6] = [
    "Markedname",
    "marked-login",
    "marked@mail.example",
    "marked answer 4711",
    "marked secret words",
    "203.0.113.77",
];

#[tokio::test]
async fn no_log_names_anybody() {
    let logged = logged();
    let world = World::with(|config| config.behind_proxy = true).await;
    let (tom, nobody) = (world.browser("tom").await, world.stranger());
    let from = [("x-forwarded-for", MARKS[5])];
    let post = |path: String, body: Value| {
        let nobody = nobody.clone();
        async move {
            nobody
                .send(Method::POST, &path, Some(body.to_string()), &from)
                .await
        }
    };
    let made = tom
        .post("/api/v1/courses/nets/invitations", json!({ "short": true }))
        .await
        .ok();
    let code = made["code"].as_str().unwrap().to_owned();
    let join = json!({ "name": MARKS[1], "display_name": MARKS[0], "password": MARKS[4] });
    let joined = post(format!("/api/v1/invitations/{code}"), join).await.ok();
    let token = joined["token"].as_str().unwrap().to_owned();
    for password in ["wrong password", MARKS[4]] {
        let sign_in = json!({ "name": MARKS[1], "password": password });
        post("/api/v1/sign-in".to_owned(), sign_in).await;
    }
    let learner = labwright_testkit::Browser {
        token: Some(token.clone()),
        ..nobody.clone()
    };
    let session = learner.launch("nets", "tiny").await;
    let answer = json!({ "answer": MARKS[3] });
    learner
        .post(&format!("{session}/tasks/count/check"), answer)
        .await;
    let roster = format!("email,name\n{},{}\n", MARKS[2], MARKS[0]);
    let file = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, roster);
    let body = json!({ "file": file, "apply": true });
    let applied = tom.post("/api/v1/courses/nets/class-list", body).await.ok();
    let personal = applied["people"][0]["code"].as_str().unwrap().to_owned();
    tom.post("/api/v1/courses/nets/class-list/undo", json!({}))
        .await
        .ok();
    learner.get("/api/v1/me/data").await;
    learner.post(ERASURE, json!({})).await.ok();
    learner.post("/api/v1/sign-out", json!({})).await.ok();
    world.server.stop().await;

    let text = String::from_utf8_lossy(&logged.0.lock().unwrap()).into_owned();
    assert!(text.contains("listening"), "something is logged at all");
    let secrets = [token.as_str(), &code, &personal, PASSWORD];
    for mark in MARKS.iter().copied().chain(secrets) {
        let line = text.lines().find(|line| line.contains(mark));
        assert_eq!(line, None, "`{mark}` is in a log");
    }
}

/// Waits until nothing of the place runs any more.
async fn nothing_runs(world: &World) {
    let until = Instant::now() + Duration::from_secs(30);
    while !world.place.observe().await.unwrap().is_empty() {
        assert!(Instant::now() < until, "a machine still runs");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until somebody's sign-in is worth nothing.
async fn is_forgotten(browser: &Browser) {
    let until = Instant::now() + Duration::from_secs(30);
    while browser.get("/api/v1/me").await.status != StatusCode::UNAUTHORIZED {
        assert!(Instant::now() < until, "the account is still there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_erasure_ends_the_lab_that_runs_and_the_next_round_leaves_nothing() {
    let world = World::new().await;
    let bob = world.browser("bob").await;
    let session = bob.launch("nets", "tiny").await;
    let without_bob = |config: &mut labwright_server::Config| {
        config.privacy.erase_after_days = Some(0);
        config.accounts.retain(|account| account.name != "bob");
        config.courses[0].learners.retain(|name| name != "bob");
    };
    let world = world.restart_with(without_bob).await;
    bob.post(ERASURE, json!({})).await.ok();
    // The first round ends it: its files are saved, as always, and the account waits for that.
    let world = world.restart_with(without_bob).await;
    nothing_runs(&world).await;
    assert_eq!(bob.get("/api/v1/me").await.status, StatusCode::OK);
    let id = session.rsplit('/').next().unwrap();
    let files = world.state().join("autosaves").join(id);
    assert!(files.exists(), "an end saves");
    let world = world.restart_with(without_bob).await;
    is_forgotten(&bob).await;
    let until = Instant::now() + Duration::from_secs(30);
    while files.exists() {
        assert!(Instant::now() < until, "saved files stay");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let ada = world.browser("ada").await;
    ada.launch("nets", "tiny").await;
}

#[tokio::test]
async fn a_course_whose_time_is_over_ends_its_labs_and_nobody_elses() {
    let world = World::with(|config| config.courses[1].learners = vec!["bob".into()]).await;
    let (ada, bob) = (world.browser("ada").await, world.browser("bob").await);
    let session = ada.launch("nets", "tiny").await;
    let body = json!({ "answer": "17" });
    let check = format!("{session}/tasks/count/check");
    ada.post(&check, body).await.ok();
    let other = bob.launch("other", "tiny").await;
    let over = |config: &mut labwright_server::Config| {
        config.courses[1].learners = vec!["bob".into()];
        config.courses[0].ends = Some("2020-01-31T00:00:00Z".parse().unwrap());
        config.courses[0].keep_days = Some(30);
    };
    let world = world.restart_with(over).await;
    let until = Instant::now() + Duration::from_secs(30);
    while world.place.observe().await.unwrap().len() > 1 {
        assert!(Instant::now() < until, "the course's lab runs on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(bob.get(&other).await.ok()["state"], "ready");
    let world = world.restart_with(over).await;
    let olga = world.browser("olga").await;
    while olga.get("/api/v1/operator/privacy").await.ok()["courses"][0]["rows"] != 0 {
        assert!(Instant::now() < until, "rows of the course stay");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // She was in no other course.
    is_forgotten(&ada).await;
    assert_eq!(bob.get(&other).await.ok()["state"], "ready");
}
