//! Raised hands. One learner has one up at one lab of a course.

use labwright_model::{LabName, SessionId, TaskId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::db::Row;
use crate::error::at;
use crate::sessions::name;
use crate::{AccountId, CourseId, Learner, Store, StoreError, StoredVerdict, UnixMs};

/// A raised hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Hand {
    /// Its id.
    pub id: String,
    /// Whose it is, and where.
    pub learner: Learner,
    /// The session that it was raised in.
    pub session: SessionId,
    /// The number of the step, from 1.
    pub step: u32,
    /// The task; `None` is the step as a whole.
    pub task: Option<TaskId>,
    /// What the learner asks.
    pub words: String,
    /// The attempts that went along.
    pub attempts: Vec<HandAttempt>,
    /// The end of a terminal that went along.
    pub tail: Option<HandTail>,
    /// When it was raised.
    pub raised_ms: UnixMs,
    /// It is up.
    pub up: bool,
    /// It is a teacher's turn.
    pub waits: bool,
    /// The teacher who took it.
    pub taken_by: Option<AccountId>,
    /// When it was first answered.
    pub answered_ms: Option<UnixMs>,
    /// When it went down.
    pub down_ms: Option<UnixMs>,
    /// Why: `lowered`, `done` or `closed`.
    pub down_why: Option<String>,
}

/// An attempt, as it was shown to its learner before it went along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandAttempt {
    /// When.
    pub at_ms: UnixMs,
    /// What the check said.
    pub verdict: StoredVerdict,
    /// Its points.
    pub score: f64,
    /// Its lines.
    pub feedback: Vec<String>,
    /// What was answered.
    pub answer: Option<String>,
}

/// The end of a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandTail {
    /// Which terminal.
    pub of: String,
    /// Its last lines.
    pub text: String,
}

impl Store {
    /// Stores a raised hand. `false`: the learner has one up at this lab, and nothing changed.
    pub async fn raise_hand(&self, hand: &Hand) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO hands (id, course, lab, account, session, step, task, words, attempts, \
             tail, raised_ms, up, waits) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, 1) \
             ON CONFLICT DO NOTHING",
        )
        .bind(&hand.id)
        .bind(hand.learner.course.as_str())
        .bind(hand.learner.lab.as_str())
        .bind(hand.learner.account.as_str())
        .bind(hand.session.as_str())
        .bind(i64::from(hand.step))
        .bind(hand.task.as_ref().map(TaskId::as_str))
        .bind(&hand.words)
        .bind(json(&hand.attempts))
        .bind(hand.tail.as_ref().map(json))
        .bind(hand.raised_ms)
        .execute(&self.writer)
        .await
        .map_err(at("raising a hand"))?;
        Ok(done.rows_affected() == 1)
    }

    /// The hand of this id in a course.
    pub async fn hand(&self, course: &CourseId, id: &str) -> Result<Option<Hand>, StoreError> {
        let row = sqlx::query("SELECT * FROM hands WHERE id = $1 AND course = $2")
            .bind(id)
            .bind(course.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(at("reading a hand"))?;
        row.as_ref().map(read_hand).transpose()
    }

    /// A learner's newest hand at a lab, up or down.
    pub async fn last_hand(&self, learner: &Learner) -> Result<Option<Hand>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM hands WHERE account = $1 AND course = $2 AND lab = $3 \
             ORDER BY raised_ms DESC, id LIMIT 1",
        )
        .bind(learner.account.as_str())
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .fetch_optional(&self.reader)
        .await
        .map_err(at("reading a hand"))?;
        row.as_ref().map(read_hand).transpose()
    }

    /// The hands that are up in a course, oldest first, those that wait before those that do not.
    pub async fn hands_up(&self, course: &CourseId, limit: u32) -> Result<Vec<Hand>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM hands WHERE course = $1 AND up = 1 \
             ORDER BY waits DESC, raised_ms, id LIMIT $2",
        )
        .bind(course.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(at("listing hands"))?;
        rows.iter().map(read_hand).collect()
    }

    /// How many hands of a course wait that were raised before this one.
    pub async fn hands_before(&self, hand: &Hand) -> Result<u32, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM hands WHERE course = $1 AND up = 1 AND waits = 1 \
             AND (raised_ms < $2 OR (raised_ms = $2 AND id < $3))",
        )
        .bind(hand.learner.course.as_str())
        .bind(hand.raised_ms)
        .bind(&hand.id)
        .fetch_one(&self.reader)
        .await
        .map_err(at("counting hands"))?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// How long the last hands of a course waited for their first answer, in milliseconds.
    pub async fn hand_waits(&self, course: &CourseId, limit: u32) -> Result<Vec<i64>, StoreError> {
        sqlx::query_scalar(
            "SELECT answered_ms - raised_ms FROM hands WHERE course = $1 \
             AND answered_ms IS NOT NULL ORDER BY answered_ms DESC LIMIT $2",
        )
        .bind(course.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading how long hands waited"))
    }

    /// Gives a hand that is up to a teacher. `false`: another one has it (unless `over` takes it
    /// from them), or it is down.
    pub async fn take_hand(
        &self,
        id: &str,
        teacher: &AccountId,
        over: bool,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE hands SET taken_by = $2 WHERE id = $1 AND up = 1 \
             AND (taken_by IS NULL OR taken_by = $2 OR $3 = 1)",
        )
        .bind(id)
        .bind(teacher.as_str())
        .bind(i64::from(over))
        .execute(&self.writer)
        .await
        .map_err(at("taking a hand"))?;
        Ok(done.rows_affected() == 1)
    }

    /// Takes a hand down. `false`: it was down already.
    pub async fn lower_hand(&self, id: &str, why: &str, at_ms: UnixMs) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE hands SET up = 0, waits = 0, down_ms = $2, down_why = $3 \
             WHERE id = $1 AND up = 1",
        )
        .bind(id)
        .bind(at_ms)
        .bind(why)
        .execute(&self.writer)
        .await
        .map_err(at("taking a hand down"))?;
        Ok(done.rows_affected() == 1)
    }
}

/// Strings and numbers always serialise.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unknown {
        what: "what goes along with a hand",
        // It is a learner's: not for logs.
        text: String::new(),
    })
}

fn read_hand(row: &Row) -> Result<Hand, StoreError> {
    const ACTION: &str = "reading a hand";
    let text = |column: &str| row.try_get::<String, _>(column).map_err(at(ACTION));
    let optional = |column: &str| row.try_get::<Option<String>, _>(column).map_err(at(ACTION));
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(at(ACTION));
    let time = |column: &str| row.try_get::<Option<UnixMs>, _>(column).map_err(at(ACTION));
    let tail = optional("tail")?;
    Ok(Hand {
        id: text("id")?,
        learner: Learner {
            account: AccountId::new(text("account")?),
            course: CourseId::new(text("course")?),
            lab: name(LabName::new(text("lab")?))?,
        },
        session: name(SessionId::new(text("session")?))?,
        step: u32::try_from(number("step")?).unwrap_or(1),
        task: optional("task")?.map(TaskId::new).map(name).transpose()?,
        words: text("words")?,
        attempts: parse(&text("attempts")?)?,
        tail: tail.as_deref().map(parse).transpose()?,
        raised_ms: number("raised_ms")?,
        up: number("up")? != 0,
        waits: number("waits")? != 0,
        taken_by: optional("taken_by")?.map(AccountId::new),
        answered_ms: time("answered_ms")?,
        down_ms: time("down_ms")?,
        down_why: optional("down_why")?,
    })
}
