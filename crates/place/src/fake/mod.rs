//! A place without machines: agents that run in this process and nodes that are only acted.
//!
//! It is for the tests of everything above a place. It keeps the promises of [`Place`] (the
//! conformance suite runs on it), speaks the true wire protocol, and fails on request. It must
//! not need root, a file or a network.

mod agent;
mod capture;
mod connect;
mod disk;
mod exec;
mod shell;
mod terminal;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use labwright_model::{Lab, MachineSpec, NodeName, SessionId};
use labwright_wire::{CheckOutput, Event};
use tokio::io::DuplexStream;

use crate::{AgentChannel, Capabilities, MachineState, MachineStatus, Place, PlaceError, Problem};
use agent::Agent;
pub use disk::Files;
pub use shell::{Call, Output};

/// Answers a program run in place of the acted shell; `None` leaves it to the shell.
pub type ExecScript = Arc<dyn Fn(&Call) -> Option<Output> + Send + Sync>;
/// Answers a check in place of the acted shell; `None` leaves it to the shell.
pub type CheckScript = Arc<dyn Fn(&CheckCall) -> Option<CheckOutput> + Send + Sync>;

/// Answers a connection to a port of a node with the other end of its bytes; `None`: nothing
/// listens there.
pub type ConnectScript = Arc<dyn Fn(&ConnectCall) -> Option<DuplexStream> + Send + Sync>;

/// A connection that was asked for.
#[derive(Debug, Clone)]
pub struct ConnectCall {
    /// The session.
    pub session: SessionId,
    /// The node.
    pub node: NodeName,
    /// The port.
    pub port: u16,
}

/// A check that was asked for.
#[derive(Debug, Clone)]
pub struct CheckCall {
    /// The session.
    pub session: SessionId,
    /// The node.
    pub node: NodeName,
    /// Text of the script.
    pub script: String,
    /// Its environment.
    pub env: indexmap::IndexMap<String, String>,
    /// Who runs it.
    pub user: String,
}

/// How the fake behaves. Every change holds for what is started or asked afterwards.
#[derive(Clone, Default)]
pub struct Behaviour {
    /// The next so many starts fail; `u32::MAX` is forever.
    pub fail_starts: u32,
    /// So many starts make the machine and then fail all the same.
    pub fail_starts_half_made: u32,
    /// The next so many stops fail.
    pub fail_stops: u32,
    /// Nothing of the place can be reached.
    pub unreachable: bool,
    /// How long a start takes.
    pub start_delay: Duration,
    /// How long an agent takes until its nodes are ready.
    pub ready_delay: Duration,
    /// Agents report this failure instead of becoming ready.
    pub boot_failure: Option<String>,
    /// Agents die so long after their start.
    pub die_after: Option<Duration>,
    /// Answers programs.
    pub exec: Option<ExecScript>,
    /// Answers checks.
    pub check: Option<CheckScript>,
    /// Answers connections.
    pub connect: Option<ConnectScript>,
}

/// A place without machines. Clones are the same place.
#[derive(Clone, Default)]
pub struct FakePlace {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    machines: Mutex<BTreeMap<SessionId, Machine>>,
    behaviour: Arc<Mutex<Behaviour>>,
    starts: Mutex<u32>,
}

struct Machine {
    disk: disk::Disk,
    agent: Option<Agent>,
}

