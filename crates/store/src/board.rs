//! What a teacher's board reads: one lab of one course, everybody.

use labwright_model::LabName;
use sqlx::Row as _;

use crate::attempts::read_attempt;
use crate::error::at;
use crate::sessions::read_session;
use crate::{AccountId, Attempt, CourseId, SessionRecord, Store, StoreError, UnixMs};

impl Store {
    /// The learners of a course with the names that others see.
    pub async fn learners_in(
        &self,
        course: &CourseId,
    ) -> Result<Vec<(AccountId, String)>, StoreError> {
        const ACTION: &str = "listing the learners of a course";
        let rows = sqlx::query(
            "SELECT accounts.id AS id, accounts.display_name AS name FROM enrolments \
             JOIN accounts ON accounts.id = enrolments.account \
             WHERE enrolments.course = $1 AND enrolments.role = 'learner' \
             ORDER BY accounts.display_name, accounts.id",
        )
        .bind(course.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at(ACTION))?;
        let read = |row: &crate::db::Row| -> Result<(String, String), sqlx::Error> {
            Ok((row.try_get("id")?, row.try_get("name")?))
        };
        rows.iter()
            .map(|row| read(row).map(|(id, name)| (AccountId::new(id), name)))
            .collect::<Result<_, _>>()
            .map_err(at(ACTION))
    }

    /// Everybody's attempts at a lab from this moment on, oldest first.
    pub async fn attempts_at(
        &self,
        course: &CourseId,
        lab: &LabName,
        from_ms: UnixMs,
    ) -> Result<Vec<Attempt>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM attempts WHERE course = $1 AND lab = $2 AND at_ms >= $3 \
             ORDER BY at_ms, id",
        )
        .bind(course.as_str())
        .bind(lab.as_str())
        .bind(from_ms)
        .fetch_all(&self.reader)
        .await
        .map_err(at("listing the attempts at a lab"))?;
        rows.iter().map(read_attempt).collect()
    }

    /// Everybody's sessions of a lab, oldest first.
    pub async fn sessions_at(
        &self,
        course: &CourseId,
        lab: &LabName,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM sessions WHERE course = $1 AND lab = $2 ORDER BY created_ms, id",
        )
        .bind(course.as_str())
        .bind(lab.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at("listing the sessions of a lab"))?;
        rows.iter().map(read_session).collect()
    }
}
