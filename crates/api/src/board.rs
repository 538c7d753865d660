//! A teacher's board: one lab of a course, everybody at once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{LineReport, TaskState};

/// One lab of a course as it stands, or what changed of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Board {
    /// The course's id.
    pub course: String,
    /// The course's title in the language of the request.
    pub course_title: String,
    /// The lab's name.
    pub lab: String,
    /// The lab's title in the language of the request.
    pub title: String,
    /// The labs of the course, in order.
    pub labs: Vec<BoardLab>,
    /// When this was so: the server's clock, in milliseconds since 1970.
    pub at: i64,
    /// What to ask with next time (`after`); only grows.
    pub stamp: i64,
    /// `learners` holds everybody; otherwise those who changed since `after`.
    pub whole: bool,
    /// Tasks in the order of the lab: the columns.
    pub tasks: Vec<BoardTask>,
    /// Steps in order, those without tasks too.
    pub steps: Vec<BoardStep>,
    /// Learners by name: the rows.
    pub learners: Vec<BoardLearner>,
    /// Who is perhaps stuck, longest first; always all of them.
    pub stuck: Vec<BoardStuck>,
}

/// A lab that has a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardLab {
    /// Its name.
    pub name: String,
    /// Its title in the language of the request.
    pub title: String,
}

/// A task over the whole class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardTask {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The number of its step.
    pub step: u32,
    /// What it is worth.
    pub points: f64,
    /// Learners who have done it.
    pub done: u32,
    /// Learners who have a part.
    pub part: u32,
    /// Learners who have tried it and have nothing.
    pub tried: u32,
    /// Learners with a running lab for whom it is the next one.
    pub at_it: u32,
    /// Attempts that counted.
    pub attempts: u32,
    /// Attempts that a fault of the check ended.
    pub broken: u32,
    /// Median time from the task before, in milliseconds.
    pub median_ms: Option<i64>,
    /// What failed checks said to most learners; at most five.
    pub words: Vec<BoardWords>,
}

/// A step over the whole class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardStep {
    /// Its number, from 1.
    pub n: u32,
    /// Its title.
    pub title: String,
    /// How many tasks it has.
    pub tasks: u32,
    /// Learners who have come so far: who started the lab, and did all before it or tried something from it on.
    pub reached: u32,
    /// Those who have done all its tasks, or have reached the next one where it has none.
    pub finished: u32,
    /// Median time that those needed who have done all its tasks, in milliseconds.
    pub median_ms: Option<i64>,
}

/// What a failed check said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardWords {
    /// Its last line.
    pub words: String,
    /// To how many learners.
    pub learners: u32,
}

/// A learner's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardLearner {
    /// The account's id.
    pub id: String,
    /// The name that others see.
    pub display_name: String,
    /// Where the learner is.
    pub presence: Presence,
    /// The last sign of life, in milliseconds since 1970, told to the minute; none before a first start.
    pub active_at: Option<i64>,
    /// Points so far.
    pub score: f64,
    /// A cell a task, in the order of the columns.
    pub cells: Vec<BoardCell>,
    /// What a learner in the lab is at; none when all is done.
    pub work: Option<BoardWork>,
    /// The place of a lab that runs: `local`, …
    pub place: Option<String>,
    /// The learner's line, as the page measured it within the last two minutes.
    pub line: Option<LineReport>,
}

/// The task at hand of somebody who is in the lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardWork {
    /// The task's id.
    pub task: String,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
    /// Failed tries at it.
    pub failed: u32,
}

/// Where a learner is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Never started the lab.
    Never,
    /// The lab is starting.
    Starting,
    /// The lab runs.
    Here,
    /// It does not run now.
    Away,
    /// It could not be started.
    Failed,
}

/// A learner's work at a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BoardCell {
    /// How it stands.
    pub state: TaskState,
    /// Best points.
    pub score: f64,
    /// Attempts that counted.
    pub attempts: u32,
    /// Its points rest on what the learner's own browser says.
    pub self_reported: bool,
}

/// Somebody who is perhaps stuck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BoardStuck {
    /// The account's id.
    pub learner: String,
    /// The task at hand.
    pub task: String,
    /// Why.
    pub reason: StuckReason,
    /// Since when: at the task, or silent; in milliseconds since 1970.
    pub since: i64,
    /// Failed tries at it.
    pub failed: u32,
    /// What the check said at last.
    pub words: Option<String>,
}

/// Why somebody is perhaps stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StuckReason {
    /// Three failed tries or more at the task at hand.
    Tries,
    /// No sign of life for eight minutes while the lab runs.
    Quiet,
    /// Ten minutes at the task, and twice as long as half of the class took.
    Time,
}
