//! The task that owns a session's state: everybody else sends it inputs and watches its snapshots.
//!
//! It decides nothing itself: every input becomes an event of the state machine, every action of
//! the machine a job. Jobs and the agent's events come back as inputs, marked with a number, so
//! that what belongs to an abandoned job or channel is recognised and dropped.

mod act;
mod follow;
mod terminals;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use labwright_grading::Values;
use labwright_model::{NodeName, NodeState, Stage};
use labwright_store::{SessionRecord, SessionState, StoreError, UnixMs};
use labwright_wire::{Client, ClientError, Event as AgentEvent};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinHandle};

use crate::context::{Context, Prepared};
use crate::error::SessionError;
use crate::gate::Standing;
use crate::machine::{Action, Event, Job, Machine, Phase};
use crate::stages::Stages;
use crate::view::{Notice, ProgramView, Progress, Snapshot, TerminalView};
use act::Done;
pub(crate) use follow::still;

/// Inputs that wait for a driver.
const INBOX: usize = 256;
/// Notices that wait for a slow watcher.
const NOTICES: usize = 32;
/// Milliseconds until a record that could not be stored is stored again.
const STORE_RETRY_MS: i64 = 1_000;
/// A learner's last activity is stored when it is newer by so many milliseconds.
const ACTIVE_STORE_MS: i64 = 60_000;

/// The way to a driver.
pub(crate) struct Handle {
    pub(crate) inbox: mpsc::Sender<Input>,
    pub(crate) snapshot: watch::Receiver<Arc<Snapshot>>,
    pub(crate) link: watch::Receiver<Option<Client>>,
    pub(crate) notices: broadcast::Sender<Notice>,
    pub(crate) touched_ms: AtomicI64,
}

/// What a driver is sent.
pub(crate) enum Input {
    /// Somebody's wish; answered when it is decided and stored.
    Ask {
        event: Event,
        answer: oneshot::Sender<Result<(), SessionError>>,
    },
    /// The learner did something.
    Active,
    /// A job ended.
    Job { serial: u64, done: Done },
    /// The agent says something.
    Agent { link: u64, event: AgentEvent },
    /// The channel closed.
    LinkClosed { link: u64 },
    /// Make a terminal.
    MakeTerminal {
        node: NodeName,
        answer: oneshot::Sender<Result<TerminalView, SessionError>>,
    },
    /// It was made, or not.
    TerminalMade {
        link: u64,
        id: String,
        node: NodeName,
        made: Result<(), ClientError>,
        answer: oneshot::Sender<Result<TerminalView, SessionError>>,
    },
    /// An attempt or a hint was stored.
    Refresh { answer: oneshot::Sender<()> },
    /// The lab is another one now.
    LabChanged,
    /// The server goes away; the machine stays.
    Close,
}

pub(crate) struct Driver {
    context: Arc<Context>,
    record: SessionRecord,
    machine: Machine,
    prepared: Option<Prepared>,
    progress: Progress,
    stages: Stages,
    standing: watch::Receiver<Standing>,
    link: Link,
    job: Option<AbortHandle>,
    job_serial: u64,
    terminals: Vec<(String, NodeName)>,
    next_terminal: u64,
    nodes: BTreeMap<NodeName, NodeState>,
    programs: BTreeMap<String, ProgramView>,
    warnings: Vec<String>,
    /// Store again at this time what could not be stored.
    store_again: Option<UnixMs>,
    me: mpsc::Sender<Input>,
    inbox: mpsc::Receiver<Input>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    notices: broadcast::Sender<Notice>,
}

/// The channel to the agent, and who listens to it.
struct Link {
    client: watch::Sender<Option<Client>>,
    serial: u64,
    reader: Option<AbortHandle>,
}

/// What a driver starts from.
pub(crate) struct Begin {
    pub(crate) record: SessionRecord,
    pub(crate) machine: Machine,
    pub(crate) actions: Vec<Action>,
    pub(crate) progress: Progress,
    pub(crate) expected: BTreeMap<Stage, u64>,
}

