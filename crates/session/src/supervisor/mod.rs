//! All sessions of an installation: finds, launches, watches and asks them. What the server and
//! `labwright run` are built on.
//!
//! Who may do what is decided above: nothing here knows roles.

mod check;
mod converge;
mod display;
mod handed_in;
mod kept;
mod launch;

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use labwright_grading::Values;
use labwright_model::{LabName, NodeName, SessionId, TaskId};
use labwright_place::Place;
use labwright_sql::Asker;
use labwright_store::{Autosaves, Learner, SessionRecord, SessionState, Store, UnixMs};
use labwright_wire::{Client, ClientError, Open, Reply, Stream};
use tokio::sync::{broadcast, oneshot, watch};

use crate::context::{Context, learner};
use crate::driver::{Handle, Input, values};
use crate::error::SessionError;
use crate::labs::{Labs, RunnableLab};
use crate::limits::Limits;
use crate::machine::{Event, Found, Machine, Refusal};
use crate::view::{Notice, Snapshot, TerminalView};

pub use check::Given;
pub use converge::Converged;
pub use display::Rfb;
pub use handed_in::{BrowserWork, Handed, NotTaken, Taken};
pub use kept::{Brought, Incoming, Kept};
pub use launch::Launched;

/// Activity of a learner is passed on at most so often, in milliseconds.
const TOUCH_MS: i64 = 5_000;
/// Longest wait for machines to stop when everything is stopped.
const STOP_ALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest wait for drivers when the server goes away.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// What a supervisor works with.
pub struct Setup {
    /// Where machines come from.
    pub place: Arc<dyn Place>,
    /// What is remembered.
    pub store: Store,
    /// Where files are kept.
    pub autosaves: Autosaves,
    /// The labs.
    pub labs: Arc<dyn Labs>,
    /// Bounds.
    pub limits: Limits,
    /// Session ids start with it: 1 to 8 of a-z, 0-9. Two supervisors on one place, such as a
    /// server and an author's preview, need different ones, for each stops the machines that
    /// bear its prefix and that it has no record of.
    pub id_prefix: String,
    /// Asks the labs' databases.
    pub asker: Asker,
}

/// All sessions; cheap to clone.
#[derive(Clone)]
pub struct Supervisor {
    context: Arc<Context>,
    tasks: Arc<Mutex<Vec<tokio::task::JoinHandle<()>>>>,
    /// Tasks being checked, so that each is checked once at a time.
    checking: Arc<Mutex<BTreeSet<(Learner, TaskId)>>>,
}

impl Supervisor {
    /// A supervisor without sessions; [`Supervisor::converge`] finds them.
    pub async fn new(setup: Setup) -> Result<Self, SessionError> {
        let key = setup.store.server_key().await?;
        Ok(Self {
            context: Arc::new(Context::new(setup, key)),
            tasks: Arc::default(),
            checking: Arc::default(),
        })
    }

    /// A session as it is now, also one that has ended.
    pub async fn view(&self, id: &SessionId) -> Result<Arc<Snapshot>, SessionError> {
        if let Some(handle) = self.find(id) {
            return Ok(handle.snapshot.borrow().clone());
        }
        let record = self.record(id).await?;
        let progress = self.context.progress(&record).await?;
        let (times, limits) = (self.times(&record), self.context.limits.clone());
        let now = self.now();
        let (machine, _) = Machine::resume(&record, Found::Nothing, times, limits, now);
        Ok(Arc::new(crate::driver::still(
            &self.context,
            &record,
            &machine,
            &progress,
        )))
    }

    /// Follows a session that lives.
    pub fn watch(&self, id: &SessionId) -> Result<watch::Receiver<Arc<Snapshot>>, SessionError> {
        Ok(self.live(id)?.snapshot.clone())
    }

