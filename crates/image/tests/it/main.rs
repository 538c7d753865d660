//! Tests at the boundary of the image crate: plans, layers, and real builds (root, mmdebstrap).

mod layers;
mod plan;
mod real;
mod support;
mod trouble;
