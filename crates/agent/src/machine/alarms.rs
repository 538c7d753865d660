//! Tells when the kernel killed a node's process for want of memory, refused it one more, or a
//! disk is full.
//!
//! It looks at counters from time to time. Notifications would be no better: version 1's pids
//! controller gives none (tried on 6.18), a disk neither, and inotify instances are few for all
//! agents of a host together.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use labwright_model::{NodeName, NodeSpec};

use super::ground::Ground;

/// Between two looks.
pub const LOOK: Duration = Duration::from_secs(5);

/// A disk of which less than one part in so many is free counts as full: programs that write in
/// large pieces fail before the last byte is taken.
const FULL: u64 = 20;

/// What is looked at.
pub struct Alarms {
    counters: Vec<Counter>,
    disks: Vec<Disk>,
}

/// A counter in a node's cgroup; 0 while there is none.
struct Counter {
    node: NodeName,
    limit: &'static str,
    file: PathBuf,
    key: &'static str,
    last: u64,
}

struct Disk {
    mounted: PathBuf,
    /// All of them are short of room, whoever filled it.
    nodes: Vec<NodeName>,
    was_full: bool,
}

impl Alarms {
    /// Finds what there is to look at.
    pub fn new(ground: &Ground, nodes: &[NodeSpec]) -> Self {
        let disks = ground.disks(nodes).into_iter();
        Self {
            counters: nodes
                .iter()
                .flat_map(|node| counters(ground, node))
                .collect(),
            disks: disks
                .map(|(mounted, nodes)| Disk {
                    mounted,
                    nodes: nodes.into_iter().map(|node| node.name.clone()).collect(),
                    was_full: false,
                })
                .collect(),
        }
    }

    /// The limits that nodes hit since the last look.
    pub fn look(&mut self) -> Vec<(NodeName, &'static str)> {
        let mut hit = Vec::new();
        for counter in &mut self.counters {
            let now = read(&counter.file, counter.key);
            if now > counter.last {
                hit.push((counter.node.clone(), counter.limit));
            }
            counter.last = now;
        }
        for disk in &mut self.disks {
            let Ok(space) = rustix::fs::statvfs(&disk.mounted) else {
                continue;
            };
            let is_full = space.f_bavail < space.f_blocks / FULL || space.f_favail == 0;
            if is_full && !disk.was_full {
                hit.extend(disk.nodes.iter().map(|node| (node.clone(), "disk")));
            }
            disk.was_full = is_full;
        }
        hit
    }
}

fn counters(ground: &Ground, node: &NodeSpec) -> Vec<Counter> {
    let name = node.name.as_str();
    let counter = |limit, file, key| Counter {
        node: node.name.clone(),
        limit,
        file,
        key,
        last: 0,
    };
    let pids = ground.cgroups.node("pids", name);
    let memory = ground.cgroups.node("memory", name);
    let pids = pids.map(|(cgroup, _)| counter("pids", cgroup.join("pids.events"), "max"));
    let memory = memory.map(|(cgroup, is_version2)| {
        let file = if is_version2 {
            "memory.events"
        } else {
            "memory.oom_control"
        };
        counter("memory", cgroup.join(file), "oom_kill")
    });
    pids.into_iter().chain(memory).collect()
}

/// The value of a line `key value`; 0 when there is none.
fn read(file: &Path, key: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut words = text.lines().filter_map(|line| line.split_once(' '));
    let value = words.find(|(name, _)| *name == key);
    value
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or_default()
}
