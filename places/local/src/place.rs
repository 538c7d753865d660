//! The local place: a [`Host`] in this process, or `labwright host` over its socket.

use std::sync::OnceLock;

use async_trait::async_trait;
use labwright_model::{Lab, MachineSpec, SessionId};
use labwright_place::{
    AgentChannel, Capabilities, Fit, HandsOver, MachineState, Place, PlaceError, Problem,
};
use labwright_wire::frame::{read_header, write_header};
use tokio::net::UnixStream;

use crate::protocol::{Reply, Request, unexpected};
use crate::{Host, Installation, SessionInfo, host, probe};

/// Machines that are namespaces on this server.
pub struct LocalPlace {
    side: Side,
}

enum Side {
    Here(Host),
    Daemon(Installation),
}

impl LocalPlace {
    /// Works in this process, which must be root's.
    pub fn here(host: Host) -> Self {
        Self {
            side: Side::Here(host),
        }
    }

    /// Asks `labwright host` of this installation.
    pub fn daemon(installation: Installation) -> Self {
        Self {
            side: Side::Daemon(installation),
        }
    }

    /// Every session with what is known of it.
    pub async fn list(&self) -> Result<Vec<SessionInfo>, PlaceError> {
        match &self.side {
            Side::Here(host) => Ok(host.list().await),
            Side::Daemon(installation) => match ask(installation, &Request::List).await? {
                Reply::Sessions { sessions } => Ok(sessions),
                _ => Err(unexpected()),
            },
        }
    }
}

#[async_trait]
impl Place for LocalPlace {
    fn name(&self) -> &str {
        crate::NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            keeps_layers: true,
            netem: has_netem(),
        }
    }

    async fn validate(&self, lab: &Lab) -> Vec<Problem> {
        let netem = tokio::task::spawn_blocking(has_netem)
            .await
            .unwrap_or(false);
        problems(lab, netem, probe::memory_bytes())
    }

    async fn start(&self, spec: &MachineSpec) -> Result<(), PlaceError> {
        match &self.side {
            Side::Here(host) => host.start(spec).await,
            Side::Daemon(installation) => {
                let spec_box = Box::new(spec.clone());
                let reply = ask(installation, &Request::Start { spec: spec_box }).await?;
                reply.into_outcome("starting", &spec.session)
            }
        }
    }

    async fn observe(&self) -> Result<Vec<MachineState>, PlaceError> {
        match &self.side {
            Side::Here(host) => host.observe().await,
            Side::Daemon(installation) => match ask(installation, &Request::Observe).await? {
                Reply::Machines { machines } => Ok(machines),
                _ => Err(unexpected()),
            },
        }
    }

    async fn connect(&self, id: &SessionId) -> Result<AgentChannel, PlaceError> {
        match &self.side {
            Side::Here(host) => host.connect(id).await,
            // The agent's socket belongs to the server's user: no need to go through the host,
            // so terminals work also while it is being restarted.
            Side::Daemon(installation) => host::connect(installation, id).await,
        }
    }

    async fn stop(&self, id: &SessionId) -> Result<(), PlaceError> {
        match &self.side {
            Side::Here(host) => host.stop(id).await,
            Side::Daemon(installation) => {
                let reply = ask(installation, &Request::Stop { id: id.clone() }).await?;
                reply.into_outcome("stopping", id)
            }
        }
    }

    fn hands_over(&self) -> Option<&dyn HandsOver> {
        Some(self)
    }
}

#[async_trait]
impl HandsOver for LocalPlace {
    async fn socket(&self, id: &SessionId) -> Result<UnixStream, PlaceError> {
        match &self.side {
            Side::Here(host) => host.socket(id).await,
            Side::Daemon(installation) => host::socket(installation, id).await,
        }
    }
}

async fn ask(installation: &Installation, request: &Request) -> Result<Reply, PlaceError> {
    let path = installation.host_socket();
    let unreachable = |cause: String| PlaceError::Unreachable {
        place: crate::NAME.to_owned(),
        cause: format!("{}: {cause}; is `labwright host` running?", path.display()),
    };
    let mut stream = UnixStream::connect(&path)
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    write_header(&mut stream, request)
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    read_header(&mut stream)
        .await
        .map_err(|error| unreachable(error.to_string()))
}

/// Tried once; a kernel does not change while it runs.
fn has_netem() -> bool {
    static NETEM: OnceLock<bool> = OnceLock::new();
    *NETEM.get_or_init(probe::netem)
}

/// What of a lab a server with this kernel and this much memory cannot do.
fn problems(lab: &Lab, netem: bool, memory_bytes: Option<u64>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, network) in &lab.networks {
        let shaping = network.shaping;
        if !netem && (shaping.delay_us > 0 || shaping.jitter_us > 0 || shaping.loss > 0.0) {
            problems.push(Problem {
                fit: Fit::Degraded,
                message: format!(
                    "network {name} is slowed by delay, jitter or loss, which this kernel cannot \
                     do: it has no netem; install the module sch_netem"
                ),
            });
        }
    }
    let needs = lab.limits.memory_bytes;
    if let Some(has) = memory_bytes.filter(|has| *has < needs) {
        problems.push(Problem {
            fit: Fit::Refused,
            message: format!(
                "lab {} may use {} MiB of memory and this server has {} MiB: lower `limits`",
                lab.name,
                needs >> 20,
                has >> 20
            ),
        });
    }
    problems
}
