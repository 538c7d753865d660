//! The machine role: one lab's nodes and networks, from a spec to ready, and what changes later.
//!
//! It knows kernel and runtime; it must not know streams or frames (`serve` does), nor what runs
//! inside a node beyond its `init::Control`.
//!
//! One thread, one `Rc<Machine>`; `serve` asks it and listens to its events.

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::io;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use futures::future::join_all;
use indexmap::IndexMap;
use labwright_model::{
    DisplaySpec, MachineSpec, NetworkSpec, NodeName, NodeSpec, NodeState, Shaping, Stage,
};
use labwright_wire::{Event, Failure, StatusReport};
use tokio::net::TcpStream;
use tokio::sync::{Notify, broadcast, mpsc, watch};

use crate::init::Control;
use crate::serve::{Doors, Listener};

mod alarms;
mod cgroup;
mod confine;
mod console;
mod disk;
mod display;
mod ground;
mod kernel;
mod links;
mod netlink;
mod node;
mod oci;
mod options;
mod packets;
mod reaper;
mod root;
mod runtime;
mod seccomp;
mod shaping;
mod wake;

use alarms::Alarms;
pub use console::Console;
use display::Display;
use ground::Ground;
use node::{Node, failure};
use options::Options;
pub use packets::Packets;
use runtime::Runtime;

/// Events that a slow listener may be behind before it loses some and must ask for the status.
const EVENTS: usize = 256;

/// The OOM killer takes the agent last.
const OOM_SCORE: &str = "-900";

/// What all nodes of a machine share.
struct Shared {
    ground: Ground,
    runtime: Runtime,
    /// As they are now: shaping changes.
    networks: RefCell<Vec<NetworkSpec>>,
    /// `PARAM_*`.
    params: IndexMap<String, String>,
    events: broadcast::Sender<Event>,
    /// Numbers of nodes whose services changed.
    changed: mpsc::UnboundedSender<usize>,
}

impl Shared {
    fn emit(&self, event: Event) {
        // Nobody listening is no error: who comes later asks for the status.
        let _ = self.events.send(event);
    }
}

/// The machine.
pub struct Machine {
    /// What it was started from.
    pub spec: MachineSpec,
    shared: Rc<Shared>,
    nodes: Vec<Rc<Node>>,
    displays: Vec<Rc<Display>>,
    epoch: String,
    began: Instant,
    /// It is one learner's, and may be told the time.
    wakes: bool,
    ready_ms: Cell<Option<u64>>,
    stopped: watch::Sender<bool>,
    /// Notified whenever somebody outside does something with a node, or sees it do something.
    pub stirred: Rc<Notify>,
    /// The boot, then one reset at a time.
    resetting: tokio::sync::Mutex<()>,
}

/// Runs the machine role; `words` follow `machine` on the command line.
pub fn main(words: impl Iterator<Item = OsString>) -> ExitCode {
    let began = Instant::now();
    let options = match Options::parse(words) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("labwright-agent machine: {message}");
            return ExitCode::from(2);
        }
    };
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_ansi(false)
        .init();
    match run(&options, began) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options, began: Instant) -> Result<(), Box<dyn std::error::Error>> {
    let spec = std::fs::read(&options.spec)
        .map_err(|error| format!("reading {}: {error}", options.spec.display()))?;
    let spec: MachineSpec = serde_json::from_slice(&spec)
        .map_err(|error| format!("{} is no machine spec: {error}", options.spec.display()))?;
    protect_from_oom();
    let listener = options.listen_fd.map(kernel::listener).transpose()?;
    let line = options.channel.as_deref().map(console::open);
    let line = line
        .transpose()
        .map_err(|error| format!("opening the channel: {error}"))?;
    let ground = Ground::prepare(options, &spec)?;
    display::prepare(&ground, &spec.displays)
        .map_err(|error| format!("making the folders of displays: {error}"))?;
    confine::confine(line.is_some())
        .map_err(|error| format!("giving up what is not needed: {error}"))?;
    tracing::info!(
        took_us = began.elapsed().as_micros() as u64,
        "ground prepared"
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let machine = Machine::new(spec, ground, &options.runtime, began, line.is_some())?;
        let doors = Doors {
            listener: listener.map(Listener::new).transpose()?,
            line: line.map(Console::new).transpose()?,
        };
        for display in &machine.displays {
            tokio::task::spawn_local(display.clone().run(machine.shared.clone()));
        }
        let booting = machine.clone();
        tokio::task::spawn_local(async move { booting.boot().await });
        let mut stopped = machine.stopped.subscribe();
        tokio::select! {
            () = crate::serve::serve(machine, doors) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
        Ok(())
    })
}

