//! Faults by the table: every call of the place fails once, or from then on; the disk is full;
//! agents and servers are killed at random.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use labwright_model::{Lab, MachineSpec, SessionId};
use labwright_place::{
    AgentChannel, Capabilities, FakePlace, MachineState, Place, PlaceError, Problem,
};
use labwright_session::{Given, ProblemCode};
use labwright_store::SessionState;

use crate::world::{World, ann, task};

/// Calls of the place in the story below, and some more.
const CALLS: u32 = 14;

/// A place whose calls are counted, and fail from one number to another.
#[derive(Clone)]
struct Flaky {
    inner: FakePlace,
    calls: Arc<AtomicU32>,
    from: u32,
    to: Arc<AtomicU32>,
}

impl Flaky {
    fn call(&self) -> Result<(), PlaceError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if (self.from..self.to.load(Ordering::SeqCst)).contains(&number) {
            return Err(PlaceError::Unreachable {
                place: "fake".to_owned(),
                cause: format!("call {number} fails"),
            });
        }
        Ok(())
    }
}

#[async_trait]
impl Place for Flaky {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn validate(&self, lab: &Lab) -> Vec<Problem> {
        self.inner.validate(lab).await
    }

    async fn start(&self, spec: &MachineSpec) -> Result<(), PlaceError> {
        self.call()?;
        self.inner.start(spec).await
    }

    async fn observe(&self) -> Result<Vec<MachineState>, PlaceError> {
        self.call()?;
        self.inner.observe().await
    }

    async fn connect(&self, id: &SessionId) -> Result<AgentChannel, PlaceError> {
        self.call()?;
        self.inner.connect(id).await
    }

    async fn stop(&self, id: &SessionId) -> Result<(), PlaceError> {
        self.call()?;
        self.inner.stop(id).await
    }
}

/// Ready, a file, sleep, wake, end. Launches again what fails in between.
async fn story(world: &World, heal: impl Fn()) {
    let id = world.launch().await;
    until_or_again(world, &id, SessionState::Ready, &heal).await;
    world.write(&id, "/root/work");
    world.supervisor.sleep(&id).await.unwrap();
    until_or_again(world, &id, SessionState::Asleep, &heal).await;
    world.launch().await;
    until_or_again(world, &id, SessionState::Ready, &heal).await;
    assert!(world.has_file(&id, "/root/work"));
    world.supervisor.end(&id).await.unwrap();
    until_or_again(world, &id, SessionState::Ended, &heal).await;
    assert_eq!(world.place.observe().await.unwrap(), []);
}

/// Waits for a state. When the session fails, or hangs for a while, what was broken is mended; a
/// failed one is launched again, as its learner would.
async fn until_or_again(world: &World, id: &SessionId, state: SessionState, heal: &impl Fn()) {
    loop {
        let waited = world
            .supervisor
            .wait(id, |s| s.state == state && s.problem.is_none());
        match tokio::time::timeout(Duration::from_secs(2), waited).await {
            Ok(snapshot) if snapshot.as_ref().unwrap().state == state => return,
            Ok(_) => {
                heal();
                world.launch().await;
            }
            Err(_) => heal(),
        }
    }
}