    /// Rings when a session has come to life: who waits for one to be launched again looks then.
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.context.arrivals.subscribe()
    }

    /// What happens in a session that lives.
    pub fn notices(&self, id: &SessionId) -> Result<broadcast::Receiver<Notice>, SessionError> {
        Ok(self.live(id)?.notices.subscribe())
    }

    /// Waits until a session is as `until` wants it. Also returns when it has ended or failed.
    pub async fn wait(
        &self,
        id: &SessionId,
        until: impl Fn(&Snapshot) -> bool,
    ) -> Result<Arc<Snapshot>, SessionError> {
        let Ok(mut snapshots) = self.watch(id) else {
            return self.view(id).await;
        };
        let over = |snapshot: &Arc<Snapshot>| {
            until(snapshot) || matches!(snapshot.state, SessionState::Ended | SessionState::Failed)
        };
        let reached = snapshots
            .wait_for(over)
            .await
            .map(|snapshot| snapshot.clone());
        // The driver is gone: the session ended, or the server goes away.
        reached.map_err(|_| SessionError::GoingAway)
    }

    /// Every session that has a driver, for operators.
    pub fn all(&self) -> Vec<Arc<Snapshot>> {
        self.context.drivers(|drivers| {
            let snapshot = |handle: &Arc<Handle>| handle.snapshot.borrow().clone();
            drivers.values().map(snapshot).collect()
        })
    }

    /// Gives a session more time.
    pub async fn extend(&self, id: &SessionId) -> Result<Arc<Snapshot>, SessionError> {
        self.ask(id, Event::Extend).await
    }

    /// Starts one node, or the whole lab, afresh; its saved files are thrown away. Returns when it
    /// has begun.
    pub async fn reset(
        &self,
        id: &SessionId,
        node: Option<NodeName>,
    ) -> Result<Arc<Snapshot>, SessionError> {
        if let Some(node) = &node {
            let lab = self.lab(id).await?;
            if lab.lab.nodes.get(node).is_none_or(|node| node.hidden) {
                return Err(SessionError::NoNode { node: node.clone() });
            }
        }
        self.ask(id, Event::Reset(node)).await
    }

    /// Saves and ends a session; the learner's next one of this lab has its files. Returns when it
    /// has begun.
    pub async fn end(&self, id: &SessionId) -> Result<Arc<Snapshot>, SessionError> {
        self.ask(id, Event::End).await
    }

    /// Saves a session and puts it to sleep; a launch wakes it. Returns when it has begun.
    pub async fn sleep(&self, id: &SessionId) -> Result<Arc<Snapshot>, SessionError> {
        self.ask(id, Event::Sleep).await
    }

    /// Opens one more terminal on a node of the learner's.
    pub async fn add_terminal(
        &self,
        id: &SessionId,
        node: &NodeName,
    ) -> Result<TerminalView, SessionError> {
        let handle = self.live(id)?;
        let (answer, answered) = oneshot::channel();
        let input = Input::MakeTerminal {
            node: node.clone(),
            answer,
        };
        send(&handle, input).await?;
        answered.await.map_err(|_| SessionError::GoingAway)?
    }

    /// Ends a terminal and what runs in it.
    pub async fn close_terminal(&self, id: &SessionId, terminal: &str) -> Result<(), SessionError> {
        self.terminal(id, terminal)?;
        let open = Open::PtyClose {
            terminal: terminal.to_owned(),
        };
        self.open(id, &open).await?;
        Ok(())
    }

    /// Attaches to a terminal of the session's list.
    pub async fn open_terminal(
        &self,
        id: &SessionId,
        terminal: &str,
        cols: u16,
        rows: u16,
        since: Option<u64>,
    ) -> Result<(Reply, Stream), SessionError> {
        let listed = self.terminal(id, terminal)?;
        let open = Open::Pty {
            node: listed.node,
            terminal: listed.id,
            cols,
            rows,
            since,
            existing: true,
            argv: Vec::new(),
            user: None,
        };
        self.open(id, &open).await
    }

    /// Opens any stream to a session's agent. It forbids nothing: who calls it decides.
    pub async fn open(&self, id: &SessionId, open: &Open) -> Result<(Reply, Stream), SessionError> {
        let client = self.client(id)?;
        client
            .open(open)
            .await
            .map_err(|source| SessionError::Agent {
                id: id.clone(),
                source,
            })
    }

    /// The learner did something: the session is not idle.
    pub fn touch(&self, id: &SessionId) {
        let Some(handle) = self.find(id) else {
            return;
        };
        let now = self.now();
        let last = handle.touched_ms.load(Ordering::Relaxed);
        if now - last >= TOUCH_MS {
            handle.touched_ms.store(now, Ordering::Relaxed);
            // A full inbox means that a lot is going on: the next touch will do.
            let _ = handle.inbox.try_send(Input::Active);
        }
    }

    /// The lab of a session, as it is now.
    pub async fn lab(&self, id: &SessionId) -> Result<Arc<RunnableLab>, SessionError> {
        let (course, lab) = match self.find(id) {
            Some(handle) => {
                let snapshot = handle.snapshot.borrow();
                (snapshot.course.clone(), snapshot.lab.clone())
            }
            None => {
                let record = self.record(id).await?;
                (record.course, record.lab)
            }
        };
        let found = self.context.labs.find(&course, &lab);
        found.ok_or(SessionError::NoLab { course, lab })
    }

    /// What fills the placeholders of a session's pages and hints.
    pub async fn values(&self, id: &SessionId) -> Result<Values, SessionError> {
        values(&self.context, &self.record(id).await?)
    }

    /// Reveals one hint more of a task.
    pub async fn reveal_hint(
        &self,
        id: &SessionId,
        task: &TaskId,
    ) -> Result<Arc<Snapshot>, SessionError> {
        let record = self.record(id).await?;
        let lab = self.lab(id).await?;
        let found = check::find_task(&lab.lab, task)?;
        let available = u32::try_from(found.hints.len()).unwrap_or(u32::MAX);
        self.context
            .store
            .reveal_hint(&learner(&record), task, available)
            .await?;
        self.touch(id);
        self.refresh(id).await;
        self.view(id).await
    }

    /// Tells the sessions of a lab that its pages or checks changed.
    pub async fn lab_changed(&self, lab: &LabName) {
        let handles = self.context.drivers(|drivers| {
            let of_lab = |handle: &&Arc<Handle>| handle.snapshot.borrow().lab == *lab;
            drivers.values().filter(of_lab).cloned().collect::<Vec<_>>()
        });
        for handle in handles {
            let _ = handle.inbox.send(Input::LabChanged).await;
        }
    }

    /// The time, as sessions see it.
    pub fn now(&self) -> UnixMs {
        self.context.clock.now()
    }

    fn find(&self, id: &SessionId) -> Option<Arc<Handle>> {
        self.context.drivers(|drivers| drivers.get(id).cloned())
    }

    fn live(&self, id: &SessionId) -> Result<Arc<Handle>, SessionError> {
        self.find(id)
            .ok_or_else(|| SessionError::NoSession { id: id.clone() })
    }

    async fn record(&self, id: &SessionId) -> Result<SessionRecord, SessionError> {
        let record = self.context.store.session(id).await?;
        record.ok_or_else(|| SessionError::NoSession { id: id.clone() })
    }

    fn client(&self, id: &SessionId) -> Result<Client, SessionError> {
        let handle = self.live(id)?;
        let client = handle.link.borrow().clone();
        client.ok_or_else(|| not_ready(id))
    }

    fn terminal(&self, id: &SessionId, terminal: &str) -> Result<TerminalView, SessionError> {
        let handle = self.live(id)?;
        // Without a channel the list may not be here yet: it is not known what there is.
        if handle.link.borrow().is_none() {
            return Err(not_ready(id));
        }
        let snapshot = handle.snapshot.borrow();
        let listed = snapshot.terminals.iter().find(|t| t.id == terminal);
        listed.cloned().ok_or_else(|| SessionError::NoTerminal {
            terminal: terminal.to_owned(),
        })
    }

    async fn ask(&self, id: &SessionId, event: Event) -> Result<Arc<Snapshot>, SessionError> {
        let handle = match self.find(id) {
            Some(handle) => handle,
            // A session that sleeps has no driver after a restart; one that ended has none at all.
            None => {
                let record = self.record(id).await?;
                if record.state == SessionState::Ended {
                    return Err(over(id));
                }
                self.driver(record).await?
            }
        };
        match ask(&handle, event).await {
            // Its driver ended with it, between the look-up and the question.
            Err(SessionError::GoingAway)
                if handle.snapshot.borrow().state == SessionState::Ended =>
            {
                Err(over(id))
            }
            asked => {
                asked?;
                Ok(handle.snapshot.borrow().clone())
            }
        }
    }

    /// Lets a session's snapshot take in what was stored; an ended one has nobody to tell.
    async fn refresh(&self, id: &SessionId) {
        if let Some(handle) = self.find(id) {
            let (answer, answered) = oneshot::channel();
            if handle.inbox.send(Input::Refresh { answer }).await.is_ok() {
                let _ = answered.await;
            }
        }
    }
}

fn over(id: &SessionId) -> SessionError {
    SessionError::Refused {
        id: id.clone(),
        refusal: Refusal::Over,
    }
}

fn not_ready(id: &SessionId) -> SessionError {
    SessionError::Refused {
        id: id.clone(),
        refusal: Refusal::NotReady,
    }
}

async fn send(handle: &Handle, input: Input) -> Result<(), SessionError> {
    handle
        .inbox
        .send(input)
        .await
        .map_err(|_| SessionError::GoingAway)
}

async fn ask(handle: &Handle, event: Event) -> Result<(), SessionError> {
    let (answer, answered) = oneshot::channel();
    send(handle, Input::Ask { event, answer }).await?;
    answered.await.map_err(|_| SessionError::GoingAway)?
}

/// Whether a stream could not be opened because the channel is gone.
fn is_lost(error: &ClientError) -> bool {
    !matches!(error, ClientError::Refused(_))
}
