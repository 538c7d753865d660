//! The outbox of scores. A score is written in the transaction that stores its attempt.

use serde::{Deserialize, Serialize};
use sqlx::{Row as _, Transaction};

use super::links::{Link, read_link};
use crate::attempts::{insert_attempt, read_attempt};
use crate::db::{Db, Row};
use crate::error::at;
use crate::{
    AccountId, Attempt, CourseId, Learner, Store, StoreError, StoredVerdict, UnixMs, random_id,
};

/// What a learner has of a link's lab or step. The caller counts; this crate only keeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Points {
    /// Points so far.
    pub given: f64,
    /// Points that can be had; 0: nothing is sent.
    pub maximum: f64,
    /// Some of them rest on what the learner's own browser says.
    pub self_reported: bool,
}

/// Counts points from a learner's attempts, oldest first, of what a link is for: a lab, a step or a task.
pub(crate) type Count<'a> = &'a (dyn Fn(&[Attempt], &Link) -> Points + Sync);

/// How far a score is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreState {
    /// It will be sent.
    Waiting,
    /// The platform has it.
    Sent,
    /// A newer one went instead.
    Superseded,
    /// The platform will not take it as it is.
    Failed,
}

impl ScoreState {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Waiting, Self::Sent, Self::Superseded, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| StoreError::Unknown {
                what: "score state",
                text: text.to_owned(),
            })
    }
}

/// A score that is to be sent now.
#[derive(Debug, Clone, PartialEq)]
pub struct DueScore {
    /// The score.
    pub score: SentScore,
    /// Who the learner is to the platform.
    pub subject: String,
    /// Through which link.
    pub link: Link,
}

/// A score and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct SentScore {
    /// Its id.
    pub id: String,
    /// The link.
    pub link: String,
    /// Whose.
    pub account: AccountId,
    /// The how-manieth of this learner and link.
    pub seq: i64,
    /// Points.
    pub points: Points,
    /// All is done.
    pub completed: bool,
    /// When it was reached.
    pub created_ms: UnixMs,
    /// What the platform is told.
    pub timestamp_ms: UnixMs,
    /// How far it is.
    pub state: ScoreState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_ms: UnixMs,
    /// When the platform took it.
    pub sent_ms: Option<UnixMs>,
    /// What the platform last answered.
    pub status: Option<u16>,
    /// A word about that.
    pub said: String,
    /// When it was last tried.
    pub tried_ms: Option<UnixMs>,
    /// The beginning of what the platform last answered.
    pub answer: String,
    /// How often the platform refused this score while it took others: above 0 it is tried ever less
    /// often, and a person has to look.
    pub refusals: u32,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreUpdate {
    /// How far it is now.
    pub state: ScoreState,
    /// When it was tried.
    pub tried_ms: UnixMs,
    /// When it is tried again.
    pub next_ms: UnixMs,
    /// When the platform took it.
    pub sent_ms: Option<UnixMs>,
    /// What the platform answered.
    pub status: Option<u16>,
    /// A word about that.
    pub said: String,
    /// The beginning of its answer.
    pub answer: String,
    /// It was refused for itself, the platform being well.
    pub is_refusal: bool,
    /// Another timestamp, when the platform has a later one.
    pub timestamp_ms: Option<UnixMs>,
}

impl Store {
    /// Stores an attempt and, in the same transaction, the scores that follow from it. `false`: it
    /// was there already, and nothing changed.
    pub async fn add_counted_attempt(
        &self,
        attempt: &Attempt,
        count: impl Fn(&[Attempt], &Link) -> Points + Sync,
    ) -> Result<bool, StoreError> {
        let action = format!("storing an attempt at task {}", attempt.task);
        let mut tx = self.begin(&action).await?;
        let added = insert_attempt(attempt, &mut *tx).await?;
        if added {
            queue(&attempt.learner, None, attempt.at_ms, &count, &mut tx).await?;
        }
        tx.commit().await.map_err(at(action))?;
        Ok(added)
    }

