//! The messages: plain data, versioned by [`crate::VERSION`].

use indexmap::IndexMap;
use labwright_model::{NodeName, NodeState, Shaping, Stage};
use serde::{Deserialize, Serialize};

/// The header that opens a stream: what the stream is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "open", rename_all = "snake_case")]
pub enum Open {
    /// [`Reply::Status`], then an [`Event`] in each `Control` frame until the stream closes.
    Status {
        /// The opener's [`crate::VERSION`].
        version: u32,
    },
    /// Run a program in a node. Frames: `Data` in is stdin, `Eof` closes it; `Data` and `Stderr`
    /// out; at the end `Control` with [`Control::Exit`].
    Exec {
        /// The node.
        node: NodeName,
        /// Program and arguments; found through the node's PATH.
        argv: Vec<String>,
        /// Added to the node's environment.
        #[serde(default)]
        env: IndexMap<String, String>,
        /// Working directory; `/` by default.
        #[serde(default)]
        cwd: Option<String>,
        /// Who runs it; `root` by default.
        #[serde(default)]
        user: Option<String>,
    },
    /// Attach to a terminal of a node, made when there is none of this id. It outlives the
    /// stream. [`Reply::Terminal`], then `Data` both ways and [`Control::Resize`].
    Pty {
        /// The node.
        node: NodeName,
        /// Its id, unique in the machine.
        terminal: String,
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
        /// Byte offset of the first output byte wanted; `None` is all that is kept.
        #[serde(default)]
        since: Option<u64>,
        /// Attach only when it exists.
        #[serde(default)]
        existing: bool,
        /// The login shell of the node's user when empty.
        #[serde(default)]
        argv: Vec<String>,
        /// Who; the node's user by default.
        #[serde(default)]
        user: Option<String>,
    },
    /// End a terminal: hang up its processes and forget it. [`Reply::Done`].
    PtyClose {
        /// Its id.
        terminal: String,
    },
    /// Run a check script. [`Reply::Check`] when it has ended.
    Check {
        /// The node.
        node: NodeName,
        /// Text of the script; passed by memfd.
        script: String,
        /// Environment: `ANSWER`, `TASK`, `PARAM_*`.
        env: IndexMap<String, String>,
        /// Who runs it.
        user: String,
        /// Longest run, in milliseconds.
        timeout_ms: u64,
    },
    /// Run a script of the author as the node's root would: `solve`. As [`Open::Check`], but what
    /// it started lives on, and the learner's root can reach it. [`Reply::Check`].
    Script {
        /// The node.
        node: NodeName,
        /// Text of the script; passed by memfd.
        script: String,
        /// Environment: `PARAM_*`.
        env: IndexMap<String, String>,
        /// Who runs it.
        user: String,
        /// Longest run, in milliseconds.
        timeout_ms: u64,
    },
    /// Read a file of a node: [`Reply::Done`], `Data` frames, `Eof`, [`Control::Exit`];
    /// [`Control::Failed`] instead of `Eof` when it breaks off.
    FileRead {
        /// The node.
        node: NodeName,
        /// Absolute path, resolved inside the node by its init.
        path: String,
    },
    /// Write a file of a node: [`Reply::Done`], `Data` frames in, `Eof`; then [`Control::Exit`].
    /// The file is there whole or not at all.
    FileWrite {
        /// The node.
        node: NodeName,
        /// Absolute path, resolved inside the node by its init.
        path: String,
        /// Permission bits.
        mode: u32,
    },
    /// Save or restore what `keep` lists of one node, as a tar stream.
    Keep {
        /// The node.
        node: NodeName,
        /// Which way.
        op: KeepOp,
    },
    /// Start a node afresh, or all of them: their writable layers are thrown away.
    /// [`Reply::Done`] when they are ready.
    Reset {
        /// One node, or all.
        node: Option<NodeName>,
    },
    /// Set the link of a node up or down. [`Reply::Done`].
    Link {
        /// The node.
        node: NodeName,
        /// Its network.
        network: String,
        /// Up or down.
        up: bool,
    },
    /// Change how a network slows traffic down. [`Reply::Done`].
    Shape {
        /// The network.
        network: String,
        /// The new shaping.
        shaping: Shaping,
    },
    /// A TCP connection to a port of a node, made inside the node: to its loopback address, else
    /// to one of its own. [`Reply::Done`], then `Data` both ways; an `Eof` ends one of them.
    Connect {
        /// The node.
        node: NodeName,
        /// The port.
        port: u16,
    },
    /// Packets of a network, or of one node's link to it: [`Reply::Done`], then a pcapng stream in
    /// `Data` frames. An `Eof` in ends it: interface statistics and an `Eof` follow. Without that
    /// `Eof` the link is gone.
    Capture {
        /// The network.
        network: String,
        /// Only what passes this node's link.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<NodeName>,
        /// Bytes to keep of each packet; [`crate::limits::MAX_SNAP_BYTES`] by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        snap: Option<u32>,
    },
    /// The RFB stream of a desktop: [`Reply::Done`], then RFC 6143 from its first byte on in `Data`
    /// frames both ways, the agent the server. The X server's own end ends it with `Eof`.
    Display {
        /// The node.
        node: NodeName,
        /// The app that it is for; the node's first by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        app: Option<String>,
    },
    /// Ethernet frames to and from a network of another machine.
    Ethernet {
        /// The network.
        network: String,
    },
    /// The machine was restored from a snapshot: set its clock and make its random numbers its own.
    /// For a machine that is one learner's; elsewhere `unsupported`. [`Reply::Done`].
    Wake {
        /// Milliseconds since 1970.
        unix_ms: u64,
        /// Fresh random bytes in hexadecimal: 32 to 256 of them.
        entropy: String,
    },
    /// Stop the machine in order. [`Reply::Done`], then the channel closes.
    Stop,
}

