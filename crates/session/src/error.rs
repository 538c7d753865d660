//! Why a session did not do what was asked.

use labwright_grading::{AnswerError, Shut};
use labwright_model::{LabName, NodeName, SessionId, TaskId};
use labwright_store::{CourseId, StoreError};
use labwright_wire::ClientError;

use crate::machine::Refusal;

/// Why a session did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// There is no such session.
    #[error("there is no session {id}")]
    NoSession {
        /// Its id.
        id: SessionId,
    },
    /// There is no such lab.
    #[error("course {course} has no lab {lab}")]
    NoLab {
        /// The course.
        course: CourseId,
        /// The lab.
        lab: LabName,
    },
    /// There is no such task.
    #[error("the lab has no task {task}")]
    NoTask {
        /// Its id.
        task: TaskId,
    },
    /// There is no such node, or it is not the learner's.
    #[error("the lab has no node {node} to open a terminal on")]
    NoNode {
        /// Its name.
        node: NodeName,
    },
    /// There is no such terminal.
    #[error("there is no terminal {terminal}")]
    NoTerminal {
        /// Its id.
        terminal: String,
    },
    /// It does not fit what the session is doing.
    #[error("session {id}: {refusal}")]
    Refused {
        /// The session.
        id: SessionId,
        /// Why.
        refusal: Refusal,
    },
    /// A check of this task is under way.
    #[error("task {task} is being checked")]
    Checking {
        /// The task.
        task: TaskId,
    },
    /// The answer cannot be judged.
    #[error("{0}")]
    Answer(#[from] AnswerError),
    /// This version cannot decide such a task.
    #[error("task {task} cannot be checked by this version")]
    Unsupported {
        /// The task.
        task: TaskId,
    },
    /// The attempt id belongs to another attempt.
    #[error("the attempt id was used for another task")]
    AttemptMismatch,
    /// The parameters or the machine of the lab cannot be made.
    #[error("the lab cannot be prepared: {cause}")]
    Prepare {
        /// Why.
        cause: String,
    },
    /// The agent did not do it.
    #[error("session {id}: the lab's machine did not answer as it should")]
    Agent {
        /// The session.
        id: SessionId,
        /// Why.
        #[source]
        source: ClientError,
    },
    /// The lab's machine did not answer in time.
    #[error("session {id}: the lab's machine did not answer in time")]
    Timeout {
        /// The session.
        id: SessionId,
    },
    /// It could not be stored.
    #[error("session data could not be stored or read")]
    Store(#[from] StoreError),
    /// The place could not be asked.
    #[error("the place could not be asked")]
    Place(#[from] labwright_place::PlaceError),
    /// Its dates or the number of tries forbid it.
    #[error("the rule of the lab forbids it: {0:?}")]
    Shut(Shut),
    /// The server is going away.
    #[error("the server is shutting down")]
    GoingAway,
}

impl SessionError {
    /// In `snake_case`, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSession { .. }
            | Self::NoLab { .. }
            | Self::NoTask { .. }
            | Self::NoNode { .. }
            | Self::NoTerminal { .. } => "not_found",
            Self::Refused { refusal, .. } => match refusal {
                Refusal::NotReady => "not_ready",
                Refusal::NoMoreTime => "no_more_time",
                Refusal::NoTimeLimit => "no_time_limit",
                Refusal::Resetting => "resetting",
                Refusal::Over => "over",
            },
            Self::Checking { .. } => "checking",
            Self::Answer(_) => "answer",
            Self::Unsupported { .. } => "unsupported",
            Self::AttemptMismatch => "attempt_mismatch",
            Self::Prepare { .. } => "prepare",
            Self::Agent { .. } => "agent",
            Self::Timeout { .. } => "timeout",
            Self::Store(StoreError::Full { .. }) => "disk_full",
            Self::Store(StoreError::Busy { .. }) => "busy",
            Self::Store(_) => "store",
            Self::Place(_) => "place",
            Self::Shut(_) => "shut",
            Self::GoingAway => "going_away",
        }
    }

    /// What to do, in words for a learner.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoSession { .. } | Self::NoLab { .. } => "Open the lab from your course again.",
            Self::NoTask { .. } | Self::NoNode { .. } | Self::NoTerminal { .. } => {
                "Reload the page: the lab may have changed."
            }
            Self::Refused { refusal, .. } => match refusal {
                Refusal::NotReady => "Wait until the lab is ready, then try again.",
                Refusal::NoMoreTime => {
                    "Your files are kept when the time is up; start the lab again to go on."
                }
                Refusal::NoTimeLimit => "There is nothing to do: this lab has no time limit.",
                Refusal::Resetting => "Wait until the reset is over.",
                Refusal::Over => "Start the lab again from your course.",
            },
            Self::Checking { .. } => "Wait for its result.",
            Self::Shut(_) => "Ask your teacher for more time or tries.",
            Self::Answer(_) => "Correct your answer and check again; this was not counted.",
            Self::Unsupported { .. } | Self::Prepare { .. } => "Tell your teacher.",
            Self::AttemptMismatch => "Reload the page and check again.",
            Self::Agent { .. } | Self::Timeout { .. } | Self::Place(_) => {
                "Try again; nothing was lost."
            }
            Self::Store(StoreError::Full { .. }) => {
                "Tell your teacher that the server's disk is full; then try again."
            }
            Self::Store(_) | Self::GoingAway => "Try again in a moment; nothing was lost.",
        }
    }
}
