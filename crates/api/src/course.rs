//! The catalogue: courses and their labs as one person sees them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AppKind, LabRule, Role, SessionState};

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
    /// What it needs of a computer and of a place.
    pub needs: LabNeeds,
    /// The address of the lab as a page that runs in the learner's own browser, where the server offers it.
    pub tab: Option<String>,
}

/// What a lab needs, as far as its author has written it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabNeeds {
    /// The kinds of its tabs, each once.
    pub apps: Vec<AppKind>,
    /// How many machines of its own it starts; without any, all of it is in the page.
    pub nodes: u32,
    /// Memory of its machine, in megabytes.
    pub memory_mb: u64,
    /// Its nodes reach the internet.
    pub internet: bool,
    /// The places that its author allows, if not all: `local`, `browser`, `download`, …
    pub places: Option<Vec<String>>,
}

/// The person's session of a lab, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabSession {
    /// Its id.
    pub id: String,
    /// Its state.
    pub state: SessionState,
}
