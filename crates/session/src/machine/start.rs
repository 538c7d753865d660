//! From the line to ready.

use labwright_store::{Failure, UnixMs};

use super::{
    Action, Agent, Destination, EndStep, Job, Kept, LinkError, Machine, Phase, Restore, StartError,
    StartStep, Work, backoff_ms,
};
use crate::limits::{
    CONNECT_RETRY_FIRST_MS, CONNECT_RETRY_MOST_MS, DEATH_WINDOW_MS, FULL_RETRY_MS, MAX_DEATHS,
    RETRY_FIRST_MS, RETRY_MOST_MS, START_TRIES,
};
use crate::view::ProblemCode;

/// The failure of a session whose files could not be put back.
const RESTORE_FAILED: &str = "restore_failed";

impl Machine {
    pub(super) fn on_wake(&mut self, now: UnixMs) -> Vec<Action> {
        if !matches!(self.phase, Phase::Asleep | Phase::Failed) {
            return self.recall(now);
        }
        if self.saved_ms.is_some() {
            self.restore = match (&self.phase, self.restore) {
                // The place may still have the layers of a machine that could not boot again.
                (Phase::Failed, Restore::IfNothingKept) => Restore::IfNothingKept,
                _ => Restore::Yes,
            };
        }
        self.fresh_time = true;
        self.wish = None;
        self.failure = None;
        self.problem = None;
        self.active_ms = now;
        self.deaths = 0;
        self.queue(now, false);
        Vec::new()
    }

    /// A learner who comes back while the session ends wants it: an end that has not begun is
    /// called off, one that has begun leads to a new start.
    fn recall(&mut self, now: UnixMs) -> Vec<Action> {
        self.active_ms = self.active_ms.max(now);
        self.wish = None;
        if let Phase::Ending {
            to: to @ (Destination::Asleep | Destination::Ended),
            ..
        } = &mut self.phase
        {
            *to = Destination::Awake;
        }
        Vec::new()
    }

    pub(super) fn queue(&mut self, from_ms: UnixMs, reboot: bool) {
        self.phase = Phase::Queued { from_ms, reboot };
    }

    pub(super) fn on_admitted(&mut self, now: UnixMs) -> Vec<Action> {
        let Phase::Queued { reboot, .. } = self.phase else {
            return Vec::new();
        };
        self.boots = self.boots.saturating_add(1);
        self.enter(StartStep::Machine, now, reboot)
    }

    pub(super) fn on_started(
        &mut self,
        result: Result<Kept, StartError>,
        now: UnixMs,
    ) -> Vec<Action> {
        if let Phase::Ending {
            to,
            step: EndStep::Start,
            ..
        } = self.phase
        {
            return self.stop(to);
        }
        let Phase::Starting {
            step: StartStep::Machine,
            tries,
            reboot,
            ..
        } = self.phase
        else {
            return Vec::new();
        };
        match result {
            Ok(kept) => {
                self.restore = match (self.restore, kept) {
                    (Restore::Yes, _) => Restore::Yes,
                    (Restore::IfNothingKept, Kept::Nothing) => Restore::Yes,
                    _ => Restore::No,
                };
                self.enter(StartStep::Connect, now, reboot)
            }
            Err(StartError::Full(cause)) => {
                self.tell(ProblemCode::Full, cause);
                self.queue(now + FULL_RETRY_MS, reboot);
                Vec::new()
            }
            Err(StartError::Refused(cause)) => self.fail("place_refused", cause),
            Err(StartError::Failed(cause)) if tries + 1 >= START_TRIES => {
                self.fail("start_failed", cause)
            }
            Err(StartError::Failed(cause)) => self.retry(cause, self.start_job()),
        }
    }