impl Driver {
    /// Starts a driver. Call it with the supervisor's registry held, so that there is never a
    /// second one for the same session.
    pub(crate) fn spawn(context: &Arc<Context>, begin: Begin) -> (Arc<Handle>, JoinHandle<()>) {
        let (me, inbox) = mpsc::channel(INBOX);
        let notices = broadcast::Sender::new(NOTICES);
        let client = watch::Sender::new(None);
        let prepared = match context.prepare(&begin.record) {
            Ok(prepared) => Some(prepared),
            Err(cause) => {
                // The start itself will say so to the learner.
                tracing::warn!(session.id = %begin.record.id, cause, "the lab cannot be prepared");
                None
            }
        };
        let link = client.subscribe();
        let parts = view::Parts {
            record: &begin.record,
            machine: &begin.machine,
            prepared: prepared.as_ref(),
            progress: &begin.progress,
            stages: &Stages::new(&begin.expected),
            terminals: &[],
            nodes: &BTreeMap::new(),
            programs: &BTreeMap::new(),
            warnings: &[],
            standing: Standing::Out,
            expected_ms: None,
            limits: &context.limits,
        };
        let snapshots = watch::Sender::new(Arc::new(parts.snapshot(context.clock.now())));
        let handle = Arc::new(Handle {
            inbox: me.clone(),
            snapshot: snapshots.subscribe(),
            link,
            notices: notices.clone(),
            touched_ms: AtomicI64::new(0),
        });
        let driver = Self {
            standing: context.gate.enter(&begin.record.id),
            context: Arc::clone(context),
            record: begin.record,
            machine: begin.machine,
            prepared,
            progress: begin.progress,
            stages: Stages::new(&begin.expected),
            link: Link {
                client,
                serial: 0,
                reader: None,
            },
            job: None,
            job_serial: 0,
            terminals: Vec::new(),
            next_terminal: 1,
            nodes: BTreeMap::new(),
            programs: BTreeMap::new(),
            warnings: Vec::new(),
            store_again: None,
            me,
            inbox,
            snapshots,
            notices,
        };
        let task = tokio::spawn(driver.run(begin.actions));
        (handle, task)
    }

    async fn run(mut self, first: Vec<Action>) {
        self.apply(first).await;
        self.settle().await;
        loop {
            let wake = self.context.clock.instant(self.deadline());
            tokio::select! {
                input = self.inbox.recv() => match input {
                    Some(Input::Close) | None => break,
                    Some(input) => self.take(input).await,
                },
                Ok(()) = self.standing.changed() => self.settle().await,
                () = tokio::time::sleep_until(wake) => self.on_time().await,
            }
            if self.machine.phase == Phase::Ended && self.store_again.is_none() {
                let now = self.context.clock.now();
                self.context.gate.leave(&self.record.id, now);
                self.context
                    .drivers(|drivers| drivers.remove(&self.record.id));
                break;
            }
        }
        self.drop_job();
        self.unlink();
    }

    async fn take(&mut self, input: Input) {
        match input {
            Input::Ask { event, answer } => {
                let result = self.ask(event).await;
                let _ = answer.send(result);
            }
            Input::Active => self.step(Event::Active).await,
            Input::Job { serial, done } => {
                if self.job.is_some() && serial == self.job_serial {
                    self.job = None;
                    self.job_done(done).await;
                }
            }
            Input::Agent { link, event } if link == self.link.serial => {
                self.agent_says(event).await;
            }
            Input::LinkClosed { link } if link == self.link.serial => {
                self.unlink();
                self.step(Event::LinkLost).await;
            }
            Input::MakeTerminal { node, answer } => self.make_terminal(node, answer),
            Input::TerminalMade {
                link,
                id,
                node,
                made,
                answer,
            } => {
                let result = self.terminal_made(link, id, node, made);
                self.publish();
                let _ = answer.send(result);
            }
            Input::Refresh { answer } => {
                self.refresh().await;
                let _ = answer.send(());
            }
            Input::LabChanged => {
                self.refresh().await;
                let _ = self.notices.send(Notice::Reload);
            }
            Input::Agent { .. } | Input::LinkClosed { .. } | Input::Close => {}
        }
    }

    /// Somebody's wish: what must hold even if the server dies is stored before it is answered.
    async fn ask(&mut self, event: Event) -> Result<(), SessionError> {
        self.machine
            .allows(&event)
            .map_err(|refusal| SessionError::Refused {
                id: self.record.id.clone(),
                refusal,
            })?;
        // To stop must also work when nothing can be stored; it is found out again at a restart.
        if matches!(event, Event::Sleep | Event::End | Event::Discard) {
            self.step(event).await;
            return Ok(());
        }
        let now = self.context.clock.now();
        let mut next = self.machine.clone();
        let actions = next.step(event, now);
        let mut record = self.record.clone();
        next.record_into(&mut record);
        if record != self.record {
            self.context.store.update_session(&record).await?;
        }
        let before = std::mem::replace(&mut self.machine, next);
        self.record = record;
        self.note(&before.phase, now);
        self.apply(actions).await;
        self.settle().await;
        Ok(())
    }

