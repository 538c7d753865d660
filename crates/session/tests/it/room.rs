//! Room is scarce: sessions wait in line and come in one by one.

use labwright_session::Limits;
use labwright_store::{AccountId, SessionState};

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_seat_waits_in_line() {
    let limits = Limits {
        sessions: 1,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let ann = world.ready().await;
    let bob = world.launch_as(&AccountId::new("bob")).await;
    let cy = world.launch_as(&AccountId::new("cy")).await;
    let waiting = world.until(&bob, |s| s.line == Some(1)).await;
    assert_eq!(waiting.state, SessionState::Queued);
    world.until(&cy, |s| s.line == Some(2)).await;
    // Bob gives up: Cy moves on.
    world.supervisor.end(&bob).await.unwrap();
    world.until(&bob, |s| s.state == SessionState::Ended).await;
    world.until(&cy, |s| s.line == Some(1)).await;
    world.supervisor.end(&ann).await.unwrap();
    world.until(&cy, |s| s.state == SessionState::Ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_starts_few_at_a_time_and_all_become_ready() {
    let limits = Limits {
        starts: 1,
        ..Limits::default()
    };
    let world = World::with(limits).await;
    let mut ids = Vec::new();
    for name in ["ann", "bob", "cy"] {
        ids.push(world.launch_as(&AccountId::new(name)).await);
    }
    for id in &ids {
        world.until(id, |s| s.state == SessionState::Ready).await;
    }
    assert_eq!(world.place.starts(), 3);
}
