//! The sign-ins that have something open. All of them are looked for in the database together, at the
//! beginning of every round of pings, and at once after a sign-out here: a server with many idle
//! sockets wakes once for all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use labwright_gateway::life::rounds;
use labwright_store::{Store, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::now;

/// Sign-ins by the hash of their token.
#[derive(Default)]
pub(crate) struct SignIns {
    open: Mutex<HashMap<String, Open>>,
    look: Notify,
}

#[derive(Default)]
struct Open {
    /// How much is open.
    count: usize,
    ended: CancellationToken,
}

/// One thing that is open; counted until it is dropped.
struct Held<'a> {
    all: &'a SignIns,
    hash: String,
}

impl SignIns {
    /// Completes when this sign-in is worth nothing any more. A database that fails takes nothing
    /// away.
    pub(crate) async fn ended(&self, hash: &str) {
        let (_held, ended) = self.hold(hash);
        ended.cancelled().await;
    }

    /// A sign-in was taken back: look now.
    pub(crate) fn changed(&self) {
        self.look.notify_one();
    }

    /// Looks again and again. Never returns.
    pub(crate) async fn watch(&self, store: &Store) {
        let mut rounds = rounds();
        loop {
            tokio::select! {
                _ = rounds.tick() => {}
                () = self.look.notified() => {}
            }
            if let Err(error) = self.look(store).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "open sign-ins cannot be looked for");
            }
        }
    }

    /// Ends those that the database has no more.
    async fn look(&self, store: &Store) -> Result<(), StoreError> {
        let hashes: Vec<_> = self.all().keys().cloned().collect();
        if hashes.is_empty() {
            return Ok(());
        }
        let living = store.living_tokens(&hashes, now()).await?;
        let all = self.all();
        for hash in hashes.iter().filter(|hash| !living.contains(*hash)) {
            if let Some(open) = all.get(hash) {
                open.ended.cancel();
            }
        }
        Ok(())
    }

    fn hold(&self, hash: &str) -> (Held<'_>, CancellationToken) {
        let mut all = self.all();
        let open = all.entry(hash.to_owned()).or_default();
        open.count += 1;
        let ended = open.ended.clone();
        let hash = hash.to_owned();
        (Held { all: self, hash }, ended)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut all = self.all.all();
        if let Some(open) = all.get_mut(&self.hash) {
            open.count = open.count.saturating_sub(1);
            if open.count == 0 {
                all.remove(&self.hash);
            }
        }
    }
}

/// Looks until the server stops.
pub(crate) async fn watch(app: Arc<crate::app::App>) {
    tokio::select! {
        () = app.sign_ins.watch(&app.store) => {}
        () = app.going_away.cancelled() => {}
    }
}

#[cfg(test)]
mod tests {
    use labwright_store::{Account, AccountId, AccountRole};

    use super::*;

    #[tokio::test]
    async fn all_of_a_sign_in_that_is_gone_end_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("labwright.db"))
            .await
            .unwrap();
        let account = Account {
            id: AccountId::new("ada"),
            name: "ada".to_owned(),
            display_name: "Ada".to_owned(),
            password: None,
            role: AccountRole::Member,
            language: "en".to_owned(),
            created_ms: 0,
        };
        store.add_account(&account).await.unwrap();
        let later = now() + 60_000;
        for hash in ["goes", "stays"] {
            store.add_token(hash, &account.id, 0, later).await.unwrap();
        }
        let all = SignIns::default();
        let held = [all.hold("goes"), all.hold("goes"), all.hold("stays")];
        let ended = || held.each_ref().map(|(_, ended)| ended.is_cancelled());
        all.look(&store).await.unwrap();
        assert_eq!(ended(), [false; 3]);

        // By another process, as far as this one knows.
        store.remove_token("goes").await.unwrap();
        all.look(&store).await.unwrap();
        assert_eq!(ended(), [true, true, false]);

        store
            .add_token("short", &account.id, 0, now() - 1)
            .await
            .unwrap();
        let (short, over) = all.hold("short");
        all.look(&store).await.unwrap();
        assert!(over.is_cancelled());

        drop((held, short));
        assert!(all.all().is_empty());
    }
}
