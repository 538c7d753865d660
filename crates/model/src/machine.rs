//! What a machine is started from: one session's lab with every template filled in.
//!
//! It holds no check, no solution and no page: what an agent does not know, a learner who breaks
//! out of a node into the machine cannot read.

use std::path::PathBuf;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{
    Internet, LabName, Limits, LinkMode, NetworkName, NodeName, Route, Script, Service, SessionId,
    Shaping,
};

/// One machine: everything that a place and its agent need, and nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MachineSpec {
    /// The session that it is for; also its name.
    pub session: SessionId,
    /// The lab.
    pub lab: LabName,
    /// Nodes in boot order.
    pub nodes: Vec<NodeSpec>,
    /// What shows its nodes' graphical programs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub displays: Vec<DisplaySpec>,
    /// Networks.
    pub networks: Vec<NetworkSpec>,
    /// Parameter values by name.
    pub params: IndexMap<String, String>,
    /// Limits of all nodes together.
    pub limits: Limits,
    /// Absolute paths that `keep` carries.
    pub keep: Vec<String>,
    /// What of the internet nodes reach.
    pub internet: Internet,
}

/// One node of a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeSpec {
    /// Its name and host name.
    pub name: NodeName,
    /// Unpacked read-only layers, lowest first. Paths as the agent sees them.
    pub layers: Vec<PathBuf>,
    /// Environment from its OCI image (`KEY=value`), lowest priority; empty for package nodes.
    #[serde(default)]
    pub image_env: Vec<String>,
    /// Its links: eth0, eth1, …
    pub links: Vec<LinkSpec>,
    /// Static routes, templates filled in.
    pub routes: Vec<Route>,
    /// Who the learner's terminal is.
    pub user: String,
    /// Services in start order.
    pub services: Vec<Service>,
    /// Saved files will be put back, by a `keep` restore: its first boot waits for that before
    /// `start`.
    #[serde(default)]
    pub restore: bool,
    /// Run as root at every boot.
    pub start: Option<Script>,
    /// Environment of everything that runs in it.
    pub env: IndexMap<String, String>,
    /// `net.*` kernel settings.
    pub sysctl: IndexMap<String, String>,
    /// Not for the learner; another uid range.
    pub hidden: bool,
    /// Its limits.
    pub limits: Limits,
    /// Lines of `/etc/hosts` beyond localhost and itself.
    pub hosts: Vec<HostEntry>,
}

/// The screen of one `desktop` app: an X server and a window manager beside the node, and what runs
/// in the node on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisplaySpec {
    /// The app's id.
    pub app: String,
    /// The node whose program it shows.
    pub node: NodeName,
    /// Unpacked read-only layers of its own root, lowest first. Paths as the agent sees them.
    pub layers: Vec<PathBuf>,
    /// What runs in the node, as its user.
    pub shows: Shown,
}

/// What a display shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// One program, full-screen; a shell's command.
    Run(String),
    /// A whole desktop of this name, such as `xfce`, with its own window manager.
    Session(String),
}

/// A line of `/etc/hosts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostEntry {
    /// An address without prefix.
    pub address: String,
    /// A node's name.
    pub name: String,
}

/// One end of a cable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkSpec {
    /// The network it leads to.
    pub network: NetworkName,
    /// How it gets its addresses.
    pub mode: LinkMode,
    /// `address/prefix`.
    pub addresses: Vec<String>,
    /// MAC address, fixed or derived, so that it is the same at every boot.
    pub mac: String,
}

/// A virtual Ethernet segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Its name.
    pub name: NetworkName,
    /// How it slows traffic down.
    pub shaping: Shaping,
}

/// A contiguous range of host ids that a user namespace maps 0.. to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRange {
    /// First host id.
    pub base: u32,
    /// How many.
    pub count: u32,
}

/// How far a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// Not yet begun.
    Waiting,
    /// Its root, links and init are being made.
    Creating,
    /// `start` and services run.
    Starting,
    /// All init scripts returned.
    Ready,
    /// It could not be started, or its init ended.
    Failed,
}

/// The stages of a start that a learner sees, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
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
