//! Course platforms (LTI 1.3): launches, picking, registrations.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Account;

/// The code that a launch leaves in the page's address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LaunchCode {
    /// The code.
    pub code: String,
}

/// What a launch gives the page.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Launched {
    /// Bearer token, for this launch's person; good for some hours.
    pub token: String,
    /// Who it is.
    pub account: Account,
    /// Where to go: a path of the page.
    pub to: String,
    /// This browser did not prove that it began the launch (it keeps no cookies): the person says
    /// that it is them first.
    pub confirm: bool,
    /// Where the proof is kept beside cookies, if the platform does that: with it nobody is asked.
    pub storage: Option<PlatformStorage>,
}

/// What a platform's own page keeps for us (LTI Client Side postMessages).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlatformStorage {
    /// The frame that is spoken to, by name; `_parent`: the page around ours.
    pub target: String,
    /// The only origin that is spoken to and believed.
    pub origin: String,
    /// Under which name.
    pub key: String,
    /// What it has there if this browser began the launch.
    pub value: String,
}

/// What a teacher can pick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PickChoices {
    /// The platform's name.
    pub platform: String,
    /// Labs.
    pub labs: Vec<PickLab>,
    /// A new link is made; else one that is there gets its lab.
    pub new_link: bool,
    /// The platform takes points with the link.
    pub takes_points: bool,
}

/// A lab that can be picked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PickLab {
    /// Its course's id.
    pub course: String,
    /// Its course's title.
    pub course_title: String,
    /// Its name.
    pub lab: String,
    /// Its title.
    pub title: String,
    /// A line about it.
    pub summary: String,
    /// Points of the whole lab.
    pub points: f64,
    /// Tasks that give points.
    pub tasks: u32,
    /// Its steps.
    pub steps: Vec<PickStep>,
}

/// A step that can be picked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PickStep {
    /// Its number, from 1.
    pub n: u32,
    /// Its title.
    pub title: String,
    /// Its points.
    pub points: f64,
    /// Tasks that give points.
    pub tasks: u32,
}

/// A teacher's choice.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PickLink {
    /// The code that let the teacher in; used up by this.
    pub code: String,
    /// The course's id.
    pub course: String,
    /// The lab's name.
    pub lab: String,
    /// One step of it, from 1; the whole lab when absent.
    #[serde(default)]
    pub step: Option<u32>,
    /// Title of the link; the lab's when absent.
    #[serde(default)]
    pub title: Option<String>,
    /// Whole points in the platform's grade book; no column when absent or 0.
    #[serde(default)]
    pub points: Option<u32>,
    /// Until when work is taken.
    #[serde(default)]
    pub due_at: Option<i64>,
    /// Every task gets a column of its own in the platform's grade book, where the platform lets us make
    /// columns; `points` is passed over.
    #[serde(default)]
    pub per_task: bool,
}

/// What follows from a choice.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Picked {
    /// Where the page posts `JWT`, for a new link.
    pub return_url: Option<String>,
    /// The signed choice.
    pub jwt: Option<String>,
}

/// The platforms that are registered, and what a new one needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Platforms {
    /// Login (initiation) address of the tool.
    pub login_url: String,
    /// Launch, target and redirect address.
    pub launch_url: String,
    /// Address of the tool's keys.
    pub jwks_url: String,
    /// Host of the tool.
    pub domain: String,
    /// The custom parameter that names a lab, `course/lab` or `course/lab/step`, with `/tasks` after it
    /// for a column a task.
    pub parameter: String,
    /// The courses whose labs a platform can be allowed to use.
    pub courses: Vec<PlatformCourse>,
    /// Those that are registered.
    pub platforms: Vec<Platform>,
}

/// A configured course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlatformCourse {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// A platform that is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Platform {
    /// Its id here.
    pub id: String,
    /// What operators call it.
    pub name: String,
    /// Issuer.
    pub issuer: String,
    /// Client id.
    pub client_id: String,
    /// Authentication request address.
    pub auth_url: String,
    /// Access token address.
    pub token_url: String,
    /// Public key set address.
    pub keyset_url: String,
    /// Deployments.
    pub deployments: Vec<String>,
    /// More addresses that are the platform's.
    pub origins: Vec<String>,
    /// Our courses whose labs it may link; empty: all.
    pub courses: Vec<String>,
    /// Audience of assertions, where it is not the token address.
    pub token_audience: Option<String>,
    /// When it was added.
    pub created_at: i64,
    /// The last launch that came through.
    pub launched_at: Option<i64>,
}

/// A deployment to add to a platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewDeployment {
    /// Its id, as the platform shows it.
    pub deployment: String,
}

/// What a look at a registration has found, in the order in which a launch and a score meet it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlatformTest {
    /// When.
    pub at: i64,
    /// What.
    pub findings: Vec<PlatformFinding>,
}

/// One thing that is right or wrong with a registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlatformFinding {
    /// What: the page has a sentence for it.
    pub code: String,
    /// How bad it is.
    pub level: FindingLevel,
    /// What stands in the sentence.
    pub values: std::collections::BTreeMap<String, String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingLevel {
    /// As it should be.
    Good,
    /// Worth knowing.
    Note,
    /// To be mended.
    Bad,
}

/// What is known of a course's members at its platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RosterView {
    /// The platform lists members at all.
    pub listed: bool,
    /// The last time that all of them came.
    pub read_at: Option<i64>,
    /// How many learners there were.
    pub learners: i64,
    /// What came of the last try: `read`, or why not (`no_answer`, `token`, `refused`, `trouble`,
    /// `unreadable`, `address`, `too_many`).
    pub said: String,
}

/// A platform to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewPlatform {
    /// What operators call it.
    pub name: String,
    /// Issuer.
    pub issuer: String,
    /// Client id.
    pub client_id: String,
    /// Authentication request address.
    pub auth_url: String,
    /// Access token address.
    pub token_url: String,
    /// Public key set address.
    pub keyset_url: String,
    /// Audience of assertions, where it is not the token address.
    #[serde(default)]
    pub token_audience: Option<String>,
    /// Deployments.
    pub deployments: Vec<String>,
    /// More addresses that are the platform's: a school's own at a hosted one, or where courses are
    /// shown.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Our courses whose labs it may link; empty: all.
    #[serde(default)]
    pub courses: Vec<String>,
}

/// A link that lets a platform register by itself, once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RegistrationLink {
    /// The link.
    pub url: String,
    /// Until when it can be used.
    pub expires_at: i64,
}

// No `Debug` that prints secrets: these may end up in an error or a log line.
macro_rules! secret {
    ($($type:ident),+) => {
        $(impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        })+
    };
}

secret!(LaunchCode, Launched, PickLink, Picked, RegistrationLink);
