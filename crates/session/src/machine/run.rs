//! While the learner works: time, autosaves, resets, a lost channel.

use labwright_model::NodeName;
use labwright_store::UnixMs;

use super::{Action, Destination, Job, LinkError, Machine, Phase, Restore, StartStep, Work};
use crate::limits::{MINUTE_MS, WARNINGS_MIN};
use crate::view::ProblemCode;

impl Machine {
    /// The start is over.
    pub(super) fn become_ready(&mut self, now: UnixMs) -> Vec<Action> {
        if self.fresh_time {
            self.fresh_time = false;
            self.ready_ms = Some(now);
            self.extensions = 0;
            self.warned = None;
            let session_s = self.times.session_s;
            let limit_ms = i64::try_from(session_s)
                .unwrap_or(i64::MAX)
                .saturating_mul(1000);
            let ends_ms = now.saturating_add(limit_ms);
            // Never earlier than what was promised before.
            self.ends_ms = (session_s > 0).then(|| self.ends_ms.unwrap_or(ends_ms).max(ends_ms));
        }
        self.active_ms = self.active_ms.max(now);
        self.next_save_ms = now + self.limits.autosave_ms;
        self.problem = None;
        self.failure = None;
        self.settle(now)
    }

    /// Ready, or straight on to where it shall go.
    pub(super) fn settle(&mut self, now: UnixMs) -> Vec<Action> {
        self.phase = Phase::Ready { work: Work::None };
        match self.wish {
            Some(to) => self.save_and_stop(to),
            None => {
                let mut actions = vec![Action::Cancel];
                actions.extend(self.on_tick(now));
                actions
            }
        }
    }

    pub(super) fn on_active(&mut self, now: UnixMs) -> Vec<Action> {
        self.active_ms = self.active_ms.max(now);
        Vec::new()
    }

    pub(super) fn on_extend(&mut self, _now: UnixMs) -> Vec<Action> {
        if self.allows(&super::Event::Extend).is_ok() {
            self.extensions += 1;
            self.ends_ms = self
                .ends_ms
                .map(|ends| ends.saturating_add(self.limits.extension_ms));
            self.warned = None;
        }
        Vec::new()
    }

