//! One node: from nothing to ready, and back.
//!
//! Waiting -> Creating (root, runtime, links) -> Starting (`start`, services) -> Ready. A failure
//! at any step, or the end of its init at any time, is Failed; a reset begins again at Creating.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use labwright_model::{NodeSpec, NodeState};
use labwright_wire::{Event, Exit, Failure, NodeReport};
use rustix::process::Signal;
use tokio::io::unix::AsyncFd;
use tokio::sync::{oneshot, watch};

use super::ground::Ground;
use super::links::{self, LinkError};
use super::oci::{self, Surroundings};
use super::runtime::RuntimeError;
use super::{Shared, display, kernel, root};
use crate::init::run::Script;
use crate::init::service::Services;
use crate::init::{Control, InitError, channel};

/// Longest run of a `start` script.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a node waits for its saved files before it gives up.
const RESTORE_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a node's init may take to say that it runs.
const HELLO_TIMEOUT: Duration = Duration::from_secs(30);
/// Between asking a node's processes to end and ending them.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// Most bytes of a failed `start` script's complaint that are passed on.
const COMPLAINT_CHARS: usize = 2000;

/// Why a node could not be started.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A step on the machine.
    #[error("{what}: {source}")]
    Step {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The OCI runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// Its links.
    #[error("{0}{cause}", cause = cause(.0))]
    Links(#[source] LinkError),
    /// Its init.
    #[error("its init: {0}")]
    Init(#[from] InitError),
    /// Its init says nothing.
    #[error("its init did not start within {} s", HELLO_TIMEOUT.as_secs())]
    Silent,
    /// Nobody brought its saved files.
    #[error("its saved files did not come within {} s", RESTORE_TIMEOUT.as_secs())]
    NotRestored,
    /// Its `start` script.
    #[error("its start script {how}{words}")]
    Start {
        /// How it ended.
        how: String,
        /// The end of what it wrote.
        words: String,
    },
}

/// One node of the machine.
pub struct Node {
    /// What it is to be.
    pub spec: NodeSpec,
    /// Its number in the machine's spec.
    pub number: usize,
    report: RefCell<NodeReport>,
    life: RefCell<Option<Life>>,
    /// Counts its lives, so that the end of an earlier one changes nothing.
    lives: Cell<u32>,
    /// The number of its first display.
    display: Option<usize>,
    /// Its saved files are back, or it has none.
    restored: watch::Sender<bool>,
}

/// What a node has while its init runs.
struct Life {
    control: Control,
    process: Rc<AsyncFd<OwnedFd>>,
    services: Option<Services>,
}

impl Node {
    /// A node that waits.
    pub fn new(number: usize, spec: NodeSpec, display: Option<usize>) -> Self {
        let report = NodeReport {
            name: spec.name.clone(),
            state: NodeState::Waiting,
            services: Vec::new(),
            failed: None,
        };
        Self {
            restored: watch::Sender::new(!spec.restore),
            spec,
            number,
            report: RefCell::new(report),
            life: RefCell::default(),
            lives: Cell::default(),
            display,
        }
    }

    /// How it is.
    pub fn report(&self) -> NodeReport {
        let mut report = self.report.borrow().clone();
        if let Some(services) = self
            .life
            .borrow()
            .as_ref()
            .and_then(|life| life.services.as_ref())
        {
            report.services = services.reports();
        }
        report
    }

    /// The handle to its init, while that runs.
    pub fn control(&self) -> Option<Control> {
        self.life.borrow().as_ref().map(|life| life.control.clone())
    }

    /// Makes its root, its container and its links.
    pub async fn create(self: &Rc<Self>, shared: &Rc<Shared>) -> Result<(), NodeError> {
        let began = Instant::now();
        self.become_state(shared, NodeState::Creating);
        let (agents_end, inits_end) =
            channel::pair().map_err(step("making its control channel"))?;
        let root = self.write_bundle(&shared.ground)?;
        let prepared = began.elapsed();
        let bundle = shared.ground.bundle(self.spec.name.as_str());
        let name = self.spec.name.as_str();
        let pid = shared.runtime.run(name, &bundle, inits_end).await?;
        let ran = began.elapsed();
        let control = Control::new(agents_end, self.environment())
            .map_err(step("taking its control channel"))?;
        let process = kernel::process_descriptor(pid).map_err(step("watching its init"))?;
        root::unmount(&root).map_err(step("hiding its root"))?;
        *self.life.borrow_mut() = Some(Life {
            control: control.clone(),
            process: Rc::new(process),
            services: None,
        });
        self.link(shared, pid).await?;
        let linked = began.elapsed();
        tokio::time::timeout(HELLO_TIMEOUT, control.hello())
            .await
            .map_err(|_| NodeError::Silent)??;
        self.watch(shared, control);
        tracing::info!(
            node = name,
            prepared_us = prepared.as_micros() as u64,
            ran_us = (ran - prepared).as_micros() as u64,
            linked_us = (linked - ran).as_micros() as u64,
            "node created"
        );
        Ok(())
    }

    /// Its saved files are back: `start` may run.
    pub fn restored(&self) {
        self.restored.send_replace(true);
    }

    /// Waits for saved files that will come; runs `start` and its services, until the init scripts have returned.
    pub async fn start(self: &Rc<Self>, shared: &Rc<Shared>) -> Result<(), NodeError> {
        let control = self.control().ok_or(InitError::Ended)?;
        let mut restored = self.restored.subscribe();
        let restored = restored.wait_for(|restored| *restored);
        tokio::time::timeout(RESTORE_TIMEOUT, restored)
            .await
            .map_err(|_| NodeError::NotRestored)?
            .map_err(|_| NodeError::NotRestored)?;
        self.become_state(shared, NodeState::Starting);
        if let Some(script) = &self.spec.start {
            let script = Script {
                text: &script.text,
                env: &shared.params,
                user: "root",
                timeout: START_TIMEOUT,
            };
            let output = control.run_script(&script).await?;
            if output.exit != Some(Exit::Code(0)) {
                return Err(start_error(output.exit, &output.stdout, &output.stderr));
            }
        }
        let changed = shared.changed.clone();
        let number = self.number;
        let services = Services::start(&control, &self.spec.services, move || {
            let _ = changed.send(number);
        });
        let services = services.await;
        if let Some(life) = self.life.borrow_mut().as_mut() {
            life.services = Some(services);
        }
        self.become_state(shared, NodeState::Ready);
        Ok(())
    }

    /// Asks everything in it to end. The node is gone afterwards, but for what the runtime and
    /// the kernel still remember of it.
    pub async fn shut_down(&self) {
        self.lives.set(self.lives.get() + 1);
        let life = self.life.borrow_mut().take();
        if let Some(mut life) = life {
            life.services.take();
            let _ = tokio::time::timeout(STOP_GRACE * 2, life.control.shutdown(STOP_GRACE)).await;
        }
    }

    /// Ends its init at once, and with it everything in it, and forgets the container. Goes on
    /// after errors; succeeds on a node that does not run.
    pub async fn end(&self, shared: &Shared) {
        self.lives.set(self.lives.get() + 1);
        let life = self.life.borrow_mut().take();
        if let Some(life) = life {
            let _ = rustix::process::pidfd_send_signal(life.process.get_ref(), Signal::KILL);
            let _ = life.process.readable().await;
        }
        let name = self.spec.name.as_str();
        let bundle = shared.ground.bundle(name);
        if shared.runtime.knows(name) {
            if let Err(error) = shared.runtime.delete(name, &bundle).await {
                tracing::warn!(node = name, %error, "the runtime could not forget the node");
            }
        }
        let _ = links::unlink_node(&self.spec, self.number);
        let _ = root::unmount(&bundle.join("root"));
        shared.ground.cgroups.remove_node(name);
    }

    /// Throws away what was written in it; it must have ended. The other nodes' streams go on
    /// meanwhile.
    pub async fn discard(&self, shared: &Shared) -> Result<(), NodeError> {
        let (disk, name) = (shared.ground.disk(&self.spec.name), self.spec.name.clone());
        let thrown = tokio::task::spawn_blocking(move || root::discard(&disk, &name));
        let thrown = thrown.await.unwrap_or_else(|error| Err(error.into()));
        thrown.map_err(step("throwing its files away"))
    }

    /// Says that it failed, and why.
    pub fn fail(&self, shared: &Shared, failure: Failure) {
        let name = &self.spec.name;
        tracing::error!(node = %name, cause = failure.message, "node failed");
        self.report.borrow_mut().failed = Some(failure);
        self.become_state(shared, NodeState::Failed);
    }

    fn become_state(&self, shared: &Shared, state: NodeState) {
        {
            let mut report = self.report.borrow_mut();
            report.state = state;
            if state != NodeState::Failed {
                report.failed = None;
            }
        }
        shared.emit(Event::Node(self.report()));
    }

    fn write_bundle(&self, ground: &Ground) -> Result<std::path::PathBuf, NodeError> {
        let bundle = ground.bundle(self.spec.name.as_str());
        std::fs::create_dir_all(&bundle).map_err(step("making its bundle"))?;
        let root = root::mount(ground, &self.spec).map_err(step("mounting its root"))?;
        let surroundings = Surroundings {
            root: &root,
            init: &ground.binary,
            ids: ground.confine.ids(self.spec.hidden),
            user_namespace: ground.user_namespace(self.spec.hidden),
            cgroup: ground.cgroups.runtime_path(self.spec.name.as_str()),
            limits_swap: ground.cgroups.limits_swap(),
            has_32_bit: root::has_32_bit(ground, &self.spec),
            sysctl_folders: &ground.sysctl_folders,
            x11: display::x11_of(ground, &self.spec.name),
        };
        let configuration = oci::configuration(&self.spec, &surroundings);
        std::fs::write(bundle.join("config.json"), configuration.to_string())
            .map_err(step("writing its configuration"))?;
        Ok(root)
    }

    fn environment(&self) -> Vec<(String, String)> {
        let mut env: IndexMap<String, String> = IndexMap::new();
        for entry in &self.spec.image_env {
            if let Some((name, value)) = entry.split_once('=') {
                env.insert(name.to_owned(), value.to_owned());
            }
        }
        // So that a terminal can start a program on the screen, too.
        env.extend(
            self.display
                .map(|display| ("DISPLAY".to_owned(), display::name(display))),
        );
        env.extend(self.spec.env.clone());
        env.into_iter().collect()
    }

    /// On a thread of its own, which enters the node's network namespace and ends there.
    async fn link(self: &Rc<Self>, shared: &Rc<Shared>, pid: i32) -> Result<(), NodeError> {
        let networks = shared.networks.borrow().clone();
        let (node, number) = (self.spec.clone(), self.number);
        let upper = networks.clone();
        in_thread(move || {
            let position = links::Position {
                node: number,
                pid,
                networks: &networks,
            };
            links::link_node(&node, &position)
        })
        .await
        .map_err(NodeError::Links)?;
        for (at, link) in self.spec.links.iter().enumerate() {
            let network = upper.iter().find(|network| network.name == link.network);
            if let Some(network) = network {
                let shaping = shared.ground.possible(&network.shaping);
                links::shape_port(&links::port_name(self.number, at), &shaping)
                    .map_err(NodeError::Links)?;
            }
        }
        Ok(())
    }

    /// Reports the end of its init, unless somebody wanted it.
    fn watch(self: &Rc<Self>, shared: &Rc<Shared>, control: Control) {
        let life = self.lives.get();
        let (node, shared) = (self.clone(), shared.clone());
        tokio::task::spawn_local(async move {
            control.ended().await;
            if node.lives.get() == life {
                let message = format!("node {}: its init has ended", node.spec.name);
                node.fail(&shared, failure(message));
            }
        });
    }
}

/// Runs blocking work that leaves its thread unusable.
pub async fn in_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LinkError> + Send + 'static,
) -> Result<T, LinkError> {
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new().spawn(move || {
        let _ = sender.send(work());
    })?;
    receiver
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the thread panicked").into()))
}

/// A failure for the wire.
pub fn failure(message: String) -> Failure {
    Failure {
        code: "failed".to_owned(),
        message,
    }
}

fn start_error(exit: Option<Exit>, stdout: &str, stderr: &str) -> NodeError {
    let how = match exit {
        None => format!("took longer than {} s", START_TIMEOUT.as_secs()),
        Some(Exit::Code(code)) => format!("ended with status {code}"),
        Some(Exit::Signal(signal)) => format!("was ended by signal {signal}"),
    };
    let said = if stderr.trim().is_empty() {
        stdout
    } else {
        stderr
    }
    .trim();
    let skip = said.chars().count().saturating_sub(COMPLAINT_CHARS);
    let said: String = said.chars().skip(skip).collect();
    let words = if said.is_empty() {
        said
    } else {
        format!(": {said}")
    };
    NodeError::Start { how, words }
}

fn cause(error: &LinkError) -> String {
    std::error::Error::source(error).map_or_else(String::new, |source| format!(": {source}"))
}

fn step(what: &'static str) -> impl FnOnce(io::Error) -> NodeError {
    move |source| NodeError::Step { what, source }
}
