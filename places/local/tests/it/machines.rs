//! True machines: the conformance suite, and agents and hosts that are killed at any moment.

use std::time::Duration;

use labwright_local::LocalPlace;
use labwright_local::cgroup::Cgroups;
use labwright_model::SessionId;
use labwright_place::conformance::{self, Subject, talk};
use labwright_place::{MachineStatus, Place};
use labwright_testkit::tiny_root;
use rustix::process::{Pid, Signal, kill_process};

use crate::ground::{Ground, machine, session};
use crate::hosts::HostProcess;

const PATIENCE: Duration = Duration::from_secs(20);

async fn conforms(ground: &Ground, place: &LocalPlace) {
    let layers = [tiny_root(ground.directory.path())];
    let subject = Subject {
        place,
        machine: &|id| machine(id, &layers),
        prefix: "c",
        patience: PATIENCE,
    };
    if let Err(broken) = conformance::run(&subject).await {
        panic!("{broken}\nlogs of the agents: {}", ground.logs());
    }
}

#[tokio::test]
async fn the_local_place_keeps_every_promise() {
    let ground = Ground::with_true_agent();
    conforms(&ground, &LocalPlace::here(ground.host())).await;
    ground.expect_nothing_left().await;
}

#[tokio::test]
async fn through_the_host_it_keeps_them_too() {
    let ground = Ground::with_true_agent();
    let host = HostProcess::start(&ground.installation).await;
    conforms(&ground, &LocalPlace::daemon(ground.installation.clone())).await;
    host.kill();
    ground.expect_nothing_left().await;
}

#[tokio::test]
async fn sessions_live_on_when_the_host_is_killed() {
    let ground = Ground::with_true_agent();
    let layers = [tiny_root(ground.directory.path())];
    let place = LocalPlace::daemon(ground.installation.clone());
    let id = session("s");
    let spec = machine(&id, &layers);
    let node = &spec.nodes[0].name;

    let host = HostProcess::start(&ground.installation).await;
    place.start(&spec).await.unwrap();
    let client = talk::client(&place, &id).await.unwrap();
    let before = talk::until_ready(&client, PATIENCE).await.unwrap();
    host.kill();
    assert!(place.observe().await.is_err());
    let ran = talk::exec(&client, node, &["echo", "alive"], b"").await;
    assert_eq!(ran.unwrap().stdout, "alive\n");
    let again = talk::client(&place, &id).await.unwrap();
    talk::status(&again).await.unwrap();

    let host = HostProcess::start(&ground.installation).await;
    place.start(&spec).await.unwrap();
    let after = talk::client(&place, &id).await.unwrap();
    let after = talk::status(&after).await.unwrap();
    assert_eq!(after.epoch, before.epoch, "the machine was started again");
    place.stop(&id).await.unwrap();
    host.kill();
    ground.expect_nothing_left().await;
}

/// Kills every process of the agent of a session, if there is one.
fn kill_agent(ground: &Ground, id: &SessionId) {
    let cgroup = ground.installation.session_cgroup(id);
    for pid in Cgroups::discover().unwrap().agent_processes(&cgroup) {
        // It may have ended by itself meanwhile.
        let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
    }
}

/// A small generator, so that a failing run can be repeated from its seed (Marsaglia, "Xorshift
/// RNGs", 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

async fn random_kills(rounds: u32, seed: u64) {
    let ground = Ground::with_true_agent();
    let layers = [tiny_root(ground.directory.path())];
    let place = LocalPlace::daemon(ground.installation.clone());
    let mut dice = Dice(seed);
    let mut host = HostProcess::start(&ground.installation).await;
    for _ in 0..rounds {
        let id = session(["a", "b", "c"][dice.below(3) as usize]);
        let (spec, stops) = (machine(&id, &layers), dice.below(3) == 0);
        let work = async {
            // What is killed on the way may fail; only what is left in the end counts.
            let _ = match stops {
                true => place.stop(&id).await,
                false => place.start(&spec).await,
            };
        };
        let moment = Duration::from_millis(dice.below(200));
        let _ = tokio::time::timeout(moment, work).await;
        match dice.below(2) {
            0 => kill_agent(&ground, &id),
            _ => {
                host.kill();
                host = HostProcess::start(&ground.installation).await;
            }
        }
    }
    // A learner's machine comes back with its files after all that.
    let id = session("a");
    place.start(&machine(&id, &layers)).await.unwrap();
    let client = talk::client(&place, &id).await.unwrap();
    talk::until_ready(&client, PATIENCE).await.unwrap();
    let running = place.observe().await.unwrap();
    assert!(
        running
            .iter()
            .any(|m| m.id == id && m.status == MachineStatus::Running)
    );
    for machine in place.observe().await.unwrap() {
        place.stop(&machine.id).await.unwrap();
    }
    host.kill();
    ground.expect_nothing_left().await;
}

#[tokio::test]
async fn random_kills_of_agents_and_hosts_leave_nothing() {
    for seed in [2, 26_11_22] {
        println!("seed {seed}");
        random_kills(50, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_starts_is_worked_off_in_turns() {
    const LEARNERS: usize = 100;
    let ground = Ground::with_true_agent();
    let layers = [tiny_root(ground.directory.path())];
    let place = std::sync::Arc::new(LocalPlace::here(ground.host()));
    let began = std::time::Instant::now();
    let learners = (0..LEARNERS).map(|n| {
        let (place, id) = (place.clone(), session(&format!("l{n}")));
        let mut spec = machine(&id, &layers);
        spec.nodes.truncate(1);
        tokio::spawn(async move {
            place.start(&spec).await.unwrap();
            let client = talk::client(&*place, &id).await.unwrap();
            talk::until_ready(&client, PATIENCE).await.unwrap();
            let ran = talk::exec(&client, &spec.nodes[0].name, &["true"], b"").await;
            ran.unwrap();
            began.elapsed()
        })
    });
    let mut took = Vec::new();
    for learner in learners.collect::<Vec<_>>() {
        took.push(learner.await.unwrap());
    }
    took.sort();
    println!("ready after {:?} … {:?}", took.first(), took.last());
    let found = place.observe().await.unwrap();
    assert_eq!(found.len(), LEARNERS);
    assert!(found.iter().all(|m| m.status == MachineStatus::Running));
    for machine in found {
        place.stop(&machine.id).await.unwrap();
    }
    println!("stopped after {:?}", began.elapsed());
    ground.expect_nothing_left().await;
}
