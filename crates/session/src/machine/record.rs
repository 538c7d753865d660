//! Between a session's state and what is stored of it.

use labwright_model::Times;
use labwright_store::{SessionRecord, SessionState, UnixMs};

use super::{Action, Destination, Job, Machine, Phase, Restore};
use crate::limits::Limits;
use crate::view::ProblemCode;

/// What a place has of a session's machine when the server starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It runs.
    Running,
    /// It died; its writable layers are there.
    Dead,
    /// Nothing.
    Nothing,
}

impl Machine {
    /// The state of a stored session after a start of the server, and what to do first: take a
    /// running machine over, boot a dead one again, go on where the record stands.
    pub fn resume(
        record: &SessionRecord,
        found: Found,
        times: Times,
        limits: Limits,
        now: UnixMs,
    ) -> (Self, Vec<Action>) {
        let mut machine = Self::new(times, limits, now);
        machine.restore = if record.restore {
            Restore::Yes
        } else {
            Restore::No
        };
        machine.active_ms = record.active_ms;
        machine.ready_ms = record.ready_ms;
        machine.ends_ms = record.ends_ms;
        machine.ended_ms = record.ended_ms;
        machine.saved_ms = record.saved_ms;
        machine.extensions = u32::try_from(record.extensions).unwrap_or(u32::MAX);
        machine.boots = u32::try_from(record.boots).unwrap_or(u32::MAX);
        if found != Found::Nothing {
            // The start that made it was not stored.
            machine.boots = machine.boots.max(1);
        }
        machine.failure = record.failure.clone();
        machine.next_save_ms = now;
        let actions = machine.go_on(record.state, found, now);
        (machine, actions)
    }

    fn go_on(&mut self, state: SessionState, found: Found, now: UnixMs) -> Vec<Action> {
        // A start that was under way has not had its time yet.
        self.fresh_time = !matches!(state, SessionState::Ready | SessionState::Ending);
        match (state, found) {
            (SessionState::Asleep, _) => self.phase = Phase::Asleep,
            (SessionState::Ended, _) => self.phase = Phase::Ended,
            (SessionState::Failed, _) => {
                self.tell_failure();
                self.phase = Phase::Failed;
            }
            (_, Found::Running) => {
                if state == SessionState::Ending {
                    self.wish = Some(Destination::Asleep);
                }
                // The learner could not be active while there was no server.
                self.active_ms = self.active_ms.max(now);
                self.phase = Phase::Lost {
                    tries: 0,
                    tabs: false,
                };
                return vec![Self::begin(Job::Connect)];
            }
            (SessionState::Queued | SessionState::Starting, _) if self.ready_ms.is_none() => {
                self.queue(now, false);
            }
            // It was stopped, or its time is over. What was saved is put back, known or not.
            (SessionState::Ending, Found::Nothing) => self.sleep_saved(),
            (SessionState::Ready, Found::Nothing) if self.is_overdue(now) => self.sleep_saved(),
            _ => {
                if self.restore == Restore::No {
                    self.restore = Restore::IfNothingKept;
                }
                if state == SessionState::Ending {
                    self.wish = Some(Destination::Asleep);
                }
                self.tell(
                    ProblemCode::Rebooting,
                    "the lab's machine stopped; it starts again with its files",
                );
                self.active_ms = self.active_ms.max(now);
                self.queue(now, true);
            }
        }
        Vec::new()
    }

    fn sleep_saved(&mut self) {
        self.restore = Restore::Yes;
        self.phase = Phase::Asleep;
    }

    fn is_overdue(&self, now: UnixMs) -> bool {
        self.ends_ms.is_some_and(|ends| ends <= now)
    }

    /// Writes the state into a record.
    pub fn record_into(&self, record: &mut SessionRecord) {
        record.state = match self.phase {
            // What it is called for the learner is not how it is found again.
            Phase::Queued { reboot: true, .. } | Phase::Starting { reboot: true, .. }
                if !self.fresh_time =>
            {
                if self.wish.is_some() {
                    SessionState::Ending
                } else {
                    SessionState::Ready
                }
            }
            Phase::Ready { .. } if self.wish.is_none() => SessionState::Ready,
            Phase::Ending {
                to: Destination::Failed,
                ..
            } => SessionState::Failed,
            _ => self.state(),
        };
        record.restore = self.restore == Restore::Yes;
        record.active_ms = self.active_ms;
        record.ready_ms = self.ready_ms;
        record.ends_ms = self.ends_ms;
        record.ended_ms = self.ended_ms;
        record.saved_ms = self.saved_ms;
        record.extensions = i64::from(self.extensions);
        record.boots = i64::from(self.boots);
        record.failure = self.failure.clone();
    }

    /// Until when a sleeping session's files are kept.
    pub fn kept_until(&self) -> Option<UnixMs> {
        match self.phase {
            Phase::Asleep => self
                .saved_ms
                .map(|saved| saved.max(self.active_ms) + self.limits.keep_ms),
            _ => None,
        }
    }
}
