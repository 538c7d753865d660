//! Platforms, sign-ins, links, and the outbox of scores.

use std::collections::BTreeMap;
use std::path::Path;

use labwright_model::{LabName, TaskId};
use labwright_store::{
    AccountId, Attempt, Columns, CourseId, LaunchRefusal, Learner, Link, LinkedCourse,
    ListedLearner, Points, Registration, ScoreState, ScoreUpdate, SentScore, Store, StoreError,
    StoredKey, StoredState, StoredVerdict,
};

use crate::{account, attempt, filled, learner, session};

fn registration(id: &str, client: &str) -> Registration {
    Registration {
        id: id.to_owned(),
        name: format!("Platform {id}"),
        issuer: "https://lms".to_owned(),
        client_id: client.to_owned(),
        auth_url: "https://lms/auth".to_owned(),
        token_url: "https://lms/token".to_owned(),
        keyset_url: "https://lms/keys".to_owned(),
        token_audience: None,
        origins: vec!["https://apps.lms".to_owned()],
        courses: Vec::new(),
        deployments: vec!["1".to_owned()],
        created_ms: 5,
        launched_ms: None,
        skew_s: None,
    }
}

fn link(id: &str, resource_link: &str, step: Option<u32>) -> Link {
    Link {
        id: id.to_owned(),
        registration: "r".to_owned(),
        deployment: "1".to_owned(),
        resource_link: resource_link.to_owned(),
        title: "Lab".to_owned(),
        course: CourseId::new("net"),
        lab: LabName::new("tcp").unwrap(),
        step,
        line_item: Some("https://lms/1".to_owned()),
        line_items: None,
        scopes: vec!["s".to_owned()],
        members_url: None,
        columns: Columns::One,
        parent: None,
        task: None,
    }
}

/// A store where Ann came by a link to the whole lab and by one to its second step.
async fn linked(dir: &Path) -> Store {
    let store = filled(dir).await;
    store.open_session(&session("s", "ann")).await.unwrap();
    store
        .add_registration(&registration("r", "c"))
        .await
        .unwrap();
    for (id, step) in [("whole", None), ("step", Some(2))] {
        store.put_link(&link(id, id, step)).await.unwrap();
        store.tie_learner(id, &ann(), "5b2d").await.unwrap();
    }
    store
}

fn ann() -> AccountId {
    account("ann").id
}

/// A lab of task `a` in step 1 and `b` in step 2, 2 points each.
fn count(attempts: &[Attempt], link: &Link) -> Points {
    let share = |task: &str| {
        let of_task = attempts.iter().filter(|one| one.task.as_str() == task);
        let counted = of_task.filter(|one| one.verdict != StoredVerdict::Broken);
        counted.map(|one| one.share).fold(0.0, f64::max)
    };
    if let Some(task) = &link.task {
        return Points {
            given: 2.0 * share(task.as_str()),
            maximum: 2.0,
            self_reported: false,
        };
    }
    match link.step {
        None => Points {
            given: 2.0 * (share("a") + share("b")),
            maximum: 4.0,
            self_reported: false,
        },
        _ => Points {
            given: 2.0 * share("b"),
            maximum: 2.0,
            self_reported: false,
        },
    }
}

fn done(id: &str, task: &str, at_ms: i64) -> Attempt {
    Attempt {
        at_ms,
        ..attempt(id, task, 1.0)
    }
}

async fn scores(store: &Store, link: &str) -> Vec<SentScore> {
    let mut all = store.scores_in(&CourseId::new("net"), 100).await.unwrap();
    all.retain(|score| score.link == link);
    all.sort_by_key(|score| score.seq);
    all
}

fn update(state: ScoreState, next_ms: i64) -> ScoreUpdate {
    ScoreUpdate {
        state,
        tried_ms: 0,
        next_ms,
        sent_ms: None,
        status: Some(200),
        said: String::new(),
        answer: "<ok>".to_owned(),
        is_refusal: false,
        timestamp_ms: None,
    }
}