/// Which way a `keep` stream goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepOp {
    /// [`Reply::Done`], then `Data` frames of a tar archive, `Eof`, [`Control::Exit`];
    /// [`Control::Failed`] instead of `Eof` when it breaks off.
    Save,
    /// [`Reply::Done`], then `Data` frames of a tar archive in, `Eof`; then [`Control::Exit`].
    Restore,
    /// The same of an archive that the learner may have written: unless the node's user is root, only what lies in
    /// that user's home is taken, and it becomes theirs, without set-id bits and capabilities.
    Bring,
}

/// The agent's answer to an [`Open`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// It is under way, or done where nothing follows.
    Done,
    /// It could not be done.
    Failed(Failure),
    /// Answer to `status`.
    Status(StatusReport),
    /// Answer to `pty`.
    Terminal {
        /// Offset of the first byte that follows.
        offset: u64,
        /// Offset after the last byte so far.
        end: u64,
        /// Bytes before `offset` that were asked for are gone.
        lost: bool,
    },
    /// Answer to `check`.
    Check(CheckOutput),
}

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// For programs: `unknown_node`, `unknown_terminal`, `not_ready`, `unsupported`, `version`,
    /// `refused`, `limit`, `failed`.
    pub code: String,
    /// For people: the object and the cause.
    pub message: String,
}

/// What a check did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckOutput {
    /// How it ended; `None` when it was stopped at its timeout.
    pub exit: Option<Exit>,
    /// Its standard output, cut at 64 KiB, invalid UTF-8 replaced.
    pub stdout: String,
    /// Its standard error, cut at 64 KiB; for the author.
    pub stderr: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exit {
    /// With this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// Small JSON messages inside a stream, in `Control` frames.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "control", rename_all = "snake_case")]
pub enum Control {
    /// The terminal's new size.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// Send a signal to the program of an exec stream.
    Signal {
        /// Its number.
        signal: i32,
    },
    /// The program ended.
    Exit {
        /// How.
        exit: Exit,
    },
    /// The transfer failed.
    Failed(Failure),
    /// The viewer of a terminal was too slow: what it did not take is gone, and the next `Data`
    /// begins at this offset.
    Skipped {
        /// Of the first byte that follows.
        offset: u64,
    },
}

/// The whole state of a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// The agent's [`crate::VERSION`].
    pub version: u32,
    /// Random at every start of the agent: tells a reboot from a reconnect.
    pub epoch: String,
    /// All nodes are ready.
    pub ready: bool,
    /// Why the machine cannot become ready.
    pub failed: Option<Failure>,
    /// Milliseconds from the agent's start to ready.
    pub ready_ms: Option<u64>,
    /// Nodes in boot order.
    pub nodes: Vec<NodeReport>,
    /// Living terminals.
    pub terminals: Vec<TerminalReport>,
    /// The screens of desktop apps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub displays: Vec<DisplayReport>,
    /// What the machine cannot do that was asked for, such as `delay` without netem.
    pub warnings: Vec<String>,
}

/// The state of one desktop app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisplayReport {
    /// The app's id.
    pub app: String,
    /// Its node.
    pub node: NodeName,
    /// Its program runs.
    pub running: bool,
    /// How often the program was started again.
    pub restarts: u32,
    /// How it last ended.
    pub exit: Option<Exit>,
    /// The kernel killed something of its node for want of memory while it ran last.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out_of_memory: bool,
    /// The end of what it wrote before it ended, or why it could not be started.
    pub words: String,
}

/// The state of one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeReport {
    /// Its name.
    pub name: NodeName,
    /// How far it is.
    pub state: NodeState,
    /// Its services.
    pub services: Vec<ServiceReport>,
    /// Why it failed.
    pub failed: Option<Failure>,
}

/// The state of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceReport {
    /// Its name.
    pub name: String,
    /// It runs; an init script: it returned 0.
    pub running: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// How it last ended.
    pub exit: Option<Exit>,
}

/// A living terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalReport {
    /// Its id.
    pub terminal: String,
    /// Its node.
    pub node: NodeName,
    /// Offset after its last output byte.
    pub end: u64,
}

/// Something happened in the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A stage of the start began or ended.
    Stage {
        /// Which.
        stage: Stage,
        /// It ended.
        done: bool,
        /// Milliseconds since the agent started.
        at_ms: u64,
    },
    /// A node changed.
    Node(NodeReport),
    /// All nodes are ready.
    Ready {
        /// Milliseconds since the agent started.
        at_ms: u64,
    },
    /// The machine cannot become ready.
    Failed(Failure),
    /// A terminal ended.
    TerminalEnded {
        /// Its id.
        terminal: String,
        /// How its program ended.
        exit: Exit,
    },
    /// A desktop's program started or ended.
    Display(DisplayReport),
    /// The kernel killed a process of a node for want of memory, or refused one.
    LimitHit {
        /// The node.
        node: NodeName,
        /// `memory`, `pids` or `disk`.
        limit: String,
    },
}
