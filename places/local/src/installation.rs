//! Where an installation lives, and what everything of a session is called.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use labwright_model::SessionId;
use sha2::{Digest, Sha256};

use crate::doctor;

/// Hexadecimal digits that tell installations of one machine apart.
const NAME_DIGITS: usize = 8;
/// The environment's word for the OCI runtime.
const RUNTIME_VARIABLE: &str = "LABWRIGHT_RUNTIME";
/// OCI runtimes, the faster ones first: crun starts a node in a third of runc's processor time.
const RUNTIMES: [&str; 2] = ["crun", "runc"];
/// The agent's program.
const AGENT_PROGRAM: &str = "labwright-agent";

/// One installation. Several share a machine when their directories differ.
#[derive(Debug, Clone)]
pub struct Installation {
    /// What must survive a reboot: `/var/lib/labwright`.
    pub state: PathBuf,
    /// Sockets: `/run/labwright`.
    pub run: PathBuf,
    /// The agent's program.
    pub agent: PathBuf,
    /// The OCI runtime, found through PATH: `$LABWRIGHT_RUNTIME`, else the fastest one there.
    pub runtime: String,
    /// User and group that may reach the agents and the host, beside root.
    pub owner: Option<(u32, u32)>,
}

impl Installation {
    /// An installation with the agent that belongs to this program.
    pub fn new(state: impl Into<PathBuf>, run: impl Into<PathBuf>) -> Self {
        Self {
            state: state.into(),
            run: run.into(),
            agent: find_agent(),
            runtime: find_runtime(),
            owner: None,
        }
    }

    /// Distinguishes it from other installations of the machine: a hash of its state directory.
    pub fn name(&self) -> String {
        let hash = Sha256::digest(self.state.as_os_str().as_encoded_bytes());
        let mut name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        name.truncate(NAME_DIGITS);
        name
    }

    /// Below the root of every cgroup hierarchy: all sessions.
    pub fn cgroup(&self) -> String {
        format!("labwright-{}", self.name())
    }

    /// Below the root of every cgroup hierarchy: one session.
    pub fn session_cgroup(&self, id: &SessionId) -> String {
        format!("{}/{id}", self.cgroup())
    }

    /// Unpacked layers of lab images.
    pub fn layers(&self) -> PathBuf {
        self.state.join("layers")
    }

    /// What sessions keep on disk.
    pub fn sessions_state(&self) -> PathBuf {
        self.state.join("sessions")
    }

    /// What one session keeps on disk.
    pub fn session_state(&self, id: &SessionId) -> PathBuf {
        self.sessions_state().join(id.as_str())
    }

    /// Sockets of the sessions.
    pub fn sessions_run(&self) -> PathBuf {
        self.run.join("sessions")
    }

    /// Socket directory of one session.
    pub fn session_run(&self, id: &SessionId) -> PathBuf {
        self.sessions_run().join(id.as_str())
    }

    /// Where the agent of a session listens.
    pub fn agent_socket(&self, id: &SessionId) -> PathBuf {
        self.session_run(id).join("agent.sock")
    }

    /// Where `labwright host` listens.
    pub fn host_socket(&self) -> PathBuf {
        self.run.join("host.sock")
    }

    /// Whether a `labwright host` of this installation runs; a killed one leaves its socket.
    pub fn has_host(&self) -> bool {
        UnixStream::connect(self.host_socket()).is_ok()
    }
}

/// `$LABWRIGHT_AGENT`, else beside the running program. Test programs lie one folder deeper.
/// The OCI runtime of this machine: what is named, else the first that is there, else the one to
/// ask for.
pub fn find_runtime() -> String {
    if let Ok(named) = std::env::var(RUNTIME_VARIABLE) {
        return named;
    }
    let found = RUNTIMES
        .into_iter()
        .find(|name| doctor::find_program(name).is_some());
    found.unwrap_or(RUNTIMES[0]).to_owned()
}

fn find_agent() -> PathBuf {
    if let Some(path) = std::env::var_os("LABWRIGHT_AGENT") {
        return PathBuf::from(path);
    }
    let program = std::env::current_exe().unwrap_or_default();
    let folders = program.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join(AGENT_PROGRAM));
    let found = found.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| {
        let folder = program.parent().unwrap_or(Path::new("/usr/bin"));
        folder.join(AGENT_PROGRAM)
    })
}
