//! The server's own key, and the audit trail.

use sqlx::Row as _;

use crate::error::at;
use crate::{Store, StoreError, UnixMs, random_id};

/// The key that parameters are drawn with. Losing it changes every learner's values.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerKey {
    /// Its id; sessions remember it.
    pub id: String,
    /// The secret.
    pub secret: [u8; 32],
}

// A secret does not get into logs by way of `{:?}`.
impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Something that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at_ms: UnixMs,
    /// An account's id, or the name of the part of the server that acted.
    pub actor: String,
    /// What, such as `session.stop`.
    pub action: String,
    /// To what.
    pub object: String,
    /// More about it.
    pub detail: String,
}

const SERVER_KEY: &str = "server_key";

impl Store {
    /// The server's key; made at first use, the same ever after.
    pub async fn server_key(&self) -> Result<ServerKey, StoreError> {
        if let Some(text) = self.setting(SERVER_KEY).await? {
            return parse_key(&text);
        }
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|cause| StoreError::Random {
            cause: cause.to_string(),
        })?;
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let fresh = format!("{}:{hex}", random_id()?);
        // Another process may have made one meanwhile: the first stays.
        sqlx::query(
            "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
        )
        .bind(SERVER_KEY)
        .bind(&fresh)
        .execute(&self.writer)
        .await
        .map_err(at("storing the server's key"))?;
        let stored = self.setting(SERVER_KEY).await?;
        parse_key(stored.as_deref().unwrap_or(&fresh))
    }

    /// A setting's value.
    pub async fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar("SELECT value FROM settings WHERE key = $1")
            .bind(key)
            .fetch_optional(&self.reader)
            .await
            .map_err(at("reading a setting"))
    }

    /// Changes a setting.
    pub async fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO settings (key, value) VALUES ($1, $2) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key)
        .bind(value)
        .execute(&self.writer)
        .await
        .map_err(at("storing a setting"))?;
        Ok(())
    }

    /// Adds to the audit trail.
    pub async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO audit (id, at_ms, actor, action, object, detail) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(random_id()?)
        .bind(entry.at_ms)
        .bind(&entry.actor)
        .bind(&entry.action)
        .bind(&entry.object)
        .bind(&entry.detail)
        .execute(&self.writer)
        .await
        .map_err(at("adding to the audit trail"))?;
        Ok(())
    }

    /// The newest entries of the audit trail, newest first.
    pub async fn audit_trail(&self, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query("SELECT * FROM audit ORDER BY at_ms DESC, id LIMIT $1")
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await
            .map_err(at("reading the audit trail"))?;
        rows.iter()
            .map(|row| {
                Ok(AuditEntry {
                    at_ms: row.try_get("at_ms")?,
                    actor: row.try_get("actor")?,
                    action: row.try_get("action")?,
                    object: row.try_get("object")?,
                    detail: row.try_get("detail")?,
                })
            })
            .collect::<Result<_, sqlx::Error>>()
            .map_err(at("reading the audit trail"))
    }
}

fn parse_key(text: &str) -> Result<ServerKey, StoreError> {
    let parse = || {
        let (id, hex) = text.split_once(':')?;
        let mut secret = [0; 32];
        for (index, byte) in secret.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
        }
        Some(ServerKey {
            id: id.to_owned(),
            secret,
        })
    };
    parse().ok_or_else(|| StoreError::Unknown {
        what: "server key",
        // Not the text: it may hold most of a secret.
        text: "(hidden)".to_owned(),
    })
}
