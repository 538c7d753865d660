//! What goes over the host's socket: one JSON request and one JSON reply a connection, framed
//! like the headers of the agent's protocol.

use labwright_model::{MachineSpec, SessionId};
use labwright_place::{MachineState, PlaceError};
use serde::{Deserialize, Serialize};

use crate::SessionInfo;

/// What the host can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub(crate) enum Request {
    Start { spec: Box<MachineSpec> },
    Observe,
    List,
    Stop { id: SessionId },
}

/// What the host answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub(crate) enum Reply {
    Done,
    Machines { machines: Vec<MachineState> },
    Sessions { sessions: Vec<SessionInfo> },
    Full { cause: String },
    Refused { cause: String },
    Failed { cause: String },
}

impl Reply {
    /// The answer to something that either went well or not.
    pub(crate) fn outcome(outcome: Result<(), PlaceError>) -> Self {
        match outcome {
            Ok(()) => Self::Done,
            Err(PlaceError::Full { cause, .. }) => Self::Full { cause },
            Err(PlaceError::Refused { cause, .. }) => Self::Refused { cause },
            Err(PlaceError::Failed { cause, .. }) => Self::Failed { cause },
            Err(other) => Self::Failed {
                cause: other.to_string(),
            },
        }
    }

    /// The same outcome on the asking side.
    pub(crate) fn into_outcome(
        self,
        action: &'static str,
        id: &SessionId,
    ) -> Result<(), PlaceError> {
        let id = id.clone();
        match self {
            Self::Done => Ok(()),
            Self::Full { cause } => Err(PlaceError::Full {
                place: crate::NAME.to_owned(),
                cause,
            }),
            Self::Refused { cause } => Err(PlaceError::Refused { id, cause }),
            Self::Failed { cause } => Err(PlaceError::Failed { action, id, cause }),
            Self::Machines { .. } | Self::Sessions { .. } => Err(unexpected()),
        }
    }
}

/// The host at the other end speaks something else.
pub(crate) fn unexpected() -> PlaceError {
    PlaceError::Unreachable {
        place: crate::NAME.to_owned(),
        cause: "`labwright host` answered something else than was asked; are both of the same \
                version?"
            .to_owned(),
    }
}
