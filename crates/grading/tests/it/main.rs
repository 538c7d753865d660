//! Parameters, answers, verdicts and scores from the outside.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod board;
mod parameters;
mod rows;
mod rules;
mod scores;
mod vectors;
mod verdicts;
