//! The machine's actions as jobs, and what comes back of them.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use labwright_model::{MachineSpec, NodeName, SessionId};
use labwright_place::{MachineStatus, PlaceError};
use labwright_wire::frame::{self, Kind};
use labwright_wire::{Client, Event as AgentEvent, TerminalReport};

use super::view;
use super::{Driver, Input, store_times};
use crate::context::Context;
use crate::link::{self, Connected, JobError, chain};
use crate::machine::{Action, Agent, Event, Job, Kept, LinkError, Phase, Restore, StartError};
use crate::view::Notice;

/// Longest opening of the tabs.
const TABS_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest reset of a node or a lab.
const RESET_TIMEOUT: Duration = Duration::from_secs(180);
/// Longest stop of a machine.
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// How a job ended.
pub(crate) enum Done {
    Start(Result<Kept, StartError>),
    Connect(Result<Box<Connected>, LinkError>),
    Restore(Result<(), LinkError>),
    Tabs(Result<Vec<TerminalReport>, LinkError>),
    Reset(Result<(), LinkError>),
    Save(Result<(), LinkError>),
    Stop(Result<(), String>),
}

impl Driver {
    pub(super) async fn apply(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Begin { job, after_ms } => self.begin(job, after_ms),
                Action::Cancel => self.drop_job(),
                Action::Warn { minutes } => {
                    let _ = self.notices.send(Notice::Warning { minutes });
                }
                Action::Forget(node) => self.forget_files(node).await,
            }
        }
    }

    async fn forget_files(&self, node: Option<NodeName>) {
        let autosaves = &self.context.autosaves;
        if let Err(error) = autosaves.remove(&self.record.files, node.as_ref()).await {
            // The next save writes over them.
            tracing::warn!(session.id = %self.record.id, error = chain(&error), "old files stay");
        }
    }

    pub(super) fn drop_job(&mut self) {
        if let Some(job) = self.job.take() {
            job.abort();
        }
    }

    fn begin(&mut self, job: Job, after_ms: u64) {
        self.drop_job();
        self.job_serial += 1;
        let (me, serial) = (self.me.clone(), self.job_serial);
        let work = self.work(job);
        let task = tokio::spawn(async move {
            if after_ms > 0 {
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
            }
            let done = work.await;
            let _ = me.send(Input::Job { serial, done }).await;
        });
        self.job = Some(task.abort_handle());
    }

    fn work(&mut self, job: Job) -> futures::future::BoxFuture<'static, Done> {
        let context = Arc::clone(&self.context);
        let id = self.record.id.clone();
        let client = self.link.client.borrow().clone();
        match job {
            Job::Start { restore } => self.start(context, restore).boxed(),
            Job::Connect => async move {
                let connected = link::connect(context.place.as_ref(), &id).await;
                Done::Connect(connected.map(Box::new).map_err(LinkError::from))
            }
            .boxed(),
            Job::Restore => self.restore(context, client).boxed(),
            Job::Tabs => self.open_tabs(context, client).boxed(),
            Job::Reset(node) => async move {
                let reset = async {
                    let client = living(&context, &id, client).await?;
                    link::reset(&client, node).await
                };
                Done::Reset(within(RESET_TIMEOUT, reset).await)
            }
            .boxed(),
            Job::Save => self.save(context, client).boxed(),
            Job::Stop => async move {
                let stopped = tokio::time::timeout(STOP_TIMEOUT, context.place.stop(&id)).await;
                Done::Stop(match stopped {
                    Ok(result) => result.map_err(|error| chain(&error)),
                    Err(_) => Err(format!("stopping session {id} took too long")),
                })
            }
            .boxed(),
        }
    }

    fn start(
        &mut self,
        context: Arc<Context>,
        restore: Restore,
    ) -> impl Future<Output = Done> + 'static {
        // The lab as it is now: an author's change, or another one that failed before, counts.
        let prepared = self.context.prepare(&self.record);
        if let Ok(prepared) = &prepared {
            self.prepared = Some(prepared.clone());
        }
        let start = Start {
            first: self.machine.boots <= 1,
            restore,
            files: self.record.files.clone(),
            kept: self.kept_nodes(),
        };
        async move {
            match prepared {
                Ok(prepared) => Done::Start(start.run(&context, prepared.spec).await),
                Err(cause) => Done::Start(Err(StartError::Refused(cause))),
            }
        }
    }

    fn restore(
        &self,
        context: Arc<Context>,
        client: Option<Client>,
    ) -> impl Future<Output = Done> + 'static {
        let (id, files) = (self.record.id.clone(), self.record.files.clone());
        let nodes = self.kept_nodes();
        async move {
            let restored = async {
                let client = living(&context, &id, client).await?;
                link::restore(&client, &context.autosaves, &files, &nodes).await
            };
            Done::Restore(restored.await.map_err(LinkError::from))
        }
    }

    fn save(
        &self,
        context: Arc<Context>,
        client: Option<Client>,
    ) -> impl Future<Output = Done> + 'static {
        let (id, files) = (self.record.id.clone(), self.record.files.clone());
        let nodes = self.kept_nodes();
        async move {
            let saved = async {
                let client = living(&context, &id, client).await?;
                link::save(&client, &context.autosaves, &files, &nodes).await
            };
            Done::Save(saved.await.map_err(LinkError::from))
        }
    }

    fn kept_nodes(&self) -> Vec<NodeName> {
        self.prepared
            .as_ref()
            .map(|prepared| prepared.kept())
            .unwrap_or_default()
    }

    fn open_tabs(
        &mut self,
        context: Arc<Context>,
        client: Option<Client>,
    ) -> impl Future<Output = Done> + 'static {
        let id = self.record.id.clone();
        let tabs = self.tabs();
        async move {
            let opened = async {
                let tabs = tabs.map_err(|error| LinkError::Failed(chain(&error)))?;
                let opening = async {
                    let client = living(&context, &id, client).await?;
                    open_missing(&client, tabs).await
                };
                within(TABS_TIMEOUT, opening).await
            };
            Done::Tabs(opened.await)
        }
    }

    pub(super) async fn job_done(&mut self, done: Done) {
        let event = match done {
            Done::Start(result) => Event::Started(result),
            Done::Connect(Ok(connected)) => Event::Connected(Ok(self.link_up(*connected))),
            Done::Connect(Err(error)) => Event::Connected(Err(error)),
            Done::Restore(result) => Event::Restored(result),
            Done::Tabs(result) => Event::TabsOpen(result.map(|terminals| {
                self.set_terminals(&terminals);
            })),
            Done::Reset(result) => Event::WasReset(result),
            Done::Save(result) => Event::Saved(result),
            Done::Stop(result) => Event::Stopped(result),
        };
        let starting = matches!(self.machine.phase, Phase::Starting { .. });
        self.step(event).await;
        if starting && matches!(self.machine.phase, Phase::Ready { .. }) {
            self.started();
        }
    }

    /// The times of a start are for the learners to come; this one need not wait for them.
    fn started(&self) {
        let times = self.stages.times();
        if times.len() < self.stages.count() {
            // A machine that was taken over: its start was not seen.
            return;
        }
        if !self.context.is_time_to_time(&self.record.lab) {
            return;
        }
        let (context, record) = (Arc::clone(&self.context), self.record.clone());
        tokio::spawn(async move {
            if let Err(error) = store_times(&context, &record, &times).await {
                tracing::warn!(session.id = %record.id, error = chain(&error), "times not stored");
            }
        });
    }

    fn link_up(&mut self, connected: Connected) -> Agent {
        self.unlink();
        let Connected {
            client,
            report,
            mut events,
        } = connected;
        let (me, link) = (self.me.clone(), self.link.serial);
        let reader = tokio::spawn(async move {
            while let Ok(Some(frame)) = frame::read_frame(&mut events).await {
                // An event of a newer agent that is not known here is passed over.
                if let (Kind::Control, Ok(event)) =
                    (frame.kind, serde_json::from_slice(&frame.bytes))
                    && me.send(Input::Agent { link, event }).await.is_err()
                {
                    return;
                }
            }
            let _ = me.send(Input::LinkClosed { link }).await;
        });
        self.link.reader = Some(reader.abort_handle());
        self.set_terminals(&report.terminals);
        self.programs = report
            .displays
            .iter()
            .map(|display| (display.app.clone(), view::program(display)))
            .collect();
        self.warnings = report.warnings;
        self.nodes = report
            .nodes
            .into_iter()
            .map(|node| (node.name, node.state))
            .collect();
        // The list first: who finds the channel must also find the terminals that it leads to.
        self.publish();
        self.link.client.send_replace(Some(client));
        match (report.failed, report.ready) {
            (Some(failure), _) => Agent::Failed(failure.message),
            (None, true) => Agent::Ready,
            (None, false) => Agent::Booting,
        }
    }

    /// Drops the channel, if there is one; what still comes from it is not heard any more.
    pub(super) fn unlink(&mut self) {
        self.link.serial += 1;
        if let Some(reader) = self.link.reader.take() {
            reader.abort();
        }
        self.link
            .client
            .send_if_modified(|client| client.take().is_some());
    }

    pub(super) async fn agent_says(&mut self, event: AgentEvent) {
        let now = self.context.clock.now();
        match event {
            AgentEvent::Stage { stage, done, .. } => {
                if done {
                    self.stages.done(stage, now);
                } else {
                    self.stages.begin(stage, now);
                }
                self.publish();
            }
            AgentEvent::Node(report) => {
                self.nodes.insert(report.name, report.state);
                self.publish();
            }
            AgentEvent::Ready { .. } => self.step(Event::AgentReady).await,
            AgentEvent::Failed(failure) => self.step(Event::AgentFailed(failure.message)).await,
            AgentEvent::TerminalEnded { terminal, .. } => {
                self.terminals.retain(|(id, _)| *id != terminal);
                let _ = self.notices.send(Notice::TerminalEnded { id: terminal });
                self.publish();
            }
            AgentEvent::Display(report) => {
                let program = view::program(&report);
                self.programs.insert(report.app, program);
                self.publish();
            }
            AgentEvent::LimitHit { node, limit } => {
                tracing::info!(session.id = %self.record.id, %node, limit, "a limit was hit");
            }
        }
    }
}

