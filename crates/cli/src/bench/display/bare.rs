//! The bare desktop: overlay, the same OCI runtime, Xvnc with its own defaults and a plain window
//! manager, made by a shell script from the same layers as the lab's, and nothing of ours.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use labwright_model::MachineSpec;
use serde_json::json;

use super::rfb;
use super::wire::Wire;
use super::work::Inside;
use crate::bench::floor::{Leftovers, preamble};
use crate::failure::{Explain, Failure, Outcome};

/// Longest wait for the X server.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(2);

const CGROUP: &str = "labwright-floor/desktop";

/// The size of a screen that nobody has looked at: as a lab's.
const SIZE: &str = "1280x800";

/// A running one; it ends when it is dropped.
pub struct Bare {
    script: Child,
    _cgroup: Leftovers,
    /// Where its X server speaks RFB.
    pub port: u16,
    /// From nothing to the X server's greeting.
    pub ready_ms: f64,
    /// Its inside.
    pub inside: Inside,
}

impl Bare {
    /// Starts one in `folder` and waits for the greeting, then for the window manager.
    pub async fn start(spec: &MachineSpec, folder: &Path) -> Outcome<Self> {
        let port = free_port()?;
        fs::create_dir_all(folder.join("root")).context("making a folder for the bare desktop")?;
        fs::write(folder.join("config.json"), config(port).to_string())
            .context("writing a runtime configuration")?;
        fs::write(folder.join("desktop.sh"), script(spec)?).context("writing a script")?;
        let began = Instant::now();
        let script = Command::new("unshare")
            .args([
                "--pid",
                "--fork",
                "--kill-child",
                "--mount",
                "--ipc",
                "--uts",
            ])
            .args(["--mount-proc", "bash"])
            .arg(folder.join("desktop.sh"))
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("log")).context("making a log")?)
            .spawn()
            .context("starting the bare desktop with unshare")?;
        let mut bare = Self {
            script,
            _cgroup: Leftovers(CGROUP.to_owned()),
            port,
            ready_ms: 0.0,
            inside: Inside {
                pid: 0,
                display: format!(":{port}"),
            },
        };
        while greet(port).await.is_err() {
            if began.elapsed() > PATIENCE {
                let words = fs::read_to_string(folder.join("log")).unwrap_or_default();
                return Err(Failure::new("the bare desktop did not start").context(words));
            }
            tokio::time::sleep(PAUSE).await;
        }
        bare.ready_ms = super::super::ms(began);
        bare.inside.pid = server(port)
            .ok_or_else(|| Failure::new("the bare desktop's X server cannot be found"))?;
        bare.inside.run("openbox & p=").await?;
        Ok(bare)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // `unshare` takes everything along.
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

async fn greet(port: u16) -> Outcome {
    rfb::greeting(&mut Wire::port(port).await?).await
}

/// A port that nobody has just now.
pub fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}

/// The process id of the X server with this port.
fn server(port: u16) -> Option<u32> {
    let port = port.to_string();
    let pids = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.find(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.next().is_some_and(|name| name.ends_with(b"Xvnc"))
            && words.any(|word| word == port.as_bytes())
    })
}

fn script(spec: &MachineSpec) -> Outcome<String> {
    let (Some(node), Some(display)) = (spec.nodes.first(), spec.displays.first()) else {
        return Err(Failure::new("the lab has no desktop")
            .hint("labwright bench packaging/bench-desktop --display"));
    };
    let mut lower: Vec<String> = Vec::new();
    for layer in display.layers.iter().chain(&node.layers) {
        let layer = layer.display().to_string();
        if !lower.contains(&layer) {
            lower.push(layer);
        }
    }
    lower.reverse();
    Ok(format!(
        "{}mkdir /mnt/u /mnt/w\n\
         mount -t overlay overlay -o lowerdir={},upperdir=/mnt/u,workdir=/mnt/w root\n\
         exec \"$runtime\" --root /mnt/runtime run --bundle . bare-desktop\n",
        preamble(),
        lower.join(":")
    ))
}

fn config(port: u16) -> serde_json::Value {
    let command = format!(
        "mkdir -p /tmp/.X11-unix; chmod 1777 /tmp/.X11-unix; exec Xvnc :{port} -rfbport {port} \
         -localhost -SecurityTypes None -AlwaysShared -geometry {SIZE} -depth 24 -ac -noreset -nolisten tcp"
    );
    let namespaces: Vec<_> = ["pid", "mount", "ipc", "uts"]
        .iter()
        .map(|kind| json!({ "type": kind }))
        .collect();
    json!({
        "ociVersion": "1.0.2",
        "process": {
            "user": { "uid": 0, "gid": 0 },
            "args": ["/bin/sh", "-c", command],
            "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp"],
            "cwd": "/",
        },
        "root": { "path": "root" },
        "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs" },
            { "destination": "/dev/pts", "type": "devpts", "source": "devpts" },
            { "destination": "/dev/shm", "type": "tmpfs", "source": "tmpfs" },
        ],
        "linux": { "namespaces": namespaces, "cgroupsPath": format!("/{CGROUP}") },
    })
}
