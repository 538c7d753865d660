//! The bare floor: the same nodes, networks and mounts made by a shell script, with nothing of ours.
//!
//! Overlay, bridge, veth, addresses and the same OCI runtime in new pid, mount, network, ipc and uts
//! namespaces; it has reached the floor when the shell of every node has printed its prompt.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use labwright_local::find_runtime;
use labwright_model::{LinkMode, MachineSpec, NodeSpec};
use serde_json::json;

use crate::failure::{Explain, Failure, Outcome};

/// A floor that can be run again and again.
pub struct Floor {
    folder: PathBuf,
    script: PathBuf,
    _cgroup: Leftovers,
}

/// Begins the script of a floor. crun refuses to work beside an idle hierarchy of version 2.
pub(super) fn preamble() -> String {
    format!(
        "set -e\ncd \"$1\"\nmount -t tmpfs tmpfs /mnt\nruntime={}\n\
         if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi\n",
        find_runtime()
    )
}

/// The control group above those of all floors.
const CGROUP: &str = "labwright-floor";

impl Floor {
    /// Writes the script and the runtime configurations for `spec` under `folder`.
    pub fn prepare(spec: &MachineSpec, folder: &Path) -> Outcome<Self> {
        let folder = folder.to_owned();
        for node in &spec.nodes {
            let bundle = folder.join(node.name.as_str());
            fs::create_dir_all(&bundle).context("making a folder for the floor")?;
            let config = runtime_config(spec, node);
            fs::write(bundle.join("config.json"), config.to_string())
                .context("writing a runtime configuration for the floor")?;
        }
        let script = folder.join("floor.sh");
        fs::write(&script, shell_script(spec)).context("writing the floor's script")?;
        Ok(Self {
            folder,
            script,
            _cgroup: Leftovers(format!("{CGROUP}/{}", spec.session)),
        })
    }

    /// Runs it once; milliseconds until every prompt was there. It has removed everything when
    /// this returns.
    pub fn run(&self) -> Outcome<f64> {
        let began = Instant::now();
        let output = Command::new("unshare")
            .args([
                "--pid",
                "--fork",
                "--kill-child",
                "--mount",
                "--net",
                "--ipc",
                "--uts",
            ])
            .args(["--mount-proc", "bash"])
            .arg(&self.script)
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the floor's script with unshare")?;
        let mut child = output;
        let reached = wait_for_line(&mut child, "ready");
        let took = began.elapsed().as_secs_f64() * 1000.0;
        let end = child
            .wait_with_output()
            .context("waiting for the floor's script")?;
        if !reached || !end.status.success() {
            let words = String::from_utf8_lossy(&end.stderr).trim().to_owned();
            return Err(Failure::new("the floor's script failed").context(words));
        }
        Ok(took)
    }
}

/// The control group of a bare script in every hierarchy, removed when this is dropped: a runtime removes
/// what it makes, never its parents, and nothing when it is killed.
pub(super) struct Leftovers(pub(super) String);

