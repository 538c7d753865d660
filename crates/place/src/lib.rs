//! What a place is: where machines come from (DESIGN.md, "Places").
//!
//! A place starts machines, reaches their agents, lists them and stops them. It must not write
//! storage, and must not know what a session means to a learner.

mod addresses;
mod channel;
pub mod conformance;
pub mod fake;
mod place;
mod spec;

pub use channel::AgentChannel;
pub use fake::FakePlace;
pub use place::{
    Capabilities, Fit, HandsOver, MachineState, MachineStatus, Place, PlaceError, Problem,
};
pub use spec::{SpecError, spec};
