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

/// What became of archives that came in whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brought {
    /// The next session begins with them.
    Taken,
    /// There were none.
    Nothing,
    /// A session was opened meanwhile, which has its own.
    SessionOpen,
}

/// Archives on their way in, into a folder of their own: what was there before stays until all of them are.
pub struct Incoming {
    supervisor: Supervisor,
    session: SessionRecord,
    folder: SessionId,
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
        let Learner {
            account,
            course,
            lab,
        } = learner;
        let open = self.context.store.find_open_session(account, course, lab);
        if open.await?.is_some() {
            return Ok(None);
        }
        let prepared = self.context.prepare(&session);
        let prepared = prepared.map_err(|cause| SessionError::Prepare { cause })?;
        Ok(Some(Incoming {
            supervisor: self.clone(),
            session,
            folder: self.fresh_record(learner)?.id,
            nodes: prepared.kept(),
            archives: BTreeMap::new(),
        }))
    }
}

impl Incoming {
    /// Adds bytes of a node's archive. `false`: there is no such node, or it keeps nothing.
    pub async fn write(&mut self, node: &NodeName, bytes: &[u8]) -> Result<bool, SessionError> {
        if !self.nodes.contains(node) {
            return Ok(false);
        }
        if !self.archives.contains_key(node) {
            let begun = self.autosaves().begin_brought(&self.folder, node).await?;
            self.archives.insert(node.clone(), begun);
        }
        if let Some(archive) = self.archives.get_mut(node) {
            archive.write(bytes).await?;
        }
        Ok(true)
    }

    /// Makes them what the learner's next session begins with; none of them changes nothing.
    pub async fn finish(mut self) -> Result<Brought, SessionError> {
        if self.archives.is_empty() {
            return Ok(Brought::Nothing);
        }
        for archive in std::mem::take(&mut self.archives).into_values() {
            archive.commit().await?;
        }
        let store = &self.supervisor.context.store;
        let now = self.supervisor.now();
        if store.bring(&self.session, &self.folder, now).await? {
            return Ok(Brought::Taken);
        }
        self.autosaves().remove(&self.folder, None).await?;
        Ok(Brought::SessionOpen)
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
