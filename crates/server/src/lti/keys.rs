//! Our keys, which change from time to time, and the platforms' keys, which may change at any.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use labwright_lti::{
    Claims, Expected, KeySet, Platform, Refused, ToolKey, unverified_key_id, verify,
};
use labwright_store::{Store, StoreError, StoredKey, UnixMs};

use super::Lti;
use super::client::Asked;
use crate::app::App;
use crate::clock::now;
use crate::limits::DAY_MS;
use crate::words::Refusal;

/// How long a key signs.
const KEY_LIFE_MS: i64 = 90 * DAY_MS;
/// How long a key is shown after that: platforms keep key sets for a day.
const KEY_SHOWN_MS: i64 = 7 * DAY_MS;
/// A key set is read again after so long, in milliseconds.
const KEY_SET_MS: i64 = 60 * 60 * 1000;
/// It is read again for a key that it does not have, but not more often than this.
const REFETCH_MS: i64 = 30_000;

/// Our keys, as last read from the store.
#[derive(Default)]
pub(super) struct ToolKeys {
    known: Mutex<Option<Arc<Vec<ToolKey>>>>,
    making: tokio::sync::Mutex<()>,
}

impl Lti {
    /// All keys that are shown, the one that signs first; makes one when there is none, or the
    /// last is old.
    pub(crate) async fn tool_keys(&self, store: &Store) -> Result<Arc<Vec<ToolKey>>, Refusal> {
        if let Some(known) = self.keys.get() {
            return Ok(known);
        }
        let _turn = self.keys.making.lock().await;
        if let Some(known) = self.keys.get() {
            return Ok(known);
        }
        let mut stored = store.lti_keys().await?;
        let now = now();
        if !stored.iter().any(|key| signs(key, now)) {
            let made = tokio::task::spawn_blocking(ToolKey::generate).await;
            let key = made.map_err(|_| Refusal::Internal)?.map_err(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, "no key for LTI");
                Refusal::Internal
            })?;
            let row = StoredKey {
                id: key.id().to_owned(),
                secret: key.stored().to_owned(),
                created_ms: now,
                retired_ms: None,
            };
            store.add_lti_key(&row).await?;
            stored = store.lti_keys().await?;
        }
        let keys: Result<Vec<ToolKey>, _> = stored
            .iter()
            .map(|key| ToolKey::of_stored(&key.secret))
            .collect();
        let keys = Arc::new(keys.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "no key for LTI");
            Refusal::Internal
        })?);
        let mut known = self
            .keys
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *known = Some(keys.clone());
        Ok(keys)
    }

    /// The key that signs.
    pub(crate) async fn signing_key(&self, store: &Store) -> Result<ToolKey, Refusal> {
        let keys = self.tool_keys(store).await?;
        keys.first().cloned().ok_or(Refusal::Internal)
    }

    /// Retires old keys and forgets those that nobody needs any more; the next question makes or
    /// reads what is there then.
    pub(crate) async fn rotate(&self, store: &Store) -> Result<(), StoreError> {
        let now = now();
        store
            .retire_lti_keys(now - KEY_LIFE_MS, now - KEY_SHOWN_MS, now)
            .await?;
        let mut known = self
            .keys
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *known = None;
        Ok(())
    }
}

impl ToolKeys {
    fn get(&self) -> Option<Arc<Vec<ToolKey>>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }
}

fn signs(key: &StoredKey, now: UnixMs) -> bool {
    key.retired_ms.is_none() && key.created_ms > now - KEY_LIFE_MS
}

/// Key sets of platforms, by their address.
#[derive(Default)]
pub(super) struct PlatformKeys {
    known: Mutex<HashMap<String, (KeySet, UnixMs)>>,
}

/// Most key sets that are kept at hand.
const MAX_KEY_SETS: usize = 1000;

impl PlatformKeys {
    fn get(&self, url: &str, younger_ms: i64) -> Option<KeySet> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (set, at) = known.get(url)?;
        let age = now() - at;
        (0..younger_ms).contains(&age).then(|| set.clone())
    }

    fn put(&self, url: &str, set: &KeySet) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_KEY_SETS {
            known.clear();
        }
        known.insert(url.to_owned(), (set.clone(), now()));
    }
}

/// Reads a platform's key set afresh.
pub(super) async fn read_key_set(lti: &Lti, platform: &Platform) -> Result<KeySet, Refused> {
    let asked = Asked {
        accept: Some("application/json"),
        ..Asked::default()
    };
    let replied = lti.client.get(&platform.keyset_url, asked).await;
    let replied = replied.map_err(|error| {
        tracing::warn!(platform = %platform.issuer, error = &error as &dyn std::error::Error, "a key set cannot be read");
        Refused::BadKeySet
    })?;
    if replied.status != 200 {
        tracing::warn!(platform = %platform.issuer, status = replied.status, "a key set cannot be read");
        return Err(Refused::BadKeySet);
    }
    let set = KeySet::parse(&replied.body)?;
    lti.platform_keys.put(platform.keyset_url.as_str(), &set);
    Ok(set)
}

/// Checks a token by its platform's keys, which are read again when they lack the token's key.
pub(super) async fn verify_token(
    app: &App,
    platform: &Platform,
    token: &str,
    nonce: &str,
) -> Result<Claims, Refused> {
    let expected = Expected {
        issuer: &platform.issuer,
        client_id: &platform.client_id,
        nonce,
        now_s: now() / 1000,
    };
    unverified_key_id(token)?;
    let address = platform.keyset_url.as_str();
    let keys = match app.lti.platform_keys.get(address, KEY_SET_MS) {
        Some(keys) => keys,
        None => read_key_set(&app.lti, platform).await?,
    };
    match verify(token, &keys, &expected) {
        // A platform that changed its keys; an attacker cannot make us ask more often.
        Err(Refused::UnknownKey) if app.lti.platform_keys.get(address, REFETCH_MS).is_none() => {
            verify(token, &read_key_set(&app.lti, platform).await?, &expected)
        }
        verified => verified,
    }
}