/// The start of a machine.
struct Start {
    /// It never had one: nothing of it is at the place.
    first: bool,
    restore: Restore,
    files: SessionId,
    kept: Vec<NodeName>,
}

impl Start {
    async fn run(self, context: &Context, mut spec: MachineSpec) -> Result<Kept, StartError> {
        let failed = |error: PlaceError| match error {
            PlaceError::Full { cause, .. } => StartError::Full(cause),
            PlaceError::Refused { cause, .. } => StartError::Refused(cause),
            other => StartError::Failed(chain(&other)),
        };
        let kept = self.look(context, &spec.session).await.map_err(failed)?;
        let restores = match self.restore {
            Restore::Yes => true,
            Restore::IfNothingKept => kept == Kept::Nothing,
            Restore::No => false,
        };
        if restores {
            for node in &mut spec.nodes {
                let archive = context.autosaves.open(&self.files, &node.name).await;
                let archive = archive.map_err(|error| StartError::Failed(chain(&error)))?;
                node.restore = archive.is_some() && self.kept.contains(&node.name);
            }
        }
        context.place.start(&spec).await.map_err(failed)?;
        Ok(kept)
    }

    async fn look(&self, context: &Context, id: &SessionId) -> Result<Kept, PlaceError> {
        if self.first {
            return Ok(Kept::Nothing);
        }
        let machines = context.place.observe().await?;
        let found = machines.iter().find(|machine| machine.id == *id);
        Ok(match found.map(|machine| machine.status) {
            Some(MachineStatus::Running) => Kept::Running,
            Some(MachineStatus::Dead) if context.place.capabilities().keeps_layers => Kept::Layers,
            _ => Kept::Nothing,
        })
    }
}

/// Opens a terminal for each tab whose node has none.
async fn open_missing(
    client: &Client,
    tabs: Vec<(String, NodeName)>,
) -> Result<Vec<TerminalReport>, JobError> {
    let (report, _) = link::status(client).await?;
    let mut terminals = report.terminals;
    for (id, node) in tabs {
        if !terminals.iter().any(|terminal| terminal.node == node) {
            link::make_terminal(client, &node, &id).await?;
            terminals.push(TerminalReport {
                terminal: id,
                node,
                end: 0,
            });
        }
    }
    Ok(terminals)
}

/// The client that there is, or a new one when its channel is closed.
async fn living(
    context: &Context,
    id: &SessionId,
    client: Option<Client>,
) -> Result<Client, JobError> {
    match client {
        Some(client) if client.closed().now_or_never().is_none() => Ok(client),
        _ => Ok(link::connect(context.place.as_ref(), id).await?.client),
    }
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, JobError>>,
) -> Result<T, LinkError> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or(Err(JobError::TooLong))
        .map_err(LinkError::from)
}
