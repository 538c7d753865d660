//! What the server remembers: SQLite by default, in SQL that PostgreSQL also runs.
//!
//! Rows in, rows out: this crate must not decide anything about sessions or scores, and must not
//! see a password or a token, only their hashes. A write that returned `Ok` is on disk
//! (`synchronous=FULL`); one that failed says whether the disk was full or the database busy.

mod accounts;
#[macro_use]
mod attempts;
mod autosave;
mod board;
mod courses;
mod db;
mod error;
mod help;
mod ids;
mod in_browser;
mod lti;
mod oidc;
mod privacy;
mod rosters;
mod rules;
mod sessions;
mod settings;
mod starts;

pub use accounts::{Account, AccountRole};
pub use attempts::{Attempt, BestShare, Learner, StoredEvidence, StoredVerdict};
pub use autosave::{Autosaves, MAX_AUTOSAVE_BYTES, PendingAutosave};
pub use courses::{Course, CourseRole, Enrolment, Invitation};
pub use db::Store;
pub use error::StoreError;
pub use help::{Hand, HandAttempt, HandTail, HandWords, LookAct, LookEntry};
pub use ids::{AccountId, CourseId, random_id};
pub use lti::{
    Columns, DueScore, LaunchRefusal, Link, LinkedCourse, ListedLearner, OutboxScore, Points,
    Registration, Roster, ScoreState, ScoreUpdate, SentScore, StoredKey, StoredState,
};
pub use privacy::{Erasure, Expired, Held, PERSONAL, PersonalData};
pub use rosters::{ClassList, RosterDone, RosterEntry, RosterStanding};
pub use rules::{ConfiguredRule, RuleSource, StoredLate, StoredRule, StoredWhich};
pub use sessions::{BROWSER, Failure, SessionRecord, SessionState};
pub use settings::{AuditEntry, ServerKey};

/// Milliseconds since 1970-01-01 UTC.
pub type UnixMs = i64;
