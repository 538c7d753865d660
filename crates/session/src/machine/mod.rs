//! The life of a session, as a pure state machine: state, event and time in; state and actions out.
//!
//! ```text
//!                 launch                  admitted            connected, booted, restored, tabs
//!                   │                        │                                │
//!                   ▼                        ▼                                ▼
//!   ┌────────▶ ┌─────────┐  room      ┌────────────┐   all steps done   ┌───────────┐ reset, autosave
//!   │          │ queued  │──────────▶ │  starting  │──────────────────▶ │   ready   │◀──┐
//!   │          └─────────┘ ◀───────── └────────────┘                    └───────────┘───┘
//!   │ launch     ▲    ▲     place full  │        │                        │      │ ▲
//!   │            │    │                 │        │ refused, or failed     │ lost │ │ connected
//!   │            │    │ machine died    │        │ too often              │      ▼ │
//!   │            │    └─────────────────┼────────┼────────────────────────┼── ┌────────┐
//!   │            │ launch               │ end    ▼                        │   │  lost  │
//!   │            │                      │     ┌────────┐  machine dies    │   └────────┘
//!   │            └──────────────────────┼─────│ failed │  again and again │
//!   │                                   │     └────────┘                  │ end, time is up, idle
//!   │                                   ▼                                 ▼
//!   │   ┌────────┐    stopped    ┌────────────────────────────────────────────┐
//!   └───│ asleep │ ◀──────────── │ ending: save what `keep` lists, then stop  │ ───▶ ended
//!       └────────┘               └────────────────────────────────────────────┘
//! ```
//!
//! *queued* waits for a seat and a start slot. *lost* seeks the channel again: the machine may
//! live, and then nothing happened; when it is gone, it boots again with its files (layers that
//! the place kept, else the autosave). *asleep* has files and no machine; a launch wakes it.
//!
//! Undo of each act: start – stop; connect – disconnect; save – the earlier archive stays until
//! the new one is whole; extend, reset and end are the learner's own and have no undo but the
//! files that are kept. Every act may be repeated.
//!
//! This module must not do I/O, must not read a clock, and must not know places or agents.

mod end;
mod event;
mod record;
mod run;
mod start;

use labwright_model::{NodeName, Times};
use labwright_store::{Failure, SessionState, UnixMs};

use crate::limits::Limits;
use crate::view::{Problem, ProblemCode};

pub use event::{Action, Agent, Event, Job, Kept, LinkError, StartError};
pub use record::Found;

/// A session's whole state, apart from what it is called.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    pub(crate) phase: Phase,
    pub(crate) times: Times,
    pub(crate) limits: Limits,
    /// Where it shall go as soon as its files can be saved.
    pub(crate) wish: Option<Destination>,
    pub(crate) restore: Restore,
    /// Its time starts anew when it is ready.
    pub(crate) fresh_time: bool,
    pub(crate) active_ms: UnixMs,
    pub(crate) ready_ms: Option<UnixMs>,
    pub(crate) ends_ms: Option<UnixMs>,
    pub(crate) ended_ms: Option<UnixMs>,
    pub(crate) saved_ms: Option<UnixMs>,
    pub(crate) next_save_ms: UnixMs,
    pub(crate) extensions: u32,
    pub(crate) boots: u32,
    /// Deaths of the machine in a row, and when the last one was.
    pub(crate) deaths: u32,
    pub(crate) died_ms: UnixMs,
    /// Smallest number of minutes that was warned of since the last change of `ends_ms`.
    pub(crate) warned: Option<u32>,
    pub(crate) failure: Option<Failure>,
    pub(crate) problem: Option<Problem>,
}

