//! The protocol at its boundary: framing, both ends together, and peers that mean no good.

mod ends;
mod framing;
mod hostile;
mod messages;