impl Drop for Leftovers {
    fn drop(&mut self) {
        let top = Path::new("/sys/fs/cgroup");
        let hierarchies = fs::read_dir(top).into_iter().flatten().flatten();
        let mut left: Vec<_> = hierarchies
            .map(|hierarchy| hierarchy.path().join(&self.0))
            .chain([top.join(&self.0)])
            .collect();
        // What was killed a moment ago is in it until it is gone.
        for _ in 0..50 {
            left.retain(|folder| folder.is_dir());
            if left.is_empty() {
                return;
            }
            for folder in &left {
                remove_cgroups(folder);
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

/// Removes a control group with all below it, and its parent when that is empty.
fn remove_cgroups(folder: &Path) {
    for below in fs::read_dir(folder).into_iter().flatten().flatten() {
        if below.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = fs::remove_dir(below.path());
        }
    }
    let _ = fs::remove_dir(folder);
    if let Some(parent) = folder.parent() {
        let _ = fs::remove_dir(parent);
    }
}

fn wait_for_line(child: &mut std::process::Child, wanted: &str) -> bool {
    use std::io::{BufRead, BufReader};
    let Some(out) = child.stdout.take() else {
        return false;
    };
    BufReader::new(out)
        .lines()
        .map_while(Result::ok)
        .any(|line| line == wanted)
}

fn shell_script(spec: &MachineSpec) -> String {
    let mut script = preamble();
    for (index, _) in spec.networks.iter().enumerate() {
        let _ = writeln!(
            script,
            "ip link add br{index} type bridge\nip link set br{index} up"
        );
    }
    for (number, node) in spec.nodes.iter().enumerate() {
        node_lines(&mut script, spec, number, node);
    }
    for node in &spec.nodes {
        let name = &node.name;
        let _ = writeln!(script, "until grep -q '#' {name}/out; do sleep 0.002; done");
    }
    script.push_str("echo ready\n");
    for number in 0..spec.nodes.len() {
        let _ = writeln!(
            script,
            "\"$runtime\" --root /mnt/runtime delete -f floor{number}"
        );
    }
    script
}

fn node_lines(script: &mut String, spec: &MachineSpec, number: usize, node: &NodeSpec) {
    let name = &node.name;
    let lower: Vec<_> = node
        .layers
        .iter()
        .rev()
        .map(|l| l.display().to_string())
        .collect();
    let lower = lower.join(":");
    // The shell's input stays open, or it would end before it prompts.
    let _ = writeln!(
        script,
        "mkdir -p /mnt/{name}/u /mnt/{name}/w {name}/root\n\
         mount -t overlay overlay -o lowerdir={lower},upperdir=/mnt/{name}/u,workdir=/mnt/{name}/w {name}/root\n\
         : > {name}/out\n\
         mkfifo /mnt/{name}/in; exec {fd}<>/mnt/{name}/in\n\
         \"$runtime\" --root /mnt/runtime create --bundle {name} --pid-file /mnt/{name}/pid floor{number} <&{fd} >{name}/out 2>&1\n\
         pid=$(cat /mnt/{name}/pid)",
        fd = 10 + number,
    );
    for (link, ends) in node.links.iter().enumerate() {
        let bridge = spec
            .networks
            .iter()
            .position(|n| n.name == ends.network)
            .unwrap_or(0);
        let _ = writeln!(
            script,
            "ip link add v{number}x{link} type veth peer name eth{link} netns $pid\n\
             ip link set v{number}x{link} master br{bridge} up\n\
             nsenter -t $pid -n ip link set eth{link} up",
        );
        if ends.mode == LinkMode::Static {
            for address in &ends.addresses {
                let _ = writeln!(
                    script,
                    "nsenter -t $pid -n ip address add {address} dev eth{link}"
                );
            }
        }
    }
    for route in &node.routes {
        let _ = writeln!(
            script,
            "nsenter -t $pid -n ip route add {} via {}",
            route.to, route.via
        );
    }
    let _ = writeln!(
        script,
        "\"$runtime\" --root /mnt/runtime start floor{number}"
    );
}

fn runtime_config(spec: &MachineSpec, node: &NodeSpec) -> serde_json::Value {
    let name = node.name.as_str();
    let namespaces: Vec<_> = ["pid", "mount", "ipc", "uts", "network"]
        .iter()
        .map(|t| json!({ "type": t }))
        .collect();
    json!({
        "ociVersion": "1.0.2",
        "process": {
            "user": { "uid": 0, "gid": 0 },
            "args": ["/bin/bash", "--norc", "-i"],
            "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "PS1=# "],
            "cwd": "/",
        },
        "root": { "path": "root" },
        "hostname": name,
        "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs" },
            { "destination": "/dev/pts", "type": "devpts", "source": "devpts" },
        ],
        "linux": {
            "namespaces": namespaces,
            "cgroupsPath": format!("/{CGROUP}/{}/{name}", spec.session),
            "resources": {
                "memory": { "limit": node.limits.memory_bytes },
                "pids": { "limit": node.limits.pids },
            },
        },
    })
}