/// What a session is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Waits for room; after a refusal not before `from_ms`.
    Queued {
        /// When it joins the line.
        from_ms: UnixMs,
        /// It was ready before, and its machine died.
        reboot: bool,
    },
    /// Its machine is on its way to ready.
    Starting {
        /// How far.
        step: StartStep,
        /// Since when.
        since_ms: UnixMs,
        /// Failures of this step so far.
        tries: u32,
        /// It was ready before, and its machine died.
        reboot: bool,
    },
    /// The learner can work.
    Ready {
        /// What goes on beside.
        work: Work,
    },
    /// The channel is lost.
    Lost {
        /// Attempts to find it again.
        tries: u32,
        /// A reset was under way: terminals may be missing.
        tabs: bool,
    },
    /// On its way down.
    Ending {
        /// To where.
        to: Destination,
        /// How far.
        step: EndStep,
        /// Failures of this step so far.
        tries: u32,
    },
    /// Files, no machine.
    Asleep,
    /// Over.
    Ended,
    /// It could not be started; `failure` says why.
    Failed,
}

/// The steps of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartStep {
    /// The place makes the machine.
    Machine,
    /// Its agent is being reached.
    Connect,
    /// The agent starts the nodes.
    Boot,
    /// Saved files are put back.
    Restore,
    /// The terminals of the tabs are opened.
    Tabs,
}

/// What goes on beside the learner's work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Nothing.
    None,
    /// An autosave.
    Save,
    /// One node, or all, is started afresh.
    Reset(Option<NodeName>),
    /// The terminals of a node that was reset are opened again.
    Tabs,
}

/// The steps of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndStep {
    /// The place is still making the machine; it must finish before it can stop it.
    Start,
    /// Files are being saved.
    Save,
    /// The machine is being stopped.
    Stop,
}

/// Where an end leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    /// Files are kept, a launch wakes it.
    Asleep,
    /// Over; files are kept for the learner's next session of the lab.
    Ended,
    /// The start is undone; the learner may try again.
    Failed,
    /// Start again from nothing.
    Again,
    /// Its learner came back while it ended: start again with the saved files.
    Awake,
}

/// Whether saved files must be put back once the machine has booted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restore {
    /// No.
    No,
    /// Yes; until then nothing may be saved over them.
    Yes,
    /// If the place did not keep the dead machine's layers.
    IfNothingKept,
}

/// What a session needs of the installation's room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// To stand in line, at its front when it had a seat before.
    Line {
        /// Before all who never had one.
        front: bool,
    },
    /// A seat and a start slot.
    Start,
    /// A seat.
    Seat,
}

/// Why an event does not fit the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The session is not ready.
    #[error("the session is not ready")]
    NotReady,
    /// Its time was extended as often as allowed.
    #[error("the session's time cannot be extended any more")]
    NoMoreTime,
    /// It has no time limit.
    #[error("the session has no time limit")]
    NoTimeLimit,
    /// A reset is under way.
    #[error("a reset is under way")]
    Resetting,
    /// It is over.
    #[error("the session is over")]
    Over,
}

impl Machine {
    /// A session that was just launched.
    pub fn new(times: Times, limits: Limits, now: UnixMs) -> Self {
        Self {
            phase: Phase::Queued {
                from_ms: now,
                reboot: false,
            },
            times,
            limits,
            wish: None,
            restore: Restore::No,
            fresh_time: true,
            active_ms: now,
            ready_ms: None,
            ends_ms: None,
            ended_ms: None,
            saved_ms: None,
            next_save_ms: now,
            extensions: 0,
            boots: 0,
            deaths: 0,
            died_ms: 0,
            warned: None,
            failure: None,
            problem: None,
        }
    }

    /// Whether a person's event fits the state now.
    pub fn allows(&self, event: &Event) -> Result<(), Refusal> {
        let ending = matches!(self.state(), SessionState::Ending | SessionState::Ended);
        match (event, &self.phase) {
            (Event::Extend, Phase::Ready { .. } | Phase::Lost { .. }) if !ending => {
                if self.ends_ms.is_none() {
                    Err(Refusal::NoTimeLimit)
                } else if self.extensions >= self.limits.extensions {
                    Err(Refusal::NoMoreTime)
                } else {
                    Ok(())
                }
            }
            (
                Event::Reset(_),
                Phase::Ready {
                    work: Work::Reset(_),
                },
            ) => Err(Refusal::Resetting),
            (Event::Reset(_), Phase::Ready { .. }) if !ending => Ok(()),
            (Event::Reset(None), Phase::Failed) => Ok(()),
            (Event::Extend | Event::Reset(_), Phase::Ended) => Err(Refusal::Over),
            (Event::Extend | Event::Reset(_), _) => Err(Refusal::NotReady),
            (Event::Wake | Event::Sleep, Phase::Ended) => Err(Refusal::Over),
            _ => Ok(()),
        }
    }

