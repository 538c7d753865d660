//! What is held on people: one list of tables, from which export and erasure are made. A table with a
//! person in it that is not named here fails a test.

use std::collections::{BTreeMap, BTreeSet};

use labwright_model::SessionId;
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Column as _, Row as _, Transaction};

use crate::db::{Db, Row};
use crate::error::at;
use crate::sessions::name;
use crate::{AccountId, CourseId, Store, StoreError, UnixMs};

/// How somebody stands in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The row is about them: it is exported, and erased with them.
    Theirs,
    /// They did something to somebody else: the row stays, and forgets them.
    Did,
    /// A log that answers for what was done: it keeps an id that leads to nobody any more.
    Log,
}

/// Every column of every table that says who somebody is. Tables may be named before they are there.
pub const PERSONAL: [(&str, &str, Held); 25] = [
    ("accounts", "id", Held::Theirs),
    ("attempts", "account", Held::Theirs),
    ("audit", "actor", Held::Log),
    ("enrolments", "account", Held::Theirs),
    ("erasures", "account", Held::Theirs),
    ("extensions", "account", Held::Theirs),
    ("extensions", "given_by", Held::Did),
    ("hand_words", "account", Held::Theirs),
    ("hand_words", "teacher", Held::Did),
    ("hands", "account", Held::Theirs),
    ("hands", "taken_by", Held::Did),
    ("hints", "account", Held::Theirs),
    ("invitations", "account", Held::Theirs),
    ("invitations", "created_by", Held::Did),
    ("look_log", "learner", Held::Theirs),
    ("look_log", "teacher", Held::Log),
    ("lti_learners", "account", Held::Theirs),
    ("lti_members", "account", Held::Theirs),
    ("lti_scores", "account", Held::Theirs),
    ("lti_users", "account", Held::Theirs),
    ("oidc_users", "account", Held::Theirs),
    ("rosters", "made_by", Held::Did),
    ("sessions", "account", Held::Theirs),
    ("tokens", "account", Held::Theirs),
    ("works", "account", Held::Theirs),
];

/// Columns that are nobody's to read, not even the person's own: what opens an account.
const SECRET: [&str; 3] = ["hash", "password", "secret"];

/// Tables of a course that a retention period ends, children first.
const OF_COURSE: [&str; 8] = [
    "hand_words",
    "hands",
    "attempts",
    "hints",
    "extensions",
    "rosters",
    "look_log",
    "works",
];

/// Everything that is held on somebody, by table.
pub type PersonalData = BTreeMap<String, Vec<Map<String, Value>>>;

/// Somebody who asked to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Who.
    pub account: AccountId,
    /// When they asked.
    pub asked_ms: UnixMs,
    /// When it happens.
    pub due_ms: UnixMs,
}

/// What a course's retention period ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expired {
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// Sessions whose files and recordings go with them.
    pub sessions: Vec<SessionId>,
    /// Learners who are in no other course.
    pub accounts: Vec<AccountId>,
}

impl Store {
    /// Everything that is held on somebody, without what opens their account.
    pub async fn personal_data(&self, account: &AccountId) -> Result<PersonalData, StoreError> {
        let action = "collecting what is held on somebody";
        let known = self.tables().await?;
        let mut all = PersonalData::new();
        for (table, column, held) in PERSONAL {
            if held == Held::Did || !known.contains(table) {
                continue;
            }
            let rows = sqlx::query(AssertSqlSafe(format!(
                "SELECT * FROM {table} WHERE {column} = $1"
            )))
            .bind(account.as_str())
            .fetch_all(&self.reader)
            .await
            .map_err(at(action))?;
            if !rows.is_empty() {
                let rows = rows.iter().map(object);
                all.entry(table.to_owned()).or_default().extend(rows);
            }
        }
        Ok(all)
    }

    /// Remembers that somebody asked to be erased; a second time changes nothing.
    pub async fn ask_erasure(
        &self,
        account: &AccountId,
        now: UnixMs,
        due_ms: UnixMs,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO erasures (account, asked_ms, due_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (account) DO NOTHING",
        )
        .bind(account.as_str())
        .bind(now)
        .bind(due_ms)
        .execute(&self.writer)
        .await
        .map_err(at("remembering an erasure"))?;
        Ok(())
    }

    /// The undo of [`Store::ask_erasure`].
    pub async fn undo_erasure(&self, account: &AccountId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM erasures WHERE account = $1")
            .bind(account.as_str())
            .execute(&self.writer)
            .await
            .map_err(at("taking back an erasure"))?;
        Ok(())
    }

    /// Everybody who asked to be erased, the next first.
    pub async fn erasures(&self) -> Result<Vec<Erasure>, StoreError> {
        let action = "reading erasures";
        let rows = sqlx::query("SELECT * FROM erasures ORDER BY due_ms, account")
            .fetch_all(&self.reader)
            .await
            .map_err(at(action))?;
        let read = |row: &Row| -> Result<Erasure, sqlx::Error> {
            let account: String = row.try_get("account")?;
            Ok(Erasure {
                account: AccountId::new(account),
                asked_ms: row.try_get("asked_ms")?,
                due_ms: row.try_get("due_ms")?,
            })
        };
        rows.iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(at(action))
    }

