//! A course's scores as a teacher sees them: what learners have, what course platforms were told.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{LabRule, LabTime};

/// The scores of everyone in a course.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scores {
    /// The course's id.
    pub course: String,
    /// Its title.
    pub title: String,
    /// Its labs.
    pub labs: Vec<ScoreLab>,
    /// Where scores are sent; empty: the course is in no platform.
    pub links: Vec<ScoreLink>,
    /// Learners by name.
    pub learners: Vec<ScoreLearner>,
}

/// A lab and its points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoreLab {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Points to be had.
    pub points: f64,
    /// Dates and tries, where there are any.
    pub rule: Option<LabRule>,
    /// A teacher has set them here; else they stand in the configuration.
    pub own_rule: bool,
}

/// A link of a course platform to a lab, or to one step of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScoreLink {
    /// Its id.
    pub id: String,
    /// What operators call the platform.
    pub platform: String,
    /// Its title there.
    pub title: String,
    /// The lab's name.
    pub lab: String,
    /// One step of it, from 1.
    pub step: Option<u32>,
    /// The platform has, or takes, a column for it in its grade book.
    pub column: bool,
    /// One task of the lab, whose column this is.
    pub task: Option<String>,
    /// Every task has a column of its own, and this link none.
    pub by_tasks: bool,
    /// Every task was to have a column of its own, but the platform lets us make none.
    pub no_task_columns: bool,
}

/// A learner and their scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ScoreLearner {
    /// The account's id.
    pub id: String,
    /// The sign-in name.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// Labs that were tried.
    pub labs: Vec<LabScore>,
    /// Labs for which they were given more time.
    pub more_time: Vec<LabTime>,
    /// The last score for every link that they came by.
    pub sent: Vec<SentScore>,
}

/// What a learner has of a lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LabScore {
    /// The lab's name.
    pub lab: String,
    /// Points.
    pub score: f64,
    /// Some of them were reached after the due date.
    pub late: bool,
    /// Some of them rest on what the learner's own browser says.
    pub self_reported: bool,
}

/// A score on its way to a course platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SentScore {
    /// Its id.
    pub id: String,
    /// The link's id.
    pub link: String,
    /// Who the learner is to the platform.
    pub subject: String,
    /// Points.
    pub score: f64,
    /// Of so many.
    pub points: f64,
    /// When it was reached, or asked for again.
    pub reached_at: i64,
    /// How far it is.
    pub state: SentState,
    /// How often it was tried.
    pub tries: u32,
    /// When it is tried next.
    pub next_at: i64,
    /// When the platform took it.
    pub sent_at: Option<i64>,
    /// HTTP status of the platform's last answer.
    pub status: Option<u16>,
    /// The platform's last answer in a word, `taken`, `no_answer`, …; empty: it was not asked.
    pub said: String,
    /// When it was last tried.
    pub tried_at: Option<i64>,
    /// The beginning of what the platform answered, as text.
    pub answer: String,
    /// How often the platform refused it while it took others.
    pub refusals: u32,
}

/// How far a score is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SentState {
    /// It will be sent.
    Waiting,
    /// The platform has it.
    Sent,
    /// A newer one went instead.
    Superseded,
    /// The platform will not take it as it is.
    Failed,
}

/// Sends scores again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Resend {
    /// Ids of scores; every learner's last ones when empty.
    #[serde(default)]
    pub scores: Vec<String>,
}

/// How many scores are on their way again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Resent {
    /// So many.
    pub scores: u32,
}

/// Our last scores beside what the course platforms say they have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Comparison {
    /// When they were asked.
    pub at: i64,
    /// Link by link.
    pub links: Vec<ComparedLink>,
}

/// One link's results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComparedLink {
    /// The link's id.
    pub link: String,
    /// Whether its results could be read.
    pub outcome: ComparedOutcome,
    /// HTTP status of a platform that would not say.
    pub status: Option<u16>,
    /// Scores that are the same on both sides.
    pub same: u32,
    /// Those that are not.
    pub differences: Vec<Difference>,
}

/// Whether a platform's results could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ComparedOutcome {
    /// They were.
    Read,
    /// There is no column for this link yet.
    NoColumn,
    /// The platform refused.
    Refused,
    /// It gave no answer, or none that is one.
    NoAnswer,
}

/// A score that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// The learner's account id.
    pub learner: String,
    /// The id of our last score.
    pub score_id: String,
    /// Our points.
    pub score: f64,
    /// Of so many.
    pub points: f64,
    /// The platform's points; nothing is graded there when absent.
    pub theirs: Option<f64>,
    /// Of so many.
    pub their_points: Option<f64>,
}
