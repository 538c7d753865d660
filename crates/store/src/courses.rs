//! Courses, who is in them, and the invitations that let people in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::accounts::{Account, add_account, read_account};
use crate::db::{Db, Row};
use crate::error::at;
use crate::{AccountId, CourseId, Store, StoreError, UnixMs};

/// A set of labs and people. Its labs stand in the configuration, not here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Its id.
    pub id: CourseId,
    /// Title per language; a single title has the key `""`.
    pub title: BTreeMap<String, String>,
}

/// What somebody is in a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CourseRole {
    /// Takes it.
    Learner,
    /// Gives it.
    Teacher,
}

impl CourseRole {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Learner => "learner",
            Self::Teacher => "teacher",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        match text {
            "learner" => Ok(Self::Learner),
            "teacher" => Ok(Self::Teacher),
            _ => Err(StoreError::Unknown {
                what: "course role",
                text: text.to_owned(),
            }),
        }
    }
}

/// Somebody's part in a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The course.
    pub course: CourseId,
    /// Who.
    pub account: AccountId,
    /// As what.
    pub role: CourseRole,
}

/// An open door into a course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Hash of its code.
    pub hash: String,
    /// Into which course.
    pub course: CourseId,
    /// As what.
    pub role: CourseRole,
    /// Who made it; `None`: the server, or an account that is gone.
    pub created_by: Option<AccountId>,
    /// When it was made.
    pub created_ms: UnixMs,
    /// When it closes.
    pub expires_ms: UnixMs,
    /// How many people it still lets in.
    pub uses_left: i64,
    /// Its id, by which it is closed.
    pub id: String,
    /// The first characters of a code that is typed; empty: a link.
    pub hint: String,
    /// It is for this account alone, which gets its password by it.
    pub account: Option<AccountId>,
}

impl Store {
    /// Adds a course, or changes the title of the one that is there.
    pub async fn put_course(&self, course: &Course, now: UnixMs) -> Result<(), StoreError> {
        put_course(course, now, &self.writer).await
    }

    /// All courses, by id.
    pub async fn courses(&self) -> Result<Vec<Course>, StoreError> {
        let rows = sqlx::query("SELECT id, title FROM courses ORDER BY id")
            .fetch_all(&self.reader)
            .await
            .map_err(at("listing courses"))?;
        rows.iter()
            .map(|row| {
                let read = || -> Result<(String, String), sqlx::Error> {
                    Ok((row.try_get("id")?, row.try_get("title")?))
                };
                let (id, title) = read().map_err(at("reading a course"))?;
                let parsed = serde_json::from_str(&title).map_err(|_| StoreError::Unknown {
                    what: "course title",
                    text: title.clone(),
                })?;
                Ok(Course {
                    id: CourseId::new(id),
                    title: parsed,
                })
            })
            .collect()
    }

    /// Makes somebody a part of a course, or changes as what.
    pub async fn enrol(&self, enrolment: &Enrolment, now: UnixMs) -> Result<(), StoreError> {
        sqlx::query(ENROL)
            .bind(enrolment.course.as_str())
            .bind(enrolment.account.as_str())
            .bind(enrolment.role.as_str())
            .bind(now)
            .execute(&self.writer)
            .await
            .map_err(at("enrolling"))?;
        Ok(())
    }

    /// The undo of [`Store::enrol`].
    pub async fn unenrol(&self, course: &CourseId, account: &AccountId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM enrolments WHERE course = $1 AND account = $2")
            .bind(course.as_str())
            .bind(account.as_str())
            .execute(&self.writer)
            .await
            .map_err(at("ending an enrolment"))?;
        Ok(())
    }

    /// As what somebody is in a course.
    pub async fn role_in(
        &self,
        course: &CourseId,
        account: &AccountId,
    ) -> Result<Option<CourseRole>, StoreError> {
        let role: Option<String> =
            sqlx::query_scalar("SELECT role FROM enrolments WHERE course = $1 AND account = $2")
                .bind(course.as_str())
                .bind(account.as_str())
                .fetch_optional(&self.reader)
                .await
                .map_err(at("reading an enrolment"))?;
        role.as_deref().map(CourseRole::parse).transpose()
    }

    /// The courses that somebody is in.
    pub async fn enrolments_of(&self, account: &AccountId) -> Result<Vec<Enrolment>, StoreError> {
        let rows = sqlx::query("SELECT * FROM enrolments WHERE account = $1 ORDER BY course")
            .bind(account.as_str())
            .fetch_all(&self.reader)
            .await
            .map_err(at("listing enrolments"))?;
        rows.iter().map(read_enrolment).collect()
    }

