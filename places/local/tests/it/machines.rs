//! True machines: the conformance suite, and agents that are killed at any moment.

use std::time::Duration;

use labwright_local::LocalPlace;
use labwright_place::conformance::{self, Subject};

use crate::ground::{Ground, machine};
use crate::{agent, root};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn the_local_place_keeps_every_promise() {
    let ground = Ground::with_agent(agent::build());
    let layers = [root::make(ground.directory.path())];
    let place = LocalPlace::here(ground.host());
    let subject = Subject {
        place: &place,
        machine: &|id| machine(id, &layers),
        prefix: "c",
        patience: PATIENCE,
    };
    if let Err(broken) = conformance::run(&subject).await {
        panic!("{broken}\nlogs of the agents: {}", ground.logs());
    }
    ground.expect_nothing_left().await;
}
