//! Limits of nodes and session, defaults filled in (LAB_FORMAT.md, "Limits").

use labwright_model::Limits;

use crate::scalar;
use crate::yaml::Node;

/// What counts for a node that says nothing, when the session's limits are summed up.
const SILENT: Limits = Limits {
    memory_bytes: 256 << 20,
    cpu_milli: 500,
    pids: 256,
    disk_bytes: 1 << 30,
};

/// Limits as written: each may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    pub(crate) memory: Option<u64>,
    pub(crate) browser: Option<u64>,
    pub(crate) cpu: Option<u64>,
    pub(crate) pids: Option<u64>,
    pub(crate) disk: Option<u64>,
}

impl Written {
    /// As they are in a browser.
    pub(super) fn in_browser(self) -> Self {
        Self {
            memory: self.browser.or(self.memory),
            ..self
        }
    }
}

/// The memory of a browser where it is other than everywhere else.
pub(super) fn other_memory(limits: Limits, in_browser: Limits) -> Option<u64> {
    let memory = in_browser.memory_bytes;
    (memory != limits.memory_bytes).then_some(memory)
}

/// The `limits` of a lab or node.
pub(crate) fn written(owner: &Node) -> Written {
    let Some(node) = owner.get("limits") else {
        return Written::default();
    };
    Written {
        memory: super::parsed(node, "memory", scalar::size),
        browser: super::parsed(node, "browser", scalar::size),
        cpu: super::parsed(node, "cpu", scalar::cpu_milli),
        pids: super::parsed(node, "pids", |text| text.parse().ok()),
        disk: super::parsed(node, "disk", scalar::size),
    }
}

/// A session's limits, everywhere and in a browser.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session {
    pub(super) limits: Limits,
    pub(super) in_browser: Limits,
}

impl Session {
    pub(super) fn new(own: Written, nodes: &[Written]) -> Self {
        let in_browser: Vec<Written> = nodes.iter().map(|node| node.in_browser()).collect();
        Self {
            limits: session(own, nodes),
            in_browser: session(own.in_browser(), &in_browser),
        }
    }
}

/// The session's limits: what it says, else the sum of its nodes'.
fn session(own: Written, nodes: &[Written]) -> Limits {
    let sum = |pick: fn(&Written) -> Option<u64>, silent: u64| {
        // A lab without nodes still gets one node's worth.
        let all = nodes.iter().map(|node| pick(node).unwrap_or(silent));
        all.fold(0_u64, u64::saturating_add)
            .max(if nodes.is_empty() { silent } else { 0 })
    };
    Limits {
        memory_bytes: own
            .memory
            .unwrap_or_else(|| sum(|w| w.memory, SILENT.memory_bytes)),
        cpu_milli: own.cpu.unwrap_or_else(|| sum(|w| w.cpu, SILENT.cpu_milli)),
        pids: own.pids.unwrap_or_else(|| sum(|w| w.pids, SILENT.pids)),
        disk_bytes: own
            .disk
            .unwrap_or_else(|| sum(|w| w.disk, SILENT.disk_bytes)),
    }
}

/// A node's limits: what it says, else the session's.
pub(super) fn node(own: Written, session: Limits) -> Limits {
    Limits {
        memory_bytes: own.memory.unwrap_or(session.memory_bytes),
        cpu_milli: own.cpu.unwrap_or(session.cpu_milli),
        pids: own.pids.unwrap_or(session.pids),
        disk_bytes: own.disk.unwrap_or(session.disk_bytes),
    }
}
