//! One mounted hierarchy, v1 or v2, and what differs between the two.
//!
//! See the kernel's admin-guide/cgroup-v1 and admin-guide/cgroup-v2.

use std::fs;
use std::path::{Path, PathBuf};

/// Controllers that a session is limited by.
const WANTED: [&str; 3] = ["memory", "pids", "cpu"];

/// The two interfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// One hierarchy for each controller, or for some together.
    V1,
    /// One for all.
    V2,
}

/// A mounted hierarchy.
#[derive(Debug, Clone)]
pub struct Hierarchy {
    /// Where it is mounted.
    pub mount: PathBuf,
    /// Which interface it has.
    pub version: Version,
    /// What it controls: of v1 also `name=…`.
    pub controllers: Vec<String>,
}

impl Hierarchy {
    /// Reads one line of `/proc/self/mountinfo` (proc(5)); `None` when it is about something else.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (mount, system) = line.split_once(" - ")?;
        let mount = PathBuf::from(mount.split(' ').nth(4)?);
        let mut system = system.split(' ');
        match system.next()? {
            "cgroup" => Some(Self {
                mount,
                version: Version::V1,
                controllers: system.nth(1)?.split(',').map(str::to_owned).collect(),
            }),
            "cgroup2" => {
                let list = fs::read_to_string(mount.join("cgroup.controllers"));
                Some(Self {
                    mount,
                    version: Version::V2,
                    controllers: list
                        .unwrap_or_default()
                        .split_whitespace()
                        .map(str::to_owned)
                        .collect(),
                })
            }
            _ => None,
        }
    }

    /// Whether it has this controller.
    pub fn controls(&self, controller: &str) -> bool {
        self.controllers.iter().any(|c| c == controller)
    }

    /// Whether it has a controller that a session is limited by.
    pub fn limits_something(&self) -> bool {
        WANTED.iter().any(|wanted| self.controls(wanted))
    }

    /// Lets the children of `name`, and of all its parents, have the controllers. Only v2 needs it.
    /// A controller that the kernel keeps back is found by whoever writes its limit.
    pub(super) fn delegate(&self, name: &str) {
        if self.version == Version::V1 {
            return;
        }
        let mut parents: Vec<&Path> = Path::new(name).ancestors().collect();
        parents.reverse();
        for parent in parents {
            let file = self.mount.join(parent).join("cgroup.subtree_control");
            for controller in WANTED.iter().filter(|wanted| self.controls(wanted)) {
                write_or_warn(&file, &format!("+{controller}"));
            }
        }
    }

    /// Sets the limits that this hierarchy controls.
    pub(super) fn limit(&self, cgroup: &Path, memory_bytes: u64, pids: u64) {
        let memory_file = match self.version {
            Version::V1 => "memory.limit_in_bytes",
            Version::V2 => "memory.max",
        };
        if self.controls("memory") {
            write_or_warn(&cgroup.join(memory_file), &memory_bytes.to_string());
        }
        if self.controls("pids") {
            write_or_warn(&cgroup.join("pids.max"), &pids.to_string());
        }
    }
}

/// An agent without its own limits still works: the limits of the nodes are what protects others.
fn write_or_warn(file: &Path, value: &str) {
    if let Err(error) = fs::write(file, value) {
        tracing::warn!(file = %file.display(), value, %error, "a cgroup setting was refused");
    }
}
