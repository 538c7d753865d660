//! A learner's way through a lab.

use hyper::StatusCode;
use serde_json::json;

use crate::world::{Browser, World};

#[tokio::test]
async fn the_catalogue_leads_to_one_session() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let courses = ada.get("/api/v1/courses?lang=fr").await.ok();
    let lab = &courses[0]["labs"][0];
    assert_eq!(lab["title"], "Un petit TP");
    assert_eq!((&lab["points"], &lab["minutes"]), (&json!(5.0), &json!(60)));
    assert_eq!(lab["session"], json!(null));

    let body = json!({ "course": "nets", "lab": "tiny" });
    let started = ada.post("/api/v1/sessions", body.clone()).await;
    assert_eq!(started.status, StatusCode::CREATED);
    let id = started.ok()["id"].clone();
    let again = ada.post("/api/v1/sessions", body).await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(again.ok()["id"], id);
    let courses = ada.get("/api/v1/courses").await.ok();
    assert_eq!(courses[0]["labs"][0]["session"]["id"], id);
}

#[tokio::test]
async fn a_session_shows_what_is_the_learners() {
    let world = World::new().await;
    for ada in world.browser("ada").await.both_ways() {
        let path = ada.launch("nets", "tiny").await;
        let mut events = ada
            .socket(&format!("{path}/events"), json!({ "token": ada.token }))
            .await;
        let ready = events
            .event(|event| event["session"]["state"] == "ready")
            .await;
        let view = &ready["session"];
        assert_eq!(
            view["nodes"].as_array().unwrap().len(),
            1,
            "the hidden node is not shown"
        );
        assert_eq!(view["nodes"][0]["addresses"]["lan"][0], "10.0.0.2");
        assert_eq!(view["stages"].as_array().unwrap().len(), 5);
        assert_eq!(view["apps"][0]["node"], "client");
        let networks = view["networks"].as_array().unwrap();
        assert_eq!(
            networks.len(),
            1,
            "a network of hidden nodes alone is not shown"
        );
        assert_eq!(
            (&networks[0]["name"], &networks[0]["subnet"]),
            (&json!("lan"), &json!("10.0.0.0/24"))
        );
        assert_eq!(networks[0]["shaping"]["delay_ms"], 20.0);
        let last = view["apps"].as_array().unwrap().last().unwrap();
        assert_eq!(
            (&last["kind"], &last["label"]),
            (&json!("map"), &json!("Map"))
        );
        assert_eq!(view["steps"][0]["title"], "Look around");
        assert!(view["ends_at"].as_i64().unwrap() > view["now"].as_i64().unwrap());
    }
}

#[tokio::test]
async fn a_task_is_failed_solved_in_a_terminal_and_scored() {
    solve(false).await;
}

#[tokio::test]
async fn a_task_is_solved_where_websockets_are_blocked() {
    solve(true).await;
}

async fn solve(polled: bool) {
    let world = World::new().await;
    let ada = Browser {
        polled,
        ..world.browser("ada").await
    };
    let path = ada.launch("nets", "tiny").await;
    let mut events = ada
        .socket(&format!("{path}/events"), json!({ "token": ada.token }))
        .await;
    let view = ada.get(&path).await.ok();
    let terminal = view["terminals"][0]["id"].as_str().unwrap();
    let mut terminal = ada
        .terminal(&format!("{path}/terminals/{terminal}"), None)
        .await;
    assert_eq!(terminal.text().await["type"], "attached");
    terminal.until("# ").await;

    let check = format!("{path}/tasks/made/check");
    let first = ada.post(&check, json!({})).await.ok();
    assert_eq!(first["attempt"]["verdict"], "not_yet");
    assert_eq!(first["task"]["state"], "not_yet");
    terminal.type_in(b"touch /root/made\n").await;
    terminal.until("# ").await;
    let second = ada.post(&check, json!({})).await.ok();
    assert_eq!(second["attempt"]["verdict"], "done");
    assert_eq!(
        (&second["score"], &second["points"]),
        (&json!(3.0), &json!(5.0))
    );
    let told = events.event(|event| event["session"]["score"] == 3.0).await;
    assert_eq!(told["session"]["steps"][0]["state"], "part");
    assert_eq!(
        ada.get("/api/v1/courses").await.ok()[0]["labs"][0]["score"],
        3.0
    );
}

