//! Launching: the one open session of a learner and a lab, and the one driver of a session.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use labwright_model::{LabName, SessionId, Times};
use labwright_store::{AccountId, CourseId, Learner, SessionRecord, SessionState, random_id};

use super::{Supervisor, ask, converge};
use crate::driver::{Begin, Driver, Handle};
use crate::error::SessionError;
use crate::machine::{Event, Found, Machine, Refusal};
use crate::view::Snapshot;

/// Tries of a launch that meets a session in its last moment.
const LAUNCH_TRIES: u32 = 20;
/// Time between them.
const LAUNCH_RETRY: Duration = Duration::from_millis(50);

/// A place in line is waited for no longer.
const PLACED_WITHIN: Duration = Duration::from_millis(300);

/// A launch's outcome.
#[derive(Debug, Clone)]
pub struct Launched {
    /// The session as it is now.
    pub snapshot: Arc<Snapshot>,
    /// It is a new one.
    pub created: bool,
}

impl Supervisor {
    /// Launches a lab for a learner: the open session if there is one – woken when it sleeps,
    /// tried again when it failed – else a new one, with the files of the last.
    pub async fn launch(
        &self,
        account: &AccountId,
        course: &CourseId,
        lab: &LabName,
    ) -> Result<Launched, SessionError> {
        if self.context.labs.find(course, lab).is_none() {
            return Err(SessionError::NoLab {
                course: course.clone(),
                lab: lab.clone(),
            });
        }
        let learner = Learner {
            account: account.clone(),
            course: course.clone(),
            lab: lab.clone(),
        };
        let rule = self.context.rule(&learner).await?;
        rule.may_open(self.now()).map_err(SessionError::Shut)?;
        let mut tries = 1;
        loop {
            let launched = self.launch_once(account, course, lab).await;
            let ended_meanwhile = matches!(
                launched,
                Err(SessionError::GoingAway
                    | SessionError::Refused {
                        refusal: Refusal::Over,
                        ..
                    })
            );
            if !ended_meanwhile || tries >= LAUNCH_TRIES {
                return launched;
            }
            tries += 1;
            tokio::time::sleep(LAUNCH_RETRY).await;
        }
    }

    async fn launch_once(
        &self,
        account: &AccountId,
        course: &CourseId,
        lab: &LabName,
    ) -> Result<Launched, SessionError> {
        let new = self.new_record(account, course, lab).await?;
        let existing = self.context.store.open_session(&new).await?;
        let created = existing.is_none();
        let handle = match existing {
            Some(record) => self.driver(record).await?,
            None => self.drive(new, Found::Nothing).await?,
        };
        if !created {
            ask(&handle, Event::Wake).await?;
        }
        // A new one has found its place in line, or started, a moment after its driver began.
        let mut snapshots = handle.snapshot.clone();
        let placed = snapshots
            .wait_for(|snapshot| snapshot.state != SessionState::Queued || snapshot.line.is_some());
        let _ = tokio::time::timeout(PLACED_WITHIN, placed).await;
        let snapshot = handle.snapshot.borrow().clone();
        Ok(Launched { snapshot, created })
    }

    /// The record of a session that is to be, with the files of the last.
    async fn new_record(
        &self,
        account: &AccountId,
        course: &CourseId,
        lab: &LabName,
    ) -> Result<SessionRecord, SessionError> {
        let mut new = self.fresh_record(&Learner {
            account: account.clone(),
            course: course.clone(),
            lab: lab.clone(),
        })?;
        let store = &self.context.store;
        let last = store.last_saved_session(account, course, lab).await?;
        let is_kept = |last: &SessionRecord| {
            last.ended_ms
                .is_some_and(|ended| new.created_ms - ended <= self.context.limits.keep_ms)
        };
        if let Some(last) = last.filter(is_kept) {
            new.files = last.files;
            new.saved_ms = last.saved_ms;
            new.restore = true;
        }
        Ok(new)
    }

    /// The record of a session that has nothing yet.
    pub(super) fn fresh_record(&self, learner: &Learner) -> Result<SessionRecord, SessionError> {
        let text = format!("{}-{}", self.context.id_prefix, random_id()?);
        let id = SessionId::new(text).map_err(|error| SessionError::Prepare {
            cause: error.to_string(),
        })?;
        let now = self.now();
        Ok(SessionRecord {
            files: id.clone(),
            id,
            course: learner.course.clone(),
            lab: learner.lab.clone(),
            account: learner.account.clone(),
            key_id: self.context.key.id.clone(),
            state: SessionState::Queued,
            created_ms: now,
            active_ms: now,
            ready_ms: None,
            ends_ms: None,
            ended_ms: None,
            saved_ms: None,
            extensions: 0,
            boots: 0,
            restore: false,
            failure: None,
            place: None,
        })
    }

    /// The driver of a session; made when there is none.
    pub(super) async fn driver(&self, record: SessionRecord) -> Result<Arc<Handle>, SessionError> {
        if let Some(handle) = self.find(&record.id) {
            return Ok(handle);
        }
        let found = converge::look(self.context.place.as_ref(), &record.id).await?;
        self.drive(record, found).await
    }

    pub(super) async fn drive(
        &self,
        mut record: SessionRecord,
        found: Found,
    ) -> Result<Arc<Handle>, SessionError> {
        if record.saved_ms.is_none() {
            // A server that died between an archive's last byte and the record of it may have stopped the machine.
            record.saved_ms = self.context.autosaves.saved_ms(&record.files).await?;
        }
        let progress = self.context.progress(&record).await?;
        let expected = self.context.store.expected_ms(&record.lab).await?;
        let (times, limits) = (self.times(&record), self.context.limits.clone());
        let (machine, actions) = Machine::resume(&record, found, times, limits, self.now());
        let begin = Begin {
            record,
            machine,
            actions,
            progress,
            expected,
        };
        // Looked up again with the registry held: another launch may have come first.
        let (handle, task) = self.context.drivers(|drivers| {
            if let Some(handle) = drivers.get(&begin.record.id) {
                return (Arc::clone(handle), None);
            }
            let id = begin.record.id.clone();
            let (handle, task) = Driver::spawn(&self.context, begin);
            drivers.insert(id, Arc::clone(&handle));
            (handle, Some(task))
        });
        if let Some(task) = task {
            let arrivals = &self.context.arrivals;
            arrivals.send_modify(|arrivals| *arrivals += 1);
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.retain(|task| !task.is_finished());
            tasks.push(task);
        }
        Ok(handle)
    }

    /// The lab's times; without the lab only the machine's end is waited for.
    pub(super) fn times(&self, record: &SessionRecord) -> Times {
        self.context.labs.find(&record.course, &record.lab).map_or(
            Times {
                session_s: 0,
                idle_s: 0,
            },
            |lab| lab.lab.time,
        )
    }
}
