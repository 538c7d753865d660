//! Help: hands, what was said, and the log of looks.

mod hands;
mod log;
mod words;

pub use hands::{Hand, HandAttempt, HandTail};
pub use log::{LookAct, LookEntry};
pub use words::HandWords;
