//! One learner's run of one lab: a pure state machine, and the task that drives it.
//!
//! [`machine`] decides; a driver task per session acts on a place, an agent and the store; the
//! [`Supervisor`] finds, launches and checks sessions for the server. This crate must not know
//! which place it talks to, and must not speak HTTP.

mod clock;
mod context;
mod driver;
mod error;
mod gate;
mod labs;
mod limits;
mod link;
pub mod machine;
mod progress;
mod stages;
mod supervisor;
mod view;

pub use context::rule_for;
pub use error::SessionError;
pub use labs::{Labs, RunnableLab};
pub use limits::Limits;
pub use machine::Refusal;
pub use progress::{counted_points, counted_shares, points, progress, rule, verdict};
pub use supervisor::{
    Brought, BrowserWork, Converged, Given, Handed, Incoming, Kept, Launched, NotTaken, Rfb, Setup,
    Supervisor, Taken,
};
pub use view::{
    Ending, NodeView, Notice, Problem, ProblemCode, ProgramView, Progress, Snapshot, StageState,
    StageView, TaskProgress, TaskState, TerminalView,
};
