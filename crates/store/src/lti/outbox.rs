//! The outbox of one platform as a whole: how it is, and what everything that waits for it does next.

use sqlx::Row as _;

use crate::error::at;
use crate::{Store, StoreError, UnixMs};

impl Store {
    /// When a platform took a score for the last time.
    pub async fn last_taken_ms(&self, registration: &str) -> Result<Option<UnixMs>, StoreError> {
        sqlx::query_scalar(
            "SELECT MAX(lti_scores.sent_ms) FROM lti_scores \
             JOIN lti_links ON lti_links.id = lti_scores.link WHERE lti_links.registration = $1",
        )
        .bind(registration)
        .fetch_one(&self.reader)
        .await
        .map_err(at("reading when a score was taken"))
    }

    /// How many scores wait for a platform, and how many of them it refuses for themselves.
    pub async fn waiting_scores(&self, registration: &str) -> Result<(i64, i64), StoreError> {
        let action = "counting scores that wait";
        let row = sqlx::query(
            "SELECT COUNT(*) AS waiting, \
             COALESCE(SUM(CASE WHEN lti_scores.refusals > 0 THEN 1 ELSE 0 END), 0) AS refused \
             FROM lti_scores JOIN lti_links ON lti_links.id = lti_scores.link \
             WHERE lti_links.registration = $1 AND lti_scores.state IN ('waiting', 'failed')",
        )
        .bind(registration)
        .fetch_one(&self.reader)
        .await
        .map_err(at(action))?;
        let number = |column: &str| row.try_get::<i64, _>(column).map_err(at(action));
        Ok((number("waiting")?, number("refused")?))
    }

    /// A link's line item is gone, and with it all grades: the newest score of every learner goes to the
    /// next one, with a later time.
    pub async fn lose_line_item(&self, link: &str, now: UnixMs) -> Result<(), StoreError> {
        let action = "giving up a line item";
        let mut tx = self.begin(action).await?;
        sqlx::query("UPDATE lti_links SET line_item = NULL WHERE id = $1")
            .bind(link)
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        sqlx::query(
            "UPDATE lti_scores SET state = 'waiting', tries = 0, next_ms = $2, \
             timestamp_ms = CASE WHEN timestamp_ms < $2 THEN $2 ELSE timestamp_ms + 1 END \
             WHERE link = $1 AND state = 'sent' AND seq = (SELECT MAX(newer.seq) \
             FROM lti_scores AS newer \
             WHERE newer.link = lti_scores.link AND newer.account = lti_scores.account)",
        )
        .bind(link)
        .bind(now)
        .execute(&mut *tx)
        .await
        .map_err(at(action))?;
        tx.commit().await.map_err(at(action))
    }

    /// A platform is well again: everything that waits for it is due now.
    pub async fn wake_scores(&self, registration: &str, now: UnixMs) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE lti_scores SET next_ms = $2 WHERE state = 'waiting' AND next_ms > $2 \
             AND link IN (SELECT id FROM lti_links WHERE registration = $1)",
        )
        .bind(registration)
        .bind(now)
        .execute(&self.writer)
        .await
        .map_err(at("waking scores"))?;
        Ok(())
    }
}