#[tokio::test]
async fn answers_are_compared_and_every_attempt_is_kept() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    let check = format!("{path}/tasks/count/check");
    let wrong = ada.post(&check, json!({ "answer": "5" })).await.ok();
    assert_eq!(wrong["attempt"]["verdict"], "not_yet");
    let none = ada.post(&check, json!({})).await;
    assert_eq!(
        (none.status, none.code()),
        (StatusCode::BAD_REQUEST, "bad_answer".into())
    );
    let french = ada
        .post(&format!("{check}?lang=fr"), json!({ "answer": "quatre" }))
        .await;
    let message = french.json()["error"]["message"].clone();
    assert_eq!(message, "«\u{a0}quatre\u{a0}» n’est pas un nombre.");
    let right = ada.post(&check, json!({ "answer": "4.0" })).await.ok();
    assert_eq!(right["task"]["state"], "done");
    assert_eq!(right["task"]["attempts"], 2);
    let attempts = ada.get(&format!("{path}/attempts")).await.ok();
    let answers: Vec<_> = attempts
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| &attempt["answer"])
        .collect();
    assert_eq!(answers, ["5", "4.0"]);
}

#[tokio::test]
async fn a_step_in_both_languages_with_its_values() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    let english = ada.get(&format!("{path}/steps/1")).await.ok();
    let french = ada.get(&format!("{path}/steps/1?lang=fr")).await.ok();
    assert_eq!(french["title"], "Regardez autour de vous");
    assert_eq!(french["language"], "fr");
    assert_eq!(french["tasks"][0]["title"], "Créez le fichier");
    let html = english["html"].as_str().unwrap();
    assert!(html.contains("the client is 10.0.0.2"), "{html}");
    assert!(html.contains("<div data-task=\"made\"></div>"), "{html}");
    assert!(html.contains("<pre data-run=\"client\">"), "{html}");
    assert!(!html.contains("{{"), "{html}");
    // The same learner has the same word in every page.
    let word = ["cat", "dog", "owl"]
        .into_iter()
        .find(|word| html.contains(word))
        .unwrap();
    assert!(french["html"].as_str().unwrap().contains(word));
    assert_eq!(
        ada.get(&format!("{path}/steps/3")).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        ada.get(&format!("{path}/steps/0")).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn hints_come_one_by_one_and_secrets_do_not() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    let page = ada.get(&format!("{path}/steps/1")).await.text;
    assert!(
        !page.contains("hint with a secret") && page.contains("\"hints_left\":2"),
        "{page}"
    );
    let hint = format!("{path}/tasks/made/hint");
    let task = ada.post(&hint, json!({})).await.ok();
    assert_eq!(
        (task["hints"].as_array().unwrap().len(), &task["hints_left"]),
        (1, &json!(1))
    );
    ada.post(&hint, json!({})).await.ok();
    let task = ada.post(&hint, json!({})).await.ok();
    assert_eq!(
        (task["hints"].as_array().unwrap().len(), &task["hints_left"]),
        (2, &json!(0))
    );

    let guarded = ada
        .post(&format!("{path}/tasks/guarded/check"), json!({}))
        .await
        .text;
    let view = ada.get(&path).await.text;
    let second = ada.get(&format!("{path}/steps/2")).await.text;
    for text in [&view, &second, &page] {
        assert!(
            !text.contains("judge") && !text.contains("SECRET-CHECK"),
            "{text}"
        );
    }
    assert!(!guarded.contains("judge"), "{guarded}");
}

