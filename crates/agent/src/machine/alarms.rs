//! Tells when the kernel killed a node's process for want of memory, refused it one more, or a
//! disk is full.
//!
//! It looks at counters from time to time. Notifications would be no better: version 1's pids
//! controller gives none (tried on 6.18), a disk neither, and inotify instances are few for all
//! agents of a host together. Nodes at rest hit no limit: it looks while something passes through
//! the agent or the nodes use a processor, and hardly ever otherwise. A thousand machines of learners
//! who read would keep a processor busy with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use labwright_model::{NodeName, NodeSpec};

use super::ground::Ground;

/// Between two looks at nodes that do something, and from the first stir to the first look.
pub const LOOK: Duration = Duration::from_secs(5);

/// Between two looks at nodes at rest: one may have set its alarm clock.
pub const LOOK_AT_REST: Duration = Duration::from_secs(300);

/// Nodes that use less of a processor than this between two looks are at rest.
const REST_CPU: Duration = Duration::from_millis(50);

/// A disk of which less than one part in so many is free counts as full: programs that write in
/// large pieces fail before the last byte is taken.
const FULL: u64 = 20;

/// The name of that count.
const KILLED: &str = "oom_kill";

/// What is looked at.
pub struct Alarms {
    counters: Vec<Counter>,
    disks: Vec<Disk>,
    processor: Option<Processor>,
}

/// What all nodes together have used of the processors.
struct Processor {
    file: PathBuf,
    last: Duration,
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
            processor: processor(ground),
        }
    }

    /// Whether the nodes used a processor since the last time that this was asked. When nobody
    /// counts it, they did.
    pub fn are_busy(&mut self) -> bool {
        let Some(processor) = &mut self.processor else {
            return true;
        };
        let now = used(&processor.file);
        let before = std::mem::replace(&mut processor.last, now);
        now.saturating_sub(before) >= REST_CPU
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

/// How many processes of a node the kernel has killed for want of memory.
pub fn killed(ground: &Ground, node: &NodeName) -> u64 {
    memory(ground, node).map_or(0, |file| read(&file, KILLED))
}

fn counters(ground: &Ground, node: &NodeSpec) -> Vec<Counter> {
    let counter = |limit, file, key| Counter {
        node: node.name.clone(),
        limit,
        file,
        key,
        last: 0,
    };
    let pids = ground.cgroups.node("pids", node.name.as_str());
    let pids = pids.map(|(cgroup, _)| counter("pids", cgroup.join("pids.events"), "max"));
    let memory = memory(ground, &node.name).map(|file| counter("memory", file, KILLED));
    pids.into_iter().chain(memory).collect()
}

/// The file that counts what the kernel killed for want of memory.
fn memory(ground: &Ground, node: &NodeName) -> Option<PathBuf> {
    let (cgroup, is_version2) = ground.cgroups.node("memory", node.as_str())?;
    let file = if is_version2 {
        "memory.events"
    } else {
        "memory.oom_control"
    };
    Some(cgroup.join(file))
}

fn processor(ground: &Ground) -> Option<Processor> {
    let (version1, version2) = (ground.cgroups.nodes("cpuacct"), ground.cgroups.nodes("cpu"));
    let file = match (version1, version2) {
        (Some((nodes, false)), _) => nodes.join("cpuacct.usage"),
        (_, Some((nodes, true))) => nodes.join("cpu.stat"),
        _ => return None,
    };
    let last = Duration::ZERO;
    Some(Processor { file, last })
}

/// Version 1 counts in nanoseconds, version 2 in microseconds. A file that is not there counts
/// nothing: no node has been made yet.
fn used(file: &Path) -> Duration {
    let text = fs::read_to_string(file).unwrap_or_default();
    match text.trim().parse() {
        Ok(nanoseconds) => Duration::from_nanos(nanoseconds),
        Err(_) => Duration::from_micros(value(&text, "usage_usec")),
    }
}

/// The value of a line `key value` of a file; 0 when there is none.
fn read(file: &Path, key: &str) -> u64 {
    value(&fs::read_to_string(file).unwrap_or_default(), key)
}

fn value(text: &str, key: &str) -> u64 {
    let mut words = text.lines().filter_map(|line| line.split_once(' '));
    let value = words.find(|(name, _)| *name == key);
    value
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or_default()
}
