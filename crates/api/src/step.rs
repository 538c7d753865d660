//! Steps, tasks and checks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of instructions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepView {
    /// Its number, from 1.
    pub n: u32,
    /// Its title.
    pub title: String,
    /// Sanitised HTML without that title. `<div data-task="id"></div>` stands where a task goes;
    /// `<pre data-run="node"><code>` is a block that can be run on that node.
    pub html: String,
    /// Language of the page that was found (`fr`), which may not be the one asked for; empty
    /// when the author did not say.
    pub language: String,
    /// Its tasks in order.
    pub tasks: Vec<TaskView>,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// Never checked.
    Untried,
    /// All its points.
    Done,
    /// Some of its points.
    Part,
    /// Checked, no points yet.
    NotYet,
    /// The last check itself failed; nothing was lost.
    Broken,
}

/// What a task asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Something is done in the lab.
    Check,
    /// Any text is typed.
    Text,
    /// A number is typed.
    Number,
    /// One of `choices` is picked.
    Choice,
    /// A query is written in the tab of `database`.
    Sql,
}

/// A task with the learner's progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is worth.
    pub points: f64,
    /// The points of the try that counts: the best one, unless the lab's rule says otherwise.
    pub score: f64,
    /// How far it is.
    pub state: TaskState,
    /// What it asks for.
    pub kind: TaskKind,
    /// What can be picked; empty unless `kind` is `choice`.
    pub choices: Vec<String>,
    /// The file whose `sql` tab the query is written in; only where `kind` is `sql`.
    pub database: Option<String>,
    /// Lines of the last check.
    pub feedback: Vec<String>,
    /// Hints revealed so far.
    pub hints: Vec<String>,
    /// Hints still to be had.
    pub hints_left: u32,
    /// The node where the check runs, if the learner may see it.
    pub on: Option<String>,
    /// How often it was checked; broken checks are not counted.
    pub attempts: u32,
    /// How often it can still be checked, where that is bounded.
    pub tries_left: Option<u32>,
    /// Its points were reached after the due date.
    pub late: bool,
    /// Its points rest on what the learner's own browser said; a check here settles it.
    pub self_reported: bool,
}

/// Asks for a check.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Check {
    /// The learner's answer, where the task asks for one.
    #[serde(default)]
    pub answer: Option<String>,
    /// An id that the page chose for this attempt: a request that is sent again after a lost
    /// reply gets the same attempt, and nothing is counted twice.
    #[serde(default)]
    pub attempt: Option<String>,
}

/// What a check said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttemptVerdict {
    /// All points.
    Done,
    /// Some points.
    Part,
    /// None yet.
    NotYet,
    /// The check itself failed.
    Broken,
}

/// One check of one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// When.
    pub at: i64,
    /// What it said.
    pub verdict: AttemptVerdict,
    /// The points of this attempt.
    pub score: f64,
    /// Lines for the learner.
    pub feedback: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckReply {
    /// The task as it is now.
    pub task: TaskView,
    /// This attempt.
    pub attempt: Attempt,
    /// The session's points so far.
    pub score: f64,
    /// The lab's points to be had.
    pub points: f64,
}

/// An attempt in the list of all attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RecordedAttempt {
    /// The task's id.
    pub task: String,
    /// When.
    pub at: i64,
    /// What it said.
    pub verdict: AttemptVerdict,
    /// The points of this attempt.
    pub score: f64,
    /// Lines for the learner.
    pub feedback: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What was answered, where the task asks for an answer.
    pub answer: Option<String>,
    /// Only the learner's browser says so.
    pub self_reported: bool,
    /// When it was done by the learner's clock, where it was handed in later; `at` is when it came.
    pub done_at: Option<i64>,
}
