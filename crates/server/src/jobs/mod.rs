//! What the server does by itself from time to time. Time limits, idle ends and autosaves are not
//! here: each session's own task keeps them, so that they hold whatever the server is doing.

mod housekeep;
mod rosters;
mod scores;
mod sweep;

pub(crate) use housekeep::housekeep;
pub(crate) use rosters::rosters;
pub(crate) use scores::scores;
pub(crate) use sweep::sweep;