fn nodes(spec: &MachineSpec) -> Vec<Rc<Node>> {
    let made = |(at, node): (usize, &NodeSpec)| {
        let mut displays = spec.displays.iter();
        let display = displays.position(|display| display.node == node.name);
        Rc::new(Node::new(at, node.clone(), display))
    };
    spec.nodes.iter().enumerate().map(made).collect()
}

/// The displays of nodes that there are.
fn displays(spec: &MachineSpec, nodes: &[Rc<Node>]) -> Vec<Rc<Display>> {
    let made = |(at, display): (usize, &DisplaySpec)| {
        let node = nodes.iter().find(|node| node.spec.name == display.node)?;
        Some(Rc::new(Display::new(at, display.clone(), node.clone())))
    };
    spec.displays.iter().enumerate().filter_map(made).collect()
}

impl Machine {
    fn new(
        spec: MachineSpec,
        ground: Ground,
        runtime: &str,
        began: Instant,
        wakes: bool,
    ) -> io::Result<Rc<Self>> {
        let reaper = reaper::Reaper::start()?;
        let (changed, changes) = mpsc::unbounded_channel();
        let runtime = Runtime::new(runtime.to_owned(), ground.runtime_state(), reaper);
        let shared = Rc::new(Shared {
            runtime,
            networks: RefCell::new(spec.networks.clone()),
            params: parameters(&spec),
            events: broadcast::Sender::new(EVENTS),
            changed,
            ground,
        });
        let nodes = nodes(&spec);
        let machine = Rc::new(Self {
            displays: displays(&spec, &nodes),
            nodes,
            spec,
            shared,
            epoch: wake::epoch()?,
            began,
            wakes,
            ready_ms: Cell::default(),
            stopped: watch::Sender::new(false),
            stirred: Rc::default(),
            resetting: tokio::sync::Mutex::default(),
        });
        tokio::task::spawn_local(machine.clone().report_services(changes));
        tokio::task::spawn_local(machine.clone().report_limits());
        Ok(machine)
    }

    async fn boot(&self) {
        let _no_reset_meanwhile = self.resetting.lock().await;
        match self.boot_nodes().await {
            Ok(()) => self.become_ready(),
            Err(failure) => self.shared.emit(Event::Failed(failure)),
        }
    }

    /// The first time that all nodes are ready: after the boot, or after the reset that mended it.
    fn become_ready(&self) {
        let mut nodes = self.nodes.iter();
        let all_ready = nodes.all(|node| node.report().state == NodeState::Ready);
        if all_ready && self.ready_ms.get().is_none() {
            let at_ms = self.now_ms();
            self.ready_ms.set(Some(at_ms));
            tracing::info!(at_ms, "ready");
            self.shared.emit(Event::Ready { at_ms });
        }
    }

    /// Creates all nodes at once, and starts their services when all are linked, so that a
    /// `start` script finds every address of the lab.
    async fn boot_nodes(&self) -> Result<(), Failure> {
        self.stage(Stage::Networks, true);
        self.stage(Stage::Nodes, false);
        self.all(&self.nodes, |node| async move {
            node.create(&self.shared).await
        })
        .await?;
        self.stage(Stage::Nodes, true);
        self.stage(Stage::Services, false);
        self.all(
            &self.nodes,
            |node| async move { node.start(&self.shared).await },
        )
        .await?;
        self.stage(Stage::Services, true);
        Ok(())
    }

