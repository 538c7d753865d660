//! Help: a raised hand, its answers, and looks over the shoulder.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::AttemptVerdict;

/// Raises a hand. What goes along is what the learner was shown; each part may be left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RaiseHand {
    /// The number of the step, from 1.
    pub step: u32,
    /// The task; absent is the step as a whole.
    #[serde(default)]
    pub task: Option<String>,
    /// What the learner asks; at most 2,000 characters, may be empty.
    #[serde(default)]
    pub words: String,
    /// The times of the learner's own attempts at the task that go along; at most five.
    #[serde(default)]
    pub attempts: Vec<i64>,
    /// The end of a terminal.
    #[serde(default)]
    pub tail: Option<HandTail>,
}

/// The end of a terminal, as plain text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandTail {
    /// The terminal's title; at most 100 characters.
    pub of: String,
    /// Its last lines; at most 16,000 characters.
    pub text: String,
}

/// An attempt that went along.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HandAttempt {
    /// When.
    pub at: i64,
    /// What the check said.
    pub verdict: AttemptVerdict,
    /// Its points.
    pub score: f64,
    /// Its lines.
    pub feedback: Vec<String>,
    /// What was answered.
    pub answer: Option<String>,
}

/// Words for somebody: a learner's to a teacher, or a teacher's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HelpWords {
    /// At most 4,000 characters.
    pub words: String,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HelpSaid {
    /// The name of the teacher who said it; absent: the learner did.
    pub teacher: Option<String>,
    /// What.
    pub words: String,
    /// When.
    pub at: i64,
    /// It went to everybody who was stuck at the task, of this title.
    pub all_at: Option<String>,
}

/// Help as a learner's page shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HelpState {
    /// The hand that is up, or the last one of this day.
    pub hand: Option<MyHand>,
    /// What was said about the hand, or to everybody at a task; oldest first.
    pub said: Vec<HelpSaid>,
    /// A teacher has the course's queue open.
    pub on_duty: bool,
    /// Who may read a raised hand.
    pub teachers: Vec<String>,
    /// By the rules of this course teachers may look without asking, as in an exam.
    pub exam: bool,
    /// Somebody asks to look, or looks.
    pub look: Option<MyLook>,
}

/// A learner's own hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MyHand {
    /// Its id.
    pub id: String,
    /// The number of the step, from 1.
    pub step: u32,
    /// The task's title.
    pub task: Option<String>,
    /// What the learner asked.
    pub words: String,
    /// How many attempts went along.
    pub attempts: u32,
    /// The terminal whose end went along.
    pub tail: Option<String>,
    /// When it was raised.
    pub raised_at: i64,
    /// It is up.
    pub up: bool,
    /// Place in line, from 1; only while it waits for a teacher.
    pub place: Option<u32>,
    /// How long that may take, in milliseconds, by what the last ones took; absent when nobody knows.
    pub wait_ms: Option<i64>,
    /// The name of the teacher who has it.
    pub taken_by: Option<String>,
    /// Why it is down.
    pub down: Option<HandDown>,
}

/// Why a hand is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandDown {
    /// The learner took it back.
    Lowered,
    /// The task was done.
    Done,
    /// A teacher closed it.
    Closed,
}

/// A look, as the learner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MyLook {
    /// Its id: an answer names it.
    pub id: String,
    /// The teacher's name.
    pub teacher: String,
    /// The teacher looks; otherwise the teacher asks to.
    pub watching: bool,
    /// When it ends by itself: the question, or the look.
    pub until: i64,
    /// The keyboard.
    pub keys: Keys,
    /// It began without a question, by the rules of an exam: it is not the learner's to end.
    pub exam: bool,
}

/// Who has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keys {
    /// The learner alone.
    No,
    /// The teacher asks for it.
    Asked,
    /// The teacher may type too.
    Given,
}

/// What a learner says to a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookAnswer {
    /// The teacher may look, this time.
    Allow,
    /// Not now.
    Refuse,
    /// No more.
    End,
    /// The teacher may type too, this time.
    GiveKeys,
    /// The teacher may not, or no more.
    KeepKeys,
}

/// An answer of the learner to one look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerLook {
    /// What the learner says.
    pub answer: LookAnswer,
}

/// A line of the log that a learner reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LookLine {
    /// When.
    pub at: i64,
    /// The lab's title.
    pub lab: String,
    /// What belongs to one look has one id.
    pub look: Option<String>,
    /// The teacher's name.
    pub teacher: String,
    /// What happened.
    pub act: LookAct,
    /// What was opened.
    pub what: Option<String>,
    /// Why it ended.
    pub end: Option<LookEnd>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookAct {
    /// A teacher asked to look.
    Asked,
    /// A teacher began to look without a question, by the rules of an exam.
    Exam,
    /// The learner allowed it.
    Allowed,
    /// The learner said not now.
    Refused,
    /// The question had no answer.
    Lapsed,
    /// The teacher opened `what`.
    Saw,
    /// The teacher asked for the keyboard.
    KeysAsked,
    /// The learner gave it.
    KeysGiven,
    /// The learner did not give it.
    KeysRefused,
    /// The keyboard went back to the learner alone.
    KeysBack,
    /// The look ended.
    Ended,
    /// A teacher answered the learner's question.
    Answered,
    /// A teacher answered everybody who was stuck at a task.
    AnsweredAll,
}

