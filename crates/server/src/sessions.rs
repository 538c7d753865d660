//! The server's side of the supervisor: its answers become refusals, its labs become scenes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use labwright_gateway::limits::size;
use labwright_grading::{Shut, Values};
use labwright_model::{AppKind, Lab, LabName, NodeName, SessionId, TaskId, app_id};
use labwright_place::{Place, PlaceError};
use labwright_session::{
    BrowserWork, Converged, Given, Handed, Incoming, Kept, Notice, Progress, Refusal as Why, Rfb,
    RunnableLab, SessionError, Setup, Snapshot, Supervisor, Taken, TerminalView, progress,
    rule_for,
};
use labwright_store::{
    Account, AccountId, Attempt, CourseId, Learner, SessionRecord, SessionState, Store, StoreError,
    random_id,
};
use labwright_wire::{ClientError, Open, Reply, Stream};
use tokio::sync::{broadcast, watch};

use crate::language::Wanted;
use crate::view::Scene;
use crate::words::Refusal;

/// Longest wait for the place when readiness is asked for.
const PLACE_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest wait for one session's files to be saved when all are put to sleep.
const SLEEP_TIMEOUT: Duration = Duration::from_secs(30);
/// The setting that tells this database's sessions from those of others in the same place.
const ID_PREFIX: &str = "session_id_prefix";
/// Random characters of that prefix.
const ID_PREFIX_CHARS: usize = 5;

/// How often the place is asked when the server starts, and the pause in between.
const CONVERGE_TRIES: u32 = 20;
const CONVERGE_PAUSE: Duration = Duration::from_millis(500);

/// All sessions of this server.
pub(crate) struct Sessions {
    supervisor: Supervisor,
    place: Arc<dyn Place>,
    store: Store,
}

/// What the views of a session are made of.
pub(crate) struct Set {
    lab: Arc<RunnableLab>,
    values: Values,
}

impl Set {
    pub(crate) fn lab(&self) -> &Lab {
        &self.lab.lab
    }

    pub(crate) fn values(&self) -> &Values {
        &self.values
    }

    pub(crate) fn scene<'a>(&'a self, wanted: &'a Wanted) -> Scene<'a> {
        Scene {
            lab: &self.lab.lab,
            values: &self.values,
            wanted,
        }
    }
}

impl Sessions {
    /// Takes up the sessions of an earlier run: adopts machines that live, starts dead ones again.
    pub(crate) async fn start(setup: Setup) -> Result<Self, SessionError> {
        let (place, store) = (setup.place.clone(), setup.store.clone());
        let supervisor = Supervisor::new(setup).await?;
        let converged = converge(&supervisor).await?;
        tracing::info!(
            adopted = converged.adopted.len(),
            started = converged.started.len(),
            stopped = converged.stopped.len(),
            failed = converged.failed.len(),
            "sessions of the earlier run taken up"
        );
        Ok(Self {
            supervisor,
            place,
            store,
        })
    }

    /// Launches a lab; says whether the session is new.
    pub(crate) async fn launch(
        &self,
        account: &Account,
        course: &CourseId,
        lab: &LabName,
    ) -> Result<(Arc<Snapshot>, bool), Refusal> {
        let launched = self.supervisor.launch(&account.id, course, lab).await?;
        Ok((launched.snapshot, launched.created))
    }

    pub(crate) async fn snapshot(&self, id: &SessionId) -> Result<Arc<Snapshot>, Refusal> {
        Ok(self.supervisor.view(id).await?)
    }

    /// Follows a session; refused when nothing of it moves any more.
    pub(crate) fn watch(&self, id: &SessionId) -> Result<Watch, Refusal> {
        Ok((self.supervisor.watch(id)?, self.supervisor.notices(id)?))
    }

    /// Rings when a session has come to life.
    pub(crate) fn arrivals(&self) -> watch::Receiver<u64> {
        self.supervisor.arrivals()
    }

