//! Cgroup hierarchies of version 1, 2 and both at once: the session's limits, each node's
//! events, and removing what a runtime leaves.
//!
//! The OCI runtime makes the nodes' own cgroups; this module only makes their parent.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use labwright_model::Limits;
use rustix::mount::UnmountFlags;

/// Length of the period that processor limits are counted in, in microseconds.
pub const CPU_PERIOD_US: u64 = 100_000;
/// Controllers that limit a session and its nodes.
const LIMITING: [&str; 3] = ["memory", "cpu", "pids"];
/// The kernel refuses a smaller quota, in microseconds.
const CPU_QUOTA_MIN_US: u64 = 1_000;

/// The hierarchies of this machine and this session's place in them.
pub struct Cgroups {
    hierarchies: Vec<Hierarchy>,
    /// `<name>/nodes`, without a leading slash.
    nodes: PathBuf,
}

struct Hierarchy {
    root: PathBuf,
    /// Empty for version 2 and for named hierarchies.
    controllers: Vec<String>,
    unified: bool,
}

/// Files of a controller and what is written into them.
type Files<'a> = &'a [(&'a str, &'a str)];

/// Processor time per period that so many thousandths of a processor are.
pub fn cpu_quota_us(cpu_milli: u64) -> u64 {
    (cpu_milli * CPU_PERIOD_US / 1000).max(CPU_QUOTA_MIN_US)
}

