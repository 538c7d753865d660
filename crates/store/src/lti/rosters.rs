//! The members of a platform's course, as far as a teacher's board needs them.

use sqlx::{Row as _, Transaction};

use super::links::{Link, read_link};
use crate::accounts::add_account;
use crate::db::Db;
use crate::error::at;
use crate::{Account, AccountId, CourseId, CourseRole, Store, StoreError, UnixMs};

/// When a course's members were asked for, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The last try.
    pub tried_ms: UnixMs,
    /// The last time that all members came.
    pub read_ms: Option<UnixMs>,
    /// How many learners there were.
    pub learners: i64,
    /// What came of the last try, in a word.
    pub said: String,
}

/// A learner that a platform lists: who they are there, and the account that they get when they have none.
#[derive(Debug, Clone)]
pub struct ListedLearner {
    /// `sub` of their launches.
    pub subject: String,
    /// The account, when it is a new one.
    pub fresh: Account,
}

impl Store {
    /// What is known of a course's roster.
    pub async fn roster(&self, course: &CourseId) -> Result<Option<Roster>, StoreError> {
        let action = "reading a roster";
        let row = sqlx::query("SELECT * FROM lti_rosters WHERE course = $1")
            .bind(course.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(at(action))?;
        let read = |row: &crate::db::Row| -> Result<Roster, sqlx::Error> {
            Ok(Roster {
                tried_ms: row.try_get("tried_ms")?,
                read_ms: row.try_get("read_ms")?,
                learners: row.try_get("learners")?,
                said: row.try_get("said")?,
            })
        };
        row.as_ref().map(read).transpose().map_err(at(action))
    }

    /// A link of every course whose platform lists members and that was not asked since `before`.
    pub async fn rosters_due(&self, before: UnixMs, limit: u32) -> Result<Vec<Link>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM lti_links WHERE members_url IS NOT NULL AND id IN \
             (SELECT MAX(id) FROM lti_links WHERE members_url IS NOT NULL GROUP BY course) \
             AND course NOT IN (SELECT course FROM lti_rosters WHERE tried_ms >= $1) \
             ORDER BY course LIMIT $2",
        )
        .bind(before)
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading rosters"))?;
        rows.iter().map(read_link).collect()
    }

    /// Writes down that a roster could not be read.
    pub async fn roster_failed(
        &self,
        course: &CourseId,
        said: &str,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO lti_rosters (course, tried_ms, learners, said) VALUES ($1, $2, 0, $3) \
             ON CONFLICT (course) DO UPDATE SET tried_ms = excluded.tried_ms, said = excluded.said",
        )
        .bind(course.as_str())
        .bind(now)
        .bind(said)
        .execute(&self.writer)
        .await
        .map_err(at("writing down a roster"))?;
        Ok(())
    }

    /// Takes over the learners that a platform lists: whoever is new gets an account and is in the
    /// course; whoever is listed no more, and never came, goes. Nobody's role is lowered.
    pub async fn put_roster(
        &self,
        issuer: &str,
        course: &CourseId,
        listed: &[ListedLearner],
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let action = "taking over a roster";
        let mut tx = self.begin(action).await?;
        sqlx::query(
            "DELETE FROM enrolments WHERE course = $1 AND account IN \
             (SELECT account FROM lti_members WHERE course = $1)",
        )
        .bind(course.as_str())
        .execute(&mut *tx)
        .await
        .map_err(at(action))?;
        sqlx::query("DELETE FROM lti_members WHERE course = $1")
            .bind(course.as_str())
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        for learner in listed {
            let account = account_of(issuer, learner, &mut tx).await?;
            let added = sqlx::query(
                "INSERT INTO enrolments (course, account, role, created_ms) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT (course, account) DO NOTHING",
            )
            .bind(course.as_str())
            .bind(account.as_str())
            .bind(CourseRole::Learner.as_str())
            .bind(now)
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
            if added.rows_affected() == 1 {
                sqlx::query("INSERT INTO lti_members (course, account) VALUES ($1, $2)")
                    .bind(course.as_str())
                    .bind(account.as_str())
                    .execute(&mut *tx)
                    .await
                    .map_err(at(action))?;
            }
        }
        sqlx::query(
            "INSERT INTO lti_rosters (course, tried_ms, read_ms, learners, said) \
             VALUES ($1, $2, $2, $3, 'read') ON CONFLICT (course) DO UPDATE SET \
             tried_ms = excluded.tried_ms, read_ms = excluded.read_ms, \
             learners = excluded.learners, said = excluded.said",
        )
        .bind(course.as_str())
        .bind(now)
        .bind(i64::try_from(listed.len()).unwrap_or(i64::MAX))
        .execute(&mut *tx)
        .await
        .map_err(at(action))?;
        tx.commit().await.map_err(at(action))
    }

    /// Somebody came by a launch: they are in the course whatever the platform lists.
    pub async fn came_by_themselves(
        &self,
        course: &CourseId,
        account: &AccountId,
    ) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM lti_members WHERE course = $1 AND account = $2")
            .bind(course.as_str())
            .bind(account.as_str())
            .execute(&self.writer)
            .await
            .map_err(at("writing down who came"))?;
        Ok(())
    }
}

/// The account of a listed learner; made when there is none.
async fn account_of(
    issuer: &str,
    learner: &ListedLearner,
    tx: &mut Transaction<'static, Db>,
) -> Result<AccountId, StoreError> {
    let action = "finding a listed learner";
    let known: Option<String> =
        sqlx::query_scalar("SELECT account FROM lti_users WHERE issuer = $1 AND subject = $2")
            .bind(issuer)
            .bind(&learner.subject)
            .fetch_optional(&mut **tx)
            .await
            .map_err(at(action))?;
    if let Some(id) = known {
        return Ok(AccountId::new(id));
    }
    add_account(&learner.fresh, tx).await?;
    sqlx::query("INSERT INTO lti_users (issuer, subject, account) VALUES ($1, $2, $3)")
        .bind(issuer)
        .bind(&learner.subject)
        .bind(learner.fresh.id.as_str())
        .execute(&mut **tx)
        .await
        .map_err(at(action))?;
    Ok(learner.fresh.id.clone())
}