    /// Takes in an event. One that does not fit the state changes nothing.
    pub fn step(&mut self, event: Event, now: UnixMs) -> Vec<Action> {
        match event {
            Event::Active => self.on_active(now),
            Event::Extend => self.on_extend(now),
            Event::Reset(node) => self.on_reset(node, now),
            Event::WasReset(result) => self.on_was_reset(result, now),
            Event::LinkLost => self.on_link_lost(now),
            Event::Tick => self.on_tick(now),
            Event::Wake => self.on_wake(now),
            Event::Admitted => self.on_admitted(now),
            Event::Started(result) => self.on_started(result, now),
            Event::Connected(result) => self.on_connected(result, now),
            Event::AgentReady => self.on_agent_ready(now),
            Event::AgentFailed(message) => self.on_agent_failed(message),
            Event::Restored(result) => self.on_restored(result, now),
            Event::TabsOpen(result) => self.on_tabs_open(result, now),
            Event::Sleep => self.on_end(Destination::Asleep, now),
            Event::End => self.on_end(Destination::Ended, now),
            Event::Discard => self.on_discard(now),
            Event::Saved(result) => self.on_saved(result, now),
            Event::Stopped(result) => self.on_stopped(result, now),
        }
    }

    /// What the world sees.
    pub fn state(&self) -> SessionState {
        if self.wish.is_some() && !self.is_steady() {
            return SessionState::Ending;
        }
        match &self.phase {
            // It had a seat: to its learner this is a start, not a line.
            Phase::Queued { reboot: true, .. } => SessionState::Starting,
            Phase::Queued { .. } => SessionState::Queued,
            Phase::Starting { .. } => SessionState::Starting,
            Phase::Ready {
                work: Work::Reset(None),
            } => SessionState::Starting,
            // Taken over in the middle of its start.
            Phase::Lost { .. } if self.restore == Restore::Yes || self.fresh_time => {
                SessionState::Starting
            }
            Phase::Ready { .. } | Phase::Lost { .. } => SessionState::Ready,
            Phase::Ending {
                to: Destination::Failed | Destination::Again,
                ..
            } => SessionState::Starting,
            Phase::Ending { .. } => SessionState::Ending,
            Phase::Asleep => SessionState::Asleep,
            Phase::Ended => SessionState::Ended,
            Phase::Failed => SessionState::Failed,
        }
    }

    /// Nothing happens to it any more unless a person acts: it needs no driver.
    pub fn is_steady(&self) -> bool {
        matches!(self.phase, Phase::Asleep | Phase::Ended | Phase::Failed)
    }

    /// What it needs of the installation's room.
    pub fn need(&self, now: UnixMs) -> Need {
        match &self.phase {
            Phase::Queued { from_ms, reboot } if *from_ms <= now => Need::Line { front: *reboot },
            Phase::Queued { .. } | Phase::Asleep | Phase::Ended | Phase::Failed => Need::Nothing,
            Phase::Starting { .. } => Need::Start,
            Phase::Ready { .. } | Phase::Lost { .. } | Phase::Ending { .. } => Need::Seat,
        }
    }

    pub(crate) fn begin(job: Job) -> Action {
        Action::Begin { job, after_ms: 0 }
    }

    pub(crate) fn tell(&mut self, code: ProblemCode, message: impl Into<String>) {
        self.problem = Some(Problem {
            code,
            message: message.into(),
        });
    }
}

/// Milliseconds before the next try: twice as long each time, up to `most_ms`.
pub(crate) fn backoff_ms(tries: u32, first_ms: u64, most_ms: u64) -> u64 {
    let doubled = 1_u64
        .checked_shl(tries.saturating_sub(1))
        .unwrap_or(u64::MAX);
    first_ms.saturating_mul(doubled).min(most_ms)
}