    pub(super) fn on_reset(&mut self, node: Option<NodeName>, now: UnixMs) -> Vec<Action> {
        match self.phase {
            Phase::Ready {
                work: Work::None | Work::Save,
            } if self.wish.is_none() => {
                self.active_ms = self.active_ms.max(now);
                self.problem = None;
                self.phase = Phase::Ready {
                    work: Work::Reset(node.clone()),
                };
                // Takes the place of an autosave, whose files are not wanted any more.
                vec![Self::begin(Job::Reset(node))]
            }
            Phase::Failed if node.is_none() => {
                self.failure = None;
                self.problem = None;
                self.saved_ms = None;
                self.restore = Restore::No;
                self.fresh_time = true;
                self.deaths = 0;
                let mut actions = vec![Action::Forget(None)];
                actions.extend(self.stop(Destination::Again));
                actions
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn on_was_reset(
        &mut self,
        result: Result<(), LinkError>,
        now: UnixMs,
    ) -> Vec<Action> {
        let Phase::Ready {
            work: Work::Reset(node),
        } = &self.phase
        else {
            return Vec::new();
        };
        let node = node.clone();
        match result {
            Ok(()) => {
                if node.is_none() {
                    self.saved_ms = None;
                }
                // Its terminals went with its processes.
                let tabs = match node {
                    None => self.enter(StartStep::Tabs, now, true),
                    Some(_) => self.open_tabs(),
                };
                let mut actions = vec![Action::Forget(node)];
                actions.extend(tabs);
                actions
            }
            Err(LinkError::Gone) => self.die(now),
            Err(LinkError::Failed(cause)) => {
                self.tell(ProblemCode::ResetFailed, cause);
                self.phase = Phase::Ready { work: Work::None };
                vec![Action::Cancel]
            }
        }
    }

    /// Opens the missing terminals beside the learner's work.
    pub(super) fn open_tabs(&mut self) -> Vec<Action> {
        self.phase = Phase::Ready { work: Work::Tabs };
        vec![Self::begin(Job::Tabs)]
    }

    pub(super) fn on_tabs_again(
        &mut self,
        result: Result<(), LinkError>,
        now: UnixMs,
    ) -> Vec<Action> {
        match result {
            Ok(()) => self.settle(now),
            Err(LinkError::Gone) => self.die(now),
            Err(LinkError::Failed(cause)) => {
                // The learner can open terminals too.
                self.tell(ProblemCode::ResetFailed, cause);
                self.settle(now)
            }
        }
    }

    pub(super) fn on_link_lost(&mut self, now: UnixMs) -> Vec<Action> {
        match &self.phase {
            Phase::Ready { work } => {
                let tabs = matches!(work, Work::Reset(_) | Work::Tabs);
                self.phase = Phase::Lost { tries: 0, tabs };
                self.tell(
                    ProblemCode::Reconnecting,
                    "the connection to the lab is lost; the lab goes on running",
                );
                vec![Self::begin(Job::Connect)]
            }
            Phase::Starting {
                step: StartStep::Boot | StartStep::Restore | StartStep::Tabs,
                reboot,
                ..
            } => {
                let reboot = *reboot;
                self.enter(StartStep::Connect, now, reboot)
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn on_tick(&mut self, now: UnixMs) -> Vec<Action> {
        match &self.phase {
            Phase::Starting { since_ms, .. } if now - since_ms >= self.limits.start_timeout_ms => {
                self.fail(
                    "start_timeout",
                    "the lab's machine did not become ready in time",
                )
            }
            Phase::Ready { work } => {
                let free = *work == Work::None;
                self.on_ready_tick(free, now)
            }
            _ => Vec::new(),
        }
    }

    fn on_ready_tick(&mut self, free: bool, now: UnixMs) -> Vec<Action> {
        let over = self.ends_ms.is_some_and(|ends| ends <= now);
        let idle = self.idle_at().is_some_and(|at| at <= now);
        if over || idle {
            return self.save_and_stop(Destination::Asleep);
        }
        let mut actions = self.warning(now);
        if free && self.next_save_ms <= now {
            self.next_save_ms = now + self.limits.autosave_ms;
            self.phase = Phase::Ready { work: Work::Save };
            actions.push(Self::begin(Job::Save));
        }
        actions
    }

    /// At most one warning at a time: the one that is true now.
    fn warning(&mut self, now: UnixMs) -> Vec<Action> {
        let Some(ends) = self.ends_ms else {
            return Vec::new();
        };
        let due = WARNINGS_MIN
            .into_iter()
            .filter(|minutes| ends - now <= i64::from(*minutes) * MINUTE_MS)
            .min();
        match due {
            Some(minutes) if self.warned.is_none_or(|last| minutes < last) => {
                self.warned = Some(minutes);
                vec![Action::Warn { minutes }]
            }
            _ => Vec::new(),
        }
    }

    fn idle_at(&self) -> Option<UnixMs> {
        let idle_ms = i64::try_from(self.times.idle_s)
            .unwrap_or(i64::MAX)
            .saturating_mul(1000);
        (idle_ms > 0).then(|| self.active_ms.saturating_add(idle_ms))
    }

    /// When [`super::Event::Tick`] is due next.
    pub fn next_tick(&self) -> Option<UnixMs> {
        match &self.phase {
            Phase::Queued { from_ms, .. } => Some(*from_ms),
            Phase::Starting { since_ms, .. } => Some(since_ms + self.limits.start_timeout_ms),
            Phase::Ready { work } => {
                let save = (*work == Work::None).then_some(self.next_save_ms);
                let warnings = self.ends_ms.into_iter().flat_map(|ends| {
                    WARNINGS_MIN
                        .into_iter()
                        .filter(|minutes| self.warned.is_none_or(|last| *minutes < last))
                        .map(move |minutes| ends - i64::from(minutes) * MINUTE_MS)
                });
                save.into_iter()
                    .chain(self.ends_ms)
                    .chain(self.idle_at())
                    .chain(warnings)
                    .min()
            }
            _ => None,
        }
    }
}
