//! A teacher's board: whole at first, then what is new, and who is perhaps stuck.

use serde_json::{Value, json};

use crate::world::{Browser, World};

const BOARD: &str = "/api/v1/courses/nets/labs/tiny/board";

async fn board(teacher: &Browser, after: &Value) -> Value {
    teacher.get(&format!("{BOARD}?after={after}")).await.ok()
}

#[tokio::test]
async fn a_board_is_whole_and_then_tells_what_is_new() {
    let world = World::new().await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    let first = board(&tom, &json!(0)).await;
    assert_eq!(
        (&first["whole"], &first["title"]),
        (&json!(true), &json!("A tiny lab"))
    );
    let names: Vec<_> = first["learners"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0]["presence"], "never");
    assert_eq!(first["tasks"][1]["step"], 1);

    let path = ada.launch("nets", "tiny").await;
    let check = format!("{path}/tasks/count/check");
    ada.post(&check, json!({ "answer": "5" })).await.ok();
    let news = board(&tom, &first["stamp"]).await;
    assert_eq!(news["whole"], false);
    let rows = news["learners"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "only who changed: {rows:?}");
    assert_eq!(rows[0]["presence"], "here");
    assert_eq!(
        rows[0]["cells"][1],
        json!({ "state": "not_yet", "score": 0.0, "attempts": 1, "self_reported": false })
    );

    ada.post(&check, json!({ "answer": "4" })).await.ok();
    let news = board(&tom, &news["stamp"]).await;
    let row = &news["learners"][0];
    assert_eq!(
        (&row["cells"][1]["state"], &row["score"]),
        (&json!("done"), &json!(1.0))
    );
    assert_eq!(
        (&news["tasks"][1]["done"], &news["tasks"][1]["attempts"]),
        (&json!(1), &json!(2))
    );
    // The first task is still at hand.
    assert_eq!(news["tasks"][0]["at_it"], 1);
    let again = board(&tom, &json!(0)).await;
    assert_eq!(again["tasks"], news["tasks"]);
}

#[tokio::test]
async fn three_failed_checks_show_as_perhaps_stuck() {
    let world = World::new().await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    let path = ada.launch("nets", "tiny").await;
    for _ in 0..3 {
        ada.post(&format!("{path}/tasks/made/check"), json!({}))
            .await
            .ok();
    }
    let seen = board(&tom, &json!(0)).await;
    let stuck = seen["stuck"].as_array().unwrap();
    assert_eq!(stuck.len(), 1);
    assert_eq!(
        (&stuck[0]["task"], &stuck[0]["reason"]),
        (&json!("made"), &json!("tries"))
    );
    assert_eq!(stuck[0]["failed"], 3);
}

#[tokio::test]
async fn a_restart_begins_a_new_board() {
    let world = World::new().await;
    let tom = world.browser("tom").await;
    let stamp = board(&tom, &json!(0)).await["stamp"].clone();
    let world = world.restart().await;
    let tom = world.browser("tom").await;
    assert_eq!(board(&tom, &stamp).await["whole"], true);
    let unknown = tom
        .get("/api/v1/courses/nets/labs/none/board?after=0")
        .await;
    assert_eq!(unknown.status, hyper::StatusCode::NOT_FOUND);
}
