//! Sessions as they are remembered: enough to find every machine again after a crash.

use labwright_model::{LabName, SessionId};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::db::Row;
use crate::error::at;
use crate::{AccountId, CourseId, Store, StoreError, UnixMs};

/// The place of sessions that the learner's own browser runs.
pub const BROWSER: &str = "browser";

/// One learner's run of one lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its id, also its machine's.
    pub id: SessionId,
    /// The course.
    pub course: CourseId,
    /// The lab.
    pub lab: LabName,
    /// Whose it is.
    pub account: AccountId,
    /// The server key that its parameters are drawn with.
    pub key_id: String,
    /// What it is doing.
    pub state: SessionState,
    /// When it was first launched.
    pub created_ms: UnixMs,
    /// When its learner last did something.
    pub active_ms: UnixMs,
    /// When it last became ready.
    pub ready_ms: Option<UnixMs>,
    /// When its time is up.
    pub ends_ms: Option<UnixMs>,
    /// When it ended for good.
    pub ended_ms: Option<UnixMs>,
    /// When its files were last saved whole.
    pub saved_ms: Option<UnixMs>,
    /// How often its time was extended since it was ready.
    pub extensions: i64,
    /// How often its machine was started.
    pub boots: i64,
    /// The session whose autosaves it uses: an earlier one of the same learner and lab, or itself.
    pub files: SessionId,
    /// Saved files must still be put back into its machine.
    pub restore: bool,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Where it runs, if not in a machine of this server's: [`BROWSER`].
    pub place: Option<String>,
}

/// What a session is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Waits in line for room.
    Queued,
    /// Its machine is being started, or started again.
    Starting,
    /// The learner can work.
    Ready,
    /// Its files are being saved and its machine stopped.
    Ending,
    /// It has no machine; its files wait.
    Asleep,
    /// It is over.
    Ended,
    /// It could not be started; launching it again tries again.
    Failed,
}

impl SessionState {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Ending => "ending",
            Self::Asleep => "asleep",
            Self::Ended => "ended",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [
            Self::Queued,
            Self::Starting,
            Self::Ready,
            Self::Ending,
            Self::Asleep,
            Self::Ended,
            Self::Failed,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| StoreError::Unknown {
            what: "session state",
            text: text.to_owned(),
        })
    }
}

/// Why a session failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// For programs, such as `place_refused`.
    pub code: String,
    /// For people.
    pub message: String,
}

impl Store {
    /// Stores a new session, unless the account has an open one of the same lab and course: then
    /// that one is returned and nothing is stored.
    pub async fn open_session(
        &self,
        new: &SessionRecord,
    ) -> Result<Option<SessionRecord>, StoreError> {
        const ACTION: &str = "storing a new session";
        let mut tx = self.begin(ACTION).await?;
        let row = sqlx::query(FIND_OPEN)
            .bind(new.account.as_str())
            .bind(new.course.as_str())
            .bind(new.lab.as_str())
            .fetch_optional(&mut *tx)
            .await
            .map_err(at(ACTION))?;
        if let Some(row) = row {
            return read_session(&row).map(Some);
        }
        sqlx::query(
            "INSERT INTO sessions (id, course, lab, account, key_id, state, open, created_ms, \
             active_ms, saved_ms, extensions, boots, files, restore) \
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11, $12, $13)",
        )
        .bind(new.id.as_str())
        .bind(new.course.as_str())
        .bind(new.lab.as_str())
        .bind(new.account.as_str())
        .bind(&new.key_id)
        .bind(new.state.as_str())
        .bind(new.created_ms)
        .bind(new.active_ms)
        .bind(new.saved_ms)
        .bind(new.extensions)
        .bind(new.boots)
        .bind(new.files.as_str())
        .bind(i64::from(new.restore))
        .execute(&mut *tx)
        .await
        .map_err(at(ACTION))?;
        tx.commit().await.map_err(at(ACTION))?;
        Ok(None)
    }

    /// Writes what changes in a session's life.
    pub async fn update_session(&self, session: &SessionRecord) -> Result<(), StoreError> {
        let failure = session.failure.as_ref();
        sqlx::query(
            "UPDATE sessions SET state = $2, open = $3, active_ms = $4, ready_ms = $5, \
             ends_ms = $6, ended_ms = $7, saved_ms = $8, extensions = $9, boots = $10, \
             failure_code = $11, failure_message = $12, restore = $13 WHERE id = $1",
        )
        .bind(session.id.as_str())
        .bind(session.state.as_str())
        .bind(i64::from(session.state != SessionState::Ended))
        .bind(session.active_ms)
        .bind(session.ready_ms)
        .bind(session.ends_ms)
        .bind(session.ended_ms)
        .bind(session.saved_ms)
        .bind(session.extensions)
        .bind(session.boots)
        .bind(failure.map(|failure| &failure.code))
        .bind(failure.map(|failure| &failure.message))
        .bind(i64::from(session.restore))
        .execute(&self.writer)
        .await
        .map_err(at(format!("storing session {}", session.id)))?;
        Ok(())
    }

