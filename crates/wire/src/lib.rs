//! The protocol between an agent and whatever is above it; `docs/wire-protocol.md` explains it.
//!
//! One reliable byte channel carries yamux; every yamux stream opens with one JSON [`Open`],
//! is answered by one JSON [`Reply`], and then carries [`frame`]s. This crate knows bytes and
//! messages only: it must not know places, sessions or how an agent does what it is asked.

pub mod client;
pub mod console;
pub mod frame;
pub mod handover;
pub mod limits;
mod message;
mod pipe;
mod pulse;
pub mod server;

pub use client::{Client, ClientError, Stream};
pub use message::{
    CheckOutput, Control, DisplayReport, Event, Exit, Failure, KeepOp, NodeReport, Open, Reply,
    ServiceReport, StatusReport, TerminalReport,
};
pub use pipe::Pipe;

/// Version of the protocol; the agent refuses another major one.
pub const VERSION: u32 = 1;
