//! The place crate at its boundary: machine specs, and the conformance suite on the fake.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod fake;
mod spec;