    /// The session of this id.
    pub async fn session(&self, id: &SessionId) -> Result<Option<SessionRecord>, StoreError> {
        let row = sqlx::query("SELECT * FROM sessions WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(at("reading a session"))?;
        row.as_ref().map(read_session).transpose()
    }

    /// The open session of an account and a lab of a course.
    pub async fn find_open_session(
        &self,
        account: &AccountId,
        course: &CourseId,
        lab: &LabName,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let row = sqlx::query(FIND_OPEN)
            .bind(account.as_str())
            .bind(course.as_str())
            .bind(lab.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(at("looking for a session"))?;
        row.as_ref().map(read_session).transpose()
    }

    /// The learner's last session of a lab that ended with saved files. Work in a browser is none before its files are here.
    pub async fn last_saved_session(
        &self,
        account: &AccountId,
        course: &CourseId,
        lab: &LabName,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM sessions WHERE account = $1 AND course = $2 AND lab = $3 \
             AND open = 0 AND (place IS NULL OR saved_ms IS NOT NULL) \
             ORDER BY ended_ms DESC LIMIT 1",
        )
        .bind(account.as_str())
        .bind(course.as_str())
        .bind(lab.as_str())
        .fetch_optional(&self.reader)
        .await
        .map_err(at("looking for saved files"))?;
        let last = row.as_ref().map(read_session).transpose()?;
        Ok(last.filter(|session| session.saved_ms.is_some()))
    }

    /// The sessions whose autosaves must be kept: open ones, and those that ended after
    /// `since_ms`.
    pub async fn sessions_with_files(
        &self,
        since_ms: UnixMs,
    ) -> Result<Vec<SessionId>, StoreError> {
        let ids: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT files FROM sessions WHERE open = 1 OR ended_ms > $1",
        )
        .bind(since_ms)
        .fetch_all(&self.reader)
        .await
        .map_err(at("listing sessions"))?;
        ids.into_iter().map(|id| name(SessionId::new(id))).collect()
    }

    /// All sessions that have not ended, oldest first.
    pub async fn open_sessions(&self) -> Result<Vec<SessionRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM sessions WHERE open = 1 ORDER BY created_ms, id")
            .fetch_all(&self.reader)
            .await
            .map_err(at("listing sessions"))?;
        rows.iter().map(read_session).collect()
    }

    /// The open sessions of an account.
    pub async fn open_sessions_of(
        &self,
        account: &AccountId,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM sessions WHERE open = 1 AND account = $1")
            .bind(account.as_str())
            .fetch_all(&self.reader)
            .await
            .map_err(at("listing sessions"))?;
        rows.iter().map(read_session).collect()
    }
}

const FIND_OPEN: &str =
    "SELECT * FROM sessions WHERE account = $1 AND course = $2 AND lab = $3 AND open = 1";

pub(crate) fn read_session(row: &Row) -> Result<SessionRecord, StoreError> {
    let text = |column: &str| {
        row.try_get::<String, _>(column)
            .map_err(at("reading a session"))
    };
    let optional = |column: &str| {
        row.try_get::<Option<String>, _>(column)
            .map_err(at("reading a session"))
    };
    let number = |column: &str| {
        row.try_get::<i64, _>(column)
            .map_err(at("reading a session"))
    };
    let time = |column: &str| {
        row.try_get::<Option<UnixMs>, _>(column)
            .map_err(at("reading a session"))
    };
    let failure = match (optional("failure_code")?, optional("failure_message")?) {
        (Some(code), Some(message)) => Some(Failure { code, message }),
        _ => None,
    };
    Ok(SessionRecord {
        id: name(SessionId::new(text("id")?))?,
        course: CourseId::new(text("course")?),
        lab: name(LabName::new(text("lab")?))?,
        account: AccountId::new(text("account")?),
        key_id: text("key_id")?,
        state: SessionState::parse(&text("state")?)?,
        created_ms: number("created_ms")?,
        active_ms: number("active_ms")?,
        ready_ms: time("ready_ms")?,
        ends_ms: time("ends_ms")?,
        ended_ms: time("ended_ms")?,
        saved_ms: time("saved_ms")?,
        extensions: number("extensions")?,
        boots: number("boots")?,
        files: name(SessionId::new(text("files")?))?,
        restore: number("restore")? != 0,
        failure,
        place: optional("place")?,
    })
}

/// A stored name that no longer parses.
pub(crate) fn name<T>(parsed: Result<T, labwright_model::NameError>) -> Result<T, StoreError> {
    parsed.map_err(|error| StoreError::Unknown {
        what: error.what,
        text: error.text,
    })
}
