//! The store on real files: what is there after restarts, crashes, a full disk and a busy database.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod autosaves;
mod crashes;
mod help;
mod lti;
mod people;
mod privacy;
mod sessions;
mod trouble;

use std::collections::BTreeMap;
use std::path::Path;

use labwright_model::{LabName, SessionId, TaskId};
use labwright_store::{
    Account, AccountId, AccountRole, Attempt, Course, CourseId, Learner, SessionRecord,
    SessionState, Store, StoredEvidence, StoredVerdict,
};

async fn open(dir: &Path) -> Store {
    Store::open(&dir.join("labwright.db")).await.unwrap()
}

/// A store with a course `net` and the accounts `ann` and `bob`.
async fn filled(dir: &Path) -> Store {
    let store = open(dir).await;
    for name in ["ann", "bob"] {
        store.add_account(&account(name)).await.unwrap();
    }
    let title = BTreeMap::from([("en".to_owned(), "Networks".to_owned())]);
    let id = CourseId::new("net");
    store.put_course(&Course { id, title }, 0).await.unwrap();
    store
}

fn account(name: &str) -> Account {
    Account {
        id: AccountId::new(format!("id-{name}")),
        name: name.to_owned(),
        display_name: name.to_uppercase(),
        password: None,
        role: AccountRole::Member,
        language: "fr".to_owned(),
        created_ms: 7,
    }
}

fn learner(name: &str) -> Learner {
    Learner {
        account: AccountId::new(format!("id-{name}")),
        course: CourseId::new("net"),
        lab: LabName::new("tcp").unwrap(),
    }
}

fn session(id: &str, name: &str) -> SessionRecord {
    let learner = learner(name);
    let id = SessionId::new(id).unwrap();
    SessionRecord {
        files: id.clone(),
        id,
        course: learner.course,
        lab: learner.lab,
        account: learner.account,
        key_id: "k".to_owned(),
        state: SessionState::Queued,
        created_ms: 1,
        active_ms: 1,
        ready_ms: None,
        ends_ms: None,
        ended_ms: None,
        saved_ms: None,
        extensions: 0,
        boots: 0,
        restore: false,
        failure: None,
        place: None,
    }
}

fn attempt(id: &str, task: &str, share: f64) -> Attempt {
    Attempt {
        id: id.to_owned(),
        session: SessionId::new("s").unwrap(),
        learner: learner("ann"),
        task: TaskId::new(task).unwrap(),
        at_ms: 5,
        verdict: if share > 0.0 {
            StoredVerdict::Part
        } else {
            StoredVerdict::NotYet
        },
        evidence: StoredEvidence::InNode,
        share,
        points: 3.0,
        feedback: vec!["look \"there\"".to_owned(), "é".to_owned()],
        answer: Some("80".to_owned()),
        took_ms: 12,
        broken: None,
        done_ms: None,
    }
}
