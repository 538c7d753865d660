//! The place crate at its boundary: machine specs, and the conformance suite on the fake.

mod fake;
mod spec;
