//! Sessions, attempts, hints and the times of starts.

use std::collections::BTreeMap;

use labwright_model::{Stage, TaskId};
use labwright_store::{BestShare, CourseId, Failure, SessionState, StoredVerdict};

use crate::{attempt, filled, learner, session};

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_has_one_open_session_of_a_lab() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let mut launches = Vec::new();
    for n in 0..20 {
        let store = store.clone();
        launches.push(tokio::spawn(async move {
            store.open_session(&session(&format!("s{n}"), "ann")).await
        }));
    }
    let mut created = 0;
    for launch in launches {
        created += usize::from(launch.await.unwrap().unwrap().is_none());
    }
    assert_eq!(created, 1);
    assert_eq!(store.open_sessions().await.unwrap().len(), 1);
    let bobs = store.open_session(&session("b", "bob")).await.unwrap();
    assert_eq!(bobs, None);
}

#[tokio::test]
async fn a_session_is_read_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let mut record = session("s", "ann");
    store.open_session(&record).await.unwrap();
    assert_eq!(
        store.session(&record.id).await.unwrap(),
        Some(record.clone())
    );
    record.state = SessionState::Failed;
    record.ready_ms = Some(2);
    record.ends_ms = Some(3);
    record.saved_ms = Some(4);
    record.extensions = 5;
    record.boots = 6;
    record.restore = true;
    record.failure = Some(Failure {
        code: "start_failed".to_owned(),
        message: "no".to_owned(),
    });
    store.update_session(&record).await.unwrap();
    let who = learner("ann");
    let found = store
        .find_open_session(&who.account, &who.course, &who.lab)
        .await
        .unwrap();
    assert_eq!(found, Some(record.clone()));
    record.state = SessionState::Ended;
    record.ended_ms = Some(9);
    store.update_session(&record).await.unwrap();
    assert_eq!(store.open_sessions_of(&who.account).await.unwrap(), []);
    let last = store
        .last_saved_session(&who.account, &who.course, &who.lab)
        .await
        .unwrap();
    assert_eq!(last, Some(record.clone()));
    assert_eq!(
        store.sessions_with_files(8).await.unwrap(),
        [record.id.clone()]
    );
    assert_eq!(store.sessions_with_files(9).await.unwrap(), []);
    // Now there is room for the next one.
    assert_eq!(
        store.open_session(&session("t", "ann")).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn every_attempt_is_kept_and_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    store.open_session(&session("s", "ann")).await.unwrap();
    assert!(store.add_attempt(&attempt("1", "a", 0.5)).await.unwrap());
    assert!(!store.add_attempt(&attempt("1", "a", 1.0)).await.unwrap());
    assert!(store.add_attempt(&attempt("2", "a", 0.0)).await.unwrap());
    let mut broken = attempt("3", "b", 0.0);
    broken.verdict = StoredVerdict::Broken;
    broken.broken = Some("exit 2".to_owned());
    store.add_attempt(&broken).await.unwrap();
    let all = store.attempts_of(&learner("ann")).await.unwrap();
    assert_eq!(
        all,
        [
            attempt("1", "a", 0.5),
            attempt("2", "a", 0.0),
            broken.clone()
        ]
    );
    assert_eq!(store.attempt("3").await.unwrap(), Some(broken));
    assert_eq!(store.attempts_of(&learner("bob")).await.unwrap(), []);
    let best = store.best_in_course(&CourseId::new("net")).await.unwrap();
    let a = TaskId::new("a").unwrap();
    let of_both = BestShare {
        share: 0.5,
        self_reported: false,
    };
    assert_eq!(
        best,
        BTreeMap::from([(learner("ann"), BTreeMap::from([(a, of_both)]))])
    );
}

#[tokio::test]
async fn hints_are_revealed_up_to_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let (ann, task) = (learner("ann"), TaskId::new("a").unwrap());
    for expect in [1, 2, 2] {
        assert_eq!(store.reveal_hint(&ann, &task, 2).await.unwrap(), expect);
    }
    assert_eq!(
        store.reveal_hint(&learner("bob"), &task, 0).await.unwrap(),
        0
    );
    assert_eq!(store.hints_of(&ann).await.unwrap()[&task], 2);
}

#[tokio::test]
async fn expected_times_are_medians_of_recent_starts() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let mut record = session("s", "ann");
    for (boot, took) in [(1, 10), (2, 1000), (3, 20)] {
        record.boots = boot;
        let times = [(Stage::Nodes, took), (Stage::Tabs, 1)];
        store.add_stage_times(&record, &times, boot).await.unwrap();
        store.add_stage_times(&record, &times, boot).await.unwrap();
    }
    let expected = store.expected_ms(&record.lab).await.unwrap();
    assert_eq!(
        expected,
        BTreeMap::from([(Stage::Nodes, 20), (Stage::Tabs, 1)])
    );
}
