//! Joins what a browser speaks to what an agent speaks.
//!
//! It knows messages and the wire protocol only: it must not know HTTP, who the person is, or
//! the store. The caller has already decided that this person may have this terminal.

pub mod capture;
mod counts;
mod display;
mod drawn;
pub mod life;
pub mod limits;
pub mod line;
pub mod pcapng;
pub mod recording;
pub mod rfb;
mod terminal;

pub use counts::Counts;
pub use display::{DisplayEnd, FromViewer, ToViewer, View, display};
pub use limits::size;
pub use terminal::{End, FromPage, ToPage, terminal};
