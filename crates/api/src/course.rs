//! The catalogue: courses and their labs as one person sees them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{LabRule, Role, SessionState};

/// A course that the person belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Course {
    /// Its id.
    pub id: String,
    /// Its title in the language of the request.
    pub title: String,
    /// What the person is in it.
    pub role: Role,
    /// Its labs in the teacher's order.
    pub labs: Vec<CourseLab>,
}

/// A lab of a course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CourseLab {
    /// The lab's name; with the course it starts a session.
    pub name: String,
    /// Its title.
    pub title: String,
    /// One paragraph about it; may be empty.
    pub summary: String,
    /// Longest session, in minutes.
    pub minutes: u32,
    /// Points to be had.
    pub points: f64,
    /// The person's best points so far.
    pub score: f64,
    /// How many steps it has.
    pub steps: u32,
    /// Dates and tries, where there are any.
    pub rule: Option<LabRule>,
    /// The person's living or sleeping session of it.
    pub session: Option<LabSession>,
}

/// The person's session of a lab, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabSession {
    /// Its id.
    pub id: String,
    /// Its state.
    pub state: SessionState,
}