impl Cgroups {
    /// Finds the mounted hierarchies. `name` is the session's path below their roots.
    pub fn find(name: &str) -> io::Result<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        Ok(Self {
            hierarchies: mounts.lines().filter_map(hierarchy).collect(),
            nodes: Path::new(name.trim_matches('/')).join("nodes"),
        })
    }

    /// On a hybrid host, takes the version 2 hierarchy out of the agent's mount namespace when it
    /// limits nothing here: crun refuses to work beside it, and nobody else has a use for it.
    pub fn leave_idle_version_2(&mut self) -> io::Result<()> {
        let by_version_1 = |name: &&str| matches!(self.controller(name), Some((_, false)));
        if !LIMITING.iter().all(by_version_1) {
            return Ok(());
        }
        let all = std::mem::take(&mut self.hierarchies).into_iter();
        let (idle, limiting): (Vec<_>, Vec<_>) = all.partition(|one| one.unified);
        self.hierarchies = limiting;
        for hierarchy in idle {
            rustix::mount::unmount(&hierarchy.root, UnmountFlags::DETACH)?;
        }
        Ok(())
    }

    /// The path of a node's cgroup as the OCI runtime takes it.
    pub fn runtime_path(&self, node: &str) -> String {
        format!("/{}/{node}", self.nodes.display())
    }

    /// Whether memory and swap can be limited together.
    pub fn limits_swap(&self) -> bool {
        match self.controller("memory") {
            Some((root, true)) => root.join(&self.nodes).join("memory.swap.max").exists(),
            Some((root, false)) => root.join("memory.memsw.limit_in_bytes").exists(),
            None => false,
        }
    }

    /// Makes the nodes' parent with the session's limits in every hierarchy that has one of them.
    /// Returns what cannot be limited here.
    pub fn limit_session(&self, limits: &Limits) -> io::Result<Vec<String>> {
        let mut missing = Vec::new();
        let memory = limits.memory_bytes.to_string();
        let quota = cpu_quota_us(limits.cpu_milli);
        let (both, pids) = (format!("{quota} {CPU_PERIOD_US}"), limits.pids.to_string());
        let (quota, period) = (quota.to_string(), CPU_PERIOD_US.to_string());
        let files: [(&str, Files, Files); 3] = [
            (
                "memory",
                &[
                    // In a cgroup that is there already this one must not be in the way.
                    ("?memory.memsw.limit_in_bytes", "-1"),
                    ("memory.limit_in_bytes", &memory),
                    ("?memory.memsw.limit_in_bytes", &memory),
                ],
                &[("memory.max", &memory), ("?memory.swap.max", "0")],
            ),
            (
                "cpu",
                &[("cpu.cfs_period_us", &period), ("cpu.cfs_quota_us", &quota)],
                &[("cpu.max", &both)],
            ),
            ("pids", &[("pids.max", &pids)], &[("pids.max", &pids)]),
        ];
        for (controller, version1, version2) in files {
            let Some((root, unified)) = self.controller(controller) else {
                missing.push(format!("the kernel cannot limit {controller}"));
                continue;
            };
            let parent = self.make_parent(&root, unified)?;
            for (file, value) in if unified { version2 } else { version1 } {
                write_limit(&parent, file, value)?;
            }
        }
        Ok(missing)
    }

    /// The directories of a node's cgroup in the hierarchies of these controllers.
    pub fn node(&self, controller: &str, node: &str) -> Option<(PathBuf, bool)> {
        let (nodes, unified) = self.nodes(controller)?;
        Some((nodes.join(node), unified))
    }

    /// The directory of all nodes together in the hierarchy of this controller.
    pub fn nodes(&self, controller: &str) -> Option<(PathBuf, bool)> {
        let (root, unified) = self.controller(controller)?;
        Some((root.join(&self.nodes), unified))
    }

    /// Removes the empty cgroups of a node in every hierarchy; what is not empty stays.
    pub fn remove_node(&self, node: &str) {
        for hierarchy in &self.hierarchies {
            let _ = fs::remove_dir(hierarchy.root.join(&self.nodes).join(node));
        }
    }

    fn controller(&self, name: &str) -> Option<(PathBuf, bool)> {
        let version1 = |hierarchy: &&Hierarchy| hierarchy.controllers.iter().any(|c| c == name);
        if let Some(found) = self.hierarchies.iter().find(version1) {
            return Some((found.root.clone(), false));
        }
        let unified = self
            .hierarchies
            .iter()
            .find(|hierarchy| hierarchy.unified)?;
        let offered = fs::read_to_string(unified.root.join("cgroup.controllers")).ok()?;
        offered
            .split_whitespace()
            .any(|offer| offer == name)
            .then(|| (unified.root.clone(), true))
    }

    fn make_parent(&self, root: &Path, unified: bool) -> io::Result<PathBuf> {
        let mut path = root.to_owned();
        for part in self.nodes.components() {
            if unified {
                // What is enabled already, or not there, is no reason to stop: the limits that
                // follow say so themselves.
                for controller in ["+memory", "+pids", "+cpu"] {
                    let _ = fs::write(path.join("cgroup.subtree_control"), controller);
                }
            }
            path.push(part);
            match fs::create_dir(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        Ok(path)
    }
}

/// Writes a limit; one whose name starts with `?` may be missing in the kernel.
fn write_limit(parent: &Path, file: &str, value: &str) -> io::Result<()> {
    let path = parent.join(file.trim_start_matches('?'));
    if file.starts_with('?') && !path.exists() {
        return Ok(());
    }
    fs::write(&path, value)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// A line of mountinfo (proc_pid_mountinfo(5)), when it is a cgroup hierarchy.
fn hierarchy(line: &str) -> Option<Hierarchy> {
    let (mount, file_system) = line.split_once(" - ")?;
    let root = PathBuf::from(mount.split(' ').nth(4)?);
    let mut fields = file_system.split(' ');
    let unified = match fields.next()? {
        "cgroup2" => true,
        "cgroup" => false,
        _ => return None,
    };
    let options = fields.nth(1)?;
    let controllers = options
        .split(',')
        .filter(|option| !unified && !matches!(*option, "rw" | "ro") && !option.contains('='))
        .map(str::to_owned)
        .collect();
    Some(Hierarchy {
        root,
        controllers,
        unified,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Option<(String, Vec<String>, bool)> {
        let hierarchy = hierarchy(line)?;
        let root = hierarchy.root.display().to_string();
        Some((root, hierarchy.controllers, hierarchy.unified))
    }

    #[test]
    fn hierarchies_of_both_versions_are_read_from_mountinfo() {
        let version1 = "33 24 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct";
        let named = "30 24 0:25 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd";
        let version2 = "24 23 0:22 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate";
        let controllers = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(
            found(version1),
            Some((
                "/sys/fs/cgroup/cpu,cpuacct".to_owned(),
                controllers(&["cpu", "cpuacct"]),
                false
            ))
        );
        assert_eq!(
            found(named).map(|(root, _, unified)| (root, unified)),
            Some(("/sys/fs/cgroup/systemd".to_owned(), false))
        );
        assert_eq!(
            found(version2),
            Some(("/sys/fs/cgroup".to_owned(), Vec::new(), true))
        );
        assert_eq!(found("21 1 8:1 / / rw - ext4 /dev/sda1 rw"), None);
    }

    #[test]
    fn quotas_are_parts_of_a_period_and_never_too_small() {
        assert_eq!(cpu_quota_us(1000), CPU_PERIOD_US);
        assert_eq!(cpu_quota_us(250), 25_000);
        assert_eq!(cpu_quota_us(1), CPU_QUOTA_MIN_US);
    }
}
