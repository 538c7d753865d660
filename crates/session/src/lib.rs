//! One learner's run of one lab: a pure state machine, and the task that drives it.
//!
//! [`machine`](crate) decides; a driver task per session acts on a place, an agent and the store;
//! the supervisor finds, starts and checks sessions for the server. This crate must not know which
//! place it talks to, and must not speak HTTP.

mod labs;
mod limits;
mod view;

pub use labs::{Labs, RunnableLab};
pub use limits::Limits;
pub use view::{
    NodeView, Notice, Problem, ProblemCode, Progress, Snapshot, StageState, StageView, TaskProgress,
    TaskState, TerminalView,
};
