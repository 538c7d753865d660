//! Attempts and revealed hints. Every attempt is kept; nothing here deletes or changes one.

use std::collections::BTreeMap;

use labwright_model::{LabName, SessionId, TaskId};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::db::{Db, Row};
use crate::error::at;
use crate::sessions::name;
use crate::{AccountId, CourseId, Store, StoreError, UnixMs};

/// Whose attempts: scores belong to a learner and a lab of a course, over all their sessions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Learner {
    /// The learner.
    pub account: AccountId,
    /// The course.
    pub course: CourseId,
    /// The lab.
    pub lab: LabName,
}

/// One try at one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Its id, from whoever asked for the check: storing it twice counts once.
    pub id: String,
    /// The session.
    pub session: SessionId,
    /// Whose it is.
    pub learner: Learner,
    /// The task.
    pub task: TaskId,
    /// When it was judged.
    pub at_ms: UnixMs,
    /// What was said.
    pub verdict: StoredVerdict,
    /// How far the verdict can be trusted.
    pub evidence: StoredEvidence,
    /// Share of the task's points, 0 to 1.
    pub share: f64,
    /// What the task was worth.
    pub points: f64,
    /// Lines for the learner.
    pub feedback: Vec<String>,
    /// What the learner answered.
    pub answer: Option<String>,
    /// How long the check ran, in milliseconds.
    pub took_ms: u64,
    /// What broke, for the author.
    pub broken: Option<String>,
    /// When it was done by the learner's clock, where it was handed in later; then `at_ms` is when it came.
    pub done_ms: Option<UnixMs>,
}

/// The best that somebody has reached at a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BestShare {
    /// Share of its points, 0 to 1.
    pub share: f64,
    /// Only the learner's own browser says so.
    pub self_reported: bool,
}

macro_rules! stored {
    ($(#[$doc:meta])* $type:ident, $what:literal, $($(#[$vdoc:meta])* $variant:ident = $text:literal),+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $type {
            $($(#[$vdoc])* $variant),+
        }

        impl $type {
            /// As it is stored.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }

            fn parse(text: &str) -> Result<Self, StoreError> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err(StoreError::Unknown { what: $what, text: text.to_owned() }),
                }
            }
        }
    };
}

stored!(
    /// What a check said.
    StoredVerdict, "verdict",
    /// The task is done.
    Done = "done",
    /// A part of it is.
    Part = "part",
    /// Not yet.
    NotYet = "not_yet",
    /// The check itself failed; it counts for nothing.
    Broken = "broken"
);

stored!(
    /// How far a verdict can be trusted.
    StoredEvidence, "evidence",
    /// The check ran in a node whose root is the learner.
    InNode = "in_node",
    /// It ran on the checker or a hidden node.
    Guarded = "guarded",
    /// The server compared an answer.
    Answer = "answer",
    /// Only the learner's own browser says so.
    SelfReported = "self_reported"
);

impl Store {
    /// Stores an attempt, and no score that leaves the server. `false`: it was there already, and
    /// nothing changed.
    pub async fn add_attempt(&self, attempt: &Attempt) -> Result<bool, StoreError> {
        insert_attempt(attempt, &self.writer).await
    }