    /// Puts what a learner already has on its way through a link that they have just come by.
    pub async fn queue_score(
        &self,
        learner: &Learner,
        link: &str,
        now: UnixMs,
        count: impl Fn(&[Attempt], &Link) -> Points + Sync,
    ) -> Result<(), StoreError> {
        let action = "putting a score on its way";
        let mut tx = self.begin(action).await?;
        queue(learner, Some(link), now, &count, &mut tx).await?;
        tx.commit().await.map_err(at(action))
    }

    /// Sends a score again, as a new one. `None`: there is none of this id in the course.
    pub async fn resend_score(
        &self,
        course: &CourseId,
        id: &str,
        now: UnixMs,
    ) -> Result<Option<String>, StoreError> {
        let action = "sending a score again";
        let mut tx = self.begin(action).await?;
        let row = sqlx::query(
            "SELECT lti_scores.link, lti_scores.account FROM lti_scores \
             JOIN lti_links ON lti_links.id = lti_scores.link \
             WHERE lti_scores.id = $1 AND lti_links.course = $2",
        )
        .bind(id)
        .bind(course.as_str())
        .fetch_optional(&mut *tx)
        .await
        .map_err(at(action))?;
        let Some(row) = row else { return Ok(None) };
        let link: String = row.try_get("link").map_err(at(action))?;
        let account: String = row.try_get("account").map_err(at(action))?;
        let account = AccountId::new(account);
        // Whichever row was pointed at: what goes out is the newest.
        let Some(last) = newest(&link, &account, &mut tx).await? else {
            return Ok(None);
        };
        let fresh = insert_score(&link, &account, last.points, Some(&last), now, &mut tx).await?;
        tx.commit().await.map_err(at(action))?;
        Ok(Some(fresh))
    }

    /// The platforms that scores are to be sent to now.
    pub async fn due_platforms(&self, now: UnixMs) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar(
            "SELECT DISTINCT lti_links.registration FROM lti_scores \
             JOIN lti_links ON lti_links.id = lti_scores.link \
             WHERE lti_scores.state = 'waiting' \
             AND (lti_scores.next_ms <= $1 \
             OR COALESCE(lti_scores.tried_ms, lti_scores.created_ms) > $1)",
        )
        .bind(now)
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading scores to send"))
    }

    /// Scores that are to be sent to a platform now, those that wait longest first. One that was
    /// tried in the future is due too: the clock was set back.
    pub async fn due_scores(
        &self,
        registration: &str,
        now: UnixMs,
        limit: u32,
    ) -> Result<Vec<DueScore>, StoreError> {
        let action = "reading scores to send";
        let rows = sqlx::query(
            "SELECT lti_scores.*, lti_learners.subject FROM lti_scores \
             JOIN lti_links ON lti_links.id = lti_scores.link \
             JOIN lti_learners ON lti_learners.link = lti_scores.link \
             AND lti_learners.account = lti_scores.account \
             WHERE lti_links.registration = $3 AND lti_scores.state = 'waiting' \
             AND (lti_scores.next_ms <= $1 \
             OR COALESCE(lti_scores.tried_ms, lti_scores.created_ms) > $1) \
             ORDER BY lti_scores.next_ms, lti_scores.id LIMIT $2",
        )
        .bind(now)
        .bind(i64::from(limit))
        .bind(registration)
        .fetch_all(&self.reader)
        .await
        .map_err(at(action))?;
        let mut due = Vec::with_capacity(rows.len());
        for row in &rows {
            let score = read_score(row)?;
            let Some(link) = self.link(&score.link).await? else {
                continue;
            };
            let subject = row.try_get("subject").map_err(at(action))?;
            due.push(DueScore {
                score,
                subject,
                link,
            });
        }
        Ok(due)
    }

    /// When the next score is to be sent that is not due yet.
    pub async fn next_score_ms(&self, now: UnixMs) -> Result<Option<UnixMs>, StoreError> {
        sqlx::query_scalar(
            "SELECT MIN(next_ms) FROM lti_scores WHERE state = 'waiting' AND next_ms > $1",
        )
        .bind(now)
        .fetch_one(&self.reader)
        .await
        .map_err(at("reading scores to send"))
    }

    /// Writes down what became of a try. A score that a newer one has replaced meanwhile does not
    /// wait again.
    pub async fn update_score(&self, id: &str, update: &ScoreUpdate) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE lti_scores SET tries = tries + 1, next_ms = $3, \
             sent_ms = COALESCE($4, sent_ms), status = $5, said = $6, \
             timestamp_ms = COALESCE($7, timestamp_ms), tried_ms = $8, answer = $9, \
             refusals = CASE WHEN $2 = 'sent' THEN 0 ELSE refusals + $10 END, \
             state = CASE WHEN state = 'superseded' AND $2 = 'waiting' THEN state ELSE $2 END \
             WHERE id = $1",
        )
        .bind(id)
        .bind(update.state.as_str())
        .bind(update.next_ms)
        .bind(update.sent_ms)
        .bind(update.status.map(i64::from))
        .bind(&update.said)
        .bind(update.timestamp_ms)
        .bind(update.tried_ms)
        .bind(&update.answer)
        .bind(i64::from(update.is_refusal))
        .execute(&self.writer)
        .await
        .map_err(at("storing what became of a score"))?;
        Ok(())
    }

    /// The scores of a course, newest first, with the learner's name there.
    pub async fn scores_in(
        &self,
        course: &CourseId,
        limit: u32,
    ) -> Result<Vec<SentScore>, StoreError> {
        let rows = sqlx::query(
            "SELECT lti_scores.* FROM lti_scores JOIN lti_links ON lti_links.id = lti_scores.link \
             WHERE lti_links.course = $1 \
             ORDER BY lti_scores.created_ms DESC, lti_scores.seq DESC, lti_scores.id LIMIT $2",
        )
        .bind(course.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading scores"))?;
        rows.iter().map(read_score).collect()
    }

    /// Who a learner is to the platform of a link.
    pub async fn subject_of(
        &self,
        link: &str,
        account: &AccountId,
    ) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT subject FROM lti_learners WHERE link = $1 AND account = $2")
            .bind(link)
            .bind(account.as_str())
            .fetch_optional(&self.reader)
            .await
            .map_err(at("reading a learner's link"))
    }
}

