//! The root side of the local place, as a library: `labwright host` serves it over a socket, and
//! commands that run as root use it in their own process.
//!
//! It holds no truth of its own. What exists is read from cgroups and directories each time, so
//! it may be killed at any moment, and several may work on one installation.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use labwright_model::{MachineSpec, SessionId};
use labwright_place::{AgentChannel, MachineState, MachineStatus, PlaceError};
use labwright_wire::{Client, Open};
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;

use crate::admission::{Admission, Turn};
use crate::cgroup::Cgroups;
use crate::error::HostError;
use crate::record::Record;
use crate::{Installation, kernel, machine, shared};

/// How long an agent may take to stop in order, before it is killed.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// Time between two rounds of the reaper.
const REAP_EVERY: Duration = Duration::from_secs(30);

/// A session as `labwright session ls` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// Its id.
    pub id: SessionId,
    /// Its lab, where it is known.
    pub lab: Option<String>,
    /// What its machine is doing.
    pub status: MachineStatus,
    /// When it was first started, in seconds since 1970.
    pub made_at_s: Option<u64>,
}

/// The root side of the local place. Clones are the same one.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

struct Inner {
    installation: Installation,
    cgroups: Cgroups,
    admission: Admission,
    /// Sessions and how many of their agents this process watches: two when one is dying and
    /// the next is there already.
    watched: Mutex<BTreeMap<SessionId, u32>>,
}

impl Host {
    /// Makes nothing yet; needs to be root for everything that follows.
    pub fn new(installation: Installation) -> Result<Self, HostError> {
        let cgroups = Cgroups::discover()?;
        Ok(Self {
            inner: Arc::new(Inner {
                installation,
                cgroups,
                admission: Admission::for_this_machine(),
                watched: Mutex::default(),
            }),
        })
    }

    /// Where it lives.
    pub fn installation(&self) -> &Installation {
        &self.inner.installation
    }

    /// Starts a machine; see [`labwright_place::Place::start`]. Waits for its turn when many
    /// machines start at once.
    pub async fn start(&self, spec: &MachineSpec) -> Result<(), PlaceError> {
        let turn = self.inner.admission.turn().await;
        let work = self.clone().start_now(turn, spec.clone());
        // On a task of its own: who asked may lose patience, but nothing stays half-done.
        let started = tokio::spawn(work).await.unwrap_or(Err(HostError::CutShort));
        started.map_err(|error| error.while_("starting", &spec.session))
    }

    async fn start_now(self, turn: Turn, spec: MachineSpec) -> Result<(), HostError> {
        let (id, lab) = (spec.session.clone(), spec.lab.clone());
        let host = self.clone();
        let started = blocking(move || {
            shared::widen();
            let inner = &host.inner;
            machine::start(&inner.installation, &inner.cgroups, &spec)
        });
        if let Some(process) = started.await? {
            tracing::info!(session.id = %id, lab.name = %lab, "machine started");
            turn.until_ready(self.inner.installation.agent_socket(&id));
            self.watch(id, process);
        }
        Ok(())
    }

    /// Every machine, also half-made and dead ones. Who observes also looks after what it sees:
    /// machines that another process started are watched, and dead ones cleaned up behind.
    pub async fn observe(&self) -> Result<Vec<MachineState>, PlaceError> {
        let sessions = self.list().await;
        self.look_after(&sessions).await;
        let machines = sessions.into_iter().map(|session| MachineState {
            id: session.id,
            status: session.status,
        });
        Ok(machines.collect())
    }

    /// Every session with what is known of it.
    pub async fn list(&self) -> Vec<SessionInfo> {
        let host = self.clone();
        let list = blocking(move || {
            let ids = host.ids().into_iter();
            Ok(ids.map(|id| host.info(id)).collect())
        });
        list.await.unwrap_or_default()
    }

    /// A new channel to an agent.
    pub async fn connect(&self, id: &SessionId) -> Result<AgentChannel, PlaceError> {
        connect(&self.inner.installation, id).await
    }

    /// A new connection to an agent's socket.
    pub(crate) async fn socket(&self, id: &SessionId) -> Result<UnixStream, PlaceError> {
        socket(&self.inner.installation, id).await
    }

    /// Stops a machine and removes all that is left of it.
    pub async fn stop(&self, id: &SessionId) -> Result<(), PlaceError> {
        // An agent that does not answer is killed below.
        let _ = tokio::time::timeout(STOP_PATIENCE, self.ask_to_stop(id)).await;
        let (host, owned) = (self.clone(), id.clone());
        blocking(move || machine::stop(&host.inner.installation, &host.inner.cgroups, &owned))
            .await
            .map_err(|error| error.while_("stopping", id))?;
        tracing::info!(session.id = %id, "machine stopped");
        Ok(())
    }