    pub(super) fn on_connected(
        &mut self,
        result: Result<Agent, LinkError>,
        now: UnixMs,
    ) -> Vec<Action> {
        let (tries, reboot) = match self.phase {
            Phase::Starting {
                step: StartStep::Connect,
                tries,
                reboot,
                ..
            } => (tries, reboot),
            Phase::Lost { tries, .. } => (tries, true),
            _ => return Vec::new(),
        };
        match result {
            Ok(agent) => self.found(agent, reboot, now),
            Err(LinkError::Gone) => self.die(now),
            Err(LinkError::Failed(cause)) => {
                self.tell(ProblemCode::Reconnecting, cause);
                let tries = tries.saturating_add(1);
                match &mut self.phase {
                    Phase::Starting {
                        tries: failures, ..
                    }
                    | Phase::Lost {
                        tries: failures, ..
                    } => {
                        *failures = tries;
                    }
                    _ => {}
                }
                vec![Action::Begin {
                    job: Job::Connect,
                    after_ms: backoff_ms(tries, CONNECT_RETRY_FIRST_MS, CONNECT_RETRY_MOST_MS),
                }]
            }
        }
    }

    /// The agent is there: go on where it stands.
    fn found(&mut self, agent: Agent, reboot: bool, now: UnixMs) -> Vec<Action> {
        // That it boots again stays said until it is ready.
        if self.has_problem(ProblemCode::Reconnecting) {
            self.problem = None;
        }
        let was_ready = matches!(self.phase, Phase::Lost { .. }) && self.ready_ms.is_some();
        match agent {
            Agent::Failed(message) => {
                self.enter(StartStep::Boot, now, reboot);
                self.on_agent_failed(message)
            }
            // Its nodes wait for their files before `start`.
            Agent::Booting if self.restore == Restore::Yes => {
                self.enter(StartStep::Restore, now, reboot)
            }
            Agent::Booting => self.enter(StartStep::Boot, now, reboot),
            Agent::Ready if was_ready && self.restore != Restore::Yes && !self.fresh_time => {
                match self.phase {
                    Phase::Lost { tabs: true, .. } if self.wish.is_none() => self.open_tabs(),
                    _ => self.settle(now),
                }
            }
            Agent::Ready => self.booted(reboot, now),
        }
    }

    pub(super) fn on_agent_ready(&mut self, now: UnixMs) -> Vec<Action> {
        match self.phase {
            Phase::Starting {
                step: StartStep::Boot,
                reboot,
                ..
            } => self.booted(reboot, now),
            _ => Vec::new(),
        }
    }

    fn booted(&mut self, reboot: bool, now: UnixMs) -> Vec<Action> {
        let next = if self.restore == Restore::Yes {
            StartStep::Restore
        } else {
            StartStep::Tabs
        };
        self.enter(next, now, reboot)
    }

