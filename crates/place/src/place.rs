//! The seam itself, and the plain data that crosses it.

use async_trait::async_trait;
use labwright_model::{Lab, MachineSpec, SessionId};
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;

use crate::AgentChannel;

/// Where machines come from.
#[async_trait]
pub trait Place: Send + Sync {
    /// Its name: `local`, `qemu`, …
    fn name(&self) -> &str;

    /// What it can do beyond this trait.
    fn capabilities(&self) -> Capabilities;

    /// Whether a lab runs here, found out before anything is touched.
    async fn validate(&self, lab: &Lab) -> Vec<Problem>;

    /// Starts a machine. Idempotent on the session id; returns once the machine exists and its
    /// agent can be reached, not when its nodes are ready.
    async fn start(&self, spec: &MachineSpec) -> Result<(), PlaceError>;

    /// Every machine that is ours, also half-made and dead ones.
    async fn observe(&self) -> Result<Vec<MachineState>, PlaceError>;

    /// A new channel to the agent of a machine.
    async fn connect(&self, id: &SessionId) -> Result<AgentChannel, PlaceError>;

    /// Stops a machine and removes all that is left of it. Succeeds on half-made and unknown ones.
    async fn stop(&self, id: &SessionId) -> Result<(), PlaceError>;

    /// Its power to hand connections over, where it has that.
    fn hands_over(&self) -> Option<&dyn HandsOver> {
        None
    }
}

/// An optional power: its agents share a kernel with the server, so that a display's connection itself
/// can go to the server instead of a copy of its bytes ([`labwright_wire::handover`]). Nothing may
/// depend on it: every agent serves the same as a stream.
#[async_trait]
pub trait HandsOver: Send + Sync {
    /// A new connection to the unix socket of a machine's agent.
    async fn socket(&self, id: &SessionId) -> Result<UnixStream, PlaceError>;
}

/// What a place can do beyond the trait.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    /// A machine that died keeps its writable layers until it is stopped or a day has passed.
    pub keeps_layers: bool,
    /// Networks can delay, jitter and lose packets.
    pub netem: bool,
}

/// A machine that a place found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineState {
    /// Its session.
    pub id: SessionId,
    /// What it is doing.
    pub status: MachineStatus,
}

/// What a machine is doing, as seen from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineStatus {
    /// Its agent lives.
    Running,
    /// Its agent is gone; its writable layers wait.
    Dead,
}

/// Something about a lab that a place cannot do, or does differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Whether the lab runs all the same.
    pub fit: Fit,
    /// The object, the cause, what to do.
    pub message: String,
}

/// How well a lab fits a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// It runs, with something missing.
    Degraded,
    /// It does not run.
    Refused,
}

/// Why a place could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The place itself cannot be reached.
    #[error("place {place} cannot be reached: {cause}")]
    Unreachable {
        /// Its name.
        place: String,
        /// Why.
        cause: String,
    },
    /// There is no room now.
    #[error("place {place} is full: {cause}")]
    Full {
        /// Its name.
        place: String,
        /// What there is too little of.
        cause: String,
    },
    /// The machine does not exist or its agent is gone.
    #[error("session {id} has no running machine")]
    NoMachine {
        /// The session.
        id: SessionId,
    },
    /// The place refused the machine as it is asked for.
    #[error("session {id} cannot run here: {cause}")]
    Refused {
        /// The session.
        id: SessionId,
        /// Why.
        cause: String,
    },
    /// An operation on a machine failed.
    #[error("{action} session {id} failed: {cause}")]
    Failed {
        /// What was tried: `starting`, `stopping`, …
        action: &'static str,
        /// The session.
        id: SessionId,
        /// Why, with all causes.
        cause: String,
    },
}
