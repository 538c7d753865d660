//! What was done of a lab in the learner's own browser, and how it comes to a course: attempts, and the files of its nodes.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{AttemptVerdict, LabSession, TaskState};

/// Whose folder a page without server stands in: `lab/home.json` of a folder that a server offers, and of no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TabHome {
    /// Version of this format; 1.
    pub labwright: u32,
    /// The course's id.
    pub course: String,
    /// Its title, in the language of the request.
    pub title: String,
    /// The lab's name.
    pub lab: String,
}

/// What a learner did of a lab in a browser, oldest first: sent by the page, or the file that it saves. Handing in the same
/// attempt again changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HandIn {
    /// Version of this format; 1.
    pub labwright: u32,
    /// The lab's name.
    pub lab: String,
    /// SHA-256 of the `lab/lab.json` that it was done with, in hexadecimal: the server has that file if it offered it.
    pub made_of: String,
    /// A random name of this browser's work on the lab: nobody else may hand it in.
    pub work: String,
    /// At most 64 of them in one request.
    pub attempts: Vec<HandedAttempt>,
    /// Hints that were revealed, by task.
    #[serde(default)]
    pub hints: IndexMap<String, u32>,
}

/// An attempt as the learner's browser has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HandedAttempt {
    /// Its id, which the page chose; one of its own in this work.
    pub id: String,
    /// The task's id.
    pub task: String,
    /// When, by the learner's clock.
    pub at: i64,
    /// What the browser's judge said.
    pub verdict: AttemptVerdict,
    /// Share of the task's points, 0 to 1.
    pub share: f64,
    /// Lines for the learner.
    pub feedback: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What was answered; of an `sql` task, the query.
    pub answer: Option<String>,
}

/// What became of what was handed in, and how far the learner is in the course, over all places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HandedIn {
    /// What became of every attempt, in order.
    pub attempts: Vec<TakenAttempt>,
    /// How far each task is.
    pub tasks: IndexMap<String, CarriedTask>,
    /// Points so far.
    pub score: f64,
    /// Points to be had.
    pub points: f64,
    /// When, by the server's clock.
    pub at: i64,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TakenAttempt {
    /// Its id.
    pub id: String,
    /// Whether it is kept.
    pub outcome: HandInOutcome,
    /// Only the learner's browser says so: the server could not judge it again.
    pub self_reported: bool,
    /// What counts: the server's own verdict where it judged again.
    pub verdict: Option<AttemptVerdict>,
    /// Why it is not kept, or not now, in the language of the request.
    pub message: Option<String>,
}

/// Whether an attempt that was handed in is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandInOutcome {
    /// It is.
    Taken,
    /// It was already.
    Known,
    /// It is not, and never will be.
    Refused,
    /// It is not now: hand it in again; with a message, once the lab is open.
    Later,
}

/// How far a learner is with a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CarriedTask {
    /// How far.
    pub state: TaskState,
    /// Share of the points that counts, 0 to 1.
    pub share: f64,
    /// Attempts that counted.
    pub attempts: u32,
    /// Hints that were revealed.
    pub hints: u32,
}

/// The learner's saved files of a lab on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptFiles {
    /// When they were saved; none: there are none.
    pub at: Option<i64>,
    /// One archive a node that has some.
    pub nodes: Vec<KeptNode>,
    /// The session of the lab that runs or sleeps on the server: what it has saved by now is what these are.
    pub session: Option<LabSession>,
}

/// A node's archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptNode {
    /// The node.
    pub node: String,
    /// Its size.
    pub bytes: u64,
}