    pub(super) fn on_agent_failed(&mut self, message: String) -> Vec<Action> {
        match self.phase {
            Phase::Starting { .. } => {
                // What the place keeps of it would only fail again.
                if self.saved_ms.is_some() {
                    self.restore = Restore::Yes;
                }
                self.failure = Some(Failure {
                    code: "boot_failed".to_owned(),
                    message,
                });
                self.stop(Destination::Failed)
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn on_restored(
        &mut self,
        result: Result<(), LinkError>,
        now: UnixMs,
    ) -> Vec<Action> {
        let Phase::Starting {
            step: StartStep::Restore,
            tries,
            reboot,
            ..
        } = self.phase
        else {
            return Vec::new();
        };
        match result {
            Ok(()) => {
                self.restore = Restore::No;
                // How far the agent got meanwhile was not listened to: ask.
                self.enter(StartStep::Connect, now, reboot)
            }
            Err(LinkError::Gone) => self.die(now),
            Err(LinkError::Failed(cause)) if tries + 1 >= START_TRIES => {
                self.fail(RESTORE_FAILED, cause)
            }
            Err(LinkError::Failed(cause)) => self.retry(cause, Job::Restore),
        }
    }

    pub(super) fn on_tabs_open(
        &mut self,
        result: Result<(), LinkError>,
        now: UnixMs,
    ) -> Vec<Action> {
        let tries = match self.phase {
            Phase::Starting {
                step: StartStep::Tabs,
                tries,
                ..
            } => tries,
            Phase::Ready { work: Work::Tabs } => return self.on_tabs_again(result, now),
            _ => return Vec::new(),
        };
        match result {
            Ok(()) => self.become_ready(now),
            Err(LinkError::Gone) => self.die(now),
            Err(LinkError::Failed(cause)) if tries + 1 >= START_TRIES => {
                self.fail("tabs_failed", cause)
            }
            Err(LinkError::Failed(cause)) => self.retry(cause, Job::Tabs),
        }
    }

    /// The machine is gone: boot it again, unless it does nothing but die.
    pub(super) fn die(&mut self, now: UnixMs) -> Vec<Action> {
        if now - self.died_ms > DEATH_WINDOW_MS {
            self.deaths = 0;
        }
        self.deaths += 1;
        self.died_ms = now;
        if self.restore == Restore::No && self.saved_ms.is_some() {
            self.restore = Restore::IfNothingKept;
        }
        if self.deaths > MAX_DEATHS {
            return self.fail("died_too_often", "the lab's machine keeps dying");
        }
        self.tell(
            ProblemCode::Rebooting,
            "the lab's machine stopped; it starts again with its files",
        );
        self.queue(now, true);
        vec![Action::Cancel]
    }

    /// Gives up. A machine that was ready before keeps its layers at the place, for the next try;
    /// of a first start everything is undone.
    pub(super) fn fail(&mut self, code: &str, message: impl Into<String>) -> Vec<Action> {
        let message = message.into();
        self.failure = Some(Failure {
            code: code.to_owned(),
            message,
        });
        self.tell_failure();
        let rebooted = self.ready_ms.is_some() && !self.fresh_time;
        if rebooted && self.restore != Restore::Yes {
            self.wish = None;
            self.phase = Phase::Failed;
            return vec![Action::Cancel];
        }
        self.stop(Destination::Failed)
    }

    /// Says why it failed.
    pub(super) fn tell_failure(&mut self) {
        let Some(failure) = self.failure.clone() else {
            return self.tell(ProblemCode::Failed, "the reason is not known");
        };
        let code = match failure.code.as_str() {
            RESTORE_FAILED => ProblemCode::RestoreFailed,
            _ => ProblemCode::Failed,
        };
        self.tell(code, failure.message);
    }

    /// Repeats a job after a while.
    fn retry(&mut self, cause: String, job: Job) -> Vec<Action> {
        self.tell(ProblemCode::Retrying, cause);
        let Phase::Starting { tries, .. } = &mut self.phase else {
            return Vec::new();
        };
        *tries += 1;
        vec![Action::Begin {
            job,
            after_ms: backoff_ms(*tries, RETRY_FIRST_MS, RETRY_MOST_MS),
        }]
    }

    fn start_job(&self) -> Job {
        Job::Start {
            restore: self.restore,
        }
    }

    /// Goes on to a step of the start.
    pub(super) fn enter(&mut self, step: StartStep, now: UnixMs, reboot: bool) -> Vec<Action> {
        let since_ms = match self.phase {
            // One timeout for the whole start.
            Phase::Starting { since_ms, .. } => since_ms,
            _ => now,
        };
        self.phase = Phase::Starting {
            step,
            since_ms,
            tries: 0,
            reboot,
        };
        match step {
            StartStep::Machine => vec![Self::begin(self.start_job())],
            StartStep::Connect => vec![Self::begin(Job::Connect)],
            // The agent itself reports the end of this one.
            StartStep::Boot => vec![Action::Cancel],
            StartStep::Restore => vec![Self::begin(Job::Restore)],
            StartStep::Tabs => vec![Self::begin(Job::Tabs)],
        }
    }
}
