//! The server goes and comes back: labs, terminals, scores and sign-ins are as they were.

use serde_json::json;

use crate::world::{Browser, World};

#[tokio::test]
async fn terminals_come_back_with_all_that_was_missed() {
    come_back(false).await;
}

#[tokio::test]
async fn polled_terminals_come_back_with_all_that_was_missed() {
    come_back(true).await;
}

async fn come_back(polled: bool) {
    let world = World::new().await;
    let ada = Browser {
        polled,
        ..world.browser("ada").await
    };
    let path = ada.launch("nets", "tiny").await;
    let view = ada.get(&path).await.ok();
    let terminal = format!(
        "{path}/terminals/{}",
        view["terminals"][0]["id"].as_str().unwrap()
    );
    let mut socket = ada.terminal(&terminal, None).await;
    let attached = socket.text().await;
    let before = socket.until("# ").await;
    socket.type_in(b"echo one\n").await;
    let mut seen = before + &socket.until("\none\r\n").await;
    let offset = attached["offset"].as_u64().unwrap() + seen.len() as u64;

    let going = async {
        let code = socket.closed().await;
        assert_eq!(code, 1012);
    };
    let restart = async {
        // It listens by then, also where listening is a question that waits.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        world.restart().await
    };
    let ((), world) = tokio::join!(going, restart);

    // The same token, the same port, the same terminal.
    let ada = Browser {
        address: world.server.address,
        ..ada
    };
    ada.wait(&path, "ready").await;
    let (mut socket, attached) = ada.attach(&terminal, Some(offset)).await;
    assert_eq!(
        (&attached["offset"], &attached["lost"]),
        (&json!(offset), &json!(false))
    );
    socket.type_in(b"echo two\n").await;
    seen += &socket.until("\ntwo\r\n").await;

    let mut whole = ada.terminal(&terminal, None).await;
    whole.text().await;
    let all = whole.until("two\r\n").await;
    assert!(all.contains("one") && all.starts_with(&seen[..20]), "{all}");
    assert_eq!(world.place.starts(), 1, "the machine was not started again");
}

#[tokio::test]
async fn scores_and_sleeping_sessions_survive() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    ada.post(
        &format!("{path}/tasks/count/check"),
        json!({ "answer": "4" }),
    )
    .await
    .ok();
    world.server.sleep_all().await;
    ada.wait(&path, "asleep").await;

    let world = world.restart().await;
    let ada = Browser {
        address: world.server.address,
        ..ada
    };
    let mut events = ada
        .socket(&format!("{path}/events"), json!({ "token": ada.token }))
        .await;
    let asleep = events.event(|event| event["type"] == "session").await;
    assert_eq!(
        (&asleep["session"]["state"], &asleep["session"]["score"]),
        (&json!("asleep"), &json!(1.0))
    );
    assert_eq!(
        ada.launch("nets", "tiny").await,
        path,
        "waking it gives the same session"
    );
    events
        .event(|event| event["session"]["state"] == "ready")
        .await;
}

#[tokio::test]
async fn a_preview_leaves_nothing_behind() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    assert_eq!(world.server.discard_all().await, 0);
    ada.wait(&path, "ended").await;
    let left = labwright_place::Place::observe(&world.place).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn two_servers_do_not_share_a_state() {
    let world = World::new().await;
    let refused = world.second().await.err().unwrap();
    assert!(
        refused.to_string().contains("is used by another server"),
        "{refused}"
    );
}
