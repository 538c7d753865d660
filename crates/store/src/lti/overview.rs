//! The outbox as a teacher looks at it: everybody's last score, and all there is of one learner.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row as _;

use super::scores::{SentScore, insert_score, newest, read_score};
use crate::db::Row;
use crate::error::at;
use crate::{AccountId, CourseId, Store, StoreError, UnixMs};

/// Scores of one learner that are read at once.
const MOST_OF_ONE: i64 = 500;

/// A score of the outbox, and who the learner is to the platform.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxScore {
    /// The score.
    pub score: SentScore,
    /// Who the learner is there; empty when they are tied to the link no more.
    pub subject: String,
}

impl Store {
    /// The last score of every learner and link of a course.
    pub async fn last_scores_in(&self, course: &CourseId) -> Result<Vec<OutboxScore>, StoreError> {
        let rows = sqlx::query(
            "SELECT lti_scores.*, COALESCE(lti_learners.subject, '') AS subject FROM lti_scores \
             JOIN lti_links ON lti_links.id = lti_scores.link \
             LEFT JOIN lti_learners ON lti_learners.link = lti_scores.link \
             AND lti_learners.account = lti_scores.account \
             WHERE lti_links.course = $1 AND lti_scores.seq = (SELECT MAX(seq) FROM lti_scores later \
             WHERE later.link = lti_scores.link AND later.account = lti_scores.account) \
             ORDER BY lti_links.title, lti_scores.link, lti_scores.account",
        )
        .bind(course.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading everybody's last score"))?;
        rows.iter().map(read_outbox).collect()
    }

    /// What there is of one learner of a course, newest first.
    pub async fn score_history(
        &self,
        course: &CourseId,
        account: &AccountId,
    ) -> Result<Vec<OutboxScore>, StoreError> {
        let rows = sqlx::query(
            "SELECT lti_scores.*, COALESCE(lti_learners.subject, '') AS subject FROM lti_scores \
             JOIN lti_links ON lti_links.id = lti_scores.link \
             LEFT JOIN lti_learners ON lti_learners.link = lti_scores.link \
             AND lti_learners.account = lti_scores.account \
             WHERE lti_links.course = $1 AND lti_scores.account = $2 \
             ORDER BY lti_scores.created_ms DESC, lti_scores.seq DESC, lti_scores.id LIMIT $3",
        )
        .bind(course.as_str())
        .bind(account.as_str())
        .bind(MOST_OF_ONE)
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading a learner's scores"))?;
        rows.iter().map(read_outbox).collect()
    }

    /// Sends the last scores of those learners and links again that these scores belong to; of the
    /// whole course when none is named. Says how many.
    pub async fn resend_scores(
        &self,
        course: &CourseId,
        only: &[String],
        now: UnixMs,
    ) -> Result<u32, StoreError> {
        let action = "sending scores again";
        let only: BTreeSet<&str> = only.iter().map(String::as_str).collect();
        let mut tx = self.begin(action).await?;
        let rows = sqlx::query(
            "SELECT lti_scores.id, lti_scores.link, lti_scores.account FROM lti_scores \
             JOIN lti_links ON lti_links.id = lti_scores.link WHERE lti_links.course = $1",
        )
        .bind(course.as_str())
        .fetch_all(&mut *tx)
        .await
        .map_err(at(action))?;
        let mut wanted = BTreeSet::new();
        for row in &rows {
            let text = |column: &str| row.try_get::<String, _>(column).map_err(at(action));
            if only.is_empty() || only.contains(text("id")?.as_str()) {
                wanted.insert((text("link")?, text("account")?));
            }
        }
        let mut sent = 0;
        for (link, account) in wanted {
            let account = AccountId::new(account);
            // Whichever row was pointed at: what goes out is the newest.
            if let Some(last) = newest(&link, &account, &mut tx).await? {
                insert_score(&link, &account, last.points, Some(&last), now, &mut tx).await?;
                sent += 1;
            }
        }
        tx.commit().await.map_err(at(action))?;
        Ok(sent)
    }

    /// The sign-in names of a course's people.
    pub async fn names_in(
        &self,
        course: &CourseId,
    ) -> Result<BTreeMap<AccountId, String>, StoreError> {
        let action = "reading the names of a course";
        let rows = sqlx::query(
            "SELECT accounts.id AS id, accounts.name AS name FROM enrolments \
             JOIN accounts ON accounts.id = enrolments.account WHERE enrolments.course = $1",
        )
        .bind(course.as_str())
        .fetch_all(&self.reader)
        .await
        .map_err(at(action))?;
        let read = |row: &Row| -> Result<_, sqlx::Error> {
            let id: String = row.try_get("id")?;
            Ok((AccountId::new(id), row.try_get("name")?))
        };
        rows.iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(at(action))
    }
}

fn read_outbox(row: &Row) -> Result<OutboxScore, StoreError> {
    Ok(OutboxScore {
        score: read_score(row)?,
        subject: row.try_get("subject").map_err(at("reading a score"))?,
    })
}
