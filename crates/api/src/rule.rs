//! Dates and tries of a lab in a course.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rule of a lab. As a learner sees it, time that was given to them is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct LabRule {
    /// It cannot be opened before this.
    #[serde(default)]
    pub opens_at: Option<i64>,
    /// Work of this moment is still on time.
    #[serde(default)]
    pub due_at: Option<i64>,
    /// Nothing can be started or checked after this.
    #[serde(default)]
    pub closes_at: Option<i64>,
    /// What happens to work after `due_at`.
    #[serde(default)]
    pub late: LateWork,
    /// Which of several tries at a task counts.
    #[serde(default)]
    pub which: WhichTry,
    /// Most tries at one task.
    #[serde(default)]
    pub tries: Option<u32>,
    /// What only the learner's own browser says counts for nothing.
    #[serde(default)]
    pub judged_only: bool,
}

/// What happens to late work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LateWork {
    /// It counts, and teachers see that it was late.
    #[default]
    Counts,
    /// It can be checked, and counts for nothing.
    CountsNot,
}

/// Which of several tries counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhichTry {
    /// The best.
    #[default]
    Best,
    /// The last.
    Last,
    /// The first.
    First,
}

/// More time for one learner.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct MoreTime {
    /// The account's id.
    #[serde(default)]
    pub learner: String,
    /// Due date and end are not before this; absent: as for everybody.
    #[serde(default)]
    pub until: Option<i64>,
}

/// Until when a learner was given time for a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabTime {
    /// The lab's name.
    pub lab: String,
    /// Until then.
    pub until: i64,
}