#[tokio::test]
async fn a_platform_is_one_client_id_at_one_issuer() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    store
        .add_registration(&registration("r", "c"))
        .await
        .unwrap();
    store
        .add_registration(&registration("q", "d"))
        .await
        .unwrap();
    let taken = store
        .add_registration(&registration("p", "c"))
        .await
        .unwrap_err();
    assert!(matches!(taken, StoreError::Taken { .. }));
    assert!(
        store.registration("p").await.unwrap().is_none(),
        "nothing is left of it"
    );
    store.add_deployment("r", "2").await.unwrap();
    store.add_deployment("r", "2").await.unwrap();
    let found = store.registration("r").await.unwrap().unwrap();
    let deployments = vec!["1".to_owned(), "2".to_owned()];
    assert_eq!(
        found,
        Registration {
            deployments,
            ..registration("r", "c")
        }
    );
    assert_eq!(
        store.registrations_of("https://lms").await.unwrap().len(),
        2
    );
    assert!(
        store
            .registrations_of("https://other")
            .await
            .unwrap()
            .is_empty()
    );
    assert!(store.remove_registration("r").await.unwrap());
    assert!(!store.remove_registration("r").await.unwrap());
    assert_eq!(store.registrations().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_taken_once_also_by_many_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    store
        .add_registration(&registration("r", "c"))
        .await
        .unwrap();
    let state = StoredState {
        storage: Some("_parent".into()),
        registration: "r".to_owned(),
        nonce: "n".to_owned(),
    };
    store.add_lti_state("h", &state, 100).await.unwrap();
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.take_lti_state("h", 99).await.unwrap() })
        })
        .collect();
    let mut taken = Vec::new();
    for one in tries {
        taken.extend(one.await.unwrap());
    }
    assert_eq!(taken, std::slice::from_ref(&state));
    store.add_lti_state("late", &state, 100).await.unwrap();
    assert_eq!(store.take_lti_state("late", 100).await.unwrap(), None);
    store.add_lti_code("c", "launch", "{}", 100).await.unwrap();
    assert_eq!(store.take_lti_code("c", "pick", 1).await.unwrap(), None);
    assert_eq!(
        store.lti_code("c", "launch", 1).await.unwrap().as_deref(),
        Some("{}")
    );
    assert_eq!(
        store
            .take_lti_code("c", "launch", 1)
            .await
            .unwrap()
            .as_deref(),
        Some("{}")
    );
    assert_eq!(store.take_lti_code("c", "launch", 1).await.unwrap(), None);
    store.add_lti_code("old", "launch", "{}", 5).await.unwrap();
    store.sweep_lti(6).await.unwrap();
    assert_eq!(store.lti_code("old", "launch", 1).await.unwrap(), None);
}

#[tokio::test]
async fn people_and_courses_of_a_platform_stay_who_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let fresh = |name: &str| labwright_store::Account {
        display_name: format!("{name}!"),
        ..account(name)
    };
    let first = store
        .lti_account("https://lms", "1", &fresh("zoe"))
        .await
        .unwrap();
    let again = store
        .lti_account("https://lms", "1", &fresh("other"))
        .await
        .unwrap();
    assert_eq!(
        (again.id.clone(), again.display_name.as_str()),
        (first.id.clone(), "other!")
    );
    let elsewhere = store
        .lti_account("https://lms2", "1", &fresh("eve"))
        .await
        .unwrap();
    assert_ne!(
        elsewhere.id, first.id,
        "the same number at another platform is another person"
    );
    let course = |id: &str| LinkedCourse {
        course: CourseId::new(id),
        template: CourseId::new("net"),
        title: BTreeMap::from([(String::new(), "LTI 101".to_owned())]),
    };
    let one = store
        .linked_course("https://lms", "c1", &course("net~1"), 0)
        .await
        .unwrap();
    let same = store
        .linked_course("https://lms", "c1", &course("net~2"), 0)
        .await
        .unwrap();
    let two = store
        .linked_course("https://lms", "c2", &course("net~3"), 0)
        .await
        .unwrap();
    assert_eq!(
        (one.as_str(), same.as_str(), two.as_str()),
        ("net~1", "net~1", "net~3")
    );
    let all: Vec<_> = store
        .linked_courses()
        .await
        .unwrap()
        .into_iter()
        .map(|linked| linked.course)
        .collect();
    assert_eq!(all, [one, two]);
}

