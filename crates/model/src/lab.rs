//! A lab as its author means it: every default filled in, every script and page read.
//!
//! `labwright-manifest` makes it from a folder; the lab image carries it as JSON. Values that
//! depend on the learner are still templates here (`{{ params.x }}`); see [`crate::MachineSpec`]
//! for what a machine is started from.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{LabName, NetworkName, NodeName, ParamName, TaskId};

/// A whole lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lab {
    /// Version of the folder format; 1.
    pub format: u32,
    /// Its name.
    pub name: LabName,
    /// Its title.
    pub title: Text,
    /// One paragraph about it.
    pub summary: Option<Text>,
    /// `Name <mail>` of each author.
    pub authors: Vec<String>,
    /// SPDX expression of the lab's licence.
    pub license: Option<String>,
    /// `debian/<suite>` that package nodes start from.
    pub base: String,
    /// Nodes in the author's order; a `checker` that some task needs is already among them.
    pub nodes: IndexMap<NodeName, Node>,
    /// Networks in the author's order.
    pub networks: IndexMap<NetworkName, Network>,
    /// Parameters, one value per learner.
    pub params: IndexMap<ParamName, Param>,
    /// Tabs in order, defaults filled in.
    pub apps: Vec<App>,
    /// Steps in order.
    pub steps: Vec<Step>,
    /// Who works together, if it is a lab for groups.
    pub group: Option<Group>,
    /// Limits of the whole session.
    pub limits: Limits,
    /// Bytes of memory of the whole session in a browser, where they are other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_memory_bytes: Option<u64>,
    /// How long a session lives.
    pub time: Times,
    /// What of the internet nodes reach.
    pub internet: Internet,
    /// Absolute paths that an autosave carries along.
    pub keep: Vec<String>,
    /// Places that the author allows; `None` is every place that fits.
    pub places: Option<Vec<String>>,
    /// What `labwright test` measures against.
    pub budget: Budget,
}

/// The place with limits of its own: an emulated PC in the learner's tab.
pub const BROWSER: &str = "browser";

impl Lab {
    /// The lab as a place has it: without the tabs that are not there, and in a browser with its memory.
    #[must_use]
    pub fn in_place(mut self, place: &str) -> Self {
        self.apps
            .retain(|app| !app.not_in.iter().any(|other| other == place));
        if place == BROWSER {
            let memory = |limits: &mut Limits, other: Option<u64>| {
                limits.memory_bytes = other.unwrap_or(limits.memory_bytes);
            };
            memory(&mut self.limits, self.browser_memory_bytes);
            for node in self.nodes.values_mut() {
                memory(&mut node.limits, node.browser_memory_bytes);
            }
        }
        self
    }
}

/// Text with translations. The key is a language tag (`en`, `fr`); a plain string has the key `""`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub IndexMap<String, String>);

impl Text {
    /// Text in one unnamed language.
    pub fn plain(text: impl Into<String>) -> Self {
        Self(IndexMap::from([(String::new(), text.into())]))
    }

    /// The text in `language`, else the untagged one, else English, else the first.
    pub fn get(&self, language: &str) -> &str {
        self.0
            .get(language)
            .or_else(|| self.0.get(""))
            .or_else(|| self.0.get("en"))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}

/// A host of the lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What its root file system is made of.
    pub source: NodeSource,
    /// Its links; the order gives eth0, eth1, …
    pub networks: IndexMap<NetworkName, Attachment>,
    /// Static routes.
    pub routes: Vec<Route>,
    /// Who the learner's terminal is; `root` by default.
    pub user: String,
    /// Services in start order.
    pub services: Vec<Service>,
    /// Run once as root when the image is built.
    pub setup: Option<Script>,
    /// Run as root at every boot.
    pub start: Option<Script>,
    /// Environment of everything that runs in it; values may hold templates.
    pub env: IndexMap<String, String>,
    /// `net.*` kernel settings, dotted names.
    pub sysctl: IndexMap<String, String>,
    /// The learner gets no terminal on it, cannot read it, and it has its own uid range.
    pub hidden: bool,
    /// Its limits, defaults filled in.
    pub limits: Limits,
    /// Bytes of memory in a browser, where they are other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser_memory_bytes: Option<u64>,
}

/// What a node's root file system is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeSource {
    /// The lab's base and these Debian packages.
    Packages(Vec<String>),
    /// An OCI image by reference.
    Image(String),
    /// A build context inside the lab folder.
    Dockerfile(String),
}

/// How a node hangs on a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// How it gets its addresses.
    pub mode: LinkMode,
    /// `address/prefix`, IPv4 and IPv6; templates allowed. Allocated ones are already here.
    pub addresses: Vec<String>,
    /// Its MAC address, when the author fixed it.
    pub mac: Option<String>,
}

/// How a link gets its addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkMode {
    /// The listed addresses.
    Static,
    /// Link up only; the node runs its own DHCP client.
    Dhcp,
    /// Link up only.
    None,
}

/// A static route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// `default` or a prefix; templates allowed.
    pub to: String,
    /// Address of the gateway; templates allowed.
    pub via: String,
}

/// A program that runs while the node is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Its name in reports: the init script's name, or made from the command.
    pub name: String,
    /// How it is started.
    pub kind: ServiceKind,
    /// Started again when it ends.
    pub restart: bool,
}

/// How a service is started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// `/etc/init.d/NAME start`.
    InitScript,
    /// A shell command that stays in the foreground.
    Run(String),
}

