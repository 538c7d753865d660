//! The server dies at any moment; the next one finds everything again.

use std::time::Duration;

use labwright_model::SessionId;
use labwright_place::{MachineStatus, Place as _};
use labwright_store::{SessionState, Store};

use crate::world::{PATIENCE, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_takes_running_machines_over() {
    let mut world = World::new().await;
    let id = world.ready().await;
    let before = world.supervisor.view(&id).await.unwrap();
    world.restart().await;
    let converged = world.supervisor.converge().await.unwrap();
    assert_eq!(converged.adopted, std::slice::from_ref(&id));
    let after = world
        .until(&id, |s| {
            s.state == SessionState::Ready && s.problem.is_none() && !s.terminals.is_empty()
        })
        .await;
    assert_eq!(after.terminals, before.terminals, "the same shells");
    assert_eq!(after.ends_at, before.ends_at);
    assert_eq!(world.place.starts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_died_meanwhile_boots_again() {
    let mut world = World::new().await;
    let id = world.ready().await;
    world.write(&id, "/root/work");
    world.supervisor.shutdown().await;
    world.place.kill(&id);
    world.fresh_server().await;
    world.supervisor.converge().await.unwrap();
    world
        .until(&id, |s| {
            s.state == SessionState::Ready && s.problem.is_none()
        })
        .await;
    assert!(world.has_file(&id, "/root/work"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_a_session_is_stopped_and_strangers_are_left_alone() {
    let mut world = World::new().await;
    let id = world.ready().await;
    world.supervisor.end(&id).await.unwrap();
    world.until(&id, |s| s.state == SessionState::Ended).await;
    let spec: labwright_model::MachineSpec = {
        let lab = crate::world::lab();
        let layers = lab.nodes.keys().map(|n| (n.clone(), Vec::new())).collect();
        let params = indexmap::IndexMap::from([("port".to_owned(), "1".to_owned())]);
        labwright_place::spec(&lab, &layers, &[], &params, id.clone()).unwrap()
    };
    let mut stranger = spec.clone();
    stranger.session = SessionId::new("run-x").unwrap();
    world.place.start(&spec).await.unwrap();
    world.place.start(&stranger).await.unwrap();
    world.restart().await;
    let converged = world.supervisor.converge().await.unwrap();
    assert_eq!(converged.stopped, [id]);
    let left = world.place.observe().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].status, MachineStatus::Running);
}

/// The server is cut off after a while that sweeps over a whole life: save, stop, start, restore.
/// Whatever stands then, the next server brings it to where it belongs, and the files are there.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_every_moment_it_converges_and_loses_no_file() {
    for moment_ms in (0..=120).step_by(6) {
        let mut world = World::new().await;
        world.place.behave(|b| {
            b.start_delay = Duration::from_millis(10);
            b.ready_delay = Duration::from_millis(15);
        });
        let id = killed_after(&world, Duration::from_millis(moment_ms)).await;
        world.fresh_server().await;
        world.supervisor.converge().await.unwrap();
        settle(&world, &id).await;
        assert!(world.has_file(&id, "/root/work"), "at {moment_ms} ms");
        assert_eq!(world.place.observe().await.unwrap().len(), 1);
    }
}

/// A server of its own runtime: ready, a file, sleep, wake; its power is cut on the way.
async fn killed_after(world: &World, moment: Duration) -> SessionId {
    let server = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (send, receive) = tokio::sync::oneshot::channel();
    let mut theirs = world.clone();
    server.spawn(async move {
        // Its own connections: what hangs in them dies with it.
        theirs.store = Store::open(&theirs.dir.path().join("labwright.db"))
            .await
            .unwrap();
        theirs.fresh_server().await;
        let id = theirs.ready().await;
        theirs.write(&id, "/root/work");
        send.send(id.clone()).unwrap();
        theirs.supervisor.sleep(&id).await.unwrap();
        theirs.until(&id, |s| s.state == SessionState::Asleep).await;
        theirs.launch().await;
        std::future::pending::<()>().await;
    });
    let id = receive.await.unwrap();
    tokio::time::sleep(moment).await;
    // What is polled at that moment comes to its next await; a killed process would not even get there. Only when all
    // of it has stopped may another server begin: two at once never are.
    tokio::task::spawn_blocking(move || server.shutdown_timeout(PATIENCE))
        .await
        .unwrap();
    id
}

/// Launches until the session is ready: a sleep that was under way may come to its end first.
async fn settle(world: &World, id: &SessionId) {
    loop {
        assert_eq!(world.launch().await, *id);
        let settled = world
            .until(id, |s| {
                let still = matches!(s.state, SessionState::Asleep | SessionState::Ready);
                still && s.problem.is_none() && s.terminals.len() != 1
            })
            .await;
        if settled.state == SessionState::Ready {
            return;
        }
    }
}