#[tokio::test]
async fn a_link_keeps_its_line_item() {
    let dir = tempfile::tempdir().unwrap();
    let store = linked(dir.path()).await;
    let mut again = link("fresh", "whole", None);
    again.line_item = Some("https://lms/2".to_owned());
    again.line_items = Some("https://lms/all".to_owned());
    let kept = store.put_link(&again).await.unwrap();
    assert_eq!(
        (kept.id.as_str(), kept.line_item.as_deref()),
        ("whole", Some("https://lms/1"))
    );
    again.line_item = None;
    again.line_items = None;
    again.scopes.clear();
    let kept = store.put_link(&again).await.unwrap();
    assert_eq!(kept.line_items.as_deref(), Some("https://lms/all"));
    assert_eq!(kept.scopes, ["s"], "a launch may say nothing");
    store.set_line_item("whole", None).await.unwrap();
    assert_eq!(store.link("whole").await.unwrap().unwrap().line_item, None);
    assert_eq!(
        store.link_of("r", "1", "whole").await.unwrap().unwrap().id,
        "whole"
    );
    assert_eq!(store.link_of("r", "2", "whole").await.unwrap(), None);
    assert_eq!(
        store.links_in(&CourseId::new("net")).await.unwrap().len(),
        2
    );
}

#[tokio::test]
async fn an_attempt_puts_its_scores_on_their_way() {
    let dir = tempfile::tempdir().unwrap();
    let store = linked(dir.path()).await;
    assert!(
        store
            .add_counted_attempt(&done("1", "a", 1000), count)
            .await
            .unwrap()
    );
    assert!(
        !store
            .add_counted_attempt(&done("1", "a", 1000), count)
            .await
            .unwrap()
    );
    let whole = scores(&store, "whole").await;
    assert_eq!(whole.len(), 1, "asking twice counts once");
    assert_eq!(
        whole[0].points,
        Points {
            given: 2.0,
            maximum: 4.0,
            self_reported: false,
        }
    );
    assert!(!whole[0].completed);
    assert_eq!(scores(&store, "step").await[0].points.given, 0.0);
    // The same again is nothing new; something new replaces what still waits.
    store
        .add_counted_attempt(&done("2", "a", 2000), count)
        .await
        .unwrap();
    assert_eq!(scores(&store, "whole").await.len(), 1);
    let broken = Attempt {
        verdict: StoredVerdict::Broken,
        ..done("3", "b", 2500)
    };
    store.add_counted_attempt(&broken, count).await.unwrap();
    assert_eq!(scores(&store, "whole").await.len(), 1);
    // The clock is set back by an hour: what is told still rises.
    store
        .add_counted_attempt(&done("4", "b", -3_600_000), count)
        .await
        .unwrap();
    let whole = scores(&store, "whole").await;
    let states: Vec<_> = whole
        .iter()
        .map(|score| (score.state, score.timestamp_ms))
        .collect();
    assert_eq!(
        states,
        [(ScoreState::Superseded, 1000), (ScoreState::Waiting, 1001)]
    );
    assert!(whole[1].completed);
    let due = store.due_scores("r", 1000, 10).await.unwrap();
    assert_eq!(due.len(), 2);
    assert!(due.iter().all(|due| due.subject == "5b2d"));
    assert_eq!(store.due_platforms(1000).await.unwrap(), ["r"]);
    assert_eq!(store.next_score_ms(1000).await.unwrap(), None);
    assert_eq!(
        store.next_score_ms(-3_600_001).await.unwrap(),
        Some(-3_600_000)
    );
}

