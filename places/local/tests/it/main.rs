//! The local place on this machine: namespaces, cgroups and mounts, as root.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bombs;
mod ground;
mod hosts;
mod lifecycle;
mod machines;
mod privileges;
