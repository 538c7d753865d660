//! The protocol from outside: keys are drawn, the clock stands still.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod accepted;
mod answers;
mod refused;
mod services;
mod world;
