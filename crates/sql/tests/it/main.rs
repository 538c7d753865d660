//! Queries of learners, kind and unkind, through a real child.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod asking;
mod confined;
mod hostile;
mod shop;
mod world;
