//! One lab in one place from start to nothing left: what `test` asks and `bench` times.
//!
//! It talks to a place and an agent as the server does, with no server between. It must not print.

mod gate;
mod left;
mod machine;
mod matrix;
mod verdicts;

pub use gate::{Gate, PlaceReport, TaskReport};
pub use machine::{Machine, MachineError};
pub use matrix::matrix;
pub use verdicts::Databases;