/// A script whose text was read when the lab was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Where it stood in the lab folder; `None` when written in place.
    pub path: Option<String>,
    /// Its text. Without a `#!` line it runs under `sh`.
    pub text: String,
}

/// A virtual Ethernet segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// Prefix from which silent nodes get their address; templates allowed.
    pub subnet: Option<String>,
    /// How it slows traffic down.
    pub shaping: Shaping,
}

/// How a network slows traffic down: what it sends to a node, on every link. A packet is thus
/// shaped once on its way from one node to another.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Shaping {
    /// Microseconds added to every packet.
    pub delay_us: u64,
    /// Microseconds by which the delay varies.
    pub jitter_us: u64,
    /// Share of packets lost, 0 to 1.
    pub loss: f64,
    /// Bits per second; 0 is unlimited.
    pub rate_bps: u64,
}

/// How a parameter's value is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Param {
    /// One of these.
    Choose(Vec<String>),
    /// A whole number from the first to the second, both included.
    Int(i64, i64),
    /// So many hexadecimal digits.
    Hex(u32),
    /// A subnet with this prefix length inside this one.
    Subnet {
        /// The surrounding prefix, such as `10.0.0.0/8`.
        within: String,
        /// The prefix length of the drawn one.
        prefix: u8,
    },
}

/// A tab that the learner sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// What it shows.
    #[serde(flatten)]
    pub kind: AppKind,
    /// Its label, when the author gave one.
    pub title: Option<Text>,
    /// Places in which the learner does not have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_in: Vec<String>,
}

/// The id of a lab's app, by its place in the list.
pub fn app_id(at: usize) -> String {
    format!("app-{}", at + 1)
}

/// The kinds of tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AppKind {
    /// A terminal on a node.
    Terminal {
        /// The node.
        node: NodeName,
    },
    /// An X program or session of a node, full-screen.
    Desktop {
        /// The node.
        node: NodeName,
        /// One program.
        run: Option<String>,
        /// A whole desktop, such as `xfce`.
        session: Option<String>,
    },
    /// A node's web server, proxied.
    Web {
        /// The node.
        node: NodeName,
        /// TCP port; templates allowed.
        port: String,
        /// Path to open.
        path: String,
    },
    /// Packets, live or from a file.
    Wireshark {
        /// A network's name, or a file under `assets/`.
        source: String,
    },
    /// An SQLite database in the browser.
    Sql {
        /// A file under `assets/`.
        file: String,
    },
    /// A page of the author's, sandboxed.
    Page {
        /// A file under `assets/`.
        file: String,
    },
}

/// A page of instructions and what it asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The page.
    pub page: Page,
    /// Its tasks in order.
    pub tasks: Vec<Task>,
}

/// A page of instructions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// `steps/1-look.md`.
    pub path: String,
    /// CommonMark per language; the file without a suffix has the key `""`.
    pub markdown: Text,
}

/// What a step asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Its title.
    pub title: Text,
    /// What it is worth.
    pub points: f64,
    /// How it is decided.
    pub check: Check,
    /// What the learner types, if it is a question.
    pub answer: Option<Answer>,
    /// Hints, revealed one by one.
    pub hints: Vec<Text>,
    /// How an author's solution does it.
    pub solve: Option<Solve>,
}

/// How a task is decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// A script in a node.
    Script {
        /// The node.
        on: NodeName,
        /// The script.
        script: Script,
        /// Who runs it; `root` by default.
        user: String,
        /// It is broken when it takes longer than so many milliseconds.
        timeout_ms: u64,
    },
    /// The answer is compared with a value.
    Expect(Expect),
    /// The learner's rows must equal this query's rows.
    Sql {
        /// The author's query.
        query: Script,
        /// The database that both are asked of: a file under `assets/`.
        database: String,
    },
}

/// The value that an answer is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// The value; templates allowed.
    pub value: String,
    /// Compare byte for byte, not trimmed and case-folded.
    pub exact: bool,
    /// How far a number may be off.
    pub tolerance: f64,
}

/// What a learner types for a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// One of these.
    Choice(Vec<Text>),
}

/// How an author's solution does a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Solve {
    /// Run a script as root on a node.
    Run {
        /// The node.
        on: NodeName,
        /// The script.
        script: Script,
    },
    /// Give this answer; templates allowed.
    Answer(String),
}

/// Who works together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Fewest people.
    pub min: u32,
    /// Most people.
    pub max: u32,
    /// Which nodes each role works on.
    pub roles: BTreeMap<String, Vec<NodeName>>,
}

/// What a node or a session may use.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of memory.
    pub memory_bytes: u64,
    /// Thousandths of a processor.
    pub cpu_milli: u64,
    /// Processes and threads.
    pub pids: u64,
    /// Bytes of disk that may be written.
    pub disk_bytes: u64,
}

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// Seconds from ready to the end.
    pub session_s: u64,
    /// Seconds without the learner until it is put to sleep.
    pub idle_s: u64,
}

/// What of the internet nodes reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Internet {
    /// Nothing.
    None,
    /// The operator's package mirrors, through a proxy.
    Packages,
    /// Everything public.
    Full,
}

/// What `labwright test` measures against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Budget {
    /// Most bytes of the lab image.
    pub image_bytes: Option<u64>,
    /// Most milliseconds from start to ready.
    pub start_ms: Option<u64>,
}
