//! Rosters: many people brought into a course at once, with an undo.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Row as _, Transaction};

use crate::accounts::{Account, add_account};
use crate::db::Db;
use crate::error::at;
use crate::{AccountId, CourseId, CourseRole, Store, StoreError, UnixMs, random_id};

/// Somebody of a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterEntry {
    /// The account to make when there is none of this name. It has no password.
    pub fresh: Account,
    /// E-mail address, where the roster has one.
    pub email: Option<String>,
    /// What the teacher calls a part of the course.
    pub class: Option<String>,
    /// Hash of the code by which a made account gets its password.
    pub code_hash: String,
}

/// What somebody of a roster is before it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RosterStanding {
    /// There is no account of this name.
    New,
    /// There is, and it is not in the course.
    Outside,
    /// It learns in the course.
    Learner,
    /// It teaches the course, and stays so.
    Teacher,
}

/// What was done for somebody of a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RosterDone {
    /// What they were before.
    pub before: RosterStanding,
    /// The code is good: the account was made by a roster of this course and nobody has used it.
    pub coded: bool,
}

/// A roster that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassList {
    /// Its id.
    pub id: String,
    /// When it was applied.
    pub made_ms: UnixMs,
    /// Accounts that it made.
    pub accounts: Vec<AccountId>,
    /// Those whom it brought into the course.
    pub enrolled: Vec<AccountId>,
}

impl Store {
    /// What those of these sign-in names are that have an account.
    pub async fn standings(
        &self,
        course: &CourseId,
    ) -> Result<BTreeMap<String, RosterStanding>, StoreError> {
        let action = "reading who is in a course";
        let rows = sqlx::query(
            "SELECT accounts.name AS name, enrolments.role AS role FROM accounts \
             LEFT JOIN enrolments ON enrolments.account = accounts.id AND enrolments.course = $1",
        )
        .bind(course.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at(action))?;
        rows.iter()
            .map(|row| {
                let name: String = row.try_get("name").map_err(at(action))?;
                let role: Option<String> = row.try_get("role").map_err(at(action))?;
                Ok((name, standing(role.as_deref())))
            })
            .collect()
    }