#[tokio::test]
async fn what_became_of_a_score_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = linked(dir.path()).await;
    store
        .add_counted_attempt(&done("1", "a", 1000), count)
        .await
        .unwrap();
    let first = scores(&store, "whole").await.remove(0);
    store
        .update_score(&first.id, &update(ScoreState::Waiting, 60_000))
        .await
        .unwrap();
    let due = |now| {
        let store = store.clone();
        async move {
            let due = store.due_scores("r", now, 10).await.unwrap();
            due.iter().filter(|due| due.link.id == "whole").count()
        }
    };
    assert_eq!((due(59_999).await, due(60_000).await), (0, 1));
    assert_eq!(
        due(-10_000_000).await,
        1,
        "the clock was set back: it does not wait for hours"
    );
    // Replaced while it was on its way: its late answer does not make it wait again.
    store
        .add_counted_attempt(&done("2", "b", 2000), count)
        .await
        .unwrap();
    store
        .update_score(&first.id, &update(ScoreState::Waiting, 0))
        .await
        .unwrap();
    assert_eq!(
        scores(&store, "whole").await[0].state,
        ScoreState::Superseded
    );
    let second = scores(&store, "whole").await.remove(1);
    let sent = ScoreUpdate {
        sent_ms: Some(3000),
        said: "taken".to_owned(),
        ..update(ScoreState::Sent, 0)
    };
    store.update_score(&second.id, &sent).await.unwrap();
    let second = scores(&store, "whole").await.remove(1);
    assert_eq!(
        (second.state, second.sent_ms, second.tries),
        (ScoreState::Sent, Some(3000), 1)
    );
    assert_eq!(store.last_taken_ms("r").await.unwrap(), Some(3000));
    assert_eq!((second.status, second.said.as_str()), (Some(200), "taken"));
    assert_eq!(due(i64::MAX / 2).await, 0);
    // Again, as a new one with a later time; only within the course.
    let elsewhere = store
        .resend_score(&CourseId::new("none"), &second.id, 2000)
        .await
        .unwrap();
    assert_eq!(elsewhere, None);
    let again = store
        .resend_score(&CourseId::new("net"), &first.id, 1500)
        .await
        .unwrap();
    let third = scores(&store, "whole").await.remove(2);
    assert_eq!(again, Some(third.id));
    assert_eq!((third.points, third.timestamp_ms), (second.points, 2001));
}

#[tokio::test]
async fn a_score_that_is_refused_for_itself_is_marked_and_woken() {
    let dir = tempfile::tempdir().unwrap();
    let store = linked(dir.path()).await;
    store
        .add_counted_attempt(&done("1", "a", 1000), count)
        .await
        .unwrap();
    let first = scores(&store, "whole").await.remove(0);
    let due = |now| {
        let store = store.clone();
        async move {
            let due = store.due_scores("r", now, 10).await.unwrap();
            due.iter().filter(|due| due.link.id == "whole").count()
        }
    };
    let refused = ScoreUpdate {
        is_refusal: true,
        ..update(ScoreState::Waiting, 60_000)
    };
    store.update_score(&first.id, &refused).await.unwrap();
    let kept = scores(&store, "whole").await.remove(0);
    assert_eq!((kept.refusals, kept.tried_ms), (1, Some(0)));
    assert_eq!(kept.answer, "<ok>");
    assert_eq!(store.waiting_scores("r").await.unwrap(), (2, 1));
    assert_eq!(due(1).await, 0);
    store.wake_scores("r", 1).await.unwrap();
    assert_eq!(due(1).await, 1);
    // Its line item is gone after it was taken: it goes to the next one.
    let sent = ScoreUpdate {
        sent_ms: Some(3000),
        ..update(ScoreState::Sent, 0)
    };
    store.update_score(&first.id, &sent).await.unwrap();
    assert_eq!(due(10_000).await, 0);
    store.lose_line_item("whole", 2000).await.unwrap();
    let again = scores(&store, "whole").await.remove(0);
    assert_eq!(
        (again.state, again.timestamp_ms),
        (ScoreState::Waiting, 2000)
    );
    assert_eq!(store.link("whole").await.unwrap().unwrap().line_item, None);
}