impl FakePlace {
    /// A place where everything goes well.
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes how it behaves from now on.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut lock(&self.inner.behaviour));
    }

    /// Lets every check be answered by `answer`.
    pub fn on_check(
        &self,
        answer: impl Fn(&CheckCall) -> Option<CheckOutput> + Send + Sync + 'static,
    ) {
        self.behave(|b| b.check = Some(Arc::new(answer)));
    }

    /// Lets every program be answered by `answer`.
    pub fn on_exec(&self, answer: impl Fn(&Call) -> Option<Output> + Send + Sync + 'static) {
        self.behave(|b| b.exec = Some(Arc::new(answer)));
    }

    /// Lets every connection to a port of a node be answered by `answer`.
    pub fn on_connect(
        &self,
        answer: impl Fn(&ConnectCall) -> Option<DuplexStream> + Send + Sync + 'static,
    ) {
        self.behave(|b| b.connect = Some(Arc::new(answer)));
    }

    /// Kills the agent of a machine, as `kill -9` would. Its files stay.
    pub fn kill(&self, id: &SessionId) {
        if let Some(machine) = lock(&self.inner.machines).get_mut(id) {
            machine.agent = None;
        }
    }

    /// Lets the agent of a machine tell this.
    pub fn tell(&self, id: &SessionId, event: Event) {
        if let Some(agent) = lock(&self.inner.machines)
            .get(id)
            .and_then(|machine| machine.agent.as_ref())
        {
            agent.tell(event);
        }
    }

    /// The files of a node, as they are now; for tests that look inside.
    pub fn files(&self, id: &SessionId, node: &NodeName) -> Option<Files> {
        let machines = lock(&self.inner.machines);
        machines.get(id).map(|machine| machine.disk.files(node))
    }

    /// Writes a file of a node, as a learner would.
    pub fn write_file(&self, id: &SessionId, node: &NodeName, path: &str, bytes: &[u8]) {
        if let Some(machine) = lock(&self.inner.machines).get(id) {
            machine.disk.write(node, path, bytes);
        }
    }

    /// How many agents were started so far.
    pub fn starts(&self) -> u32 {
        *lock(&self.inner.starts)
    }

    fn reachable(&self) -> Result<(), PlaceError> {
        if lock(&self.inner.behaviour).unreachable {
            return Err(PlaceError::Unreachable {
                place: self.name().to_owned(),
                cause: "it was told to be".to_owned(),
            });
        }
        Ok(())
    }

    fn boot(&self, spec: &MachineSpec) {
        let mut machines = lock(&self.inner.machines);
        let machine = machines
            .entry(spec.session.clone())
            .or_insert_with(|| Machine {
                disk: disk::Disk::default(),
                agent: None,
            });
        if machine.agent.as_ref().is_some_and(Agent::lives) {
            return;
        }
        let behaviour = Arc::clone(&self.inner.behaviour);
        machine.agent = Some(Agent::start(spec.clone(), machine.disk.clone(), behaviour));
        *lock(&self.inner.starts) += 1;
    }
}

#[async_trait]
impl Place for FakePlace {
    fn name(&self) -> &str {
        "fake"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            keeps_layers: true,
            netem: true,
        }
    }

    async fn validate(&self, _lab: &Lab) -> Vec<Problem> {
        Vec::new()
    }

    async fn start(&self, spec: &MachineSpec) -> Result<(), PlaceError> {
        self.reachable()?;
        let delay = lock(&self.inner.behaviour).start_delay;
        tokio::time::sleep(delay).await;
        let failed = || PlaceError::Failed {
            action: "starting",
            id: spec.session.clone(),
            cause: "it was told to fail".to_owned(),
        };
        if used_up(&mut lock(&self.inner.behaviour).fail_starts) {
            return Err(failed());
        }
        self.boot(spec);
        if used_up(&mut lock(&self.inner.behaviour).fail_starts_half_made) {
            return Err(failed());
        }
        Ok(())
    }

    async fn observe(&self) -> Result<Vec<MachineState>, PlaceError> {
        self.reachable()?;
        let machines = lock(&self.inner.machines);
        Ok(machines
            .iter()
            .map(|(id, machine)| MachineState {
                id: id.clone(),
                status: if machine.agent.as_ref().is_some_and(Agent::lives) {
                    MachineStatus::Running
                } else {
                    MachineStatus::Dead
                },
            })
            .collect())
    }

    async fn connect(&self, id: &SessionId) -> Result<AgentChannel, PlaceError> {
        self.reachable()?;
        let machines = lock(&self.inner.machines);
        machines
            .get(id)
            .and_then(|machine| machine.agent.as_ref()?.connect())
            .map(AgentChannel::new)
            .ok_or_else(|| PlaceError::NoMachine { id: id.clone() })
    }

    async fn stop(&self, id: &SessionId) -> Result<(), PlaceError> {
        self.reachable()?;
        if used_up(&mut lock(&self.inner.behaviour).fail_stops) {
            return Err(PlaceError::Failed {
                action: "stopping",
                id: id.clone(),
                cause: "it was told to fail".to_owned(),
            });
        }
        lock(&self.inner.machines).remove(id);
        Ok(())
    }
}

/// Takes one from a counter of failures that are left; `u32::MAX` never ends.
fn used_up(left: &mut u32) -> bool {
    match *left {
        0 => false,
        u32::MAX => true,
        n => {
            *left = n - 1;
            true
        }
    }
}

/// A test that panicked while it held the lock must not hide its own message behind a second one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
