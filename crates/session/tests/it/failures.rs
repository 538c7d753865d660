//! The place, the machine and the store fail; the session says so and goes on.

use std::time::Duration;

use labwright_place::Place as _;
use labwright_session::ProblemCode;
use labwright_store::SessionState;

use crate::world::{World, named, task};

fn code(snapshot: &labwright_session::Snapshot) -> Option<ProblemCode> {
    snapshot.problem.as_ref().map(|problem| problem.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_once_is_repeated() {
    let world = World::new().await;
    world.place.behave(|b| b.fail_starts = 1);
    let id = world.launch().await;
    world
        .until(&id, |s| code(s) == Some(ProblemCode::Retrying))
        .await;
    let ready = world.until(&id, |s| s.state == SessionState::Ready).await;
    assert_eq!(ready.problem, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_always_fails_is_undone_and_can_be_tried_again() {
    let world = World::new().await;
    world.place.behave(|b| b.fail_starts_half_made = 3);
    let id = world.launch().await;
    let failed = world.until(&id, |s| s.state == SessionState::Failed).await;
    assert_eq!(code(&failed), Some(ProblemCode::Failed));
    assert_eq!(
        world.place.observe().await.unwrap(),
        [],
        "the start is undone"
    );
    assert_eq!(world.launch().await, id);
    world.until(&id, |s| s.state == SessionState::Ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_that_cannot_boot_says_why() {
    let world = World::new().await;
    world
        .place
        .behave(|b| b.boot_failure = Some("start of node client: exit 3".to_owned()));
    let id = world.launch().await;
    let failed = world.until(&id, |s| s.state == SessionState::Failed).await;
    assert!(failed.problem.as_ref().unwrap().message.contains("exit 3"));
    assert_eq!(world.place.observe().await.unwrap(), []);
    world.place.behave(|b| b.boot_failure = None);
    world.supervisor.reset(&id, None).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_dies_boots_again_with_its_files() {
    let world = World::new().await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    let ends_at = world.supervisor.view(&id).await.unwrap().ends_at;
    world.place.kill(&id);
    world
        .until(&id, |s| code(s) == Some(ProblemCode::Rebooting))
        .await;
    let ready = world
        .until(&id, |s| {
            s.state == SessionState::Ready && s.problem.is_none()
        })
        .await;
    assert!(world.has_file(&id, "/root/work"));
    assert_eq!(ready.terminals.len(), 2);
    assert_eq!(ready.ends_at, ends_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_only_dies_fails_its_session() {
    let world = World::new().await;
    world
        .place
        .behave(|b| b.die_after = Some(Duration::from_millis(300)));
    let id = world.launch().await;
    world.until(&id, |s| s.state == SessionState::Failed).await;
    world.place.behave(|b| b.die_after = None);
    world.launch().await;
    world.until(&id, |s| s.state == SessionState::Ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_put_back_are_kept_and_a_reset_goes_on_without_them() {
    let world = World::new().await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    world.supervisor.sleep(&id).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Asleep).await;
    let folder = world.dir.path().join("autosaves").join(id.as_str());
    let (whole, broken) = (folder.join("client.tar"), b"not an archive");
    let archive = std::fs::read(&whole).unwrap();
    std::fs::write(&whole, broken).unwrap();
    world.launch().await;
    let failed = world.until(&id, |s| s.state == SessionState::Failed).await;
    assert_eq!(code(&failed), Some(ProblemCode::RestoreFailed));
    assert_eq!(
        std::fs::read(&whole).unwrap(),
        broken,
        "nothing was saved over it"
    );
    // Mended, the next try has the files; broken again, a reset does without.
    std::fs::write(&whole, archive).unwrap();
    world.launch().await;
    world.until(&id, |s| s.state == SessionState::Ready).await;
    assert!(world.has_file(&id, "/root/work"));
    world.supervisor.sleep(&id).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Asleep).await;
    std::fs::write(&whole, broken).unwrap();
    world.launch().await;
    world.until(&id, |s| s.state == SessionState::Failed).await;
    world.supervisor.reset(&id, None).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Ready).await;
    assert!(!world.has_file(&id, "/root/work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_out_of_reach_comes_back() {
    let world = World::new().await;
    let id = world.ready().await;
    world.place.behave(|b| b.unreachable = true);
    world.place.kill(&id);
    let lost = world
        .until(&id, |s| code(s) == Some(ProblemCode::Reconnecting))
        .await;
    assert_eq!(lost.state, SessionState::Ready, "the lab may go on running");
    world.place.behave(|b| b.unreachable = false);
    world
        .until(&id, |s| {
            s.state == SessionState::Ready && s.problem.is_none()
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_fails_is_repeated() {
    let world = World::new().await;
    let id = world.ready().await;
    world.place.behave(|b| b.fail_stops = 2);
    world.supervisor.end(&id).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Ended).await;
    assert_eq!(world.place.observe().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_acknowledged_that_a_busy_store_did_not_take() {
    let world = World::new().await;
    let id = world.ready().await;
    let mut blocker = crate::world::hold_database(&world).await;
    world.write(&id, "/root/done");
    let file = task("file");
    let check = world.supervisor.check(&id, &file, named("k"));
    let extend = world.supervisor.extend(&id);
    let before = world.supervisor.view(&id).await.unwrap();
    // Both wait; neither is told that it is done while the other process holds the database.
    let waited = tokio::time::timeout(Duration::from_secs(1), async {
        tokio::join!(check, extend)
    });
    assert!(waited.await.is_err());
    let during = world.supervisor.view(&id).await.unwrap();
    assert_eq!(during.progress.score, before.progress.score);
    sqlx::query("ROLLBACK").execute(&mut blocker).await.unwrap();
    let done = world
        .supervisor
        .check(&id, &task("file"), named("k"))
        .await
        .unwrap();
    assert_eq!(done.share, 1.0);
    assert_eq!(
        world.supervisor.view(&id).await.unwrap().progress.score,
        3.0
    );
}
