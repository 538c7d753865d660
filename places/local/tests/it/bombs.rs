//! A fork bomb, a memory hog and a disk filler in one lab: it contains them, its agent lives on,
//! and another learner does not notice.

use std::time::{Duration, Instant};

use labwright_local::LocalPlace;
use labwright_model::NodeName;
use labwright_place::Place;
use labwright_place::conformance::talk;
use labwright_testkit::tiny_root;
use labwright_wire::{Client, Exit};

use crate::ground::{Ground, machine, session};

const PATIENCE: Duration = Duration::from_secs(20);
/// What a person calls usable, with room for a slow and busy test machine.
const USABLE: Duration = Duration::from_secs(2);

const FORK_BOMB: &str = "bomb() { bomb | bomb & }; bomb; sleep 30";
const MEMORY_HOG: &str = "x=x; while true; do x=$x$x; done";
const DISK_FILLER: &str = "dd if=/dev/zero of=/root/full bs=1M 2>&1; echo ended";

async fn start(place: &LocalPlace, ground: &Ground, name: &str) -> (Client, NodeName, NodeName) {
    let layers = [tiny_root(ground.directory.path())];
    let spec = machine(&session(name), &layers);
    place.start(&spec).await.unwrap();
    let client = talk::client(place, &spec.session).await.unwrap();
    talk::until_ready(&client, PATIENCE).await.unwrap();
    let names = (spec.nodes[0].name.clone(), spec.nodes[1].name.clone());
    (client, names.0, names.1)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_learner_does_another_does_not_feel() {
    let ground = Ground::with_true_agent();
    let place = LocalPlace::here(ground.host());
    let (bad, one, two) = start(&place, &ground, "bad").await;
    let (good, node, _) = start(&place, &ground, "good").await;

    let attack = |node: &NodeName, script: &'static str| {
        let (client, node) = (bad.clone(), node.clone());
        tokio::spawn(async move { talk::exec(&client, &node, &["bash", "-c", script], b"").await })
    };
    let bomb = attack(&one, FORK_BOMB);
    let hog = attack(&two, MEMORY_HOG);
    let filler = attack(&two, DISK_FILLER);

    let mut slowest = Duration::ZERO;
    for _ in 0..40 {
        let began = Instant::now();
        let ran = talk::exec(&good, &node, &["cat"], b"typed").await.unwrap();
        assert_eq!(ran.stdout, "typed");
        slowest = slowest.max(began.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("slowest echo of the other learner: {slowest:?}");
    assert!(slowest < USABLE, "{slowest:?}");

    let hog = hog.await.unwrap().unwrap();
    assert_ne!(hog.exit, Exit::Code(0), "the hog was not stopped: {hog:?}");
    let filler = filler.await.unwrap().unwrap();
    let full = filler.stdout.contains("No space left") && filler.stdout.contains("ended");
    assert!(full, "the disk was not filled: {filler:?}");
    let report = talk::status(&bad).await.unwrap();
    assert!(report.ready, "the agent of the bombed lab: {report:?}");
    bomb.abort();

    place.stop(&session("bad")).await.unwrap();
    place.stop(&session("good")).await.unwrap();
    ground.expect_nothing_left().await;
}
