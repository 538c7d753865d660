//! What is held on people, and what ends it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the operator of this server promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PrivacyNotice {
    /// Whom to ask: an address, as the operator wrote it.
    pub contact: Option<String>,
    /// Days for which an erasure can be taken back.
    pub erase_after_days: u32,
    /// Days for which the files of a lab that sleeps are kept.
    pub files_days: u32,
    /// What desktop tabs show is recorded.
    pub recorded: bool,
    /// Days for which such recordings are kept.
    pub recordings_days: u32,
    /// The provider that people sign in with.
    pub provider: Option<String>,
}

/// Whether somebody will be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Erasure {
    /// When; absent: they have not asked.
    pub due_at: Option<i64>,
}

/// What is going to be erased, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperatorPrivacy {
    /// Those who asked, the next first.
    pub erasures: Vec<OperatorErasure>,
    /// Courses with an end, and what that end would erase if it were now.
    pub courses: Vec<CourseRetention>,
}

/// Somebody who asked to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperatorErasure {
    /// The account's id.
    pub account: String,
    /// The name that others see.
    pub display_name: String,
    /// When they asked.
    pub asked_at: i64,
    /// When it happens.
    pub due_at: i64,
}

/// A course's retention period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CourseRetention {
    /// The course's id.
    pub course: String,
    /// When it ends.
    pub ends_at: i64,
    /// When its learners' work is erased.
    pub erase_at: i64,
    /// Rows of the database that would go now.
    pub rows: u64,
    /// Sessions whose files would go now.
    pub sessions: u32,
    /// Learners in no other course, who would go now.
    pub accounts: u32,
}