async fn with_flaky(from: u32, to: u32) {
    let mut world = World::new().await;
    let flaky = Flaky {
        inner: world.place.clone(),
        calls: Arc::default(),
        from,
        to: Arc::new(AtomicU32::new(to)),
    };
    world.supervisor = world.server_on(Arc::new(flaky.clone())).await;
    let healing = flaky.clone();
    let told = tokio::time::timeout(
        Duration::from_secs(60),
        story(&world, move || healing.to.store(0, Ordering::SeqCst)),
    );
    assert!(
        told.await.is_ok(),
        "calls {from} to {to}: {:#?}",
        world.supervisor.all()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_place_fails_once() {
    let stories = (0..CALLS).map(|call| tokio::spawn(with_flaky(call, call + 1)));
    for story in stories.collect::<Vec<_>>() {
        story.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_place_fails_from_then_on() {
    let stories = (0..CALLS).map(|call| tokio::spawn(with_flaky(call, u32::MAX)));
    for story in stories.collect::<Vec<_>>() {
        story.await.unwrap();
    }
}

/// Agents and servers are killed at random while the learner works, sleeps and wakes.
#[tokio::test(flavor = "multi_thread")]
async fn random_kills_lose_no_file_and_leave_no_second_machine() {
    let mut seed = 7_u64;
    let mut next = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    let mut world = World::new().await;
    world
        .place
        .behave(|b| b.ready_delay = Duration::from_millis(5));
    let id = world.ready().await;
    world.write(&id, "/root/work");
    for kill in 0..60 {
        match next(4) {
            0 => world.place.kill(&id),
            1 => drop(world.supervisor.sleep(&id).await),
            2 => drop(world.launch().await),
            _ => {
                world.supervisor.shutdown().await;
                if next(2) == 0 {
                    world.place.kill(&id);
                }
                world.fresh_server().await;
                world.supervisor.converge().await.unwrap();
            }
        }
        tokio::time::sleep(Duration::from_millis(next(40))).await;
        if kill % 6 == 5 {
            // What only ever dies may fail: it is launched again, with its files.
            ready_again(&world, &id).await;
            assert!(world.has_file(&id, "/root/work"), "after kill {kill}");
            assert_eq!(world.place.observe().await.unwrap().len(), 1);
        }
    }
}

/// Launches until the session is ready and all is well.
async fn ready_again(world: &World, id: &SessionId) {
    let told = tokio::time::timeout(crate::world::PATIENCE, async {
        loop {
            world.launch().await;
            let ready = world.supervisor.wait(id, |s| {
                s.state == SessionState::Ready && s.problem.is_none()
            });
            let ready = tokio::time::timeout(Duration::from_secs(3), ready).await;
            if matches!(ready, Ok(Ok(snapshot)) if snapshot.state == SessionState::Ready) {
                return;
            }
        }
    });
    assert!(told.await.is_ok(), "{:#?}", world.supervisor.all());
}

/// A file system of two megabytes; needs root. Unmounted when dropped.
struct SmallDisk(std::path::PathBuf);

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_takes_nothing_and_ends_nothing() {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
        .arg(dir.path())
        .status()
        .unwrap();
    assert!(
        mount.success(),
        "this test mounts a small tmpfs and needs root"
    );
    let disk = SmallDisk(dir.path().to_owned());
    let world = World::at(dir.clone(), labwright_session::Limits::default()).await;
    let id = world.ready().await;
    world.write(&id, "/root/done");
    let filler = dir.path().join("filler");
    // Larger than what is left: it takes all there is.
    let _ = std::fs::write(&filler, vec![0; 4 * 1024 * 1024]);
    let before = world.supervisor.view(&id).await.unwrap();
    let mut refused = 0;
    for _ in 0..40 {
        let check = world
            .supervisor
            .check(&id, &task("guarded"), Given::default())
            .await;
        refused += usize::from(check.is_err_and(|error| error.code() == "disk_full"));
    }
    assert!(refused > 0, "the disk never filled up");
    let extend = world.supervisor.extend(&id).await;
    assert_eq!(extend.unwrap_err().code(), "disk_full");
    let during = world.supervisor.view(&id).await.unwrap();
    assert_eq!(during.ends_at, before.ends_at);
    let other = world
        .supervisor
        .launch(
            &labwright_store::AccountId::new("bob"),
            &crate::world::course(),
            &crate::world::lab_name(),
        )
        .await;
    let other = other.unwrap_err();
    assert_eq!(other.code(), "disk_full", "{other:?}");
    // The files cannot be saved: the machine is not stopped.
    world.supervisor.sleep(&id).await.unwrap();
    world
        .until(&id, |s| {
            s.problem
                .as_ref()
                .is_some_and(|p| p.code == ProblemCode::SaveFailed)
        })
        .await;
    assert_eq!(world.place.observe().await.unwrap().len(), 1);
    std::fs::remove_file(&filler).unwrap();
    world.until(&id, |s| s.state == SessionState::Asleep).await;
    world.launch_as(&ann()).await;
    world.until(&id, |s| s.state == SessionState::Ready).await;
    assert!(world.has_file(&id, "/root/done"));
    let done = world
        .supervisor
        .check(&id, &task("file"), Given::default())
        .await;
    assert_eq!(done.unwrap().share, 1.0);
    world.supervisor.shutdown().await;
    drop(disk);
}
