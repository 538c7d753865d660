//! A session as its learner's page sees it.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::LabRule;

/// Starts a lab, or finds the session of it that lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StartSession {
    /// The course's id.
    pub course: String,
    /// The lab's name.
    pub lab: String,
}

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// It waits for room.
    Queued,
    /// Its machine is being made.
    Starting,
    /// The lab can be worked on.
    Ready,
    /// It is being saved and stopped.
    Ending,
    /// Saved and stopped; starting it again resumes.
    Asleep,
    /// Over.
    Ended,
    /// It could not be started, or its machine is gone; `problem` says why.
    Failed,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Its id.
    pub id: String,
    /// The course's id.
    pub course: String,
    /// The lab's name.
    pub lab: String,
    /// The lab's title in the language of the request.
    pub title: String,
    /// How far it is.
    pub state: SessionState,
    /// The stages of the start, always all five, in order.
    pub stages: Vec<StageView>,
    /// Where it stands in line, while it waits for its turn to start.
    pub queue: Option<QueueView>,
    /// What is wrong with it.
    pub problem: Option<ProblemView>,
    /// When it ends by itself; none before it is ready.
    pub ends_at: Option<i64>,
    /// The server's clock, to compare `ends_at` with.
    pub now: i64,
    /// Tabs in order.
    pub apps: Vec<AppView>,
    /// Nodes that the learner may see, in order.
    pub nodes: Vec<NodeView>,
    /// Networks that a visible node is on, in order.
    pub networks: Vec<NetworkView>,
    /// Steps in order.
    pub steps: Vec<StepSummary>,
    /// Points so far.
    pub score: f64,
    /// Points to be had.
    pub points: f64,
    /// Dates and tries, where there are any.
    pub rule: Option<LabRule>,
    /// Folders of every node that are saved when the session ends; what lies elsewhere is lost.
    pub keep: Vec<String>,
    /// When the learner's files were last saved.
    pub saved_at: Option<i64>,
    /// Open terminals, the first of each terminal tab first.
    pub terminals: Vec<Terminal>,
    /// What differs from what the author meant, such as a network delay that this machine
    /// cannot do. Empty as a rule.
    pub warnings: Vec<String>,
}

/// A place in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueView {
    /// From 1. Far behind it is told in steps of a tenth, never too small.
    pub place: u32,
    /// Until the lab is ready, in milliseconds, from how long the last starts took and how often room came free; none where
    /// that is not known.
    pub expected_ms: Option<u64>,
}

/// The stages of a start, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageName {
    /// Find a place.
    Place,
    /// Make the networks.
    Networks,
    /// Start the nodes.
    Nodes,
    /// Start the services.
    Services,
    /// Open the tabs.
    Tabs,
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// To come.
    Todo,
    /// Under way.
    Doing,
    /// Done.
    Done,
    /// Under way for more than twice the expected time.
    Slow,
    /// It failed; `note` says why.
    Failed,
}

/// A stage of the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StageView {
    /// Which.
    pub stage: StageName,
    /// How far it is.
    pub state: StageState,
    /// Median of recent starts of this lab, in milliseconds; none before the first.
    pub expected_ms: Option<u64>,
    /// How long it took, in milliseconds, once it is over.
    pub took_ms: Option<u64>,
    /// Why it is slow or failed.
    pub note: Option<String>,
}

/// What is wrong, in words that a learner understands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemView {
    /// The object and the cause.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// The kinds of tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppKind {
    /// A terminal on a node.
    Terminal,
    /// A desktop of a node.
    Desktop,
    /// A node's web server.
    Web,
    /// Packets.
    Wireshark,
    /// An SQLite database.
    Sql,
    /// A page of the author's.
    Page,
    /// The map of the lab; the server adds it behind the others where there are networks.
    Map,
}

/// A tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppView {
    /// Its id, the same in every session of the lab.
    pub id: String,
    /// Its kind.
    pub kind: AppKind,
    /// Its label.
    pub label: String,
    /// The node that it shows, if it shows one.
    pub node: Option<String>,
    /// What else it shows: a network's name, or the path of a file under `assets/`.
    pub source: Option<String>,
    /// The port of the node's web server, for a tab of kind `web`.
    pub port: Option<u16>,
    /// What its program is doing, for a tab of kind `desktop` of a machine that runs.
    pub program: Option<ProgramView>,
}

/// The program that a desktop shows. It is started again whenever it has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProgramView {
    /// It runs.
    pub running: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// How it last ended, in the language of the request; none as long as it never did.
    pub ended: Option<String>,
    /// The end of what it wrote before it ended.
    pub words: String,
}

/// What opens a page that comes out of the lab: a tab of kind `web` or `page`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppTicket {
    /// The address to open, good once and for a minute.
    pub url: String,
    /// The origin of the page.
    pub origin: String,
}

/// How far a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeStateView {
    /// Not yet begun.
    Waiting,
    /// Its root and links are being made.
    Creating,
    /// Its services start.
    Starting,
    /// It works.
    Ready,
    /// It failed.
    Failed,
}

/// A node that the learner may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// How far it is.
    pub state: NodeStateView,
    /// Its addresses without prefix, by network.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub addresses: IndexMap<String, Vec<String>>,
}

/// A network that the learner may see. Which nodes are on it, their addresses say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NetworkView {
    /// Its name.
    pub name: String,
    /// Its prefix, such as `10.0.0.0/24`, if it has one.
    pub subnet: Option<String>,
    /// How it slows traffic down; none when it does not.
    pub shaping: Option<ShapingView>,
}

/// How a network slows down what it brings to a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShapingView {
    /// Milliseconds added to every packet.
    pub delay_ms: f64,
    /// Milliseconds by which the delay varies.
    pub jitter_ms: f64,
    /// Share of packets lost, 0 to 1.
    pub loss: f64,
    /// Kilobits per second; 0 is unlimited.
    pub rate_kbps: f64,
}

/// How far the learner is with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// No task of it was tried; also a step without tasks.
    Todo,
    /// Some points, not all.
    Part,
    /// All its points.
    Done,
}

/// A step in the list of steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepSummary {
    /// Its number, from 1.
    pub n: u32,
    /// Its title.
    pub title: String,
    /// Points to be had.
    pub points: f64,
    /// Points so far.
    pub score: f64,
    /// How far the learner is.
    pub state: StepState,
}

/// An open terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Terminal {
    /// Its id, unique in the session.
    pub id: String,
    /// Its node.
    pub node: String,
    /// Its label.
    pub title: String,
}

/// Opens one more terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenTerminal {
    /// The node.
    pub node: String,
}

/// Starts one node or the whole lab afresh; what was saved is thrown away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Reset {
    /// The node; all of them when absent.
    #[serde(default)]
    pub node: Option<String>,
}
