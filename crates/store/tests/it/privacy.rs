//! What is held on people: nothing of it is forgotten, neither in an export nor in an erasure.

use std::collections::BTreeSet;

use labwright_store::{AccountId, CourseId, Held, LookAct, LookEntry, PERSONAL, Store};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, Row as _};

use crate::{attempt, filled, learner, session};

/// Words in a column's name by which it may say who somebody is.
const WORDS: [&str; 12] = [
    "account",
    "learner",
    "teacher",
    "actor",
    "person",
    "author",
    "member",
    "made_by",
    "given_by",
    "taken_by",
    "created_by",
    "asked_by",
];

/// Columns that have such a name and say it of nobody, or as a list of ids.
const NOT: [(&str, &str); 3] = [
    ("rosters", "accounts"),
    ("lti_links", "members_url"),
    ("lti_rosters", "learners"),
];

#[tokio::test]
async fn every_column_that_says_who_somebody_is_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    drop(store);
    let url = format!("sqlite://{}", dir.path().join("labwright.db").display());
    let pool = SqlitePoolOptions::new().connect(&url).await.unwrap();
    let named: BTreeSet<(String, String)> = PERSONAL
        .iter()
        .map(|(table, column, _)| ((*table).to_owned(), (*column).to_owned()))
        .collect();
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert!(tables.len() > 20);
    for table in tables {
        let keys = sqlx::query(AssertSqlSafe(format!("PRAGMA foreign_key_list({table})")));
        let keys = keys.fetch_all(&pool).await.unwrap();
        let mut found: BTreeSet<String> = keys
            .iter()
            .filter(|key| key.get::<String, _>("table") == "accounts")
            .map(|key| key.get("from"))
            .collect();
        let columns = sqlx::query(AssertSqlSafe(format!("PRAGMA table_info({table})")));
        let columns = columns.fetch_all(&pool).await.unwrap();
        let columns = columns.iter().map(|row| row.get::<String, _>("name"));
        found.extend(columns.filter(|column| WORDS.iter().any(|word| column.contains(word))));
        for column in found {
            let known = named.contains(&(table.clone(), column.clone()))
                || NOT.contains(&(table.as_str(), column.as_str()));
            assert!(
                known,
                "{table}.{column} says who somebody is: name it in crates/store/src/privacy.rs"
            );
        }
    }
}

#[tokio::test]
async fn an_export_has_what_is_theirs_and_no_secret_and_an_erasure_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let ada = AccountId::new("id-ann");
    store.add_token("marked-hash", &ada, 1, 2).await.unwrap();
    store.ask_erasure(&ada, 1, 2).await.unwrap();
    let one = attempt("a1", "a", 1.0);
    let who = learner("ann");
    assert_eq!(who.account, ada);
    store.open_session(&session("s", "ann")).await.unwrap();
    store.add_attempt(&one).await.unwrap();
    // Somebody looked at their lab: a log that nobody can shorten, but with them.
    let url = format!("sqlite://{}", dir.path().join("labwright.db").display());
    let pool = SqlitePoolOptions::new().connect(&url).await.unwrap();
    let look =
        "INSERT INTO look_log VALUES (1, 5, 'net', 'tcp', 's', 'id-ann', NULL, 'Tom', 'asked', '')";
    sqlx::query(look).execute(&pool).await.unwrap();
    let shorter = sqlx::query("DELETE FROM look_log").execute(&pool).await;
    assert!(shorter.is_err());
    let data = store.personal_data(&ada).await.unwrap();
    for table in [
        "accounts", "attempts", "sessions", "tokens", "erasures", "look_log",
    ] {
        assert!(data.contains_key(table), "{table} of {:?}", data.keys());
    }
    assert!(
        !serde_json::to_string(&data)
            .unwrap()
            .contains("marked-hash")
    );
    assert_eq!(data["attempts"][0]["task"], "a");
    assert_eq!(store.erasures().await.unwrap()[0].due_ms, 2);

    store.erase(&ada).await.unwrap();
    let left = store.personal_data(&ada).await.unwrap();
    let logs: BTreeSet<&str> = PERSONAL
        .iter()
        .filter(|(_, _, held)| *held == Held::Log)
        .map(|(table, _, _)| *table)
        .collect();
    assert!(
        left.keys().all(|table| logs.contains(table.as_str())),
        "{left:?}"
    );
}

#[tokio::test]
async fn a_courses_end_erases_its_work_and_a_dry_run_only_counts() {
    let dir = tempfile::tempdir().unwrap();
    let store: Store = filled(dir.path()).await;
    store.open_session(&session("s", "ann")).await.unwrap();
    store.add_attempt(&attempt("a1", "a", 1.0)).await.unwrap();
    let course = CourseId::new("net");
    let looked = LookEntry {
        at_ms: 5,
        learner: learner("ann"),
        session: session("s", "ann").id,
        look: None,
        teacher: "Tom".to_owned(),
        act: LookAct::Asked,
        detail: String::new(),
    };
    store.log_look(&looked).await.unwrap();
    let dry = store.expire_course(&course, true).await.unwrap();
    assert_eq!(dry.rows["attempts"], 1);
    assert_eq!(store.attempts_of(&learner("ann")).await.unwrap().len(), 1);
    let done = store.expire_course(&course, false).await.unwrap();
    assert_eq!(done, dry);
    assert_eq!(store.attempts_of(&learner("ann")).await.unwrap().len(), 0);
    let ann = learner("ann").account;
    assert_eq!(store.sessions_of(&ann).await.unwrap(), []);
    assert_eq!(done.rows["look_log"], 1);
    assert_eq!(store.look_log(&ann, &course, 10).await.unwrap(), []);
    // Nothing else goes from the log afterwards, either.
    store.log_look(&looked).await.unwrap();
    let path = dir.path().join("labwright.db");
    let url = format!("sqlite://{}", path.display());
    let pool = SqlitePoolOptions::new().connect(&url).await.unwrap();
    let shorter = sqlx::query("DELETE FROM look_log").execute(&pool).await;
    assert!(shorter.is_err());
}
