//! Checks, attempts, hints and scores.

use labwright_session::{Given, TaskState};
use labwright_store::{StoredEvidence, StoredVerdict};

use crate::world::{World, ann, course, lab_name, named, node, task};

fn answered(answer: Option<String>) -> Given {
    Given {
        answer,
        ..Given::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_tried_and_solved_and_the_score_counts() {
    let world = World::new().await;
    let id = world.ready().await;
    let check = |answer: Option<&str>, name: &str| {
        let answer = answer.map(str::to_owned);
        let (supervisor, id, name) = (world.supervisor.clone(), id.clone(), task(name));
        async move { supervisor.check(&id, &name, answered(answer)).await }
    };
    let first = check(None, "file").await.unwrap();
    assert_eq!(first.verdict, StoredVerdict::NotYet);
    assert_eq!(first.evidence, StoredEvidence::InNode);
    world.write(&id, "/root/done");
    let second = check(None, "file").await.unwrap();
    assert_eq!(second.verdict, StoredVerdict::Done);
    let part = check(None, "guarded").await.unwrap();
    assert_eq!(part.verdict, StoredVerdict::Part);
    assert_eq!(part.evidence, StoredEvidence::Guarded);
    let seen = world.supervisor.view(&id).await.unwrap();
    assert_eq!((seen.progress.score, seen.progress.points), (4.0, 7.0));
    assert_eq!(seen.progress.tasks[&task("file")].attempts, 2);
    assert_eq!(seen.progress.tasks[&task("guarded")].state, TaskState::Part);
    // Undone again: the best attempt counts, and every one is kept.
    world
        .supervisor
        .reset(&id, Some(node("client")))
        .await
        .unwrap();
    world.until(&id, |s| s.terminals.len() == 2).await;
    while check(None, "file").await.map(|a| a.verdict).ok() != Some(StoredVerdict::NotYet) {}
    let seen = world.supervisor.view(&id).await.unwrap();
    assert_eq!(seen.progress.score, 4.0);
    assert_eq!(seen.progress.tasks[&task("file")].state, TaskState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_compared_with_the_learners_own_values() {
    let world = World::new().await;
    let id = world.ready().await;
    let values = world.supervisor.values(&id).await.unwrap();
    let port = values.params()["port"].clone();
    let name = task("port");
    let check = |answer: Option<String>| world.supervisor.check(&id, &name, answered(answer));
    for wrong in [None, Some(String::new()), Some("eighty".to_owned())] {
        let refused = check(wrong).await.unwrap_err();
        assert_eq!(refused.code(), "answer");
    }
    let wrong = check(Some("1".to_owned())).await.unwrap();
    assert_eq!(wrong.verdict, StoredVerdict::NotYet);
    let right = check(Some(format!(" {port}.0 "))).await.unwrap();
    assert_eq!(right.verdict, StoredVerdict::Done);
    let seen = world.supervisor.view(&id).await.unwrap();
    assert_eq!(
        seen.progress.tasks[&name].attempts, 2,
        "refused ones do not count"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_check_costs_nothing() {
    let world = World::new().await;
    let id = world.ready().await;
    let broken = world
        .supervisor
        .check(&id, &task("slow"), Given::default())
        .await
        .unwrap();
    assert_eq!(broken.verdict, StoredVerdict::Broken);
    assert!(broken.broken.unwrap().contains("timeout"));
    let seen = world.supervisor.view(&id).await.unwrap();
    let slow = &seen.progress.tasks[&task("slow")];
    assert_eq!(
        (slow.state, slow.attempts, slow.score),
        (TaskState::Broken, 0, 0.0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_checked_once_at_a_time() {
    let world = World::new().await;
    let id = world.ready().await;
    let task = task("slow");
    let both = tokio::join!(
        world.supervisor.check(&id, &task, Given::default()),
        world.supervisor.check(&id, &task, Given::default()),
    );
    let codes = [both.0, both.1].map(|result| result.err().map(|error| error.code()));
    assert!(
        codes.contains(&Some("checking")) && codes.contains(&None),
        "{codes:?}"
    );
    // And then again.
    world
        .supervisor
        .check(&id, &task, Given::default())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_one_attempt() {
    let world = World::new().await;
    let id = world.ready().await;
    let check = |name: &str| {
        let (supervisor, id, name) = (world.supervisor.clone(), id.clone(), task(name));
        async move { supervisor.check(&id, &name, named("k1")).await }
    };
    let first = check("file").await.unwrap();
    world.write(&id, "/root/done");
    assert_eq!(check("file").await.unwrap(), first);
    assert_eq!(
        check("guarded").await.unwrap_err().code(),
        "attempt_mismatch"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_get_their_environment() {
    let world = World::new().await;
    let id = world.ready().await;
    let values = world.supervisor.values(&id).await.unwrap();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(None));
    let there = seen.clone();
    world.place.on_check(move |call| {
        *there.lock().unwrap() = Some(call.clone());
        None
    });
    world
        .supervisor
        .check(&id, &task("file"), Given::default())
        .await
        .unwrap();
    let call = seen.lock().unwrap().take().unwrap();
    assert_eq!(call.env["TASK"], "file");
    assert_eq!(call.env["PARAM_PORT"], values.params()["port"]);
    assert_eq!(call.user, "root");
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_come_one_by_one_and_scores_follow_the_learner() {
    let mut world = World::new().await;
    let id = world.ready().await;
    for expect in [1, 2, 2] {
        let seen = world
            .supervisor
            .reveal_hint(&id, &task("file"))
            .await
            .unwrap();
        assert_eq!(seen.progress.tasks[&task("file")].hints_revealed, expect);
    }
    world.write(&id, "/root/done");
    world
        .supervisor
        .check(&id, &task("file"), Given::default())
        .await
        .unwrap();
    world.supervisor.end(&id).await.unwrap();
    let ended = world
        .until(&id, |s| s.state == labwright_store::SessionState::Ended)
        .await;
    assert_eq!(ended.progress.score, 3.0);
    world.restart().await;
    let next = world
        .supervisor
        .launch(&ann(), &course(), &lab_name())
        .await
        .unwrap();
    assert_eq!(next.snapshot.progress.score, 3.0);
    assert_eq!(
        world.supervisor.view(&id).await.unwrap().progress.score,
        3.0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_cannot_run_is_no_attempt() {
    let world = World::new().await;
    world.place.behave(|b| b.fail_starts = u32::MAX);
    let id = world.launch().await;
    let refused = world
        .supervisor
        .check(&id, &task("file"), Given::default())
        .await;
    assert_eq!(refused.unwrap_err().code(), "not_ready");
    let unknown = world
        .supervisor
        .check(&id, &task("none"), Given::default())
        .await;
    assert_eq!(unknown.unwrap_err().code(), "not_found");
    let seen = world.supervisor.view(&id).await.unwrap();
    assert_eq!(seen.progress.tasks[&task("file")].attempts, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authors_change_counts_at_once() {
    let world = World::new().await;
    let id = world.ready().await;
    let mut notices = world.supervisor.notices(&id).unwrap();
    world.labs.change(|lab| lab.steps[0].tasks[0].points = 5.0);
    world.supervisor.lab_changed(&lab_name()).await;
    assert_eq!(
        notices.recv().await.unwrap(),
        labwright_session::Notice::Reload
    );
    world.until(&id, |s| s.progress.points == 9.0).await;
}
