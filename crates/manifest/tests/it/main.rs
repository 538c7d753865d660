//! Tests of the manifest at its boundary: folders in, labs or rendered problems out.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod cases;
mod generated;
mod hostile;
mod support;
mod whole;
