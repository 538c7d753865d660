//! What can go wrong between a request and a machine.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use labwright_model::SessionId;
use labwright_place::PlaceError;

use crate::cgroup::CgroupError;

/// Why the host could not do something.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A file or directory.
    #[error("{action} {} failed", path.display())]
    File {
        /// `making`, `writing`, …
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Every pair of id ranges belongs to a session.
    #[error("all {slots} ranges of user ids belong to sessions")]
    NoIds {
        /// How many there are.
        slots: u32,
    },
    /// Cgroups.
    #[error(transparent)]
    Cgroup(#[from] CgroupError),
    /// The agent's program is missing.
    #[error(
        "the agent's program {} is missing: install it beside `labwright` or set LABWRIGHT_AGENT",
        path.display()
    )]
    NoAgent {
        /// Where it was expected.
        path: PathBuf,
    },
    /// The agent could not be started.
    #[error("starting the agent of session {id} failed")]
    Spawn {
        /// The session.
        id: SessionId,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The path of a socket is longer than the kernel allows.
    #[error("socket path {} is too long: choose a shorter LABWRIGHT_RUN", path.display())]
    LongPath {
        /// The path.
        path: PathBuf,
    },
    /// A process does not go away.
    #[error("the agent of session {id} still runs {patience:?} after it was killed")]
    Unkillable {
        /// The session.
        id: SessionId,
        /// How long it had.
        patience: Duration,
    },
    /// The work was cut short.
    #[error("the work was cut short")]
    CutShort,
}

/// For `map_err`: names the file and what was being done to it.
pub(crate) fn at(action: &'static str, path: &Path) -> impl Fn(io::Error) -> HostError {
    move |source| HostError::File {
        action,
        path: path.to_owned(),
        source,
    }
}

/// An error in one line, with all its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl HostError {
    /// As those see it who asked the place.
    pub(crate) fn while_(self, action: &'static str, id: &SessionId) -> PlaceError {
        match self {
            Self::NoIds { .. } => PlaceError::Full {
                place: crate::NAME.to_owned(),
                cause: self.to_string(),
            },
            other => PlaceError::Failed {
                action,
                id: id.clone(),
                cause: chain(&other),
            },
        }
    }
}
