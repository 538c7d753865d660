//! What can be seen of a session: plain data, from which the API makes its `SessionView`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use labwright_grading::Rule;
use labwright_model::{LabName, NetworkName, NodeName, NodeState, SessionId, Stage, TaskId};
use labwright_store::{AccountId, CourseId, SessionState, UnixMs};

/// A session as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Its id.
    pub id: SessionId,
    /// The course.
    pub course: CourseId,
    /// The lab.
    pub lab: LabName,
    /// Whose it is.
    pub account: AccountId,
    /// What it is doing.
    pub state: SessionState,
    /// The stages of the start, in order.
    pub stages: Vec<StageView>,
    /// Its place in line while it is queued, from 1.
    pub line: Option<usize>,
    /// When it will be ready, while it stands in line: a guess from what was seen lately.
    pub expected_at: Option<UnixMs>,
    /// What is wrong, also for a moment only.
    pub problem: Option<Problem>,
    /// When it was first launched.
    pub created_at: UnixMs,
    /// When it last became ready.
    pub ready_at: Option<UnixMs>,
    /// When its time is up.
    pub ends_at: Option<UnixMs>,
    /// How often its time can still be extended.
    pub extensions_left: u32,
    /// When its files were last saved.
    pub saved_at: Option<UnixMs>,
    /// Until when a sleeping session's files are kept.
    pub kept_until: Option<UnixMs>,
    /// Nodes that the learner may see, in order.
    pub nodes: Vec<NodeView>,
    /// Living terminals, in the order in which they were opened.
    pub terminals: Vec<TerminalView>,
    /// What the programs of desktop tabs are doing, by the tab's id.
    pub programs: BTreeMap<String, ProgramView>,
    /// What the machine cannot do that the lab asks for.
    pub warnings: Vec<String>,
    /// Tasks and scores.
    pub progress: Progress,
}

/// The program of a desktop tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramView {
    /// It runs.
    pub running: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// How it last ended; none as long as it never did.
    pub ending: Option<Ending>,
    /// The end of what it wrote before that, or why it could not be started.
    pub words: String,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
    /// Its node had no memory left.
    OutOfMemory,
    /// It never began.
    NotStarted,
}

/// A stage of the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageView {
    /// Which.
    pub stage: Stage,
    /// How far it is.
    pub state: StageState,
    /// Median of recent starts.
    pub expected_ms: Option<u64>,
    /// How long it took, or has taken so far when it began.
    pub took_ms: Option<u64>,
    /// When it began.
    pub began_at: Option<UnixMs>,
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageState {
    /// Not begun.
    Todo,
    /// Under way.
    Doing,
    /// Ended well.
    Done,
    /// Under way for far longer than expected.
    Slow,
    /// Ended badly.
    Failed,
}

/// Something wrong, in words for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which: the page has words of its own for each.
    pub code: ProblemCode,
    /// The object and the cause.
    pub message: String,
}

/// The kinds of problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemCode {
    /// The channel to the machine is lost; it is being sought. The lab goes on running.
    Reconnecting,
    /// The machine died; it starts again with its files.
    Rebooting,
    /// The place has no room; the session waits.
    Full,
    /// A step failed and is being repeated.
    Retrying,
    /// The files could not be saved; the last save is kept.
    SaveFailed,
    /// The saved files could not be put back; they are kept. Launching it again tries again, a
    /// reset goes on without them.
    RestoreFailed,
    /// A reset failed.
    ResetFailed,
    /// The session failed; launching it again tries again.
    Failed,
}

impl ProblemCode {
    /// In `snake_case`, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reconnecting => "reconnecting",
            Self::Rebooting => "rebooting",
            Self::Full => "full",
            Self::Retrying => "retrying",
            Self::SaveFailed => "save_failed",
            Self::RestoreFailed => "restore_failed",
            Self::ResetFailed => "reset_failed",
            Self::Failed => "failed",
        }
    }
}

/// A node that the learner may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeView {
    /// Its name.
    pub name: NodeName,
    /// How far it is.
    pub state: NodeState,
    /// Addresses without prefix, per network.
    pub addresses: IndexMap<NetworkName, Vec<String>>,
}

/// A living terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalView {
    /// Its id; unguessable.
    pub id: String,
    /// Its node.
    pub node: NodeName,
    /// `client`, `client 2`, …
    pub title: String,
}

/// Tasks and scores of a learner in a lab, over all sessions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Progress {
    /// Every task of the lab, in order.
    pub tasks: IndexMap<TaskId, TaskProgress>,
    /// Points so far.
    pub score: f64,
    /// Points that the lab is worth.
    pub points: f64,
    /// Dates, and which tries count.
    pub rule: Rule,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskProgress {
    /// How far it is: the best verdict so far.
    pub state: TaskState,
    /// Points so far: those of the try that counts.
    pub score: f64,
    /// They were reached after the due date.
    pub late: bool,
    /// Only the learner's own browser says that they were reached.
    pub self_reported: bool,
    /// Tries that are left, where they are counted.
    pub tries_left: Option<u32>,
    /// Points that it is worth.
    pub points: f64,
    /// Feedback of the last attempt.
    pub feedback: Vec<String>,
    /// How many attempts were made.
    pub attempts: usize,
    /// How many hints are revealed.
    pub hints_revealed: u32,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// Never tried.
    Untried,
    /// Done.
    Done,
    /// A part of it.
    Part,
    /// Tried, not yet.
    NotYet,
    /// The only verdict so far is that the check itself failed.
    Broken,
}

/// Something that happened, for those who watch a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// So many minutes are left.
    Warning {
        /// 10, 5 or 1.
        minutes: u32,
    },
    /// A terminal's program ended.
    TerminalEnded {
        /// The terminal.
        id: String,
    },
    /// The lab's pages or checks changed.
    Reload,
}