    /// The state of the machine; `serve` adds its terminals.
    pub fn report(&self) -> StatusReport {
        let nodes: Vec<_> = self.nodes.iter().map(|node| node.report()).collect();
        let all_ready = nodes.iter().all(|node| node.state == NodeState::Ready);
        // What fails later is the node's own matter: a reset may mend it.
        let failed = nodes.iter().find_map(|node| node.failed.clone());
        let failed = failed.filter(|_| self.ready_ms.get().is_none());
        StatusReport {
            version: labwright_wire::VERSION,
            epoch: self.epoch.clone(),
            ready: all_ready && self.ready_ms.get().is_some(),
            failed,
            ready_ms: self.ready_ms.get(),
            nodes,
            terminals: Vec::new(),
            displays: self.displays.iter().map(|one| one.report()).collect(),
            warnings: self.shared.ground.warnings.clone(),
        }
    }

    /// What happens from now on. Who falls behind is told so and asks for the report again.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.shared.events.subscribe()
    }

    /// Tells all listeners.
    pub fn emit(&self, event: Event) {
        self.shared.emit(event);
    }

    /// A node's init, when it runs.
    pub fn control(&self, name: &NodeName) -> Result<Control, Failure> {
        self.node(name)?.control().ok_or_else(|| Failure {
            code: "not_ready".to_owned(),
            message: format!("node {name} does not run"),
        })
    }

    /// A connection to the RFB port of a node's display; its first one when no app is named.
    pub async fn display(&self, name: &NodeName, app: Option<&str>) -> Result<TcpStream, Failure> {
        let mut displays = self.displays.iter();
        let wanted = |display: &&Rc<Display>| {
            display.spec.node == *name && app.is_none_or(|app| app == display.spec.app)
        };
        let display = displays.find(wanted).ok_or_else(|| Failure {
            code: "refused".to_owned(),
            message: format!("node {name} has no such display"),
        })?;
        display.connect().await
    }

    /// The saved files of a node are back.
    pub fn restored(&self, name: &NodeName) {
        if let Ok(node) = self.node(name) {
            node.restored();
        }
    }

    /// Starts a node, or all, afresh: what they have written is thrown away.
    pub async fn reset(&self, name: Option<&NodeName>) -> Result<(), Failure> {
        let _one_at_a_time = self.resetting.lock().await;
        let nodes: Vec<Rc<Node>> = match name {
            Some(name) => vec![self.node(name)?.clone()],
            None => self.nodes.clone(),
        };
        self.all(&nodes, |node| async move {
            node.end(&self.shared).await;
            node.discard(&self.shared).await?;
            node.create(&self.shared).await
        })
        .await?;
        self.all(&nodes, |node| async move { node.start(&self.shared).await })
            .await?;
        self.become_ready();
        Ok(())
    }

    /// Pulls a node's cable to a network out, or puts it in.
    pub fn set_link(&self, name: &NodeName, network: &str, up: bool) -> Result<(), Failure> {
        let node = self.node(name)?;
        let mut found = false;
        for (at, link) in node.spec.links.iter().enumerate() {
            if link.network.as_str() == network {
                found = true;
                let port = links::port_name(node.number, at);
                links::set_port(&port, up).map_err(|error| failure(error.to_string()))?;
            }
        }
        if found {
            return Ok(());
        }
        Err(failure(format!("node {name} is not on network {network}")))
    }

    /// The machine's interface that sees a network's packets, or one node's on it.
    pub fn interface(&self, network: &str, node: Option<&NodeName>) -> Result<String, Failure> {
        let Some(node) = node else {
            let mut networks = self.spec.networks.iter();
            let at = networks.position(|known| known.name.as_str() == network);
            let at = at.ok_or_else(|| failure(format!("there is no network {network}")))?;
            return Ok(links::bridge_name(at));
        };
        let node = self.node(node)?;
        let mut links = node.spec.links.iter();
        let at = links.position(|link| link.network.as_str() == network);
        at.map(|at| links::port_name(node.number, at))
            .ok_or_else(|| {
                failure(format!(
                    "node {} is not on network {network}",
                    node.spec.name
                ))
            })
    }

    /// Changes how a network slows traffic down.
    pub async fn shape(&self, network: &str, shaping: Shaping) -> Result<(), Failure> {
        if shaping::needs_netem(&shaping) && !self.shared.ground.netem {
            let netem = shaping::has_netem().map_err(|error| failure(error.to_string()))?;
            if !netem {
                return Err(Failure {
                    code: "unsupported".to_owned(),
                    message: format!("network {network}: this kernel has no netem"),
                });
            }
        }
        {
            let mut networks = self.shared.networks.borrow_mut();
            let known = networks
                .iter_mut()
                .find(|known| known.name.as_str() == network);
            let known = known.ok_or_else(|| failure(format!("there is no network {network}")))?;
            known.shaping = shaping;
        }
        for node in &self.nodes {
            let links = node.spec.links.iter().enumerate();
            for (at, _) in links.filter(|(_, link)| link.network.as_str() == network) {
                let port = links::port_name(node.number, at);
                links::shape_port(&port, &shaping).map_err(|error| failure(error.to_string()))?;
            }
        }
        Ok(())
    }

    /// Ends all nodes in order: asks first, kills what does not listen.
    pub async fn end_nodes(&self) {
        join_all(self.nodes.iter().map(|node| node.shut_down())).await;
    }

    /// Lets the agent exit; the kernel takes everything else along.
    pub fn exit(&self) {
        self.stopped.send_replace(true);
    }

    fn node(&self, name: &NodeName) -> Result<&Rc<Node>, Failure> {
        let found = self.nodes.iter().find(|node| node.spec.name == *name);
        found.ok_or_else(|| Failure {
            code: "unknown_node".to_owned(),
            message: format!("there is no node {name}"),
        })
    }

    /// Does the same with several nodes at once. Reports every failure and returns the first.
    async fn all<'a, F>(
        &'a self,
        nodes: &'a [Rc<Node>],
        act: impl Fn(&'a Rc<Node>) -> F,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<(), node::NodeError>> + 'a,
    {
        let results = join_all(nodes.iter().map(act)).await;
        let mut first = Ok(());
        for (node, result) in nodes.iter().zip(results) {
            let Err(error) = result else { continue };
            let failed = failure(format!("node {}: {error}", node.spec.name));
            node.fail(&self.shared, failed.clone());
            first = first.and(Err(failed));
        }
        first
    }

    async fn report_services(self: Rc<Self>, mut changes: mpsc::UnboundedReceiver<usize>) {
        while let Some(number) = changes.recv().await {
            if let Some(node) = self.nodes.get(number) {
                self.shared.emit(Event::Node(node.report()));
            }
        }
    }

    async fn report_limits(self: Rc<Self>) {
        let mut alarms = Alarms::new(&self.shared.ground, &self.spec.nodes);
        loop {
            tokio::time::sleep(alarms::LOOK).await;
            for (node, limit) in alarms.look() {
                tracing::warn!(node = %node, limit, "limit hit");
                let limit = limit.to_owned();
                self.shared.emit(Event::LimitHit { node, limit });
            }
            if !alarms.are_busy() {
                let stirred = self.stirred.notified();
                let _ = tokio::time::timeout(alarms::LOOK_AT_REST, stirred).await;
            }
        }
    }

    fn stage(&self, stage: Stage, done: bool) {
        let at_ms = self.now_ms();
        self.shared.emit(Event::Stage { stage, done, at_ms });
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A node's bomb must not take the agent along; nodes get a score of their own.
fn protect_from_oom() {
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE) {
        tracing::warn!(%error, "the agent is not protected from the OOM killer");
    }
}

/// `PARAM_<NAME>`: upper case, `-` as `_`.
fn parameters(spec: &MachineSpec) -> IndexMap<String, String> {
    let name = |name: &String| format!("PARAM_{}", name.to_uppercase().replace('-', "_"));
    let params = spec.params.iter();
    params
        .map(|(key, value)| (name(key), value.clone()))
        .collect()
}
