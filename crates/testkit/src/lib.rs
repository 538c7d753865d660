//! What tests of several crates share. A dev-dependency only; must not be used by any product code.
//!
//! Tests that need a real Debian root call [`base_layer`]: the first test on a machine builds it
//! (needs root, mmdebstrap and a Debian mirror, about 30 s), later ones find it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(feature = "browser")]
mod browser;
#[cfg(feature = "browser")]
mod polled;
mod program;
mod root;
mod state;

#[cfg(feature = "browser")]
pub use browser::{Answer, Browser, Heard, Socket};
#[cfg(feature = "browser")]
pub use polled::{Polled, record};
pub use program::program;
pub use root::tiny_root;
pub use state::{base_layer, display_layers, test_state, test_store};