    /// All sessions of somebody, those that are over too, and the folders of saved files that they have beside their own.
    pub async fn sessions_of(&self, account: &AccountId) -> Result<Vec<SessionId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM sessions WHERE account = $1 UNION SELECT files FROM sessions \
             WHERE account = $1",
        )
        .bind(account.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading somebody's sessions"))?;
        ids.into_iter().map(|id| name(SessionId::new(id))).collect()
    }

    /// Erases somebody: all rows about them, and their name in those of others. Their sessions must
    /// be over; files and recordings of them are the caller's.
    pub async fn erase(&self, account: &AccountId) -> Result<(), StoreError> {
        let action = "erasing somebody";
        let mut tx = self.begin(action).await?;
        for query in [
            "DELETE FROM attempts WHERE account = $1",
            "DELETE FROM sessions WHERE account = $1",
            // The rest follows by its references.
            "DELETE FROM accounts WHERE id = $1",
        ] {
            sqlx::query(query)
                .bind(account.as_str())
                .execute(&mut *tx)
                .await
                .map_err(at(action))?;
        }
        tx.commit().await.map_err(at(action))
    }

    /// What the end of a course's retention period erases; with `dry`, nothing is changed.
    pub async fn expire_course(&self, course: &CourseId, dry: bool) -> Result<Expired, StoreError> {
        let action = "ending a course's retention period";
        let known = self.tables().await?;
        let mut tx = self.begin(action).await?;
        let mut expired = Expired {
            sessions: ids(&mut tx, SESSIONS, course)
                .await?
                .into_iter()
                .map(|id| name(SessionId::new(id)))
                .collect::<Result<_, _>>()?,
            accounts: ids(&mut tx, LEAVE, course)
                .await?
                .into_iter()
                .map(AccountId::new)
                .collect(),
            ..Expired::default()
        };
        let tables = OF_COURSE.iter().filter(|table| known.contains(**table));
        // The log of looks lets nothing go but now.
        sqlx::query("INSERT INTO look_log_ends (course) VALUES ($1)")
            .bind(course.as_str())
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        let mut queries: Vec<(String, String)> = tables
            .map(|table| {
                let query = format!("DELETE FROM {table} WHERE course = $1");
                ((*table).to_owned(), query)
            })
            .collect();
        let whole = |table: &str, query: &str| (table.to_owned(), query.to_owned());
        queries.push(whole("sessions", "DELETE FROM sessions WHERE course = $1"));
        queries.push(whole("lti_scores", "DELETE FROM lti_scores WHERE state <> 'waiting' AND link IN (SELECT id FROM lti_links WHERE course = $1)"));
        queries.push(whole(
            "enrolments",
            "DELETE FROM enrolments WHERE course = $1 AND role = 'learner'",
        ));
        for (table, query) in queries {
            let done = sqlx::query(AssertSqlSafe(query))
                .bind(course.as_str())
                .execute(&mut *tx)
                .await
                .map_err(at(action))?;
            if done.rows_affected() > 0 {
                expired.rows.insert(table, done.rows_affected());
            }
        }
        sqlx::query("DELETE FROM look_log_ends")
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        // A dry run has done it all, and lets it go: it counts what the real one would.
        if !dry {
            tx.commit().await.map_err(at(action))?;
        }
        Ok(expired)
    }

    async fn tables(&self) -> Result<BTreeSet<String>, StoreError> {
        let names: Vec<String> =
            sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
                .fetch_all(&self.reader)
                .await
                .map_err(at("reading the tables"))?;
        Ok(names.into_iter().collect())
    }
}

/// Sessions of a course, and the folders of saved files that they have beside their own.
const SESSIONS: &str = "SELECT id FROM sessions WHERE course = $1 \
     UNION SELECT files FROM sessions WHERE course = $1";

/// Learners of a course who are in no other one and run nothing.
const LEAVE: &str = "SELECT accounts.id FROM accounts JOIN enrolments ON \
     enrolments.account = accounts.id AND enrolments.course = $1 AND enrolments.role = 'learner' \
     WHERE accounts.role = 'member' AND NOT EXISTS (SELECT 1 FROM enrolments other \
     WHERE other.account = accounts.id AND other.course <> $1)";

async fn ids(
    tx: &mut Transaction<'static, Db>,
    query: &'static str,
    course: &CourseId,
) -> Result<Vec<String>, StoreError> {
    sqlx::query_scalar(query)
        .bind(course.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(at("ending a course's retention period"))
}

/// A row as JSON, without secrets.
fn object(row: &Row) -> Map<String, Value> {
    let mut object = Map::new();
    for column in row.columns() {
        let name = column.name();
        if SECRET.contains(&name) {
            continue;
        }
        let value = if let Ok(number) = row.try_get::<Option<i64>, _>(name) {
            Value::from(number)
        } else if let Ok(number) = row.try_get::<Option<f64>, _>(name) {
            Value::from(number)
        } else {
            let text: Option<String> = row.try_get(name).unwrap_or_default();
            Value::from(text)
        };
        object.insert(name.to_owned(), value);
    }
    object
}
