//! What teachers and learners said to each other about a lab.

use labwright_model::TaskId;
use sqlx::Row as _;

use crate::error::at;
use crate::sessions::name;
use crate::{AccountId, CourseId, Learner, Store, StoreError, UnixMs, random_id};

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandWords {
    /// The hand that it belongs to; `None`: it went to everybody at the task.
    pub hand: Option<String>,
    /// The learner whom it is to, or from.
    pub learner: Learner,
    /// The task.
    pub task: Option<TaskId>,
    /// The teacher who said it; `None`: the learner.
    pub teacher: Option<AccountId>,
    /// What was said.
    pub words: String,
    /// When.
    pub at_ms: UnixMs,
}

impl Store {
    /// Stores what was said, and whose turn it is at the hand now. `false`: the hand is down, and
    /// nothing changed.
    pub async fn say(&self, said: &HandWords) -> Result<bool, StoreError> {
        const ACTION: &str = "storing an answer";
        let mut tx = self.begin(ACTION).await?;
        if let Some(hand) = &said.hand {
            let turn = sqlx::query(
                "UPDATE hands SET waits = $2, answered_ms = COALESCE(answered_ms, $3) \
                 WHERE id = $1 AND up = 1",
            )
            .bind(hand)
            .bind(i64::from(said.teacher.is_none()))
            .bind(said.teacher.as_ref().map(|_| said.at_ms))
            .execute(&mut *tx)
            .await
            .map_err(at(ACTION))?;
            if turn.rows_affected() == 0 {
                return Ok(false);
            }
        }
        sqlx::query(
            "INSERT INTO hand_words (id, course, lab, account, hand, task, teacher, words, at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(random_id()?)
        .bind(said.learner.course.as_str())
        .bind(said.learner.lab.as_str())
        .bind(said.learner.account.as_str())
        .bind(&said.hand)
        .bind(said.task.as_ref().map(TaskId::as_str))
        .bind(said.teacher.as_ref().map(AccountId::as_str))
        .bind(&said.words)
        .bind(said.at_ms)
        .execute(&mut *tx)
        .await
        .map_err(at(ACTION))?;
        tx.commit().await.map_err(at(ACTION))?;
        Ok(true)
    }

    /// What was said to and by a learner about a lab from this moment on, oldest first; the newest
    /// `limit` of it.
    pub async fn words_with(
        &self,
        learner: &Learner,
        from_ms: UnixMs,
        limit: u32,
    ) -> Result<Vec<HandWords>, StoreError> {
        const ACTION: &str = "reading answers";
        let rows = sqlx::query(
            "SELECT * FROM hand_words WHERE account = $1 AND course = $2 AND lab = $3 \
             AND at_ms >= $4 ORDER BY at_ms DESC, id LIMIT $5",
        )
        .bind(learner.account.as_str())
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .bind(from_ms)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(at(ACTION))?;
        let read = |row: &crate::db::Row| -> Result<HandWords, StoreError> {
            let text = |column: &str| row.try_get::<Option<String>, _>(column).map_err(at(ACTION));
            Ok(HandWords {
                hand: text("hand")?,
                learner: learner.clone(),
                task: text("task")?.map(TaskId::new).map(name).transpose()?,
                teacher: text("teacher")?.map(AccountId::new),
                words: text("words")?.unwrap_or_default(),
                at_ms: row.try_get("at_ms").map_err(at(ACTION))?,
            })
        };
        rows.iter().rev().map(read).collect()
    }

    /// The names of a course's teachers.
    pub async fn teachers_in(
        &self,
        course: &CourseId,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar(
            "SELECT accounts.display_name FROM enrolments \
             JOIN accounts ON accounts.id = enrolments.account \
             WHERE enrolments.course = $1 AND enrolments.role = 'teacher' \
             ORDER BY accounts.display_name LIMIT $2",
        )
        .bind(course.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(at("listing the teachers of a course"))
    }
}