    /// Applies a roster, whole or not at all. Nobody leaves the course by it, nobody's name or
    /// password changes, and what somebody did stays.
    pub async fn apply_roster(
        &self,
        course: &CourseId,
        by: &AccountId,
        entries: &[RosterEntry],
        codes_expire_ms: UnixMs,
        now: UnixMs,
    ) -> Result<(String, Vec<RosterDone>), StoreError> {
        let action = "applying a roster";
        let mut tx = self.begin(action).await?;
        let earlier = made_by_rosters(course, &mut tx).await?;
        let (mut made, mut enrolled, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries {
            let (id, before) = find(course, entry, &mut tx).await?;
            if before == RosterStanding::New {
                made.push(id.clone());
            }
            if matches!(before, RosterStanding::New | RosterStanding::Outside) {
                enrolled.push(id.clone());
            }
            enrol(course, &id, entry.class.as_deref(), now, &mut tx).await?;
            let ours = before == RosterStanding::New || earlier.contains(id.as_str());
            let coded = ours && is_unused(&id, &mut tx).await?;
            if coded {
                add_code(course, &id, by, entry, (now, codes_expire_ms), &mut tx).await?;
            }
            all.push(RosterDone { before, coded });
        }
        let id = random_id()?;
        sqlx::query(
            "INSERT INTO rosters (id, course, made_by, made_ms, accounts, enrolled) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&id)
        .bind(course.as_str())
        .bind(by.as_str())
        .bind(now)
        .bind(serde_json::to_string(&made).unwrap_or_default())
        .bind(serde_json::to_string(&enrolled).unwrap_or_default())
        .execute(&mut *tx)
        .await
        .map_err(at(action))?;
        tx.commit().await.map_err(at(action))?;
        Ok((id, all))
    }

    /// The last roster of a course that was not undone.
    pub async fn last_roster(&self, course: &CourseId) -> Result<Option<ClassList>, StoreError> {
        let action = "reading the last roster";
        let row = sqlx::query(
            "SELECT * FROM rosters WHERE course = $1 AND undone_ms IS NULL \
             ORDER BY made_ms DESC, id LIMIT 1",
        )
        .bind(course.as_str())
        .fetch_optional(&self.reader)
        .await
        .map_err(at(action))?;
        let read = |row: crate::db::Row| -> Result<ClassList, sqlx::Error> {
            let list = |column: &str| -> Result<Vec<AccountId>, sqlx::Error> {
                let text: String = row.try_get(column)?;
                Ok(serde_json::from_str(&text).unwrap_or_default())
            };
            Ok(ClassList {
                id: row.try_get("id")?,
                made_ms: row.try_get("made_ms")?,
                accounts: list("accounts")?,
                enrolled: list("enrolled")?,
            })
        };
        row.map(read).transpose().map_err(at(action))
    }

    /// Undoes a roster: whom it brought in leaves the course unless they have worked in it, and
    /// accounts that it made and nobody has used are gone. Says how many left.
    pub async fn undo_roster(
        &self,
        roster: &ClassList,
        course: &CourseId,
        now: UnixMs,
    ) -> Result<u32, StoreError> {
        let action = "undoing a roster";
        let mut tx = self.begin(action).await?;
        let undone = sqlx::query(
            "UPDATE rosters SET undone_ms = $3 WHERE id = $1 AND course = $2 AND undone_ms IS NULL",
        )
        .bind(&roster.id)
        .bind(course.as_str())
        .bind(now)
        .execute(&mut *tx)
        .await
        .map_err(at(action))?;
        if undone.rows_affected() == 0 {
            return Ok(0);
        }
        let mut left = 0;
        for id in &roster.enrolled {
            let gone = sqlx::query(
                "DELETE FROM enrolments WHERE course = $1 AND account = $2 AND role = 'learner' \
                 AND NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.course = $1 AND sessions.account = $2)",
            )
            .bind(course.as_str())
            .bind(id.as_str())
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
            left += u32::try_from(gone.rows_affected()).unwrap_or_default();
        }
        for id in &roster.accounts {
            let elsewhere: i64 = sqlx::query_scalar(
                "SELECT (SELECT COUNT(*) FROM enrolments WHERE account = $1) + \
                 (SELECT COUNT(*) FROM sessions WHERE account = $1)",
            )
            .bind(id.as_str())
            .fetch_one(&mut *tx)
            .await
            .map_err(at(action))?;
            if elsewhere == 0 && is_unused(id, &mut tx).await? {
                sqlx::query("DELETE FROM accounts WHERE id = $1")
                    .bind(id.as_str())
                    .execute(&mut *tx)
                    .await
                    .map_err(at(action))?;
            }
        }
        tx.commit().await.map_err(at(action))?;
        Ok(left)
    }

    /// Gives an account its first password by its personal code, which is used up. `None`: the code
    /// is none, or somebody has been here before.
    pub async fn claim_account(
        &self,
        hash: &str,
        password: &str,
        now: UnixMs,
    ) -> Result<Option<AccountId>, StoreError> {
        let action = "giving an account its password";
        let mut tx = self.begin(action).await?;
        let claimed: Option<String> = sqlx::query_scalar(
            "DELETE FROM invitations WHERE hash = $1 AND expires_ms > $2 AND account IS NOT NULL \
             RETURNING account",
        )
        .bind(hash)
        .bind(now)
        .fetch_optional(&mut *tx)
        .await
        .map_err(at(action))?;
        let Some(id) = claimed.map(AccountId::new) else {
            return Ok(None);
        };
        if !is_unused(&id, &mut tx).await? {
            return Ok(None);
        }
        sqlx::query("UPDATE accounts SET password = $2 WHERE id = $1")
            .bind(id.as_str())
            .bind(password)
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        tx.commit().await.map_err(at(action))?;
        Ok(Some(id))
    }

    /// The parts of a course that its people are in.
    pub async fn classes_in(
        &self,
        course: &CourseId,
    ) -> Result<BTreeMap<AccountId, String>, StoreError> {
        let action = "reading the groups of a course";
        let rows = sqlx::query(
            "SELECT account, class FROM enrolments WHERE course = $1 AND class IS NOT NULL",
        )
        .bind(course.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at(action))?;
        rows.iter()
            .map(|row| {
                let account: String = row.try_get("account")?;
                Ok((AccountId::new(account), row.try_get("class")?))
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(at(action))
    }
}

fn standing(role: Option<&str>) -> RosterStanding {
    match role {
        None => RosterStanding::Outside,
        Some(role) if role == CourseRole::Teacher.as_str() => RosterStanding::Teacher,
        Some(_) => RosterStanding::Learner,
    }
}

async fn made_by_rosters(
    course: &CourseId,
    tx: &mut Transaction<'static, Db>,
) -> Result<BTreeSet<String>, StoreError> {
    let lists: Vec<String> = sqlx::query_scalar("SELECT accounts FROM rosters WHERE course = $1")
        .bind(course.as_str())
        .fetch_all(&mut **tx)
        .await
        .map_err(at("reading earlier rosters"))?;
    let ids = lists
        .iter()
        .flat_map(|list| serde_json::from_str::<Vec<String>>(list).unwrap_or_default());
    Ok(ids.collect())
}

/// The account of an entry, made when there is none.
async fn find(
    course: &CourseId,
    entry: &RosterEntry,
    tx: &mut Transaction<'static, Db>,
) -> Result<(AccountId, RosterStanding), StoreError> {
    let action = "finding somebody of a roster";
    let row = sqlx::query(
        "SELECT accounts.id AS id, enrolments.role AS role FROM accounts \
         LEFT JOIN enrolments ON enrolments.account = accounts.id AND enrolments.course = $2 \
         WHERE accounts.name = $1",
    )
    .bind(&entry.fresh.name)
    .bind(course.as_str())
    .fetch_optional(&mut **tx)
    .await
    .map_err(at(action))?;
    if let Some(row) = row {
        let id: String = row.try_get("id").map_err(at(action))?;
        let role: Option<String> = row.try_get("role").map_err(at(action))?;
        return Ok((AccountId::new(id), standing(role.as_deref())));
    }
    add_account(&entry.fresh, tx).await?;
    sqlx::query("UPDATE accounts SET email = $2 WHERE id = $1")
        .bind(entry.fresh.id.as_str())
        .bind(&entry.email)
        .execute(&mut **tx)
        .await
        .map_err(at(action))?;
    Ok((entry.fresh.id.clone(), RosterStanding::New))
}

async fn enrol(
    course: &CourseId,
    id: &AccountId,
    class: Option<&str>,
    now: UnixMs,
    tx: &mut Transaction<'static, Db>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO enrolments (course, account, role, created_ms, class) \
         VALUES ($1, $2, 'learner', $3, $4) ON CONFLICT (course, account) DO UPDATE SET \
         class = COALESCE(excluded.class, enrolments.class)",
    )
    .bind(course.as_str())
    .bind(id.as_str())
    .bind(now)
    .bind(class)
    .execute(&mut **tx)
    .await
    .map_err(at("enrolling somebody of a roster"))?;
    Ok(())
}

/// Whether nobody has ever been able to sign in with an account.
async fn is_unused(id: &AccountId, tx: &mut Transaction<'static, Db>) -> Result<bool, StoreError> {
    let used: i64 = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM accounts WHERE id = $1 AND password IS NOT NULL) + \
         (SELECT COUNT(*) FROM tokens WHERE account = $1) + \
         (SELECT COUNT(*) FROM oidc_users WHERE account = $1) + \
         (SELECT COUNT(*) FROM lti_users WHERE account = $1)",
    )
    .bind(id.as_str())
    .fetch_one(&mut **tx)
    .await
    .map_err(at("looking whether an account was used"))?;
    Ok(used == 0)
}

async fn add_code(
    course: &CourseId,
    id: &AccountId,
    by: &AccountId,
    entry: &RosterEntry,
    (now, expires_ms): (UnixMs, UnixMs),
    tx: &mut Transaction<'static, Db>,
) -> Result<(), StoreError> {
    let action = "storing a personal code";
    // The one that was given before is lost, or in the wrong hands.
    sqlx::query("DELETE FROM invitations WHERE account = $1")
        .bind(id.as_str())
        .execute(&mut **tx)
        .await
        .map_err(at(action))?;
    sqlx::query(
        "INSERT INTO invitations (hash, course, role, created_by, created_ms, expires_ms, \
         uses_left, id, hint, uses, account) \
         VALUES ($1, $2, 'learner', $3, $4, $5, 1, $6, '', 1, $7)",
    )
    .bind(&entry.code_hash)
    .bind(course.as_str())
    .bind(by.as_str())
    .bind(now)
    .bind(expires_ms)
    .bind(random_id()?)
    .bind(id.as_str())
    .execute(&mut **tx)
    .await
    .map_err(at(action))?;
    Ok(())
}
