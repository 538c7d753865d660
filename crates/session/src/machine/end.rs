//! On the way down: save, stop, and where that leads.

use labwright_store::UnixMs;

use super::{
    Action, Destination, EndStep, Job, LinkError, Machine, Phase, Restore, StartStep, Work,
    backoff_ms,
};
use crate::limits::{RETRY_FIRST_MS, SAVE_RETRY_MOST_MS, SAVE_TRIES, STOP_RETRY_MOST_MS};
use crate::view::ProblemCode;

impl Machine {
    pub(super) fn on_end(&mut self, to: Destination, now: UnixMs) -> Vec<Action> {
        match self.phase {
            Phase::Ready { .. } | Phase::Lost { .. } => self.save_and_stop(to),
            // A dead machine's files can only be saved once it runs again.
            Phase::Queued { reboot: true, .. } | Phase::Starting { reboot: true, .. } => {
                self.wish = Some(to);
                Vec::new()
            }
            Phase::Queued { .. } => self.arrive(to, now),
            Phase::Starting {
                step: StartStep::Machine,
                ..
            } => {
                self.phase = Phase::Ending {
                    to,
                    step: EndStep::Start,
                    tries: 0,
                };
                Vec::new()
            }
            Phase::Starting { .. } => self.stop(to),
            // Ending for good is stronger than sleeping, and both than starting again.
            Phase::Ending {
                to: ref mut already,
                ..
            } => {
                let again = matches!(*already, Destination::Again | Destination::Awake);
                if to == Destination::Ended || again {
                    *already = to;
                }
                Vec::new()
            }
            Phase::Asleep | Phase::Failed if to == Destination::Ended => {
                if matches!(self.phase, Phase::Failed) {
                    // The place may have kept the layers of a machine that could not boot again.
                    return self.stop(to);
                }
                self.arrive(to, now)
            }
            Phase::Asleep | Phase::Failed | Phase::Ended => Vec::new(),
        }
    }

    pub(super) fn on_discard(&mut self, now: UnixMs) -> Vec<Action> {
        match self.phase {
            Phase::Queued { reboot: false, .. } | Phase::Asleep => {
                self.arrive(Destination::Ended, now)
            }
            Phase::Ended => Vec::new(),
            Phase::Starting {
                step: StartStep::Machine,
                ..
            } => {
                self.phase = Phase::Ending {
                    to: Destination::Ended,
                    step: EndStep::Start,
                    tries: 0,
                };
                Vec::new()
            }
            Phase::Ending {
                step: EndStep::Start | EndStep::Stop,
                ref mut to,
                ..
            } => {
                *to = Destination::Ended;
                Vec::new()
            }
            _ => self.stop(Destination::Ended),
        }
    }

    pub(super) fn save_and_stop(&mut self, to: Destination) -> Vec<Action> {
        self.wish = None;
        self.phase = Phase::Ending {
            to,
            step: EndStep::Save,
            tries: 0,
        };
        vec![Self::begin(Job::Save)]
    }

    pub(super) fn stop(&mut self, to: Destination) -> Vec<Action> {
        self.wish = None;
        self.phase = Phase::Ending {
            to,
            step: EndStep::Stop,
            tries: 0,
        };
        vec![Self::begin(Job::Stop)]
    }

    pub(super) fn on_saved(&mut self, result: Result<(), LinkError>, now: UnixMs) -> Vec<Action> {
        match self.phase {
            Phase::Ready { work: Work::Save } => {
                self.phase = Phase::Ready { work: Work::None };
                match result {
                    Ok(()) => {
                        self.saved_ms = Some(now);
                        if self.has_problem(ProblemCode::SaveFailed) {
                            self.problem = None;
                        }
                        Vec::new()
                    }
                    Err(LinkError::Gone) => self.die(now),
                    Err(LinkError::Failed(cause)) => {
                        self.tell(ProblemCode::SaveFailed, cause);
                        Vec::new()
                    }
                }
            }
            Phase::Ending {
                to,
                step: EndStep::Save,
                tries,
            } => self.on_last_save(result, to, tries, now),
            _ => Vec::new(),
        }
    }

    fn on_last_save(
        &mut self,
        result: Result<(), LinkError>,
        to: Destination,
        tries: u32,
        now: UnixMs,
    ) -> Vec<Action> {
        match result {
            Ok(()) => {
                self.saved_ms = Some(now);
                self.problem = None;
                self.stop(to)
            }
            // It died on the way: what it had is saved once it runs again.
            Err(LinkError::Gone) => {
                let actions = self.die(now);
                if matches!(self.phase, Phase::Queued { .. }) {
                    self.wish = Some(to);
                }
                actions
            }
            Err(LinkError::Failed(cause)) => {
                self.tell(ProblemCode::SaveFailed, cause);
                let tries = tries + 1;
                if tries >= SAVE_TRIES {
                    return self.stop(to);
                }
                self.phase = Phase::Ending {
                    to,
                    step: EndStep::Save,
                    tries,
                };
                vec![Action::Begin {
                    job: Job::Save,
                    after_ms: backoff_ms(tries, RETRY_FIRST_MS, SAVE_RETRY_MOST_MS),
                }]
            }
        }
    }

    pub(super) fn on_stopped(&mut self, result: Result<(), String>, now: UnixMs) -> Vec<Action> {
        let Phase::Ending {
            to,
            step: EndStep::Stop,
            tries,
        } = self.phase
        else {
            return Vec::new();
        };
        match result {
            Ok(()) => self.arrive(to, now),
            // Nothing else can be done with a machine that does not stop: try for ever.
            Err(cause) => {
                self.tell(ProblemCode::Retrying, cause);
                let tries = tries.saturating_add(1);
                self.phase = Phase::Ending {
                    to,
                    step: EndStep::Stop,
                    tries,
                };
                vec![Action::Begin {
                    job: Job::Stop,
                    after_ms: backoff_ms(tries, RETRY_FIRST_MS, STOP_RETRY_MOST_MS),
                }]
            }
        }
    }

    fn arrive(&mut self, to: Destination, now: UnixMs) -> Vec<Action> {
        self.wish = None;
        if !self.has_problem(ProblemCode::SaveFailed) {
            self.problem = None;
        }
        match to {
            Destination::Asleep => {
                self.failure = None;
                self.phase = Phase::Asleep;
            }
            Destination::Ended => {
                self.failure = None;
                self.ended_ms = Some(now);
                self.phase = Phase::Ended;
            }
            Destination::Failed => {
                self.tell_failure();
                self.phase = Phase::Failed;
            }
            Destination::Again => {
                self.restore = Restore::No;
                self.queue(now, false);
            }
            Destination::Awake => {
                self.phase = Phase::Asleep;
                self.on_wake(now);
            }
        }
        vec![Action::Cancel]
    }

    pub(super) fn has_problem(&self, code: ProblemCode) -> bool {
        self.problem.as_ref().is_some_and(|p| p.code == code)
    }
}
