//! An acted agent: the lower end of the true wire protocol, in a thread of its own.
//!
//! The thread stands for the machine: when it ends, every channel to it closes, as when the
//! kernel takes a real machine away.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use labwright_model::{MachineSpec, NodeName, NodeState, Stage};
use labwright_wire::{
    Event, Failure, NodeReport, ServiceReport, StatusReport, TerminalReport, VERSION, server,
};
use tokio::io::DuplexStream;
use tokio::sync::{Notify, broadcast, mpsc};

use super::terminal::Terminal;
use super::{Behaviour, disk::Disk, exec, lock};

/// Bytes that wait in each direction of a channel.
const CHANNEL_BYTES: usize = 64 * 1024;
/// Events that wait for a slow listener; one that falls behind is cut off.
const WAITING_EVENTS: usize = 256;

static EPOCHS: AtomicU64 = AtomicU64::new(1);

/// A handle on a living agent. The agent dies when it is dropped.
pub(crate) struct Agent {
    doors: mpsc::UnboundedSender<DuplexStream>,
    events: broadcast::Sender<Event>,
}

impl Agent {
    pub(crate) fn start(spec: MachineSpec, disk: Disk, behaviour: Arc<Mutex<Behaviour>>) -> Self {
        let (doors, visitors) = mpsc::unbounded_channel();
        let events = broadcast::Sender::new(WAITING_EVENTS);
        let told = events.clone();
        std::thread::spawn(move || live(spec, disk, behaviour, visitors, told));
        Self { doors, events }
    }

    /// Says this to all who listen.
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    pub(crate) fn lives(&self) -> bool {
        !self.doors.is_closed()
    }

    pub(crate) fn connect(&self) -> Option<DuplexStream> {
        let (ours, theirs) = tokio::io::duplex(CHANNEL_BYTES);
        self.doors.send(theirs).ok().map(|()| ours)
    }
}

/// What all streams of an agent share.
pub(crate) struct Shared {
    pub(crate) spec: MachineSpec,
    pub(crate) disk: Disk,
    pub(crate) behaviour: Arc<Mutex<Behaviour>>,
    pub(crate) terminals: RefCell<BTreeMap<String, Terminal>>,
    pub(crate) events: broadcast::Sender<Event>,
    /// Asked to stop.
    pub(crate) stop: Notify,
    report: RefCell<StatusReport>,
    started: Instant,
}

impl Shared {
    pub(crate) fn report(&self) -> StatusReport {
        let mut report = self.report.borrow().clone();
        report.terminals = self
            .terminals
            .borrow()
            .iter()
            .map(|(id, terminal)| TerminalReport {
                terminal: id.clone(),
                node: terminal.node.clone(),
                end: terminal.end(),
            })
            .collect();
        report
    }

    pub(crate) fn node_exists(&self, node: &NodeName) -> Result<(), Failure> {
        if self.spec.nodes.iter().any(|n| n.name == *node) {
            return Ok(());
        }
        Err(failure("unknown_node", format!("there is no node {node}")))
    }

    /// Like a true agent: nothing runs in a node before it is ready.
    pub(crate) fn node_ready(&self, node: &NodeName) -> Result<(), Failure> {
        self.node_exists(node)?;
        if self.report.borrow().ready {
            return Ok(());
        }
        Err(failure("not_ready", format!("node {node} is not ready")))
    }

    fn at_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// An event without listeners is no error.
    pub(crate) fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }

    fn set_nodes(&self, state: NodeState) {
        let mut report = self.report.borrow_mut();
        for node in &mut report.nodes {
            node.state = state;
            for service in &mut node.services {
                service.running = state == NodeState::Ready;
            }
            self.tell(Event::Node(node.clone()));
        }
    }
}

pub(crate) fn failure(code: &str, message: impl Into<String>) -> Failure {
    Failure {
        code: code.to_owned(),
        message: message.into(),
    }
}