    /// Looks after all machines again and again. Never returns.
    pub async fn keep_house(&self) {
        loop {
            self.look_after(&self.list().await).await;
            tokio::time::sleep(REAP_EVERY).await;
        }
    }

    async fn look_after(&self, sessions: &[SessionInfo]) {
        let (living, dead): (Vec<_>, Vec<_>) = sessions
            .iter()
            .map(|session| (session.id.clone(), session.status))
            .partition(|(_, status)| *status == MachineStatus::Running);
        let host = self.clone();
        let found = blocking(move || {
            for (id, _) in dead {
                host.reap_one(&id);
            }
            let unwatched = living.into_iter().filter(|(id, _)| !host.watches(id));
            let inner = &host.inner;
            let open = |id| {
                let mut agents = machine::agent(&inner.installation, &inner.cgroups, &id);
                Some((id, agents.pop()?))
            };
            Ok(unwatched.filter_map(|(id, _)| open(id)).collect::<Vec<_>>())
        });
        for (id, process) in found.await.unwrap_or_default() {
            self.watch(id, process);
        }
    }

    /// Cleans up behind an agent as soon as it ends.
    fn watch(&self, id: SessionId, process: OwnedFd) {
        *lock(&self.inner.watched).entry(id.clone()).or_default() += 1;
        let host = self.clone();
        tokio::spawn(async move {
            // An error here means that the runtime ends; the next one watches.
            if let Ok(process) = kernel::until_ended(process).await {
                host.report_end(&id, kernel::reap(process.as_fd()));
            }
            host.forget(&id);
            let reaped = blocking(move || {
                host.reap_one(&id);
                Ok(())
            });
            // Cut short only when this process ends; the next one cleans up.
            let _ = reaped.await;
        });
    }

    fn watches(&self, id: &SessionId) -> bool {
        lock(&self.inner.watched).contains_key(id)
    }

    fn forget(&self, id: &SessionId) {
        let mut watched = lock(&self.inner.watched);
        match watched.get_mut(id) {
            Some(agents @ 2..) => *agents -= 1,
            _ => drop(watched.remove(id)),
        }
    }

    /// An agent that gives up says why in its log, which goes with its session.
    fn report_end(&self, id: &SessionId, status: Option<i32>) {
        if let Some(status @ 1..) = status {
            let log = machine::log_tail(&self.inner.installation, id);
            let log = log.unwrap_or_default();
            tracing::warn!(session.id = %id, status, log, "the agent gave up");
        }
    }

    fn reap_one(&self, id: &SessionId) {
        let reaped = machine::reap(&self.inner.installation, &self.inner.cgroups, id);
        if let Err(error) = &reaped {
            let error = crate::error::chain(error);
            tracing::warn!(session.id = %id, error, "cleaning up behind a dead machine failed");
        }
    }

    async fn ask_to_stop(&self, id: &SessionId) -> Option<()> {
        let channel = self.connect(id).await.ok()?;
        let client = Client::new(channel);
        client.open(&Open::Stop).await.ok()?;
        client.closed().await;
        Some(())
    }

    /// Found by name in every cgroup hierarchy, on disk and among the sockets.
    fn ids(&self) -> BTreeSet<SessionId> {
        let installation = &self.inner.installation;
        let mut names = self.inner.cgroups.children(&installation.cgroup());
        names.extend(entries(&installation.sessions_state()));
        names.extend(entries(&installation.sessions_run()));
        let ids = names
            .into_iter()
            .filter_map(|name| SessionId::new(name).ok());
        ids.collect()
    }

    fn info(&self, id: SessionId) -> SessionInfo {
        let installation = &self.inner.installation;
        let record = Record::read(&installation.session_state(&id));
        let status = match machine::lives(installation, &self.inner.cgroups, &id) {
            true => MachineStatus::Running,
            false => MachineStatus::Dead,
        };
        SessionInfo {
            lab: record.as_ref().map(|record| record.lab.to_string()),
            made_at_s: record.map(|record| record.made_at_s),
            status,
            id,
        }
    }
}

/// A new channel to an agent: for root and the installation's owner.
pub(crate) async fn connect(
    installation: &Installation,
    id: &SessionId,
) -> Result<AgentChannel, PlaceError> {
    socket(installation, id).await.map(AgentChannel::new)
}

/// A new connection to an agent's socket: for the same.
pub(crate) async fn socket(
    installation: &Installation,
    id: &SessionId,
) -> Result<UnixStream, PlaceError> {
    let path = installation.agent_socket(id);
    match UnixStream::connect(&path).await {
        Ok(stream) => Ok(stream),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(PlaceError::Failed {
                action: "connecting to",
                id: id.clone(),
                cause: format!("{}: {error}", path.display()),
            })
        }
        Err(_) => Err(PlaceError::NoMachine { id: id.clone() }),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, HostError> + Send + 'static,
) -> Result<T, HostError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(HostError::CutShort))
}

/// A count cannot be left half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn entries(directory: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect()
}
