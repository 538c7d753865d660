//! The log of looks is only added to, and hands are one each.

use labwright_store::{Hand, HandWords, LookAct, LookEntry};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::*;

fn hand(id: &str, name: &str, raised_ms: i64) -> Hand {
    Hand {
        id: id.to_owned(),
        learner: learner(name),
        session: SessionId::new(format!("s1-{name}")).unwrap(),
        step: 1,
        task: None,
        words: "Help".to_owned(),
        attempts: Vec::new(),
        tail: None,
        raised_ms,
        up: true,
        waits: true,
        taken_by: None,
        answered_ms: None,
        down_ms: None,
        down_why: None,
    }
}

fn entry(act: LookAct, look: &str) -> LookEntry {
    LookEntry {
        at_ms: 5,
        learner: learner("ann"),
        session: SessionId::new("s1-ann").unwrap(),
        look: Some(look.to_owned()),
        teacher: "Tom".to_owned(),
        act,
        detail: String::new(),
    }
}

#[tokio::test]
async fn the_log_of_looks_refuses_changes_and_goes_with_its_learner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    for (act, look) in [
        (LookAct::Asked, "one"),
        (LookAct::Refused, "one"),
        (LookAct::Asked, "two"),
    ] {
        store.log_look(&entry(act, look)).await.unwrap();
    }
    let (ann, net) = (AccountId::new("id-ann"), CourseId::new("net"));
    let log = store.look_log(&ann, &net, 10).await.unwrap();
    let acts: Vec<_> = log.iter().map(|entry| entry.act).collect();
    assert_eq!(acts, [LookAct::Asked, LookAct::Refused, LookAct::Asked]);
    assert_eq!(
        store.look_log(&ann, &net, 1).await.unwrap(),
        [entry(LookAct::Asked, "two")]
    );
    let open = store.unended_looks().await.unwrap();
    assert_eq!(open, [entry(LookAct::Asked, "two")]);

    let options = SqliteConnectOptions::new()
        .filename(dir.path().join("labwright.db"))
        .foreign_keys(true);
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    for change in [
        "UPDATE look_log SET act = 'allowed'",
        "DELETE FROM look_log",
    ] {
        let refused = sqlx::query(change).execute(&mut other).await.unwrap_err();
        assert!(refused.to_string().contains("only added to"), "{refused}");
    }
    sqlx::query("DELETE FROM accounts WHERE id = 'id-ann'")
        .execute(&mut other)
        .await
        .unwrap();
    assert_eq!(store.look_log(&ann, &net, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_learner_has_one_hand_up_and_a_teacher_takes_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    for name in ["ann", "bob"] {
        let id = format!("s1-{name}");
        store.open_session(&session(&id, name)).await.unwrap();
    }
    assert!(store.raise_hand(&hand("h1", "ann", 1)).await.unwrap());
    assert!(!store.raise_hand(&hand("h2", "ann", 2)).await.unwrap());
    assert!(store.raise_hand(&hand("h3", "bob", 3)).await.unwrap());
    let net = CourseId::new("net");
    let last = store.hand(&net, "h3").await.unwrap().unwrap();
    assert_eq!(store.hands_before(&last).await.unwrap(), 1);
    assert_eq!(
        store.hand(&CourseId::new("other"), "h3").await.unwrap(),
        None
    );

    let (ann, bob) = (AccountId::new("id-ann"), AccountId::new("id-bob"));
    assert!(store.take_hand("h1", &bob, false).await.unwrap());
    assert!(!store.take_hand("h1", &ann, false).await.unwrap());
    assert!(store.take_hand("h1", &ann, true).await.unwrap());
    let said = HandWords {
        hand: Some("h1".to_owned()),
        learner: learner("ann"),
        task: None,
        teacher: Some(ann),
        words: "So".to_owned(),
        at_ms: 9,
    };
    assert!(store.say(&said).await.unwrap());
    assert_eq!(store.hands_before(&last).await.unwrap(), 0);
    assert_eq!(store.hand_waits(&net, 5).await.unwrap(), [8]);
    assert_eq!(
        store.words_with(&learner("ann"), 0, 5).await.unwrap(),
        std::slice::from_ref(&said)
    );
    let order: Vec<_> = store
        .hands_up(&net, 5)
        .await
        .unwrap()
        .into_iter()
        .map(|hand| hand.id)
        .collect();
    assert_eq!(order, ["h3", "h1"], "who waits comes first");
    assert!(store.lower_hand("h1", "closed", 10).await.unwrap());
    assert!(!store.lower_hand("h1", "closed", 11).await.unwrap());
    assert!(!store.say(&said).await.unwrap(), "nobody hears it");
    assert!(store.raise_hand(&hand("h4", "ann", 12)).await.unwrap());
}
