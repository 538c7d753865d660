//! Tests at the boundary of the image crate: plans, layers, and real builds (root, mmdebstrap).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod layers;
mod lock;
mod plan;
mod real;
mod space;
mod support;
mod trouble;
