//! A board of two thousand in a real browser, on request, with figures: `packaging/bench-board`.

use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::launches::world;

/// Learners that launch and are checked at once while the crowd is made.
const AT_ONCE: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: run it on request"]
async fn a_board_of_two_thousand() {
    let given = std::env::var("LEARNERS").ok();
    let learners: usize = given.map_or(2000, |given| given.parse().unwrap());
    let world = Arc::new(world(learners, AT_ONCE, learners).await);
    let mut crowd = Vec::new();
    let numbers: Vec<usize> = (0..learners).collect();
    for some in numbers.chunks(AT_ONCE) {
        let made = some.iter().map(|n| {
            let world = world.clone();
            async move { member(&world, *n).await }
        });
        crowd.extend(futures::future::join_all(made).await);
    }
    let tom = world.browser("tom").await;
    let told = json!({
        "url": format!("http://{}", world.server.address),
        "board": "/courses/nets/labs/tiny/board",
        "token": tom.token,
        "pid": std::process::id(),
        "crowd": crowd,
    });
    let file = world.state().join("crowd.json");
    std::fs::write(&file, told.to_string()).unwrap();
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../web/tests/load/board.mjs"
    );
    let mut measuring = Command::new("node").arg(script).arg(&file).spawn().unwrap();
    let ended = tokio::task::spawn_blocking(move || measuring.wait()).await;
    assert!(ended.unwrap().unwrap().success());
}

/// Somebody in the lab, who has failed at the first task a few times.
async fn member(world: &crate::world::World, n: usize) -> Value {
    let name = format!("learner{n}");
    let browser = world.browser(&name).await;
    let path = browser.launch("nets", "tiny").await;
    for _ in 0..n % 3 {
        let check = format!("{path}/tasks/count/check");
        browser.post(&check, json!({ "answer": "5" })).await.ok();
    }
    json!({ "name": name, "token": browser.token, "path": path })
}
