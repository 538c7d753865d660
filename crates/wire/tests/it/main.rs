//! The protocol at its boundary: framing, both ends together, and peers that mean no good.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod console;
mod ends;
mod framing;
mod handover;
mod hostile;
mod messages;
mod vectors;