    /// The people of a course.
    pub async fn enrolments_in(&self, course: &CourseId) -> Result<Vec<Enrolment>, StoreError> {
        let rows = sqlx::query("SELECT * FROM enrolments WHERE course = $1 ORDER BY account")
            .bind(course.as_str())
            .fetch_all(&self.reader)
            .await
            .map_err(at("listing enrolments"))?;
        rows.iter().map(read_enrolment).collect()
    }

    /// Remembers an invitation.
    pub async fn add_invitation(&self, invitation: &Invitation) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO invitations \
             (hash, course, role, created_by, created_ms, expires_ms, uses_left, id, hint, uses, \
             account) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7, $10)",
        )
        .bind(&invitation.hash)
        .bind(invitation.course.as_str())
        .bind(invitation.role.as_str())
        .bind(invitation.created_by.as_ref().map(AccountId::as_str))
        .bind(invitation.created_ms)
        .bind(invitation.expires_ms)
        .bind(invitation.uses_left)
        .bind(&invitation.id)
        .bind(&invitation.hint)
        .bind(invitation.account.as_ref().map(AccountId::as_str))
        .execute(&self.writer)
        .await
        .map_err(at("storing an invitation"))?;
        Ok(())
    }

    /// An invitation that still lets somebody in.
    pub async fn invitation(
        &self,
        hash: &str,
        now: UnixMs,
    ) -> Result<Option<Invitation>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM invitations WHERE hash = $1 AND expires_ms > $2 AND uses_left > 0",
        )
        .bind(hash)
        .bind(now)
        .fetch_optional(&self.reader)
        .await
        .map_err(at("reading an invitation"))?;
        row.as_ref().map(read_invitation).transpose()
    }

    /// Uses an invitation once and enrols the account, both or neither. `None`: it lets nobody in
    /// any more.
    pub async fn accept_invitation(
        &self,
        hash: &str,
        account: &AccountId,
        now: UnixMs,
    ) -> Result<Option<Invitation>, StoreError> {
        const ACTION: &str = "accepting an invitation";
        let mut tx = self.begin(ACTION).await?;
        let row = sqlx::query(USE_INVITATION)
            .bind(hash)
            .bind(now)
            .fetch_optional(&mut *tx)
            .await
            .map_err(at(ACTION))?;
        let Some(invitation) = row.as_ref().map(read_invitation).transpose()? else {
            return Ok(None);
        };
        sqlx::query(ENROL_AT_LEAST)
            .bind(invitation.course.as_str())
            .bind(account.as_str())
            .bind(invitation.role.as_str())
            .bind(now)
            .execute(&mut *tx)
            .await
            .map_err(at(ACTION))?;
        tx.commit().await.map_err(at(ACTION))?;
        Ok(Some(invitation))
    }

    /// Makes an account by an invitation: the account, its enrolment and the use of the
    /// invitation, all or nothing. `None`: the invitation lets nobody in any more.
    pub async fn join(
        &self,
        hash: &str,
        account: &Account,
        now: UnixMs,
    ) -> Result<Option<Invitation>, StoreError> {
        const ACTION: &str = "joining by an invitation";
        let mut tx = self.begin(ACTION).await?;
        let row = sqlx::query(USE_INVITATION)
            .bind(hash)
            .bind(now)
            .fetch_optional(&mut *tx)
            .await
            .map_err(at(ACTION))?;
        let Some(invitation) = row.as_ref().map(read_invitation).transpose()? else {
            return Ok(None);
        };
        add_account(account, &mut tx).await?;
        sqlx::query(ENROL_AT_LEAST)
            .bind(invitation.course.as_str())
            .bind(account.id.as_str())
            .bind(invitation.role.as_str())
            .bind(now)
            .execute(&mut *tx)
            .await
            .map_err(at(ACTION))?;
        tx.commit().await.map_err(at(ACTION))?;
        Ok(Some(invitation))
    }

    /// The invitations into a course that still let somebody in, newest first; not the personal ones.
    pub async fn invitations_in(
        &self,
        course: &CourseId,
        now: UnixMs,
    ) -> Result<Vec<Invitation>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM invitations WHERE course = $1 AND expires_ms > $2 AND uses_left > 0 \
             AND account IS NULL ORDER BY created_ms DESC, hash",
        )
        .bind(course.as_str())
        .bind(now)
        .fetch_all(&self.reader)
        .await
        .map_err(at("listing invitations"))?;
        rows.iter().map(read_invitation).collect()
    }

    /// Closes an invitation of a course; closing an unknown one is no error.
    pub async fn revoke_invitation(&self, course: &CourseId, id: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM invitations WHERE course = $1 AND COALESCE(id, hash) = $2")
            .bind(course.as_str())
            .bind(id)
            .execute(&self.writer)
            .await
            .map_err(at("closing an invitation"))?;
        Ok(())
    }

    /// The people of a course with their accounts, by the name that others see.
    pub async fn people_in(
        &self,
        course: &CourseId,
    ) -> Result<Vec<(Enrolment, Account)>, StoreError> {
        let rows = sqlx::query(
            "SELECT accounts.*, enrolments.role AS course_role FROM enrolments \
             JOIN accounts ON accounts.id = enrolments.account WHERE enrolments.course = $1 \
             ORDER BY accounts.display_name, accounts.id",
        )
        .bind(course.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at("listing the people of a course"))?;
        rows.iter()
            .map(|row| {
                let account = read_account(row)?;
                let role: String = row
                    .try_get("course_role")
                    .map_err(at("listing the people of a course"))?;
                let enrolment = Enrolment {
                    course: course.clone(),
                    account: account.id.clone(),
                    role: CourseRole::parse(&role)?,
                };
                Ok((enrolment, account))
            })
            .collect()
    }

    /// Closes an invitation.
    pub async fn remove_invitation(&self, hash: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM invitations WHERE hash = $1")
            .bind(hash)
            .execute(&self.writer)
            .await
            .map_err(at("removing an invitation"))?;
        Ok(())
    }
}