    /// The lab of a session and its learner's values.
    pub(crate) async fn set(&self, id: &SessionId) -> Result<Set, Refusal> {
        Ok(Set {
            lab: self.supervisor.lab(id).await?,
            values: self.supervisor.values(id).await?,
        })
    }

    /// How far an account is in a lab, over all its sessions.
    pub(crate) async fn progress(
        &self,
        account: &AccountId,
        course: &CourseId,
        lab: &Lab,
    ) -> Result<Progress, Refusal> {
        let learner = Learner {
            account: account.clone(),
            course: course.clone(),
            lab: lab.name.clone(),
        };
        let attempts = self.store.attempts_of(&learner).await?;
        let rule = rule_for(&self.store, &learner).await?;
        Ok(progress(lab, rule, &attempts, &BTreeMap::new()))
    }

    pub(crate) async fn check(
        &self,
        id: &SessionId,
        task: &TaskId,
        given: Given,
    ) -> Result<Attempt, Refusal> {
        Ok(self.supervisor.check(id, task, given).await?)
    }

    pub(crate) async fn hint(
        &self,
        id: &SessionId,
        task: &TaskId,
    ) -> Result<Arc<Snapshot>, Refusal> {
        Ok(self.supervisor.reveal_hint(id, task).await?)
    }

    pub(crate) async fn extend(&self, id: &SessionId) -> Result<Arc<Snapshot>, Refusal> {
        Ok(self.supervisor.extend(id).await?)
    }

    pub(crate) async fn reset(
        &self,
        id: &SessionId,
        node: Option<NodeName>,
    ) -> Result<Arc<Snapshot>, Refusal> {
        Ok(self.supervisor.reset(id, node).await?)
    }

    pub(crate) async fn end(&self, id: &SessionId) -> Result<Arc<Snapshot>, Refusal> {
        Ok(self.supervisor.end(id).await?)
    }

    pub(crate) async fn add_terminal(
        &self,
        id: &SessionId,
        node: &NodeName,
    ) -> Result<TerminalView, Refusal> {
        Ok(self.supervisor.add_terminal(id, node).await?)
    }

    pub(crate) async fn close_terminal(
        &self,
        id: &SessionId,
        terminal: &str,
    ) -> Result<(), Refusal> {
        Ok(self.supervisor.close_terminal(id, terminal).await?)
    }

    /// Attaches to a terminal.
    pub(crate) async fn attach(
        &self,
        id: &SessionId,
        terminal: &str,
        (cols, rows): (u16, u16),
        since: Option<u64>,
    ) -> Result<(Reply, Stream), Refusal> {
        let (cols, rows) = (size(cols), size(rows));
        Ok(self
            .supervisor
            .open_terminal(id, terminal, cols, rows, since)
            .await?)
    }

    /// Attaches to a terminal to look at it: its size stays what it is.
    pub(crate) async fn look_at(
        &self,
        id: &SessionId,
        terminal: &str,
        since: Option<u64>,
    ) -> Result<(Reply, Stream), Refusal> {
        let opened = self.supervisor.open_terminal(id, terminal, 0, 0, since);
        Ok(opened.await?)
    }

    /// Opens a capture: `network`, or `node:network`. Only what the lab shows: a network that no node
    /// of the learner's is on does not exist, nor does a hidden node.
    pub(crate) async fn capture(
        &self,
        id: &SessionId,
        source: &str,
        snap: Option<u32>,
    ) -> Result<(Reply, Stream), Refusal> {
        let (node, network) = match source.split_once(':') {
            Some((node, network)) => (Some(node), network),
            None => (None, source),
        };
        let view = self.supervisor.view(id).await?;
        let mut shown = view.nodes.iter().filter(|shown| {
            node.is_none_or(|node| shown.name.as_str() == node)
                && shown
                    .addresses
                    .keys()
                    .any(|known| known.as_str() == network)
        });
        let shown = shown.next().ok_or(Refusal::NotFound)?;
        let open = Open::Capture {
            network: network.to_owned(),
            node: node.map(|_| shown.name.clone()),
            snap,
        };
        Ok(self.supervisor.open(id, &open).await?)
    }

