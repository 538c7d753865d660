//! Labs that ran in the learner's own browser come to their course.

use std::path::Path;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::world::{Browser, World};

const RESULTS: &str = "/api/v1/courses/nets/labs/tiny/results";
const KEPT: &str = "/api/v1/courses/nets/labs/tiny/kept";

/// A folder as `labwright export --as web` makes it, with parameters of its own; what it was made of.
fn offer(world: &World, word: &str) -> String {
    let folder = world.state().join("in-browser/tiny");
    for inner in ["lab/assets", "machine", "assets"] {
        std::fs::create_dir_all(folder.join(inner)).unwrap();
    }
    let lab = json!({
        "labwright": 1, "lab": "tiny", "languages": {}, "tasks": {},
        "env": { "PARAM_WORD": word }, "machine": null, "pages": {},
    });
    let mut files = Vec::new();
    for (file, bytes) in [
        ("index.html", b"<!doctype html>".to_vec()),
        ("app.webmanifest", b"{}".to_vec()),
        (
            "lab/assets/notes.html",
            b"<script>alert(1)</script>".to_vec(),
        ),
        ("machine/state.zst", vec![b'x'; 4096]),
        ("assets/page.js", vec![b'x'; 4096]),
        ("lab/lab.json", lab.to_string().into_bytes()),
    ] {
        std::fs::write(folder.join(file), &bytes).unwrap();
        files.push(json!({ "file": file, "bytes": bytes.len(), "sha256": digest(&bytes) }));
    }
    // Nobody lists it.
    std::fs::write(folder.join("secret.txt"), "secret").unwrap();
    let list =
        json!({ "labwright": 1, "lab": "tiny", "version": word, "bytes": 1, "files": files });
    replace(&folder.join("offline.json"), &list.to_string());
    digest(lab.to_string().as_bytes())
}

