//! Labs that run in the learner's own browser: the session that their attempts belong to, whose work is whose, and what the
//! folders that were offered were made with.

use std::collections::BTreeMap;

use labwright_model::{LabName, SessionId, TaskId};

use crate::error::at;
use crate::sessions::{BROWSER, read_session};
use crate::{Learner, SessionRecord, Store, StoreError, UnixMs};

impl Store {
    /// The session that stands for a learner's work in a browser.
    pub async fn browser_session(
        &self,
        learner: &Learner,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let row = sqlx::query(
            "SELECT * FROM sessions WHERE account = $1 AND course = $2 AND lab = $3 AND place = $4",
        )
        .bind(learner.account.as_str())
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .bind(BROWSER)
        .fetch_optional(&self.reader)
        .await
        .map_err(at("looking for work in a browser"))?;
        row.as_ref().map(read_session).transpose()
    }

    /// Makes that session, unless it is there.
    pub async fn add_browser_session(&self, new: &SessionRecord) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sessions (id, course, lab, account, key_id, state, open, created_ms, \
             active_ms, ended_ms, extensions, boots, files, restore, place) \
             VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, 0, 0, $10, 0, $11) \
             ON CONFLICT DO NOTHING",
        )
        .bind(new.id.as_str())
        .bind(new.course.as_str())
        .bind(new.lab.as_str())
        .bind(new.account.as_str())
        .bind(&new.key_id)
        .bind(new.state.as_str())
        .bind(new.created_ms)
        .bind(new.active_ms)
        .bind(new.ended_ms)
        .bind(new.files.as_str())
        .bind(BROWSER)
        .execute(&self.writer)
        .await
        .map_err(at("storing work in a browser"))?;
        Ok(())
    }

    /// Notes that its learner did something.
    pub async fn touch_browser_session(
        &self,
        session: &SessionRecord,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        // Nothing else of it: files may come at the same time.
        sqlx::query(
            "UPDATE sessions SET active_ms = CASE WHEN active_ms < $2 THEN $2 ELSE active_ms END \
             WHERE id = $1",
        )
        .bind(session.id.as_str())
        .bind(now)
        .execute(&self.writer)
        .await
        .map_err(at("storing work in a browser"))?;
        Ok(())
    }

    /// Makes a folder of saved files what the learner's next session begins with. `false`: one is open, and nothing changed.
    pub async fn bring(
        &self,
        session: &SessionRecord,
        files: &SessionId,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE sessions SET files = $2, saved_ms = $3, ended_ms = $3, active_ms = $3 \
             WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM sessions other WHERE other.open = 1 \
             AND other.account = sessions.account AND other.course = sessions.course \
             AND other.lab = sessions.lab)",
        )
        .bind(session.id.as_str())
        .bind(files.as_str())
        .bind(now)
        .execute(&self.writer)
        .await
        .map_err(at("storing files from a browser"))?;
        Ok(done.rows_affected() > 0)
    }

    /// How many attempts a learner has made at a lab, and in how many browsers.
    pub async fn amount_of(&self, learner: &Learner) -> Result<(i64, i64), StoreError> {
        let count = |query| {
            sqlx::query_scalar::<_, i64>(query)
                .bind(learner.account.as_str())
                .bind(learner.course.as_str())
                .bind(learner.lab.as_str())
                .fetch_one(&self.reader)
        };
        let attempts =
            "SELECT COUNT(*) FROM attempts WHERE account = $1 AND course = $2 AND lab = $3";
        let works = "SELECT COUNT(*) FROM works WHERE account = $1 AND course = $2 AND lab = $3";
        let counted = async { Ok((count(attempts).await?, count(works).await?)) };
        counted.await.map_err(at("counting a learner's attempts"))
    }

    /// Makes a browser's work this learner's, unless it is somebody's. `false`: it is somebody else's, or of another lab.
    pub async fn claim_work(
        &self,
        work: &str,
        learner: &Learner,
        now: UnixMs,
    ) -> Result<bool, StoreError> {
        const ACTION: &str = "storing whose work it is";
        sqlx::query(
            "INSERT INTO works (id, account, course, lab, first_ms) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(work)
        .bind(learner.account.as_str())
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .bind(now)
        .execute(&self.writer)
        .await
        .map_err(at(ACTION))?;
        let ours: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM works WHERE id = $1 AND account = $2 AND course = $3 AND lab = $4",
        )
        .bind(work)
        .bind(learner.account.as_str())
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .fetch_one(&self.reader)
        .await
        .map_err(at(ACTION))?;
        Ok(ours > 0)
    }

    /// Notes that so many hints of a task were revealed; never fewer than before.
    pub async fn hints_revealed(
        &self,
        learner: &Learner,
        task: &TaskId,
        revealed: u32,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO hints (account, course, lab, task, revealed) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (account, course, lab, task) DO UPDATE SET revealed = \
             CASE WHEN hints.revealed < $5 THEN $5 ELSE hints.revealed END",
        )
        .bind(learner.account.as_str())
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .bind(task.as_str())
        .bind(i64::from(revealed))
        .execute(&self.writer)
        .await
        .map_err(at(format!("storing the hints of task {task}")))?;
        Ok(())
    }

    /// Remembers the environment of the checks of a folder that is offered: the parameters that it was made with.
    pub async fn offer(
        &self,
        lab: &LabName,
        made_of: &str,
        env: &BTreeMap<String, String>,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO offered (lab, made_of, env, first_ms) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (lab, made_of) DO NOTHING",
        )
        .bind(lab.as_str())
        .bind(made_of)
        .bind(serde_json::to_string(env).unwrap_or_default())
        .bind(now)
        .execute(&self.writer)
        .await
        .map_err(at("storing what a folder was made with"))?;
        Ok(())
    }

    /// That environment, of a folder that was offered at some time.
    pub async fn offered(
        &self,
        lab: &LabName,
        made_of: &str,
    ) -> Result<Option<BTreeMap<String, String>>, StoreError> {
        let env: Option<String> =
            sqlx::query_scalar("SELECT env FROM offered WHERE lab = $1 AND made_of = $2")
                .bind(lab.as_str())
                .bind(made_of)
                .fetch_optional(&self.reader)
                .await
                .map_err(at("reading what a folder was made with"))?;
        let parse = |text: String| {
            serde_json::from_str(&text).map_err(|_| StoreError::Unknown {
                what: "environment",
                text,
            })
        };
        env.map(parse).transpose()
    }
}