    /// The attempt of this id.
    pub async fn attempt(&self, id: &str) -> Result<Option<Attempt>, StoreError> {
        let row = sqlx::query("SELECT * FROM attempts WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.reader)
            .await
            .map_err(at("reading an attempt"))?;
        row.as_ref().map(read_attempt).transpose()
    }

    /// A learner's attempts at a lab, oldest first.
    pub async fn attempts_of(&self, learner: &Learner) -> Result<Vec<Attempt>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM attempts WHERE account = $1 AND course = $2 AND lab = $3 \
             ORDER BY at_ms, id",
        )
        .bind(learner.account.as_str())
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at("listing attempts"))?;
        rows.iter().map(read_attempt).collect()
    }

    /// The best share of every task that was tried, for every learner of a course.
    pub async fn best_in_course(
        &self,
        course: &CourseId,
    ) -> Result<BTreeMap<Learner, BTreeMap<TaskId, BestShare>>, StoreError> {
        let rows = sqlx::query(
            "SELECT account, lab, task, MAX(share) AS best, \
             MAX(CASE WHEN evidence = 'self_reported' THEN 0.0 ELSE share END) AS judged FROM attempts \
             WHERE course = $1 AND verdict <> 'broken' GROUP BY account, lab, task",
        )
        .bind(course.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading progress"))?;
        let mut all: BTreeMap<Learner, BTreeMap<TaskId, BestShare>> = BTreeMap::new();
        for row in &rows {
            let read = || -> Result<(String, String, String, BestShare), sqlx::Error> {
                let share: f64 = row.try_get("best")?;
                let judged: f64 = row.try_get("judged")?;
                let best = BestShare {
                    share,
                    self_reported: judged < share,
                };
                Ok((
                    row.try_get("account")?,
                    row.try_get("lab")?,
                    row.try_get("task")?,
                    best,
                ))
            };
            let (account, lab, task, best) = read().map_err(at("reading progress"))?;
            let learner = Learner {
                account: AccountId::new(account),
                course: course.clone(),
                lab: name(LabName::new(lab))?,
            };
            let task = name(TaskId::new(task))?;
            all.entry(learner).or_default().insert(task, best);
        }
        Ok(all)
    }

    /// How many hints of each task were revealed to a learner.
    pub async fn hints_of(&self, learner: &Learner) -> Result<BTreeMap<TaskId, u32>, StoreError> {
        let rows = sqlx::query(
            "SELECT task, revealed FROM hints WHERE account = $1 AND course = $2 AND lab = $3",
        )
        .bind(learner.account.as_str())
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading hints"))?;
        rows.iter()
            .map(|row| {
                let read = || -> Result<(String, i64), sqlx::Error> {
                    Ok((row.try_get("task")?, row.try_get("revealed")?))
                };
                let (task, revealed) = read().map_err(at("reading hints"))?;
                let revealed = u32::try_from(revealed).unwrap_or_default();
                Ok((name(TaskId::new(task))?, revealed))
            })
            .collect()
    }

    /// Reveals one hint more of a task, up to `available`; says how many are revealed then.
    pub async fn reveal_hint(
        &self,
        learner: &Learner,
        task: &TaskId,
        available: u32,
    ) -> Result<u32, StoreError> {
        let revealed: i64 = sqlx::query_scalar(
            "INSERT INTO hints (account, course, lab, task, revealed) \
             VALUES ($1, $2, $3, $4, CASE WHEN $5 > 0 THEN 1 ELSE 0 END) \
             ON CONFLICT (account, course, lab, task) DO UPDATE SET revealed = \
             CASE WHEN hints.revealed < $5 THEN hints.revealed + 1 ELSE hints.revealed END \
             RETURNING revealed",
        )
        .bind(learner.account.as_str())
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .bind(task.as_str())
        .bind(i64::from(available))
        .fetch_one(&self.writer)
        .await
        .map_err(at(format!("revealing a hint of task {task}")))?;
        Ok(u32::try_from(revealed).unwrap_or_default())
    }
}

/// Adds an attempt, also inside a transaction. `false`: it was there already.
pub(crate) async fn insert_attempt<'e>(
    attempt: &Attempt,
    into: impl sqlx::Executor<'e, Database = Db>,
) -> Result<bool, StoreError> {
    let feedback = serde_json::to_string(&attempt.feedback).unwrap_or_default();
    let added = sqlx::query(
        "INSERT INTO attempts (id, session, account, course, lab, task, at_ms, verdict, \
         evidence, share, points, feedback, answer, took_ms, broken, done_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(&attempt.id)
    .bind(attempt.session.as_str())
    .bind(attempt.learner.account.as_str())
    .bind(attempt.learner.course.as_str())
    .bind(attempt.learner.lab.as_str())
    .bind(attempt.task.as_str())
    .bind(attempt.at_ms)
    .bind(attempt.verdict.as_str())
    .bind(attempt.evidence.as_str())
    .bind(attempt.share)
    .bind(attempt.points)
    .bind(feedback)
    .bind(&attempt.answer)
    .bind(i64::try_from(attempt.took_ms).unwrap_or(i64::MAX))
    .bind(&attempt.broken)
    .bind(attempt.done_ms)
    .execute(into)
    .await
    .map_err(at(format!("storing an attempt at task {}", attempt.task)))?;
    Ok(added.rows_affected() == 1)
}

pub(crate) fn read_attempt(row: &Row) -> Result<Attempt, StoreError> {
    let text = |column: &str| {
        row.try_get::<String, _>(column)
            .map_err(at("reading an attempt"))
    };
    let optional = |column: &str| {
        row.try_get::<Option<String>, _>(column)
            .map_err(at("reading an attempt"))
    };
    let share = |column: &str| {
        row.try_get::<f64, _>(column)
            .map_err(at("reading an attempt"))
    };
    let number = |column: &str| {
        row.try_get::<i64, _>(column)
            .map_err(at("reading an attempt"))
    };
    let feedback = text("feedback")?;
    Ok(Attempt {
        id: text("id")?,
        session: name(SessionId::new(text("session")?))?,
        learner: Learner {
            account: AccountId::new(text("account")?),
            course: CourseId::new(text("course")?),
            lab: name(LabName::new(text("lab")?))?,
        },
        task: name(TaskId::new(text("task")?))?,
        at_ms: number("at_ms")?,
        verdict: StoredVerdict::parse(&text("verdict")?)?,
        evidence: StoredEvidence::parse(&text("evidence")?)?,
        share: share("share")?,
        points: share("points")?,
        feedback: serde_json::from_str(&feedback).map_err(|_| StoreError::Unknown {
            what: "feedback",
            text: feedback.clone(),
        })?,
        answer: optional("answer")?,
        took_ms: u64::try_from(number("took_ms")?).unwrap_or_default(),
        broken: optional("broken")?,
        done_ms: row.try_get("done_ms").map_err(at("reading an attempt"))?,
    })
}
