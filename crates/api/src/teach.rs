//! What teachers and operators see.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Role, SessionState};

/// Makes an invitation link.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct MakeInvitation {
    /// What people become in the course; learner when absent.
    #[serde(default)]
    pub role: Option<Role>,
    /// How many days it can be used; 14 when absent.
    #[serde(default)]
    pub days: Option<u32>,
    /// How many it lets in; 1000 when absent.
    #[serde(default)]
    pub uses: Option<u32>,
    /// A short code that can be typed, instead of a link's long one.
    #[serde(default)]
    pub short: bool,
}

/// An invitation that was just made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewInvitation {
    /// Its code.
    pub code: String,
    /// The link to give out.
    pub url: String,
    /// Until when it can be used.
    pub expires_at: i64,
}

/// The progress of everyone in a course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// The course's id.
    pub course: String,
    /// Its title.
    pub title: String,
    /// Tasks of all labs: the columns.
    pub tasks: Vec<ProgressTask>,
    /// Learners: the rows.
    pub learners: Vec<LearnerProgress>,
}

/// A column of the progress table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProgressTask {
    /// The lab's name.
    pub lab: String,
    /// The task's id.
    pub task: String,
    /// The task's title.
    pub title: String,
    /// What it is worth.
    pub points: f64,
}

/// A row of the progress table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerProgress {
    /// The account's id.
    pub id: String,
    /// The name that others see.
    pub display_name: String,
    /// Points over all labs.
    pub score: f64,
    /// Tasks that were tried.
    pub tasks: Vec<LearnerTask>,
}

/// A cell of the progress table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerTask {
    /// The lab's name.
    pub lab: String,
    /// The task's id.
    pub task: String,
    /// Best points.
    pub score: f64,
}

/// A session as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperatorSession {
    /// Its id.
    pub id: String,
    /// Whose it is: the account's id.
    pub account: String,
    /// The name that others see.
    pub display_name: String,
    /// The course's id.
    pub course: String,
    /// The lab's name.
    pub lab: String,
    /// Its state.
    pub state: SessionState,
    /// When it was made.
    pub created_at: i64,
    /// When it ends by itself.
    pub ends_at: Option<i64>,
}

impl std::fmt::Debug for NewInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewInvitation").finish_non_exhaustive()
    }
}
