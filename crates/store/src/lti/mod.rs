//! What LTI needs remembered: platforms, sign-ins under way, links, and scores on their way out.

mod links;
mod outbox;
mod overview;
mod platforms;
mod refusals;
mod rosters;
mod scores;
mod sign_ins;

pub use links::{Columns, Link, LinkedCourse};
pub use overview::OutboxScore;
pub use platforms::{Registration, StoredKey};
pub use refusals::LaunchRefusal;
pub use rosters::{ListedLearner, Roster};
pub use scores::{DueScore, Points, ScoreState, ScoreUpdate, SentScore};
pub use sign_ins::StoredState;
