//! An installation of its own for a test, and what must be left of it at the end: nothing.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use labwright_local::cgroup::Cgroups;
use labwright_local::{Host, Installation};
use labwright_model::{MachineSpec, SessionId};
use labwright_testkit::program;
use serde_json::json;

/// How long the kernel may take to clear away what a killed machine had.
const PATIENCE: Duration = Duration::from_secs(10);

/// An installation in a temporary directory.
pub struct Ground {
    pub directory: tempfile::TempDir,
    pub installation: Installation,
    links: BTreeSet<String>,
}

impl Ground {
    /// With the true agent.
    pub fn with_true_agent() -> Self {
        let mut ground = Self::new();
        ground.installation.agent = program("labwright-agent", "labwright-agent");
        ground
    }

    /// With whatever agent lies beside the test.
    pub fn new() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("lw")
            // Nodes' ids pass through it to their layers.
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let state = directory.path().join("state");
        let run = directory.path().join("run");
        Self {
            installation: Installation::new(state, run),
            links: links(),
            directory,
        }
    }

    /// With a stand-in for the agent: it never answers, and lives until it is killed.
    pub fn with_silent_agent() -> Self {
        let mut ground = Self::new();
        let path = ground.directory.path().join("silent-agent");
        fs::write(&path, "#!/bin/sh\nexec sleep 1000\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        ground.installation.agent = path;
        ground
    }

    pub fn host(&self) -> Host {
        Host::new(self.installation.clone()).unwrap()
    }

    /// What the agents of all sessions said, as far as they were not stopped.
    pub fn logs(&self) -> String {
        let folders = tree(&self.installation.sessions_state());
        let logs = folders.iter().filter(|path| path.ends_with("agent.log"));
        let text =
            |path: &PathBuf| format!("{}: {}", path.display(), fs::read_to_string(path).unwrap());
        logs.map(text).collect()
    }

    /// Everything of this installation that is left, by kind.
    pub fn leftovers(&self) -> Vec<String> {
        let root = self.directory.path().to_str().unwrap();
        let cgroup = self.installation.cgroup();
        let mut left = Vec::new();
        for hierarchy in Cgroups::discover().unwrap().hierarchies() {
            for path in tree(&hierarchy.mount.join(&cgroup)) {
                left.push(format!("cgroup {}", path.display()));
            }
        }
        for path in tree(&self.installation.state).iter().skip(1) {
            left.push(format!("state {}", path.display()));
        }
        let socket = self.installation.host_socket();
        // A killed host leaves its socket; the next one replaces it.
        let run = tree(&self.installation.run);
        for path in run.iter().skip(1).filter(|path| **path != socket) {
            left.push(format!("run {}", path.display()));
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        left.extend(
            mounts
                .lines()
                .filter(|line| line.contains(root))
                .map(|l| format!("mount {l}")),
        );
        left.extend(processes(root, &cgroup));
        for device in fs::read_dir("/sys/block").unwrap().filter_map(Result::ok) {
            let backing = fs::read_to_string(device.path().join("loop/backing_file"));
            if backing.is_ok_and(|file| file.contains(root)) {
                left.push(format!("loop device {}", device.path().display()));
            }
        }
        left.extend(
            links()
                .difference(&self.links)
                .map(|link| format!("link {link}")),
        );
        left
    }

    /// Waits until nothing is left, else fails with what is.
    pub async fn expect_nothing_left(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = self.leftovers();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left behind: {left:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Ground {
    /// A test that fails must not leave machines behind.
    fn drop(&mut self) {
        let host = self.host();
        let stop_all = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async {
                for session in host.list().await {
                    host.stop(&session.id).await.unwrap();
                }
            });
        };
        // A runtime cannot be started inside the test's own.
        let _ = std::thread::spawn(stop_all).join();
    }
}

/// Processes in a cgroup of the installation, or with its directory on their command line.
fn processes(root: &str, cgroup: &str) -> Vec<String> {
    let own = std::process::id().to_string();
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    entries
        .filter_map(|entry| {
            let pid = entry.file_name().into_string().ok()?;
            pid.parse::<u32>().ok().filter(|_| pid != own)?;
            let cgroups = fs::read_to_string(entry.path().join("cgroup")).unwrap_or_default();
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            let ours = cgroups.contains(cgroup) || command.contains(root);
            ours.then(|| format!("process {pid} {command}"))
        })
        .collect()
}

fn links() -> BTreeSet<String> {
    let entries = fs::read_dir("/sys/class/net").unwrap();
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect()
}

/// A directory and all directories and files below it; empty when there is none.
fn tree(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(root) else {
        return Vec::new();
    };
    let mut found = vec![root.to_owned()];
    for entry in entries.filter_map(Result::ok) {
        let is_cgroup_file = root.starts_with("/sys") && !entry.path().is_dir();
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true => found.extend(tree(&entry.path())),
            false if is_cgroup_file => {}
            false => found.push(entry.path()),
        }
    }
    found
}

pub fn session(text: &str) -> SessionId {
    SessionId::new(text).unwrap()
}

/// A machine of two nodes on one network, each with these layers.
pub fn machine(id: &SessionId, layers: &[PathBuf]) -> MachineSpec {
    let limits = |memory: u64| {
        json!({
            "memory_bytes": memory << 20, "cpu_milli": 500, "pids": 128, "disk_bytes": 256 << 20
        })
    };
    let node = |name: &str, n: u8, other: &str| {
        json!({
            "name": name, "layers": layers, "routes": [], "user": "root", "services": [],
            "start": null, "env": {}, "sysctl": {}, "hidden": false, "limits": limits(128),
            "links": [{
                "network": "lan", "mode": "static", "addresses": [format!("10.0.0.{n}/24")],
                "mac": format!("02:00:00:00:00:{n:02x}")
            }],
            "hosts": [{"address": format!("10.0.0.{}", 3 - n), "name": other}]
        })
    };
    serde_json::from_value(json!({
        "session": id, "lab": "lab", "nodes": [node("one", 1, "two"), node("two", 2, "one")],
        "networks": [{
            "name": "lan",
            "shaping": {"delay_us": 0, "jitter_us": 0, "loss": 0.0, "rate_bps": 0}
        }],
        "params": {"word": "cat"}, "limits": limits(256), "keep": ["/root"], "internet": "none"
    }))
    .unwrap()
}