    /// Opens the RFB of a desktop app.
    pub(crate) async fn display(&self, id: &SessionId, app: &str) -> Result<Rfb, Refusal> {
        let lab = self.supervisor.lab(id).await?;
        let mut apps = lab.lab.apps.iter().enumerate();
        let node = apps.find_map(|(at, found)| match &found.kind {
            AppKind::Desktop { node, .. } if app_id(at) == app => Some(node.clone()),
            _ => None,
        });
        let node = node.ok_or(Refusal::NotFound)?;
        Ok(self.supervisor.display(id, node, app.to_owned()).await?)
    }

    /// Connects to a port of a node.
    pub(crate) async fn connect(
        &self,
        id: &SessionId,
        node: &NodeName,
        port: u16,
    ) -> Result<Stream, Refusal> {
        let open = Open::Connect {
            node: node.clone(),
            port,
        };
        match self.supervisor.open(id, &open).await {
            Ok((_, stream)) => Ok(stream),
            Err(SessionError::Agent {
                source: ClientError::Refused(failure),
                ..
            }) if failure.code == "refused" => Err(Refusal::NobodyListens),
            Err(SessionError::Agent {
                source: ClientError::TooManyStreams,
                ..
            }) => Err(Refusal::Busy),
            Err(SessionError::Agent {
                source: ClientError::Refused(failure),
                ..
            }) if failure.code == "limit" => Err(Refusal::Busy),
            Err(SessionError::Agent {
                source: ClientError::Closed,
                ..
            }) => Err(Refusal::NotReady),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps what was done in a browser.
    pub(crate) async fn hand_in(
        &self,
        learner: &Learner,
        work: &BrowserWork,
        handed: &[Handed],
    ) -> Result<Vec<Taken>, Refusal> {
        Ok(self.supervisor.hand_in(learner, work, handed).await?)
    }

    /// A learner's saved files of a lab.
    pub(crate) async fn kept(&self, learner: &Learner) -> Result<Kept, Refusal> {
        Ok(self.supervisor.kept(learner).await?)
    }

    /// One node's archive of those.
    pub(crate) async fn open_kept(
        &self,
        kept: &Kept,
        node: &NodeName,
    ) -> Result<Option<tokio::fs::File>, Refusal> {
        Ok(self.supervisor.open_kept(kept, node).await?)
    }

    /// Takes files for a learner's next session; none while one is open.
    pub(crate) async fn take_files(&self, learner: &Learner) -> Result<Option<Incoming>, Refusal> {
        Ok(self.supervisor.take_files(learner).await?)
    }

    /// The learner did something: the session is not idle.
    pub(crate) fn touch(&self, id: &SessionId) {
        self.supervisor.touch(id);
    }

    /// Where machines come from.
    pub(crate) fn place(&self) -> &str {
        self.place.name()
    }

    /// Whether machines can be started.
    pub(crate) async fn place_answers(&self) -> bool {
        let asked = tokio::time::timeout(PLACE_TIMEOUT, self.place.observe()).await;
        matches!(asked, Ok(Ok(_)))
    }

    /// Tells the sessions of a lab that it changed.
    pub(crate) async fn lab_changed(&self, lab: &LabName) {
        self.supervisor.lab_changed(lab).await;
    }

    /// Deletes saved files that nobody can use any more.
    pub(crate) async fn housekeep(&self) -> Result<(), SessionError> {
        self.supervisor.housekeep().await
    }

    /// The server goes away; machines live on.
    pub(crate) async fn let_go(&self) {
        self.supervisor.shutdown().await;
    }

    /// Saves every session and stops its machine.
    pub(crate) async fn sleep_all(&self) {
        let all = self.supervisor.all();
        for snapshot in &all {
            // One that neither runs nor starts refuses, and need not sleep.
            let _ = self.supervisor.sleep(&snapshot.id).await;
        }
        for snapshot in &all {
            let still = self.supervisor.wait(&snapshot.id, |snapshot| {
                snapshot.state == SessionState::Asleep
            });
            if tokio::time::timeout(SLEEP_TIMEOUT, still).await.is_err() {
                tracing::warn!(session.id = %snapshot.id, "a session could not be saved in time");
            }
        }
    }

    /// Stops every machine and saves nothing; says how many could not be stopped.
    pub(crate) async fn discard_all(&self) -> usize {
        self.supervisor.stop_all().await.len()
    }
}

/// A session's snapshots and what happens in it.
pub(crate) type Watch = (watch::Receiver<Arc<Snapshot>>, broadcast::Receiver<Notice>);

/// Whose scores a session adds to.
pub(crate) fn learner(session: &SessionRecord) -> Learner {
    Learner {
        account: session.account.clone(),
        course: session.course.clone(),
        lab: session.lab.clone(),
    }
}

/// What the ids of this database's sessions begin with. Several servers may use one place: each
/// stops only strays that bear its own prefix.
pub(crate) async fn id_prefix(store: &Store, wanted: Option<String>) -> Result<String, StoreError> {
    if let Some(prefix) = wanted {
        return Ok(prefix);
    }
    if let Some(prefix) = store.setting(ID_PREFIX).await? {
        return Ok(prefix);
    }
    // `s` for server: previews' ids begin otherwise.
    let random: String = random_id()?.chars().take(ID_PREFIX_CHARS).collect();
    let prefix = format!("s{random}");
    store.set_setting(ID_PREFIX, &prefix).await?;
    Ok(prefix)
}

/// A place's daemon may start a moment after the server.
async fn converge(supervisor: &Supervisor) -> Result<Converged, SessionError> {
    let mut tries = 1;
    loop {
        match supervisor.converge().await {
            Err(SessionError::Place(error)) if tries < CONVERGE_TRIES => {
                tracing::warn!(%error, "the place does not answer yet");
                tries += 1;
                tokio::time::sleep(CONVERGE_PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

impl From<SessionError> for Refusal {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::NoSession { .. }
            | SessionError::NoLab { .. }
            | SessionError::NoTask { .. }
            | SessionError::NoNode { .. }
            | SessionError::NoTerminal { .. } => Self::NotFound,
            SessionError::Refused { refusal, .. } => match refusal {
                Why::NotReady => Self::NotReady,
                Why::NoMoreTime => Self::NoMoreTime,
                Why::NoTimeLimit => Self::NoTimeLimit,
                Why::Resetting => Self::Resetting,
                Why::Over => Self::Over,
            },
            SessionError::Checking { .. } => Self::Checking,
            SessionError::Answer(error) => Self::BadAnswer(error),
            SessionError::Unsupported { .. } => Self::Unsupported,
            SessionError::AttemptMismatch => Self::BadRequest(error.to_string()),
            SessionError::Prepare { cause } => Self::CannotStart(cause),
            SessionError::Store(error) => error.into(),
            SessionError::Place(PlaceError::Full { .. }) => Self::Full,
            SessionError::GoingAway => Self::Busy,
            SessionError::Shut(shut) => shut.into(),
            SessionError::Agent {
                source: ClientError::Refused(failure),
                ..
            } => agent_refusal(&failure.code),
            SessionError::Agent { .. } | SessionError::Timeout { .. } => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a machine did not answer"
                );
                Self::NoAnswer
            }
            SessionError::Place(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the place failed");
                Self::NoAnswer
            }
        }
    }
}

impl From<Shut> for Refusal {
    fn from(shut: Shut) -> Self {
        match shut {
            Shut::NotOpen => Self::NotOpen,
            Shut::Closed => Self::LabClosed,
            Shut::NoTriesLeft => Self::NoTriesLeft,
        }
    }
}

/// A refusal of the agent's, by its code.
fn agent_refusal(code: &str) -> Refusal {
    match code {
        "limit" => Refusal::TerminalLimit,
        "not_ready" => Refusal::NotReady,
        "unknown_node" | "unknown_terminal" => Refusal::NotFound,
        other => {
            tracing::warn!(code = other, "the agent refused");
            Refusal::NoAnswer
        }
    }
}
