//! Cgroups of machines, the same for hosts with v1, v2 and both.
//!
//! A session's cgroups are found by their name in every hierarchy, `labwright-<installation>/
//! <session>`, whoever made them: nothing that was written down can be missing. What runs below
//! `…/nodes` is the agent's business; this module only removes it.

mod hierarchy;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

pub use hierarchy::{Hierarchy, Version};

/// Memory of an agent and the runtime processes that it starts, in bytes.
const AGENT_MEMORY_BYTES: u64 = 256 * 1024 * 1024;
/// Processes and threads of an agent and the runtime processes that it starts.
const AGENT_PIDS: u64 = 512;
/// How long emptied cgroups may take until the kernel lets them go.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(10);
/// Pause between two tries to remove a cgroup.
const REMOVAL_PAUSE: Duration = Duration::from_millis(10);
/// Tries to make a cgroup whose parent another process is removing.
const MAKE_TRIES: u32 = 5;

/// Why cgroups could not be made or removed.
#[derive(Debug, thiserror::Error)]
pub enum CgroupError {
    /// The mounts cannot be read.
    #[error("reading the mounted cgroup hierarchies failed")]
    Discover(#[source] io::Error),
    /// No hierarchy limits memory and processes.
    #[error("no cgroup hierarchy is mounted that limits memory and processes")]
    NoHierarchy,
    /// A cgroup cannot be made.
    #[error("making cgroup {} failed", path.display())]
    Make {
        /// The cgroup.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A cgroup cannot be removed.
    #[error("removing cgroup {} failed", path.display())]
    Remove {
        /// The cgroup.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Every mounted cgroup hierarchy.
#[derive(Debug, Clone)]
pub struct Cgroups {
    hierarchies: Vec<Hierarchy>,
}

impl Cgroups {
    /// Finds the mounted hierarchies.
    pub fn discover() -> Result<Self, CgroupError> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").map_err(CgroupError::Discover)?;
        Self::of_mounts(&mounts)
    }

    fn of_mounts(mountinfo: &str) -> Result<Self, CgroupError> {
        let hierarchies: Vec<Hierarchy> = mountinfo.lines().filter_map(Hierarchy::parse).collect();
        let limits = |name: &str| hierarchies.iter().any(|h| h.controls(name));
        if !limits("memory") || !limits("pids") {
            return Err(CgroupError::NoHierarchy);
        }
        Ok(Self { hierarchies })
    }

    /// The mounted hierarchies.
    pub fn hierarchies(&self) -> &[Hierarchy] {
        &self.hierarchies
    }

    /// Makes `<name>/agent` with an agent's limits where there is something to limit, and
    /// returns the open `cgroup.procs` of each: writing `0` into one moves the writer there.
    pub fn make_agent(&self, name: &str) -> Result<Vec<OwnedFd>, CgroupError> {
        let mut procs = Vec::new();
        for hierarchy in self.hierarchies.iter().filter(|h| h.limits_something()) {
            let agent = hierarchy.mount.join(name).join("agent");
            let made = |source| CgroupError::Make {
                path: agent.clone(),
                source,
            };
            make(hierarchy, name, &agent).map_err(made)?;
            hierarchy.limit(&agent, AGENT_MEMORY_BYTES, AGENT_PIDS);
            let file = fs::File::options()
                .write(true)
                .open(agent.join("cgroup.procs"))
                .map_err(made)?;
            procs.push(OwnedFd::from(file));
        }
        Ok(procs)
    }

    /// Processes of the agent of a session, in any hierarchy.
    pub fn agent_processes(&self, name: &str) -> BTreeSet<i32> {
        self.hierarchies
            .iter()
            .flat_map(|h| processes(&h.mount.join(name).join("agent")))
            .collect()
    }

    /// Names of the children of a cgroup, in any hierarchy.
    pub fn children(&self, name: &str) -> BTreeSet<String> {
        self.hierarchies
            .iter()
            .flat_map(|h| directories(&h.mount.join(name)))
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
            .collect()
    }

    /// Whether there is a cgroup of this name in any hierarchy.
    pub fn exist(&self, name: &str) -> bool {
        let mut hierarchies = self.hierarchies.iter();
        hierarchies.any(|hierarchy| hierarchy.mount.join(name).exists())
    }

    /// Removes a cgroup and all below it from every hierarchy, killing what still runs there.
    /// Goes on after an error and returns the first. Parents go when they are empty.
    pub fn remove(&self, name: &str) -> Result<(), CgroupError> {
        let mut first_error = Ok(());
        for hierarchy in &self.hierarchies {
            let path = hierarchy.mount.join(name);
            let removed = remove_tree(&path).map_err(|source| CgroupError::Remove {
                path: path.clone(),
                source,
            });
            if first_error.is_ok() {
                first_error = removed;
            }
            if let Some(parent) = Path::new(name).parent().filter(|p| p.as_os_str() != "") {
                // Other sessions may still be in it.
                let _ = fs::remove_dir(hierarchy.mount.join(parent));
            }
        }
        first_error
    }
}

/// Makes `agent` and its parents, with the controllers that they need.
fn make(hierarchy: &Hierarchy, name: &str, agent: &Path) -> io::Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        let made = fs::create_dir_all(hierarchy.mount.join(name))
            .map(|()| hierarchy.delegate(name))
            .and_then(|()| fs::create_dir_all(agent));
        match made {
            // A stop of the last other session has just removed the parent.
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < MAKE_TRIES => {}
            other => return other,
        }
    }
}

fn processes(cgroup: &Path) -> Vec<i32> {
    let text = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

fn directories(cgroup: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(cgroup) else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

fn remove_tree(root: &Path) -> io::Result<()> {
    let deadline = Instant::now() + REMOVAL_PATIENCE;
    loop {
        match remove_once(root) {
            Err(error) if Instant::now() > deadline => return Err(error),
            Err(_) => std::thread::sleep(REMOVAL_PAUSE),
            Ok(()) => return Ok(()),
        }
    }
}

/// One pass, deepest first. What a runtime process is just now making is found by the next pass.
fn remove_once(cgroup: &Path) -> io::Result<()> {
    let mut outcome = Ok(());
    for child in directories(cgroup) {
        let removed = remove_once(&child);
        outcome = outcome.and(removed);
    }
    outcome?;
    match fs::remove_dir(cgroup) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => {
            for pid in processes(cgroup).into_iter().filter_map(Pid::from_raw) {
                // Gone meanwhile is as good.
                let _ = kill_process(pid, Signal::KILL);
            }
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:4 - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
50 1 8:1 / / rw - ext4 /dev/sda rw";

    #[test]
    fn reads_the_mounts_of_a_hybrid_host() {
        let cgroups = Cgroups::of_mounts(HYBRID).unwrap();
        let mounts: Vec<_> = cgroups
            .hierarchies()
            .iter()
            .map(|h| (h.mount.to_str().unwrap(), h.version))
            .collect();
        assert_eq!(mounts.len(), 5);
        assert_eq!(mounts[0], ("/sys/fs/cgroup/cpu,cpuacct", Version::V1));
        assert_eq!(mounts[4], ("/sys/fs/cgroup/unified", Version::V2));
        assert!(!cgroups.hierarchies()[3].limits_something());
    }

    #[test]
    fn a_host_without_limits_is_refused() {
        let bare = "50 1 8:1 / / rw - ext4 /dev/sda rw";
        let refused = Cgroups::of_mounts(bare).unwrap_err();
        assert!(matches!(refused, CgroupError::NoHierarchy));
    }
}