#[tokio::test]
async fn who_did_not_come_by_a_link_has_no_score_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = linked(dir.path()).await;
    store.open_session(&session("b", "bob")).await.unwrap();
    let bobs = Attempt {
        learner: learner("bob"),
        ..done("1", "a", 1)
    };
    store.add_counted_attempt(&bobs, count).await.unwrap();
    assert!(store.due_scores("r", 9, 9).await.unwrap().is_empty());
    // When he comes, what he has goes at once.
    store
        .tie_learner("whole", &account("bob").id, "7")
        .await
        .unwrap();
    let who = Learner { ..learner("bob") };
    store.queue_score(&who, "whole", 2, count).await.unwrap();
    store.queue_score(&who, "whole", 3, count).await.unwrap();
    store.queue_score(&who, "step", 3, count).await.unwrap();
    let due = store.due_scores("r", 9, 9).await.unwrap();
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].subject, "7");
    assert_eq!(
        store
            .subject_of("whole", &who.account)
            .await
            .unwrap()
            .as_deref(),
        Some("7")
    );
    // A link without a place for scores has none.
    let plain = Link {
        line_item: None,
        ..link("plain", "plain", None)
    };
    store.put_link(&plain).await.unwrap();
    store.tie_learner("plain", &who.account, "7").await.unwrap();
    store.queue_score(&who, "plain", 3, count).await.unwrap();
    assert_eq!(store.due_scores("r", 9, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn keys_are_kept_retired_and_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let key = |id: &str, created_ms| StoredKey {
        id: id.to_owned(),
        secret: "secret".to_owned(),
        created_ms,
        retired_ms: None,
    };
    store.add_lti_key(&key("old", 1)).await.unwrap();
    store.add_lti_key(&key("new", 50)).await.unwrap();
    store.retire_lti_keys(50, 0, 60).await.unwrap();
    let keys = store.lti_keys().await.unwrap();
    assert_eq!((keys[0].id.as_str(), keys[0].retired_ms), ("new", None));
    assert_eq!((keys[1].id.as_str(), keys[1].retired_ms), ("old", Some(60)));
    assert!(!format!("{keys:?}").contains("secret"));
    store.retire_lti_keys(50, 61, 70).await.unwrap();
    assert_eq!(store.lti_keys().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_platform_is_changed_and_what_it_launched_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let store = linked(dir.path()).await;
    store.launched("r", 77, -3).await.unwrap();
    let changed = Registration {
        name: "Other".to_owned(),
        client_id: "d".to_owned(),
        deployments: vec!["2".to_owned(), "3".to_owned()],
        ..registration("r", "c")
    };
    assert!(store.change_registration(&changed).await.unwrap());
    let read = store.registration("r").await.unwrap().unwrap();
    assert_eq!(
        read,
        Registration {
            launched_ms: Some(77),
            skew_s: Some(-3),
            ..changed.clone()
        }
    );
    assert!(store.link("whole").await.unwrap().is_some());
    let unknown = registration("none", "c");
    assert!(!store.change_registration(&unknown).await.unwrap());
    store
        .add_registration(&registration("q", "c"))
        .await
        .unwrap();
    let taken = Registration {
        client_id: "c".to_owned(),
        ..changed
    };
    let taken = store.change_registration(&taken).await.unwrap_err();
    assert!(matches!(taken, StoreError::Taken { .. }));
}

#[tokio::test]
async fn refused_launches_are_counted_and_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let refusal = |at_ms| LaunchRefusal {
        issuer: "https://lms".to_owned(),
        client_id: "x".to_owned(),
        deployment: String::new(),
        cause: "client".to_owned(),
        times: 0,
        at_ms,
    };
    for at_ms in 0..3 {
        store
            .add_launch_refusal("same", &refusal(at_ms))
            .await
            .unwrap();
    }
    let known = store.launch_refusals(1).await.unwrap();
    assert_eq!((known.len(), known[0].times, known[0].at_ms), (1, 3, 2));
    assert!(store.launch_refusals(3).await.unwrap().is_empty());
    for at_ms in 10..300 {
        store
            .add_launch_refusal(&at_ms.to_string(), &refusal(at_ms))
            .await
            .unwrap();
    }
    assert_eq!(store.launch_refusals(0).await.unwrap().len(), 200);
}

#[tokio::test]
async fn listed_learners_come_and_go_unless_they_came_by_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let store = linked(dir.path()).await;
    let net = CourseId::new("net");
    let members = Link {
        members_url: Some("https://lms/members".to_owned()),
        ..link("whole", "whole", None)
    };
    store.put_link(&members).await.unwrap();
    assert_eq!(store.rosters_due(10, 9).await.unwrap().len(), 1);
    let listed = |subjects: &[&str]| -> Vec<ListedLearner> {
        let one = |subject: &&str| ListedLearner {
            subject: (*subject).to_owned(),
            fresh: account(&format!("new-{subject}")),
        };
        subjects.iter().map(one).collect()
    };
    let before = store.enrolments_in(&net).await.unwrap().len();
    let put = |now, subjects: Vec<ListedLearner>| {
        let (store, net) = (store.clone(), net.clone());
        async move {
            store
                .put_roster("https://lms", &net, &subjects, now)
                .await
                .unwrap();
            store.enrolments_in(&net).await.unwrap().len() - before
        }
    };
    assert_eq!(put(10, listed(&["u", "v"])).await, 2);
    assert_eq!(put(11, listed(&["u", "v"])).await, 2, "once each");
    let v = account("new-v").id;
    store.came_by_themselves(&net, &v).await.unwrap();
    assert_eq!(put(12, listed(&[])).await, 1);
    assert!(store.role_in(&net, &v).await.unwrap().is_some());
    store.roster_failed(&net, "no_answer", 20).await.unwrap();
    let roster = store.roster(&net).await.unwrap().unwrap();
    assert_eq!(
        (roster.tried_ms, roster.read_ms, roster.said.as_str()),
        (20, Some(12), "no_answer")
    );
    assert!(store.rosters_due(20, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_task_has_a_column_where_the_platform_lets_us_make_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = linked(dir.path()).await;
    let tasks: Vec<_> = ["a", "b"]
        .map(|task| (TaskId::new(task).unwrap(), format!("Lab: {task}")))
        .into();
    let whole = Link {
        line_item: None,
        line_items: Some("https://lms/all".to_owned()),
        ..link("whole", "whole", None)
    };
    let refused = store
        .put_link_of_tasks(&whole, &tasks, "other scope")
        .await
        .unwrap();
    assert_eq!(refused.columns, Columns::Refused);
    let put = store.put_link_of_tasks(&whole, &tasks, "s").await.unwrap();
    assert_eq!((put.columns, put.parent), (Columns::Tasks, None));
    // The same again makes nothing new, and who is tied to the link is tied to its columns.
    store.put_link_of_tasks(&whole, &tasks, "s").await.unwrap();
    let below = |links: Vec<Link>| -> Vec<Link> {
        let mine = links.into_iter();
        mine.filter(|link| link.parent.as_deref() == Some("whole"))
            .collect()
    };
    let columns = below(store.links_in(&CourseId::new("net")).await.unwrap());
    let seen: Vec<_> = columns
        .iter()
        .map(|link| {
            (
                link.title.as_str(),
                link.resource_link.as_str(),
                link.task.as_ref().unwrap().as_str(),
            )
        })
        .collect();
    assert_eq!(seen, [("Lab: a", "whole", "a"), ("Lab: b", "whole", "b")]);

    store
        .add_counted_attempt(&done("1", "a", 1000), count)
        .await
        .unwrap();
    let points = async |link: &str| -> Vec<(f64, f64)> {
        let scores = scores(&store, link).await.into_iter();
        scores
            .map(|score| (score.points.given, score.points.maximum))
            .collect()
    };
    assert_eq!(points("whole").await, [], "the link itself has no column");
    assert_eq!(points(&columns[0].id).await, [(2.0, 2.0)]);
    assert_eq!(points(&columns[1].id).await, [], "nobody has tried b");
    store
        .add_counted_attempt(&done("2", "b", 2000), count)
        .await
        .unwrap();
    assert_eq!(points(&columns[0].id).await.len(), 1, "nothing new of a");
    assert_eq!(points(&columns[1].id).await, [(2.0, 2.0)]);

    // One column again: the tasks' get nothing more.
    store.put_link(&whole).await.unwrap();
    let failed = Attempt {
        share: 0.0,
        ..done("3", "b", 3000)
    };
    store.add_counted_attempt(&failed, count).await.unwrap();
    assert_eq!(points("whole").await, [(4.0, 4.0)]);
    assert_eq!(points(&columns[1].id).await.len(), 1);
}
