//! What the unprivileged server may ask of the host, and others may not.

use std::fs;
use std::path::PathBuf;

use labwright_local::{Daemon, Host, LocalPlace};
use labwright_place::{Place, PlaceError};
use rustix::process::{Gid, Uid};

use crate::ground::{Ground, machine, session};

const SERVER: u32 = 65534;
const STRANGER: u32 = 65533;

/// Does something on a thread that belongs to another user; the kernel tells the host so.
async fn as_user<T: Send + 'static>(user: u32, act: impl AsyncFnOnce() -> T + Send + 'static) -> T {
    as_user_in(user, user, act).await
}

/// The same, with this group.
async fn as_user_in<T: Send + 'static>(
    user: u32,
    group: u32,
    act: impl AsyncFnOnce() -> T + Send + 'static,
) -> T {
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        rustix::thread::set_thread_groups(&[]).unwrap();
        rustix::thread::set_thread_gid(Gid::from_raw(group)).unwrap();
        rustix::thread::set_thread_uid(Uid::from_raw(user)).unwrap();
        runtime.block_on(act())
    });
    tokio::task::spawn_blocking(|| thread.join().unwrap())
        .await
        .unwrap()
}

async fn start(ground: &Ground, user: u32, layers: &[PathBuf]) -> Result<(), PlaceError> {
    let place = LocalPlace::daemon(ground.installation.clone());
    let spec = machine(&session("a"), layers);
    as_user(user, async move || place.start(&spec).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_starts_machines_of_the_installations_layers_alone() {
    let mut ground = Ground::with_silent_agent();
    ground.installation.owner = Some((SERVER, SERVER));
    let host = Host::new(ground.installation.clone()).unwrap();
    let daemon = tokio::spawn(Daemon::bind(host).await.unwrap().serve());
    let layers = ground.installation.layers();
    let good = layers.join("good");
    fs::create_dir_all(&good).unwrap();
    std::os::unix::fs::symlink("/etc", layers.join("link")).unwrap();

    for bad in ["/", "/etc"].map(PathBuf::from).into_iter().chain([
        layers.clone(),
        layers.join("../sessions"),
        layers.join("link"),
        layers.join("missing"),
    ]) {
        let refused = start(&ground, SERVER, &[good.clone(), bad])
            .await
            .unwrap_err();
        let text = refused.to_string();
        assert!(
            text.contains("is not a layer of this installation"),
            "{text}"
        );
    }
    start(&ground, SERVER, std::slice::from_ref(&good))
        .await
        .unwrap();
    let place = LocalPlace::daemon(ground.installation.clone());
    let id = session("a");
    let reached = as_user(SERVER, async move || place.connect(&id).await.is_ok());
    assert!(reached.await, "the server reaches its agents");

    start(&ground, STRANGER, std::slice::from_ref(&good))
        .await
        .unwrap_err();
    let place = LocalPlace::daemon(ground.installation.clone());
    let id = session("a");
    let reached = as_user(STRANGER, async move || place.connect(&id).await.is_ok());
    assert!(!reached.await, "a stranger reaches an agent");

    // Its group reaches the socket, and that is all.
    let place = LocalPlace::daemon(ground.installation.clone());
    let spec = machine(&session("a"), std::slice::from_ref(&good));
    let started = as_user_in(STRANGER, SERVER, async move || place.start(&spec).await);
    let refused = started.await.unwrap_err().to_string();
    assert!(
        refused.contains("only root and the server's user"),
        "{refused}"
    );

    let place = LocalPlace::daemon(ground.installation.clone());
    as_user(SERVER, async move || place.stop(&session("a")).await)
        .await
        .unwrap();
    daemon.abort();
    let _ = daemon.await;
    fs::remove_dir_all(&layers).unwrap();
    ground.expect_nothing_left().await;
}