/// Adds a course or changes its title, also inside a transaction.
pub(crate) async fn put_course<'e>(
    course: &Course,
    now: UnixMs,
    into: impl sqlx::Executor<'e, Database = Db>,
) -> Result<(), StoreError> {
    let title = serde_json::to_string(&course.title).unwrap_or_default();
    sqlx::query(
        "INSERT INTO courses (id, title, created_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (id) DO UPDATE SET title = excluded.title",
    )
    .bind(course.id.as_str())
    .bind(title)
    .bind(now)
    .execute(into)
    .await
    .map_err(at("storing a course"))?;
    Ok(())
}

const ENROL: &str = "INSERT INTO enrolments (course, account, role, created_ms) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (course, account) DO UPDATE SET role = excluded.role";

/// An invitation never takes a role away.
const ENROL_AT_LEAST: &str = "INSERT INTO enrolments (course, account, role, created_ms) \
     VALUES ($1, $2, $3, $4) ON CONFLICT (course, account) DO UPDATE SET role = \
     CASE WHEN enrolments.role = 'teacher' THEN enrolments.role ELSE excluded.role END";

const USE_INVITATION: &str = "UPDATE invitations SET uses_left = uses_left - 1 \
     WHERE hash = $1 AND expires_ms > $2 AND uses_left > 0 AND account IS NULL RETURNING *";

fn read_enrolment(row: &Row) -> Result<Enrolment, StoreError> {
    let read = || -> Result<(String, String, String), sqlx::Error> {
        Ok((
            row.try_get("course")?,
            row.try_get("account")?,
            row.try_get("role")?,
        ))
    };
    let (course, account, role) = read().map_err(at("reading an enrolment"))?;
    Ok(Enrolment {
        course: CourseId::new(course),
        account: AccountId::new(account),
        role: CourseRole::parse(&role)?,
    })
}

fn read_invitation(row: &Row) -> Result<Invitation, StoreError> {
    let read = || -> Result<(Invitation, String), sqlx::Error> {
        let invitation = Invitation {
            hash: row.try_get("hash")?,
            course: CourseId::new(row.try_get::<String, _>("course")?),
            role: CourseRole::Learner,
            created_by: row
                .try_get::<Option<String>, _>("created_by")?
                .map(AccountId::new),
            created_ms: row.try_get("created_ms")?,
            expires_ms: row.try_get("expires_ms")?,
            uses_left: row.try_get("uses_left")?,
            // Those of earlier versions have none.
            id: match row.try_get::<Option<String>, _>("id")? {
                Some(id) => id,
                None => row.try_get("hash")?,
            },
            hint: row
                .try_get::<Option<String>, _>("hint")?
                .unwrap_or_default(),
            account: row
                .try_get::<Option<String>, _>("account")?
                .map(AccountId::new),
        };
        Ok((invitation, row.try_get("role")?))
    };
    let (invitation, role) = read().map_err(at("reading an invitation"))?;
    Ok(Invitation {
        role: CourseRole::parse(&role)?,
        ..invitation
    })
}