fn live(
    spec: MachineSpec,
    disk: Disk,
    behaviour: Arc<Mutex<Behaviour>>,
    visitors: mpsc::UnboundedReceiver<DuplexStream>,
    events: broadcast::Sender<Event>,
) {
    // Without a runtime there is no agent: the place then sees a dead machine.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
    else {
        return;
    };
    let shared = Rc::new(Shared {
        report: RefCell::new(first_report(&spec)),
        spec,
        disk,
        behaviour,
        terminals: RefCell::default(),
        events,
        stop: Notify::new(),
        started: Instant::now(),
    });
    tokio::task::LocalSet::new().block_on(&runtime, until_dead(shared, visitors));
}

async fn until_dead(shared: Rc<Shared>, mut visitors: mpsc::UnboundedReceiver<DuplexStream>) {
    let lifetime = lock(&shared.behaviour).die_after;
    let death = async {
        match lifetime {
            Some(lifetime) => tokio::time::sleep(lifetime).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(death);
    tokio::task::spawn_local(boot(Rc::clone(&shared)));
    loop {
        tokio::select! {
            visitor = visitors.recv() => match visitor {
                Some(channel) => {
                    let shared = Rc::clone(&shared);
                    let handle = move |open, stream| exec::serve(Rc::clone(&shared), open, stream);
                    tokio::task::spawn_local(server::serve(channel, handle));
                }
                None => return,
            },
            () = &mut death => return,
            () = shared.stop.notified() => return,
        }
    }
}

fn first_report(spec: &MachineSpec) -> StatusReport {
    let number = EPOCHS.fetch_add(1, Ordering::Relaxed);
    StatusReport {
        version: VERSION,
        epoch: format!("epoch-{number}"),
        ready: false,
        failed: None,
        ready_ms: None,
        nodes: spec
            .nodes
            .iter()
            .map(|node| NodeReport {
                name: node.name.clone(),
                state: NodeState::Waiting,
                services: node
                    .services
                    .iter()
                    .map(|service| ServiceReport {
                        name: service.name.clone(),
                        running: false,
                        restarts: 0,
                        exit: None,
                    })
                    .collect(),
                failed: None,
            })
            .collect(),
        terminals: Vec::new(),
        displays: Vec::new(),
        warnings: Vec::new(),
    }
}

/// Tells the story of a boot in the order in which a true agent does.
pub(crate) async fn boot(shared: Rc<Shared>) {
    let (delay, fails) = {
        let behaviour = lock(&shared.behaviour);
        (behaviour.ready_delay, behaviour.boot_failure.clone())
    };
    let stages = [
        (Stage::Networks, None),
        (Stage::Nodes, Some(NodeState::Creating)),
        (Stage::Services, Some(NodeState::Starting)),
    ];
    let pause = delay / u32::try_from(stages.len()).unwrap_or(1);
    for (stage, state) in stages {
        tell_stage(&shared, stage, false);
        if let Some(state) = state {
            shared.set_nodes(state);
        }
        wait(pause).await;
        if let (Stage::Nodes, Some(message)) = (stage, &fails) {
            let failed = failure("failed", message.as_str());
            shared.set_nodes(NodeState::Failed);
            shared.report.borrow_mut().failed = Some(failed.clone());
            shared.tell(Event::Failed(failed));
            return;
        }
        tell_stage(&shared, stage, true);
    }
    shared.set_nodes(NodeState::Ready);
    let at_ms = shared.at_ms();
    {
        let mut report = shared.report.borrow_mut();
        report.ready = true;
        report.ready_ms = Some(at_ms);
    }
    shared.tell(Event::Ready { at_ms });
}

fn tell_stage(shared: &Shared, stage: Stage, done: bool) {
    shared.tell(Event::Stage {
        stage,
        done,
        at_ms: shared.at_ms(),
    });
}

async fn wait(pause: Duration) {
    if pause.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(pause).await;
    }
}
