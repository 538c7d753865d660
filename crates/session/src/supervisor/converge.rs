//! From whatever a crash left to what is recorded: run at the server's start, repeatable.

use std::collections::BTreeMap;

use labwright_model::SessionId;
use labwright_place::{MachineStatus, Place};
use labwright_store::{SessionRecord, SessionState};
use tokio::sync::oneshot;

use super::{SHUTDOWN_TIMEOUT, STOP_ALL_TIMEOUT, Supervisor};
use crate::driver::Input;
use crate::error::SessionError;
use crate::link::chain;
use crate::machine::{Event, Found};

/// What converging did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Converged {
    /// Sessions whose running machine was taken over.
    pub adopted: Vec<SessionId>,
    /// Sessions that start, or start again.
    pub started: Vec<SessionId>,
    /// Machines without a session, stopped.
    pub stopped: Vec<SessionId>,
    /// Machines that could not be stopped, and why.
    pub failed: Vec<(SessionId, String)>,
}

impl Supervisor {
    /// Compares the records with the place's machines: takes running ones over, starts dead ones
    /// again, stops those that nobody has a record of.
    pub async fn converge(&self) -> Result<Converged, SessionError> {
        // Records first: a machine that starts in between has its record already.
        let machines = self.context.place.observe().await?;
        let records = self.context.store.open_sessions().await?;
        let found: BTreeMap<SessionId, Found> = machines
            .into_iter()
            .map(|machine| (machine.id, to_found(machine.status)))
            .collect();
        let mut converged = Converged::default();
        for record in &records {
            if wants_machine(record) {
                let id = record.id.clone();
                let state = found.get(&id).copied().unwrap_or(Found::Nothing);
                self.drive(record.clone(), state).await?;
                if state == Found::Running {
                    converged.adopted.push(id);
                } else {
                    converged.started.push(id);
                }
            }
        }
        for (id, state) in found {
            if self.is_stray(&id, state, &records) {
                match self.context.place.stop(&id).await {
                    Ok(()) => converged.stopped.push(id),
                    Err(error) => converged.failed.push((id, chain(&error))),
                }
            }
        }
        Ok(converged)
    }

    /// Deletes the saved files that nobody can use any more, and closes the sessions that slept
    /// for too long. Run it once an hour or so.
    pub async fn housekeep(&self) -> Result<(), SessionError> {
        let oldest = self.now() - self.context.limits.keep_ms;
        for mut record in self.context.store.open_sessions().await? {
            let asleep = record.state == SessionState::Asleep;
            if asleep && record.active_ms < oldest && self.find(&record.id).is_none() {
                record.state = SessionState::Ended;
                record.ended_ms = Some(record.active_ms);
                self.context.store.update_session(&record).await?;
            }
        }
        let kept = self.context.store.sessions_with_files(oldest).await?;
        for id in self.context.autosaves.sweep().await? {
            // One that was just made may be on its way into a session.
            let is_young = self.context.autosaves.is_young(&id).await;
            if !kept.contains(&id) && !is_young {
                self.context.autosaves.remove(&id, None).await?;
            }
        }
        Ok(())
    }

    /// The server goes away: drivers end, machines stay.
    pub async fn shutdown(&self) {
        let handles: Vec<_> = self
            .context
            .drivers(|drivers| std::mem::take(drivers).into_values().collect());
        for handle in &handles {
            let _ = handle.inbox.send(Input::Close).await;
        }
        let tasks = std::mem::take(
            &mut *self
                .tasks
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        let all = futures::future::join_all(tasks);
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, all).await.is_err() {
            tracing::warn!("some sessions' tasks did not end in time");
        }
    }

    /// Stops every machine without saving, for previews and tests; says which sessions could not
    /// be stopped.
    pub async fn stop_all(&self) -> Vec<SessionId> {
        let handles = self.context.drivers(|drivers| drivers.clone());
        for handle in handles.values() {
            let (answer, _) = oneshot::channel();
            let event = Event::Discard;
            let _ = handle.inbox.send(Input::Ask { event, answer }).await;
        }
        let deadline = tokio::time::Instant::now() + STOP_ALL_TIMEOUT;
        let mut left = Vec::new();
        for (id, handle) in handles {
            let mut snapshots = handle.snapshot.clone();
            let ended = snapshots.wait_for(|snapshot| snapshot.state == SessionState::Ended);
            let ended = tokio::time::timeout_at(deadline, ended).await;
            if !matches!(ended, Ok(Ok(_))) {
                left.push(id);
            }
        }
        left
    }

    /// Whether a machine is ours, and no session wants it or may want its files.
    fn is_stray(&self, id: &SessionId, found: Found, records: &[SessionRecord]) -> bool {
        let prefix = format!("{}-", self.context.id_prefix);
        if !id.as_str().starts_with(&prefix) || self.find(id).is_some() {
            return false;
        }
        match records.iter().find(|record| record.id == *id) {
            None => true,
            Some(record) if wants_machine(record) => false,
            // A session that could not boot again may still get the layers back.
            Some(record) => record.state != SessionState::Failed || found == Found::Running,
        }
    }
}

/// What the place has of one machine.
pub(super) async fn look(place: &dyn Place, id: &SessionId) -> Result<Found, SessionError> {
    let machines = place.observe().await?;
    let machine = machines.into_iter().find(|machine| machine.id == *id);
    Ok(machine.map_or(Found::Nothing, |machine| to_found(machine.status)))
}

fn to_found(status: MachineStatus) -> Found {
    match status {
        MachineStatus::Running => Found::Running,
        MachineStatus::Dead => Found::Dead,
    }
}

fn wants_machine(record: &SessionRecord) -> bool {
    match record.state {
        SessionState::Queued
        | SessionState::Starting
        | SessionState::Ready
        | SessionState::Ending => true,
        SessionState::Asleep | SessionState::Ended | SessionState::Failed => false,
    }
}
