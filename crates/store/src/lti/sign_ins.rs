//! Sign-ins under way and one-time codes: each is taken once, by whoever is first.

use sqlx::Row as _;

use crate::error::at;
use crate::{Store, StoreError, UnixMs};

/// A sign-in that a platform has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredState {
    /// With which registration.
    pub registration: String,
    /// What its token must repeat.
    pub nonce: String,
    /// The frame that keeps things for us there, if any (`lti_storage_target`).
    pub storage: Option<String>,
}

impl Store {
    /// Remembers a sign-in under the hash of its state.
    pub async fn add_lti_state(
        &self,
        hash: &str,
        state: &StoredState,
        expires_ms: UnixMs,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO lti_states (hash, registration, nonce, expires_ms, storage) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(hash)
        .bind(&state.registration)
        .bind(&state.nonce)
        .bind(expires_ms)
        .bind(&state.storage)
        .execute(&self.writer)
        .await
        .map_err(at("storing a sign-in"))?;
        Ok(())
    }

    /// Takes a sign-in: of two that ask at once, one gets it.
    pub async fn take_lti_state(
        &self,
        hash: &str,
        now: UnixMs,
    ) -> Result<Option<StoredState>, StoreError> {
        let action = "taking a sign-in";
        let row = sqlx::query(
            "DELETE FROM lti_states WHERE hash = $1 RETURNING registration, nonce, storage, expires_ms",
        )
        .bind(hash)
        .fetch_optional(&self.writer)
        .await
        .map_err(at(action))?;
        let Some(row) = row else { return Ok(None) };
        let read = || -> Result<(StoredState, UnixMs), sqlx::Error> {
            let state = StoredState {
                registration: row.try_get("registration")?,
                nonce: row.try_get("nonce")?,
                storage: row.try_get("storage")?,
            };
            Ok((state, row.try_get("expires_ms")?))
        };
        let (state, expires_ms) = read().map_err(at(action))?;
        Ok(Some(state).filter(|_| expires_ms > now))
    }

    /// Keeps a code under its hash, with what follows from it.
    pub async fn add_lti_code(
        &self,
        hash: &str,
        purpose: &str,
        payload: &str,
        expires_ms: UnixMs,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO lti_codes (hash, purpose, payload, expires_ms) VALUES ($1, $2, $3, $4)",
        )
        .bind(hash)
        .bind(purpose)
        .bind(payload)
        .bind(expires_ms)
        .execute(&self.writer)
        .await
        .map_err(at("storing a code"))?;
        Ok(())
    }

    /// What follows from a code that may be used again.
    pub async fn lti_code(
        &self,
        hash: &str,
        purpose: &str,
        now: UnixMs,
    ) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar(
            "SELECT payload FROM lti_codes WHERE hash = $1 AND purpose = $2 AND expires_ms > $3",
        )
        .bind(hash)
        .bind(purpose)
        .bind(now)
        .fetch_optional(&self.reader)
        .await
        .map_err(at("reading a code"))
    }

    /// Takes a code: of two that ask at once, one gets it.
    pub async fn take_lti_code(
        &self,
        hash: &str,
        purpose: &str,
        now: UnixMs,
    ) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar(
            "DELETE FROM lti_codes WHERE hash = $1 AND purpose = $2 AND expires_ms > $3 \
             RETURNING payload",
        )
        .bind(hash)
        .bind(purpose)
        .bind(now)
        .fetch_optional(&self.writer)
        .await
        .map_err(at("taking a code"))
    }

    /// Forgets sign-ins and codes whose time is over.
    pub async fn sweep_lti(&self, now: UnixMs) -> Result<(), StoreError> {
        for table in [
            "DELETE FROM lti_states WHERE expires_ms <= $1",
            "DELETE FROM lti_codes WHERE expires_ms <= $1",
        ] {
            sqlx::query(table)
                .bind(now)
                .execute(&self.writer)
                .await
                .map_err(at("forgetting old sign-ins"))?;
        }
        Ok(())
    }
}