#[tokio::test]
async fn files_of_the_lab_by_header_or_ticket_and_sandboxed() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    let page = ada.get(&format!("{path}/steps/1")).await.ok();
    let html = page["html"].as_str().unwrap();
    let link = html
        .split("src=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    let picture = world.stranger().get(&link).await;
    assert_eq!(picture.status, StatusCode::OK, "{link}");
    assert_eq!(picture.headers["content-type"], "image/svg+xml");
    let policy = picture.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("sandbox; default-src 'none'"),
        "{policy}"
    );

    let bob = world.browser("bob").await;
    let bobs = bob.launch("nets", "tiny").await;
    let stolen = link.replace(&path, &bobs);
    assert_eq!(
        world.stranger().get(&stolen).await.status,
        StatusCode::UNAUTHORIZED
    );
    let data = ada.get(&format!("{path}/assets/data.bin")).await;
    assert_eq!(data.headers["content-disposition"], "attachment");
    for bad in [
        "../lab.yaml",
        "..%2flab.yaml",
        "%2e%2e/lab.yaml",
        "x",
        "",
        "a/../../lab.yaml",
        "%00",
    ] {
        let status = ada.get(&format!("{path}/assets/{bad}")).await.status;
        assert!(status.is_client_error(), "{bad}: {status}");
    }
}

#[tokio::test]
async fn terminals_are_opened_closed_and_counted() {
    let world = World::new().await;
    for ada in world.browser("ada").await.both_ways() {
        let path = ada.launch("nets", "tiny").await;
        let made = ada
            .post(&format!("{path}/terminals"), json!({ "node": "client" }))
            .await;
        assert_eq!(made.status, StatusCode::CREATED);
        let made = made.ok();
        let id = made["id"].as_str().unwrap();
        let mut socket = ada.terminal(&format!("{path}/terminals/{id}"), None).await;
        socket.text().await;
        socket
            .say(json!({ "type": "resize", "cols": 100, "rows": 30 }))
            .await;
        socket.type_in(b"echo hello there\n").await;
        socket.until("\nhello there").await;
        let hidden = ada
            .post(&format!("{path}/terminals"), json!({ "node": "judge" }))
            .await;
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        let closing = ada
            .send(
                hyper::Method::DELETE,
                &format!("{path}/terminals/{id}"),
                None,
                &[],
            )
            .await;
        assert_eq!(closing.status, StatusCode::NO_CONTENT, "{}", closing.text);
        socket.closed().await;
        let mut gone = ada.terminal(&format!("{path}/terminals/{id}"), None).await;
        assert_eq!(gone.closed().await, 4404);
    }
}

#[tokio::test]
async fn more_time_reset_and_end() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    let before = ada.get(&path).await.ok()["ends_at"].as_i64().unwrap();
    let after = ada.post(&format!("{path}/extend"), json!({})).await.ok();
    assert!(after["ends_at"].as_i64().unwrap() >= before + 25 * 60_000);
    ada.post(&format!("{path}/reset"), json!({ "node": "client" }))
        .await
        .ok();
    ada.wait(&path, "ready").await;
    let hidden = ada
        .post(&format!("{path}/reset"), json!({ "node": "judge" }))
        .await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    ada.post(&format!("{path}/end"), json!({})).await.ok();
    ada.wait(&path, "ended").await;
    let late = ada.post(&format!("{path}/extend"), json!({})).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    // A session that is over still shows its pages and score.
    ada.get(&format!("{path}/steps/1")).await.ok();
}

#[tokio::test]
async fn the_same_attempt_sent_twice_counts_once() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    let body = json!({ "answer": "7", "attempt": "page-chose-this" });
    for _ in 0..2 {
        let reply = ada
            .post(&format!("{path}/tasks/count/check"), body.clone())
            .await
            .ok();
        assert_eq!(reply["task"]["attempts"], 1);
    }
}
