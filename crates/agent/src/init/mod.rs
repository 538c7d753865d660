//! PID 1 of a node, and the agent's handle to it.
//!
//! `labwright-agent init --control-fd N` ([`main`]) is the first process of every node. It reaps,
//! and it spawns what the agent asks for over a `SOCK_SEQPACKET` socket pair ([`channel`],
//! [`message`]): commands, terminals, scripts, file transfers. The agent's end is [`Control`].
//!
//! The learner is root in the node, so PID 1 must not be theirs to turn:
//!
//! - it is not dumpable, so that `ptrace`, `/proc/1/mem`, `/proc/1/fd` and the like need
//!   CAP_SYS_PTRACE, which leaves the bounding set of everything that it spawns ([`confine`]);
//! - its control socket is close-on-exec and is closed at once in what it forks without exec;
//! - it never opens a path that could block it: whatever touches the node's files runs in a
//!   child ([`child`], `work`).
//!
//! It is small: one thread, `ppoll` on two descriptors, no runtime, no state but a table of its
//! children. Supervision of services, limits on output and timers live in the agent.
//! The agent must treat all that init says as said by the learner.

pub mod channel;
pub mod child;
pub mod confine;
pub mod control;
mod memory;
pub mod message;
mod pid1;
mod program;
pub mod run;
pub mod script;
pub mod service;
mod streams;
mod supervise;
mod sys;
mod transfer;
pub mod users;
mod work;

pub use confine::REQUIRED_CAPABILITIES;
pub use control::{Control, InitError};
pub use message::{Spawn, StdioKind, Work};
pub use pid1::main;
pub use program::{Child, Signaller, Stdio};
pub(crate) use streams::resize;
pub(crate) use sys::asynchronous;
pub use transfer::{Inward, Outward};