/// Why a look, or the question for one, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookEnd {
    /// The learner said not now.
    Refused,
    /// The learner said nothing in time.
    Unanswered,
    /// The learner ended it.
    Learner,
    /// The teacher ended it.
    Teacher,
    /// Its time was over.
    Time,
    /// The lab ended.
    Session,
    /// The learner's page was gone.
    LearnerGone,
    /// The teacher's page was gone.
    TeacherGone,
    /// One of the two signed out, or may no longer.
    SignedOut,
    /// The server was started again.
    Restart,
}

/// The queue of a course, as its teachers see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HelpQueue {
    /// The course's id.
    pub course: String,
    /// The course's title in the language of the request.
    pub course_title: String,
    /// The lab that links from the queue go to: the course's first.
    pub lab: Option<String>,
    /// When this was so: the server's clock, in milliseconds since 1970.
    pub at: i64,
    /// What to ask with next time (`after`); only grows.
    pub stamp: i64,
    /// By the rules of this course teachers may look without asking, as in an exam.
    pub exam: bool,
    /// Hands that are up: those that wait first, oldest first; at most 200.
    pub hands: Vec<QueuedHand>,
}

/// A hand in the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QueuedHand {
    /// Its id.
    pub id: String,
    /// The learner's account.
    pub learner: String,
    /// The learner's name.
    pub name: String,
    /// The learner's page is open.
    pub here: bool,
    /// The lab's name.
    pub lab: String,
    /// The lab's title.
    pub lab_title: String,
    /// The number of the step, from 1.
    pub step: u32,
    /// The task's id.
    pub task: Option<String>,
    /// The task's title.
    pub task_title: Option<String>,
    /// What the learner asks.
    pub words: String,
    /// Attempts that went along, oldest first.
    pub attempts: Vec<HandAttempt>,
    /// The end of a terminal that went along.
    pub tail: Option<HandTail>,
    /// When it was raised.
    pub raised_at: i64,
    /// It is a teacher's turn.
    pub waits: bool,
    /// The teacher who has it.
    pub taken_by: Option<String>,
    /// That is the one who asks.
    pub mine: bool,
    /// What was said since, oldest first.
    pub said: Vec<HelpSaid>,
    /// How many others are perhaps stuck at the same task.
    pub stuck_too: u32,
}

/// Takes a hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TakeHand {
    /// Although another teacher has it.
    #[serde(default)]
    pub over: bool,
}

/// Answers a hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerHand {
    /// At most 4,000 characters.
    pub words: String,
    /// Also to everybody else who is perhaps stuck at the same task.
    #[serde(default)]
    pub all: bool,
}

/// Answers everybody who is perhaps stuck at a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerTask {
    /// The lab's name.
    pub lab: String,
    /// The task's id.
    pub task: String,
    /// At most 4,000 characters.
    pub words: String,
}

/// How many learners were told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Answered {
    /// Learners.
    pub learners: u32,
}

/// Asks to look over a learner's shoulder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AskToLook {
    /// The lab's name.
    pub lab: String,
    /// The learner's account.
    pub learner: String,
}

/// A look, as the teacher sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LookView {
    /// Its id.
    pub id: String,
    /// The course's id.
    pub course: String,
    /// The lab's name.
    pub lab: String,
    /// The lab's title.
    pub title: String,
    /// The learner's account.
    pub learner: String,
    /// The learner's name.
    pub name: String,
    /// The learner has allowed it, and it goes on.
    pub watching: bool,
    /// When it ends by itself: the question, or the look.
    pub until: i64,
    /// Why it is over.
    pub end: Option<LookEnd>,
    /// The keyboard.
    pub keys: Keys,
    /// It began without a question, by the rules of an exam.
    pub exam: bool,
    /// What can be seen; empty unless `watching`.
    pub apps: Vec<LookApp>,
    /// The server's clock, in milliseconds since 1970.
    pub at: i64,
    /// What to ask with next time (`after`).
    pub stamp: i64,
}

/// A terminal or desktop that a look shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LookApp {
    /// The terminal's id, or the app's.
    pub id: String,
    /// It is a desktop; otherwise a terminal.
    pub desktop: bool,
    /// What its tab says.
    pub label: String,
    /// Columns of the terminal, as the learner sees it.
    pub cols: u16,
    /// Rows of it.
    pub rows: u16,
}

/// What a teacher does to a look of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookWish {
    /// Ask for the keyboard.
    AskKeys,
    /// Give the keyboard back, or take the question for it back.
    GiveKeysBack,
    /// End it, or take the question back.
    End,
}

/// A wish of the teacher for one look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangeLook {
    /// What.
    pub wish: LookWish,
}