/// Writes a file whose time is another one than before.
fn replace(path: &Path, text: &str) {
    let before = std::fs::metadata(path).and_then(|about| about.modified());
    loop {
        std::fs::write(path, text).unwrap();
        let now = std::fs::metadata(path).unwrap().modified().unwrap();
        if before.as_ref().map_or(true, |before| *before != now) {
            return;
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attempt(id: &str, task: &str, verdict: &str, answer: Option<&str>) -> Value {
    let share = if verdict == "done" { 1.0 } else { 0.0 };
    json!({
        "id": id, "task": task, "at": 1_000, "verdict": verdict, "share": share,
        "feedback": ["from a browser\u{1b}[31m"], "took_ms": 5, "answer": answer,
    })
}

fn hand_in(made_of: &str, work: &str, attempts: &[Value]) -> Value {
    json!({
        "labwright": 1, "lab": "tiny", "made_of": made_of, "work": work, "attempts": attempts,
        "hints": { "made": 1, "count": 7, "nothing": 1 },
    })
}

/// The page of a folder: what is asked for, and the status.
async fn page(browser: &Browser, path: &str) -> (StatusCode, String) {
    let answer = browser.get(&format!("/tab/nets/tiny/{path}")).await;
    (answer.status, answer.text)
}

#[tokio::test]
async fn a_folder_is_offered_as_it_lists_itself() {
    let world = World::new().await;
    let (ada, stranger) = (world.browser("ada").await, world.stranger());
    let lab = |courses: Value| courses[0]["labs"][0]["tab"].clone();
    assert_eq!(lab(ada.get("/api/v1/courses").await.ok()), json!(null));
    assert_eq!(page(&stranger, "").await.0, StatusCode::NOT_FOUND);

    offer(&world, "cat");
    let address = lab(ada.get("/api/v1/courses").await.ok());
    assert_eq!(address, "/tab/nets/tiny/");
    let bare = stranger.get("/tab/nets/tiny").await;
    assert_eq!(bare.status, StatusCode::PERMANENT_REDIRECT);
    assert_eq!(bare.headers["location"], "/tab/nets/tiny/");

    let index = stranger.get("/tab/nets/tiny/").await;
    assert_eq!(index.text, "<!doctype html>");
    let policy = index.headers["content-security-policy"].to_str().unwrap();
    assert!(
        !policy.contains("script-src 'self' 'unsafe-inline'"),
        "{policy}"
    );
    let known = [("if-none-match", index.headers["etag"].to_str().unwrap())];
    let again = stranger
        .send(Method::GET, "/tab/nets/tiny/", None, &known)
        .await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    let app = stranger.get("/tab/nets/tiny/app.webmanifest").await;
    assert_eq!(app.headers["content-type"], "application/manifest+json");

    // What the author put there runs as no page of ours.
    let notes = stranger.get("/tab/nets/tiny/lab/assets/notes.html").await;
    let policy = notes.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("sandbox;"), "{policy}");
    // What is packed already is not packed again.
    for (file, encoding) in [
        ("machine/state.zst", None),
        ("assets/page.js", Some("gzip")),
    ] {
        let path = format!("/tab/nets/tiny/{file}");
        let gzip = [("accept-encoding", "gzip")];
        let answer = stranger.send(Method::GET, &path, None, &gzip).await;
        let told = answer.headers.get("content-encoding");
        assert_eq!(told.map(|told| told.to_str().unwrap()), encoding, "{file}");
    }

    let home = page(&stranger, "lab/home.json?lang=fr").await.1;
    let home: Value = serde_json::from_str(&home).unwrap();
    assert_eq!(
        (&home["course"], &home["lab"]),
        (&json!("nets"), &json!("tiny"))
    );
    assert_eq!(home["title"], "Course nets");
    assert_eq!(page(&stranger, "offline.json").await.0, StatusCode::OK);
    for hidden in ["secret.txt", "../lock", "..%2f..%2flock", "lab", "lab/"] {
        assert_eq!(
            page(&stranger, hidden).await.0,
            StatusCode::NOT_FOUND,
            "{hidden}"
        );
    }
    // Of no other course, and of no other lab.
    for path in ["/tab/none/tiny/", "/tab/nets/other/", "/tab/nets/%2e%2e/"] {
        assert_eq!(
            stranger.get(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_folder_that_is_spoilt_is_not_offered() {
    let world = World::new().await;
    let stranger = world.stranger();
    offer(&world, "cat");
    assert_eq!(page(&stranger, "").await.0, StatusCode::OK);
    // A file that is not as long as the list says is on its way.
    let index = world.state().join("in-browser/tiny/index.html");
    std::fs::write(&index, "<!doc").unwrap();
    assert_eq!(page(&stranger, "").await.0, StatusCode::SERVICE_UNAVAILABLE);
    let list = world.state().join("in-browser/tiny/offline.json");
    replace(&list, "{}");
    assert_eq!(page(&stranger, "").await.0, StatusCode::NOT_FOUND);
    offer(&world, "dog");
    assert_eq!(page(&stranger, "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn results_come_once_and_are_judged_again() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let made_of = offer(&world, "cat");
    page(&ada, "").await;
    let attempts = [
        attempt("a1", "made", "done", None),
        // The browser says what it likes: answers are compared here.
        attempt("a2", "count", "done", Some("5")),
        attempt("a3", "count", "not_yet", Some("4")),
        attempt("a4", "count", "done", Some("four")),
        attempt("a5", "gone", "done", None),
    ];
    let body = hand_in(&made_of, "w1", &attempts);
    let reply = ada.post(RESULTS, body.clone()).await.ok();
    let told = |at: usize, what: &str| reply["attempts"][at][what].clone();
    assert_eq!(
        (told(0, "outcome"), told(0, "self_reported")),
        (json!("taken"), json!(true))
    );
    assert_eq!(
        (told(1, "outcome"), told(1, "verdict")),
        (json!("taken"), json!("not_yet"))
    );
    assert_eq!(
        (told(2, "verdict"), told(2, "self_reported")),
        (json!("done"), json!(false))
    );
    for refused in [3, 4] {
        assert_eq!(told(refused, "outcome"), "refused");
        assert!(!told(refused, "message").as_str().unwrap().is_empty());
    }
    assert_eq!(
        (&reply["score"], &reply["points"]),
        (&json!(4.0), &json!(5.0))
    );
    assert_eq!(
        reply["tasks"]["made"],
        json!({ "state": "done", "share": 1.0, "attempts": 1, "hints": 1 })
    );
    // No more hints than there are.
    assert_eq!(reply["tasks"]["count"]["hints"], 0);

    // The reply was lost: nothing is judged, counted or kept again.
    let again = ada.post(RESULTS, body).await.ok();
    assert_eq!(again["attempts"][0]["outcome"], "known");
    assert_eq!(again["attempts"][1]["verdict"], "not_yet");
    assert_eq!(
        (&again["tasks"], &again["score"]),
        (&reply["tasks"], &reply["score"])
    );
    let seen = ada.get(RESULTS).await.ok();
    assert_eq!(
        (&seen["tasks"], &seen["attempts"]),
        (&reply["tasks"], &json!([]))
    );
    assert_eq!(
        ada.get("/api/v1/courses").await.ok()[0]["labs"][0]["score"],
        4.0
    );
}

#[tokio::test]
async fn a_session_on_the_server_shows_what_came_from_a_browser() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let made_of = offer(&world, "cat");
    page(&ada, "").await;
    let one = [attempt("a1", "made", "done", None)];
    ada.post(RESULTS, hand_in(&made_of, "w1", &one)).await.ok();

    let session = ada.launch("nets", "tiny").await;
    assert_eq!(ada.get(&session).await.ok()["score"], 3.0);
    let step = ada.get(&format!("{session}/steps/1")).await.ok();
    assert_eq!(step["tasks"][0]["self_reported"], true);
    let history = ada.get(&format!("{session}/attempts")).await.ok();
    let first = &history[0];
    assert_eq!(
        (&first["self_reported"], &first["done_at"]),
        (&json!(true), &json!(1_000))
    );
    assert_eq!(first["feedback"][0], "from a browser[31m");
    assert!(first["at"].as_i64().unwrap() > 1_000);
    // A session that runs is told of what comes.
    let more = hand_in(&made_of, "w2", &[attempt("b1", "guarded", "done", None)]);
    ada.post(RESULTS, more).await.ok();
    assert_eq!(ada.get(&session).await.ok()["score"], 4.0);
}

#[tokio::test]
async fn teachers_see_what_nobody_could_judge_again() {
    let world = World::new().await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    let made_of = offer(&world, "cat");
    page(&ada, "").await;
    let attempts = [
        attempt("a1", "made", "done", None),
        attempt("a2", "count", "done", Some("4")),
    ];
    ada.post(RESULTS, hand_in(&made_of, "w1", &attempts))
        .await
        .ok();
    let board = tom
        .get("/api/v1/courses/nets/labs/tiny/board?after=0")
        .await
        .ok();
    let rows = board["learners"].as_array().unwrap();
    let row = rows.iter().find(|row| row["score"] == 4.0).unwrap();
    assert_eq!(
        (&row["presence"], &row["place"]),
        (&json!("away"), &json!("browser"))
    );
    let marks: Vec<bool> = row["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["self_reported"] == true)
        .collect();
    assert_eq!(marks, [true, false, false]);
    let scores = |scores: Value| {
        let learners = scores["learners"].as_array().unwrap().clone();
        let ada = learners
            .into_iter()
            .find(|one| one["labs"][0]["score"] == 4.0);
        ada.unwrap()["labs"][0]["self_reported"].clone()
    };
    let path = "/api/v1/courses/nets/scores";
    assert_eq!(scores(tom.get(path).await.ok()), true);

    // Done again on the server, it is the server's.
    let session = ada.launch("nets", "tiny").await;
    type_in(&ada, &session, "touch /root/made").await;
    let checked = ada
        .post(&format!("{session}/tasks/made/check"), json!({}))
        .await
        .ok();
    assert_eq!(checked["attempt"]["verdict"], "done");
    assert_eq!(scores(tom.get(path).await.ok()), false);
}

#[tokio::test]
async fn a_course_may_count_only_what_is_judged_here() {
    let world = World::new().await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    let made_of = offer(&world, "cat");
    page(&ada, "").await;
    let attempts = [
        attempt("a1", "made", "done", None),
        attempt("a2", "count", "done", Some("4")),
    ];
    let path = "/api/v1/courses/nets/labs/tiny/rule";
    tom.post(path, json!({ "judged_only": true })).await.ok();
    let reply = ada
        .post(RESULTS, hand_in(&made_of, "w1", &attempts))
        .await
        .ok();
    assert_eq!(reply["attempts"][0]["outcome"], "taken", "it is kept");
    assert_eq!(reply["score"], 1.0);
    let lab = ada.get("/api/v1/courses").await.ok()[0]["labs"][0].clone();
    assert_eq!(lab["rule"]["judged_only"], true);

    // A rule that changes counts all of it anew.
    tom.post(path, json!({})).await.ok();
    assert_eq!(ada.get(RESULTS).await.ok()["score"], 4.0);
}

#[tokio::test]
async fn what_a_course_does_not_offer_counts_only_as_far_as_it_is_judged_again() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let unknown = "0".repeat(64);
    let attempts = [
        attempt("a1", "made", "done", None),
        attempt("a2", "count", "not_yet", Some("4")),
    ];
    let reply = ada
        .post(RESULTS, hand_in(&unknown, "w1", &attempts))
        .await
        .ok();
    assert_eq!(reply["attempts"][0]["outcome"], "refused");
    // Its values are not known: nobody can say what was asked for.
    assert_eq!(reply["attempts"][1]["outcome"], "refused");
    assert_eq!(reply["score"], 0.0);

    // What was offered once is known for ever.
    let made_of = offer(&world, "cat");
    page(&ada, "").await;
    offer(&world, "dog");
    page(&ada, "").await;
    let world = world.restart().await;
    let ada = world.browser("ada").await;
    let late = [attempt("a3", "count", "not_yet", Some("4"))];
    let reply = ada.post(RESULTS, hand_in(&made_of, "w1", &late)).await.ok();
    assert_eq!(
        (&reply["attempts"][0]["verdict"], &reply["score"]),
        (&json!("done"), &json!(1.0))
    );
}

#[tokio::test]
async fn dates_decide_when_work_comes_and_when_a_folder_is_shown() {
    let world = World::new().await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    let made_of = offer(&world, "cat");
    page(&ada, "").await;
    let path = "/api/v1/courses/nets/labs/tiny/rule";
    let one = [attempt("a1", "count", "done", Some("4"))];
    tom.post(path, json!({ "closes_at": 1 })).await.ok();
    let late = ada.post(RESULTS, hand_in(&made_of, "w1", &one)).await.ok();
    // A teacher may give more time: it is asked for again.
    assert_eq!(late["attempts"][0]["outcome"], "later");
    assert!(late["attempts"][0]["message"].is_string());
    tom.post(path, json!({ "opens_at": 253_370_764_800_000_i64 }))
        .await
        .ok();
    assert_eq!(
        page(&ada, "").await.0,
        StatusCode::NOT_FOUND,
        "its answers are in it"
    );
    tom.post(path, json!({})).await.ok();
    assert_eq!(page(&ada, "").await.0, StatusCode::OK);
    let taken = ada.post(RESULTS, hand_in(&made_of, "w1", &one)).await.ok();
    assert_eq!(
        (&taken["attempts"][0]["outcome"], &taken["score"]),
        (&json!("taken"), &json!(1.0))
    );
}

#[tokio::test]
async fn what_is_handed_in_is_bounded_and_ones_own() {
    let world = World::new().await;
    let (ada, bob) = (world.browser("ada").await, world.browser("bob").await);
    let made_of = offer(&world, "cat");
    page(&ada, "").await;
    let one = [attempt("a1", "made", "done", None)];
    ada.post(RESULTS, hand_in(&made_of, "w1", &one)).await.ok();
    let copied = bob.post(RESULTS, hand_in(&made_of, "w1", &one)).await;
    assert_eq!(
        (copied.status, copied.code()),
        (StatusCode::CONFLICT, "others_work".to_owned())
    );
    assert_eq!(bob.get(RESULTS).await.ok()["score"], 0.0);

    let mut other = hand_in(&made_of, "w2", &one);
    other["lab"] = json!("large");
    assert_eq!(ada.post(RESULTS, other).await.code(), "other_lab");
    let many: Vec<_> = (0..65)
        .map(|n| attempt(&format!("m{n}"), "made", "not_yet", None))
        .collect();
    let bad_id = [attempt("a/1", "made", "done", None)];
    let mut later = hand_in(&made_of, "w2", &one);
    later["labwright"] = json!(2);
    for body in [
        hand_in(&made_of, "w2", &many),
        hand_in(&made_of, "w2", &bad_id),
        hand_in(&made_of, "", &one),
        hand_in("abc", "w2", &one),
        later,
        json!({}),
    ] {
        assert_eq!(
            ada.post(RESULTS, body).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    // A share that is none is worth what the verdict can be worth.
    let mut wild = attempt("a9", "guarded", "part", None);
    wild["share"] = json!(1e9);
    let reply = ada
        .post(RESULTS, hand_in(&made_of, "w2", &[wild]))
        .await
        .ok();
    assert_eq!(reply["tasks"]["guarded"]["share"], 1.0);
    assert_eq!(reply["tasks"]["guarded"]["state"], "part");
}

/// Types a line into the first terminal of a session.
async fn type_in(browser: &Browser, session: &str, line: &str) {
    let view = browser.get(session).await.ok();
    let terminal = view["terminals"][0]["id"].as_str().unwrap();
    let path = format!("{session}/terminals/{terminal}");
    let mut terminal = browser.terminal(&path, None).await;
    assert_eq!(terminal.text().await["type"], "attached");
    terminal.until("# ").await;
    terminal.type_in(format!("{line}\n").as_bytes()).await;
    terminal.until("# ").await;
}

/// Files of a node as the fake machine keeps them.
fn archive(files: &[(&str, &str)]) -> String {
    let files: Value = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), json!(text.as_bytes())))
        .collect::<serde_json::Map<_, _>>()
        .into();
    files.to_string()
}

async fn put(browser: &Browser, parts: &[(&str, &str)]) -> labwright_testkit::Answer {
    let mut body = String::new();
    for (node, archive) in parts {
        body += &format!(
            "--cut\r\ncontent-disposition: form-data; name=\"{node}\"; filename=\"{node}.tar\"\r\n\r\n{archive}\r\n"
        );
    }
    body += "--cut--\r\n";
    let kind = [("content-type", "multipart/form-data; boundary=cut")];
    browser.send_as(Method::POST, KEPT, body, &kind).await
}

#[tokio::test]
async fn files_go_from_the_browser_to_the_server_and_back() {
    let world = World::new().await;
    let (ada, bob) = (world.browser("ada").await, world.browser("bob").await);
    offer(&world, "cat");
    assert_eq!(
        ada.get(KEPT).await.ok(),
        json!({ "at": null, "nodes": [], "session": null })
    );
    let mine = archive(&[("/root/made", "by hand"), ("/root/notes", "in the tab")]);
    let taken = put(&ada, &[("client", &mine)]).await.ok();
    assert_eq!(
        taken["nodes"][0],
        json!({ "node": "client", "bytes": mine.len() })
    );
    assert!(taken["at"].as_i64().unwrap() > 0);

    // The next session begins with them, and what it saves is what the browser gets.
    let session = ada.launch("nets", "tiny").await;
    let checked = ada
        .post(&format!("{session}/tasks/made/check"), json!({}))
        .await
        .ok();
    assert_eq!(checked["attempt"]["verdict"], "done", "the file came along");
    let refused = put(&ada, &[("client", &mine)]).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "session_open".to_owned())
    );
    let open = ada.get(KEPT).await.ok();
    assert_eq!(open["session"]["state"], "ready");

    type_in(&ada, &session, "touch /root/later").await;
    ada.post(&format!("{session}/end"), json!({})).await.ok();
    ada.wait(&session, "ended").await;
    let back = ada.get(&format!("{KEPT}/client")).await;
    let files: Value = serde_json::from_str(&back.text).unwrap();
    assert!(
        files["/root/later"].is_array() && files["/root/notes"].is_array(),
        "{files}"
    );

    let nothing = put(&ada, &[]).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    // Nobody else's, and nothing that the lab does not keep.
    assert_eq!(
        bob.get(&format!("{KEPT}/client")).await.status,
        StatusCode::NOT_FOUND
    );
    for node in ["judge", "none", "..", ""] {
        let refused = put(&ada, &[("client", "spoilt"), (node, "x")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{node}");
    }
    let spoilt = ada
        .send_as(
            Method::POST,
            KEPT,
            "--cut\r\nhalf".to_owned(),
            &[("content-type", "multipart/form-data; boundary=cut")],
        )
        .await;
    assert_eq!(spoilt.status, StatusCode::BAD_REQUEST);
    let kept = ada.get(&format!("{KEPT}/client")).await;
    assert_eq!(kept.text, back.text, "what was refused changed nothing");
}

#[tokio::test]
async fn results_alone_leave_the_saved_files_where_they_are() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    type_in(&ada, &session, "touch /root/made").await;
    ada.post(&format!("{session}/end"), json!({})).await.ok();
    ada.wait(&session, "ended").await;

    let made_of = offer(&world, "cat");
    page(&ada, "").await;
    let one = [attempt("a1", "count", "done", Some("4"))];
    ada.post(RESULTS, hand_in(&made_of, "w1", &one)).await.ok();
    let session = ada.launch("nets", "tiny").await;
    let checked = ada
        .post(&format!("{session}/tasks/made/check"), json!({}))
        .await
        .ok();
    assert_eq!(checked["attempt"]["verdict"], "done");
}
