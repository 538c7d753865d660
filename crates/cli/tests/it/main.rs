//! Tests of the program as a user calls it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod ground;
mod kills;
mod new_and_lint;
mod openedx;
mod readme;
mod run;
mod scorm;
mod serve;
mod session;
mod sql;
mod stick;
mod tab_export;