    /// One event: act first, then store, but for a stop.
    async fn step(&mut self, event: Event) {
        self.step_once(event).await;
        self.settle().await;
    }

    async fn step_once(&mut self, event: Event) {
        let now = self.context.clock.now();
        let before = self.machine.phase.clone();
        let actions = self.machine.step(event, now);
        self.note(&before, now);
        let stops = |action: &Action| matches!(action, Action::Begin { job: Job::Stop, .. });
        if actions.iter().any(stops) {
            // A stopped machine's files are where they were saved: that must be known by then.
            self.store().await;
        }
        self.apply(actions).await;
    }

    /// Brings room, watchers and the store up to the state.
    async fn settle(&mut self) {
        let now = self.context.clock.now();
        let need = self.machine.need(now);
        let (id, account) = (&self.record.id, &self.record.account);
        // A change that is not ours to make again: what was heard of the line is up to date.
        self.standing.mark_unchanged();
        self.context.gate.set(id, account, need, now);
        let standing = *self.standing.borrow_and_update();
        if standing == Standing::In && matches!(self.machine.phase, Phase::Queued { .. }) {
            self.step_once(Event::Admitted).await;
            let need = self.machine.need(now);
            self.context
                .gate
                .set(&self.record.id, &self.record.account, need, now);
        }
        if self.machine.phase == Phase::Ended {
            // Who hears that it is over may launch the lab again at once.
            self.store().await;
            self.publish();
        } else {
            self.publish();
            self.store().await;
        }
    }

    async fn store(&mut self) {
        let mut record = self.record.clone();
        self.machine.record_into(&mut record);
        if !is_worth_storing(&self.record, &record) {
            return;
        }
        match self.context.store.update_session(&record).await {
            Ok(()) => {
                self.record = record;
                self.store_again = None;
            }
            Err(error) => {
                tracing::error!(
                    session.id = %self.record.id,
                    error = crate::link::chain(&error),
                    "the session could not be stored; it will be tried again"
                );
                self.store_again = Some(self.context.clock.now() + STORE_RETRY_MS);
            }
        }
    }

    async fn on_time(&mut self) {
        self.store_again = None;
        self.step(Event::Tick).await;
    }

    /// When something is due next.
    fn deadline(&self) -> UnixMs {
        let now = self.context.clock.now();
        let never = now + 24 * 60 * crate::limits::MINUTE_MS;
        let queued = matches!(self.machine.phase, Phase::Queued { .. });
        self.machine
            .next_tick()
            // Once it stands in line it only waits for its turn.
            .filter(|at| !queued || *at > now)
            .into_iter()
            .chain(self.stages.next_change(now))
            .chain(self.store_again)
            .min()
            .unwrap_or(never)
    }

    async fn refresh(&mut self) {
        match self.context.progress(&self.record).await {
            Ok(progress) => self.progress = progress,
            Err(error) => tracing::error!(
                session.id = %self.record.id,
                error = crate::link::chain(&error),
                "the learner's progress could not be read"
            ),
        }
        self.publish();
    }
}

/// Whether the next server must know: not that a queued session starts now, which it finds out by
/// itself, and of activity alone only now and then. A burst of starts is then not held up by the
/// disk.
fn is_worth_storing(stored: &SessionRecord, now: &SessionRecord) -> bool {
    let begins =
        |state: SessionState| matches!(state, SessionState::Queued | SessionState::Starting);
    let mut like = now.clone();
    if now.active_ms - stored.active_ms < ACTIVE_STORE_MS {
        like.active_ms = stored.active_ms;
    }
    if begins(stored.state) && begins(now.state) {
        like.state = stored.state;
        like.boots = stored.boots;
    }
    like != *stored
}

/// The values for pages, of a machine that need not run.
pub(crate) fn values(context: &Context, record: &SessionRecord) -> Result<Values, SessionError> {
    context
        .prepare(record)
        .map(|prepared| prepared.values())
        .map_err(|cause| SessionError::Prepare { cause })
}

/// What is stored when a start is over; it is no reason to hold the learner up.
pub(crate) async fn store_times(
    context: &Context,
    record: &SessionRecord,
    times: &[(Stage, u64)],
) -> Result<(), StoreError> {
    let now = context.clock.now();
    context.store.add_stage_times(record, times, now).await
}