/// Writes the score of every link of the learner's lab (or of `only` one), where it is a new one.
async fn queue(
    learner: &Learner,
    only: Option<&str>,
    now: UnixMs,
    count: Count<'_>,
    tx: &mut Transaction<'static, Db>,
) -> Result<(), StoreError> {
    let links = links_of(learner, only, tx).await?;
    if links.is_empty() {
        return Ok(());
    }
    let attempts = attempts_of(learner, tx).await?;
    for link in links {
        // A check that broke is no reason to tell anybody, nor is another task than the column's.
        let tried = |attempt: &Attempt| {
            attempt.verdict != StoredVerdict::Broken
                && link.task.as_ref().is_none_or(|task| attempt.task == *task)
        };
        if !attempts.iter().any(tried) {
            continue;
        }
        let points = count(&attempts, &link);
        if points.maximum <= 0.0 {
            continue;
        }
        let last = newest(&link.id, &learner.account, tx).await?;
        if last.as_ref().is_some_and(|last| last.points == points) {
            continue;
        }
        insert_score(&link.id, &learner.account, points, last.as_ref(), now, tx).await?;
    }
    Ok(())
}

/// The columns that take scores and that this learner came by: a link's own, or its tasks'.
async fn links_of(
    learner: &Learner,
    only: Option<&str>,
    tx: &mut Transaction<'static, Db>,
) -> Result<Vec<Link>, StoreError> {
    let rows = sqlx::query(
        "SELECT lti_links.* FROM lti_links \
         JOIN lti_learners ON lti_learners.link = lti_links.id \
         WHERE lti_links.course = $1 AND lti_links.lab = $2 AND lti_learners.account = $3 \
         AND (lti_links.line_item IS NOT NULL OR lti_links.line_items IS NOT NULL) \
         AND (CASE WHEN lti_links.parent IS NULL THEN lti_links.columns <> 'tasks' \
         ELSE EXISTS (SELECT 1 FROM lti_links whole \
         WHERE whole.id = lti_links.parent AND whole.columns = 'tasks') END)",
    )
    .bind(learner.course.as_str())
    .bind(learner.lab.as_str())
    .bind(learner.account.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(at("reading a learner's links"))?;
    let links: Result<Vec<Link>, StoreError> = rows.iter().map(read_link).collect();
    let wanted = |link: &Link| {
        only.is_none_or(|only| link.id == only || link.parent.as_deref() == Some(only))
    };
    Ok(links?.into_iter().filter(wanted).collect())
}

async fn attempts_of(
    learner: &Learner,
    tx: &mut Transaction<'static, Db>,
) -> Result<Vec<Attempt>, StoreError> {
    let rows = sqlx::query(
        "SELECT * FROM attempts WHERE account = $1 AND course = $2 AND lab = $3 \
         ORDER BY at_ms, id",
    )
    .bind(learner.account.as_str())
    .bind(learner.course.as_str())
    .bind(learner.lab.as_str())
    .fetch_all(&mut **tx)
    .await
    .map_err(at("reading a learner's attempts"))?;
    rows.iter().map(read_attempt).collect()
}

pub(super) async fn newest(
    link: &str,
    account: &AccountId,
    tx: &mut Transaction<'static, Db>,
) -> Result<Option<SentScore>, StoreError> {
    let row = sqlx::query(
        "SELECT * FROM lti_scores WHERE link = $1 AND account = $2 ORDER BY seq DESC LIMIT 1",
    )
    .bind(link)
    .bind(account.as_str())
    .fetch_optional(&mut **tx)
    .await
    .map_err(at("reading a learner's last score"))?;
    row.as_ref().map(read_score).transpose()
}

/// Adds a score after the `last` one of the same learner and link, which need not be sent any more.
pub(super) async fn insert_score(
    link: &str,
    account: &AccountId,
    points: Points,
    last: Option<&SentScore>,
    now: UnixMs,
    tx: &mut Transaction<'static, Db>,
) -> Result<String, StoreError> {
    let action = "putting a score on its way";
    sqlx::query(
        "UPDATE lti_scores SET state = 'superseded' \
         WHERE link = $1 AND account = $2 AND state = 'waiting'",
    )
    .bind(link)
    .bind(account.as_str())
    .execute(&mut **tx)
    .await
    .map_err(at(action))?;
    let id = random_id()?;
    let after = last.map(|last| last.timestamp_ms + 1);
    sqlx::query(
        "INSERT INTO lti_scores (id, link, account, seq, given, maximum, completed, created_ms, \
         timestamp_ms, state, tries, next_ms, said, self_reported) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 0, $8, '', $10)",
    )
    .bind(&id)
    .bind(link)
    .bind(account.as_str())
    .bind(last.map_or(1, |last| last.seq + 1))
    .bind(points.given)
    .bind(points.maximum)
    .bind(i64::from(points.given >= points.maximum))
    .bind(now)
    // The clock may have been set back: the platform takes later ones only.
    .bind(after.map_or(now, |after| after.max(now)))
    .bind(i64::from(points.self_reported))
    .execute(&mut **tx)
    .await
    .map_err(at(action))?;
    Ok(id)
}

pub(super) fn read_score(row: &Row) -> Result<SentScore, StoreError> {
    const READING: &str = "reading a score";
    let number = |column: &str| row.try_get::<i64, _>(column).map_err(at(READING));
    let maybe = |column: &str| row.try_get::<Option<i64>, _>(column).map_err(at(READING));
    let text = |column: &str| row.try_get::<String, _>(column).map_err(at(READING));
    let points = |column: &str| row.try_get::<f64, _>(column).map_err(at(READING));
    Ok(SentScore {
        id: text("id")?,
        link: text("link")?,
        account: AccountId::new(text("account")?),
        seq: number("seq")?,
        points: Points {
            given: points("given")?,
            maximum: points("maximum")?,
            self_reported: number("self_reported")? == 1,
        },
        completed: number("completed")? == 1,
        created_ms: number("created_ms")?,
        timestamp_ms: number("timestamp_ms")?,
        state: ScoreState::parse(&text("state")?)?,
        tries: u32::try_from(number("tries")?).unwrap_or(u32::MAX),
        next_ms: number("next_ms")?,
        sent_ms: maybe("sent_ms")?,
        status: maybe("status")?.and_then(|status| u16::try_from(status).ok()),
        said: text("said")?,
        tried_ms: maybe("tried_ms")?,
        answer: text("answer")?,
        refusals: u32::try_from(number("refusals")?).unwrap_or(u32::MAX),
    })
}
