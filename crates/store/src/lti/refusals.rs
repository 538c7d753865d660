//! Launches that were refused, kept for the self-test of a registration. Nothing of a person is in them.

use sqlx::Row as _;

use crate::error::at;
use crate::{Store, StoreError, UnixMs};

/// Most kinds of refusals that are kept: anybody can send us nonsense.
const MOST: i64 = 200;

/// A kind of refused launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchRefusal {
    /// What the platform calls itself.
    pub issuer: String,
    /// What it calls us; empty: it did not say.
    pub client_id: String,
    /// The deployment that it named; empty: none.
    pub deployment: String,
    /// Why, in a word.
    pub cause: String,
    /// How often.
    pub times: i64,
    /// When last.
    pub at_ms: UnixMs,
}

impl Store {
    /// Writes down a refused launch under the hash of what it was; its `times` is not looked at.
    pub async fn add_launch_refusal(
        &self,
        hash: &str,
        refusal: &LaunchRefusal,
    ) -> Result<(), StoreError> {
        let action = "writing down a refused launch";
        let mut tx = self.begin(action).await?;
        sqlx::query(
            "INSERT INTO lti_refusals (id, issuer, client_id, deployment, cause, times, at_ms) \
             VALUES ($1, $2, $3, $4, $5, 1, $6) ON CONFLICT (id) DO UPDATE SET \
             times = lti_refusals.times + 1, at_ms = excluded.at_ms",
        )
        .bind(hash)
        .bind(&refusal.issuer)
        .bind(&refusal.client_id)
        .bind(&refusal.deployment)
        .bind(&refusal.cause)
        .bind(refusal.at_ms)
        .execute(&mut *tx)
        .await
        .map_err(at(action))?;
        sqlx::query(
            "DELETE FROM lti_refusals WHERE id NOT IN \
             (SELECT id FROM lti_refusals ORDER BY at_ms DESC, id LIMIT $1)",
        )
        .bind(MOST)
        .execute(&mut *tx)
        .await
        .map_err(at(action))?;
        tx.commit().await.map_err(at(action))
    }

    /// The refused launches since then, newest first.
    pub async fn launch_refusals(&self, since: UnixMs) -> Result<Vec<LaunchRefusal>, StoreError> {
        let action = "reading refused launches";
        sqlx::query("SELECT * FROM lti_refusals WHERE at_ms >= $1 ORDER BY at_ms DESC, id")
            .bind(since)
            .fetch_all(&self.reader)
            .await
            .map_err(at(action))?
            .iter()
            .map(|row| {
                Ok(LaunchRefusal {
                    issuer: row.try_get("issuer")?,
                    client_id: row.try_get("client_id")?,
                    deployment: row.try_get("deployment")?,
                    cause: row.try_get("cause")?,
                    times: row.try_get("times")?,
                    at_ms: row.try_get("at_ms")?,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(at(action))
    }
}
