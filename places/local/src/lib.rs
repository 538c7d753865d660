//! The local place: a machine is a set of namespaces on the server (DESIGN.md, "Places").
//!
//! [`Host`] is the root side; [`LocalPlace`] is the place, with a host in this process or over the
//! socket of `labwright host` ([`Daemon`]). This crate must not know what happens inside a
//! machine (that is the agent's), nor what a session means to a learner.

mod admission;
pub mod cgroup;
mod daemon;
pub mod doctor;
mod error;
mod host;
mod installation;
mod kernel;
mod machine;
mod place;
mod probe;
mod protocol;
mod record;
mod shared;

pub use daemon::Daemon;
pub use error::HostError;
pub use host::{Host, SessionInfo};
pub use installation::{Installation, find_runtime};
pub use place::LocalPlace;

/// The name of this place.
pub const NAME: &str = "local";

/// Whether this process is root's, as [`Host`] needs.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
