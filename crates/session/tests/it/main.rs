//! Sessions from the outside: the pure machine, then a fake place with a real store.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod checks;
mod crashes;
mod displays;
mod failures;
mod faults;
mod life;
mod machine;
mod room;
mod world;
