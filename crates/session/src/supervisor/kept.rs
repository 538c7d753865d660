//! A learner's saved files of a lab, between places: read here, and put here for the next session.

use std::collections::BTreeMap;

use labwright_model::{NodeName, SessionId};
use labwright_store::{Autosaves, Learner, PendingAutosave, SessionRecord, StoreError, UnixMs};

use super::Supervisor;
use crate::error::SessionError;

/// A learner's saved files of a lab.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The session of it that is open.
    pub session: Option<SessionRecord>,
    /// When they were saved; none: there are none.
    pub at_ms: Option<UnixMs>,
    /// The nodes that have an archive, with its size.
    pub nodes: Vec<(NodeName, u64)>,
    files: Option<SessionId>,
}

/// Archives on their way in. Dropped without [`Incoming::finish`] they leave nothing.
pub struct Incoming {
    supervisor: Supervisor,
    session: SessionRecord,
    nodes: Vec<NodeName>,
    archives: BTreeMap<NodeName, PendingAutosave>,
}

impl Supervisor {
    /// What a learner has saved of a lab: of the session that is open, else of the last.
    pub async fn kept(&self, learner: &Learner) -> Result<Kept, SessionError> {
        let Learner {
            account,
            course,
            lab,
        } = learner;
        let store = &self.context.store;
        let open = store.find_open_session(account, course, lab).await?;
        let last = match &open {
            Some(open) => Some(open.clone()),
            None => store.last_saved_session(account, course, lab).await?,
        };
        let mut kept = Kept {
            session: open,
            ..Kept::default()
        };
        let Some(last) = last else { return Ok(kept) };
        let nodes = self.context.prepare(&last).map(|lab| lab.kept());
        for node in nodes.unwrap_or_default() {
            if let Some(file) = self.context.autosaves.open(&last.files, &node).await? {
                let bytes = file.metadata().await.map_err(reading)?.len();
                kept.nodes.push((node, bytes));
            }
        }
        if !kept.nodes.is_empty() {
            kept.at_ms = match last.saved_ms {
                Some(saved) => Some(saved),
                None => self.context.autosaves.saved_ms(&last.files).await?,
            };
            kept.files = Some(last.files);
        }
        Ok(kept)
    }

    /// One node's archive of those.
    pub async fn open_kept(
        &self,
        kept: &Kept,
        node: &NodeName,
    ) -> Result<Option<tokio::fs::File>, SessionError> {
        let is_listed = kept.nodes.iter().any(|(known, _)| known == node);
        match &kept.files {
            Some(files) if is_listed => Ok(self.context.autosaves.open(files, node).await?),
            _ => Ok(None),
        }
    }

    /// Takes archives of a learner's nodes for their next session of a lab. None while a session is open, which has its own.
    pub async fn take_files(&self, learner: &Learner) -> Result<Option<Incoming>, SessionError> {
        let session = self.browser_session(learner).await?;
        if self.is_open(learner).await? {
            return Ok(None);
        }
        let prepared = self.context.prepare(&session);
        let prepared = prepared.map_err(|cause| SessionError::Prepare { cause })?;
        Ok(Some(Incoming {
            supervisor: self.clone(),
            session,
            nodes: prepared.kept(),
            archives: BTreeMap::new(),
        }))
    }

    async fn is_open(&self, learner: &Learner) -> Result<bool, SessionError> {
        let Learner {
            account,
            course,
            lab,
        } = learner;
        let open = self.context.store.find_open_session(account, course, lab);
        Ok(open.await?.is_some())
    }
}

impl Incoming {
    /// Adds bytes of a node's archive. `false`: there is no such node, or it keeps nothing.
    pub async fn write(&mut self, node: &NodeName, bytes: &[u8]) -> Result<bool, SessionError> {
        if !self.nodes.contains(node) {
            return Ok(false);
        }
        if !self.archives.contains_key(node) {
            let begun = self.autosaves().begin(&self.session.id, node).await?;
            self.archives.insert(node.clone(), begun);
        }
        if let Some(archive) = self.archives.get_mut(node) {
            archive.write(bytes).await?;
        }
        Ok(true)
    }

    /// Makes them what the learner's next session begins with. `false`: a session was opened meanwhile, and nothing is taken.
    pub async fn finish(mut self, learner: &Learner) -> Result<bool, SessionError> {
        if self.supervisor.is_open(learner).await? {
            return Ok(false);
        }
        for node in &self.nodes {
            if !self.archives.contains_key(node) {
                self.autosaves()
                    .remove(&self.session.id, Some(node))
                    .await?;
            }
        }
        for archive in std::mem::take(&mut self.archives).into_values() {
            archive.commit().await?;
        }
        let now = self.supervisor.now();
        self.session.saved_ms = Some(now);
        self.session.ended_ms = Some(now);
        self.session.active_ms = now;
        let store = &self.supervisor.context.store;
        store.update_session(&self.session).await?;
        Ok(true)
    }

    fn autosaves(&self) -> &Autosaves {
        &self.supervisor.context.autosaves
    }
}

fn reading(source: std::io::Error) -> StoreError {
    StoreError::File {
        action: "reading",
        path: "the saved files".into(),
        source,
    }
}
