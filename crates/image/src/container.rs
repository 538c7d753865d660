//! The build container: an OCI runtime runs one script in it, as a root that is nobody outside.
//!
//! It has a user namespace of its own, few capabilities, a seccomp filter and limits. When the
//! script ends, or the build does, every process in it is killed.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::ImageError;
use crate::cgroup::Janitor;
use crate::kernel::{BUILD_ID_BASE, BUILD_ID_COUNT};
use crate::pack::EPOCH;
use crate::process::{Finished, Input, confined, run};
use crate::scratch::{Scratch, make_folder};
use crate::seccomp;

const MAX_PIDS: u32 = 4096;
const MAX_MEMORY: u64 = 8 << 30;
const CAPABILITIES: [&str; 12] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
    "CAP_AUDIT_WRITE",
];

/// What runs in the container.
pub struct Job<'a> {
    /// `sh -c` runs it.
    pub script: &'a str,
    /// Its arguments: `$1`, `$2`, …
    pub arguments: Vec<String>,
    /// Environment beyond PATH, HOME and the like.
    pub environment: Vec<(&'a str, String)>,
    /// The host name.
    pub host: String,
    /// May use the host's network, to download.
    pub network: bool,
    /// Sources on the host and targets in the container.
    pub binds: Vec<Bind>,
    /// Written to the script's standard input.
    pub input: Option<Input>,
}

/// A file or folder of the host that the container sees.
pub struct Bind {
    /// On the host.
    pub source: PathBuf,
    /// In the container; must exist there, or lie in `/run`.
    pub target: &'static str,
    /// May be written to.
    pub writable: bool,
}

impl Job<'_> {
    /// Runs it on the scratch root.
    pub fn run(
        self,
        scratch: &Scratch,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<Finished, ImageError> {
        let bundle = make_folder(&scratch.top.join("bundle"))?;
        let janitor = Janitor::start()?;
        let id = &janitor.container;
        let config = self.config(scratch, id);
        scratch.write("bundle/config.json", &config.to_string(), 0o644)?;
        let mut command = confined("runc");
        command.arg("--root").arg(scratch.top.join("runc"));
        command.arg("run").arg("--bundle").arg(&bundle).arg(id);
        run(&mut command, self.input, on_line)
    }

    fn config(&self, scratch: &Scratch, id: &str) -> Value {
        // The runtime carries the streams through a pipe each, so their lines would mix.
        let script = format!("exec 2>&1\n{}", self.script);
        let mut args = vec!["/bin/sh", "-c", &script, "sh"];
        args.extend(self.arguments.iter().map(String::as_str));
        let mut env = vec![
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
            "HOME=/root".to_owned(),
            "LC_ALL=C.UTF-8".to_owned(),
            "TERM=dumb".to_owned(),
            format!("SOURCE_DATE_EPOCH={EPOCH}"),
        ];
        env.extend(
            self.environment
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        );
        json!({
            "ociVersion": "1.0.2",
            "process": {
                "terminal": false,
                "user": {"uid": 0, "gid": 0},
                "args": args,
                "env": env,
                "cwd": "/",
                "capabilities": {
                    "bounding": CAPABILITIES,
                    "effective": CAPABILITIES,
                    "permitted": CAPABILITIES,
                },
                "noNewPrivileges": true,
            },
            "root": {"path": scratch.root, "readonly": false},
            "hostname": self.host,
            "mounts": self.mounts(),
            "linux": self.linux(id),
        })
    }

    fn mounts(&self) -> Vec<Value> {
        let tmpfs = |target: &str, options: &[&str]| json!({"destination": target, "type": "tmpfs", "source": "tmpfs", "options": options});
        let mut mounts = vec![
            json!({"destination": "/proc", "type": "proc", "source": "proc"}),
            tmpfs(
                "/dev",
                &["nosuid", "strictatime", "mode=755", "size=65536k"],
            ),
            json!({"destination": "/dev/pts", "type": "devpts", "source": "devpts",
                "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]}),
            tmpfs(
                "/dev/shm",
                &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
            ),
            tmpfs("/run", &["nosuid", "nodev", "mode=755", "size=65536k"]),
        ];
        for bind in &self.binds {
            let access = if bind.writable { "rw" } else { "ro" };
            mounts.push(json!({
                "destination": bind.target, "type": "bind", "source": bind.source,
                "options": ["bind", "nosuid", "nodev", access],
            }));
        }
        mounts
    }

    fn linux(&self, id: &str) -> Value {
        let map = json!([
            {"containerID": 0, "hostID": BUILD_ID_BASE, "size": BUILD_ID_COUNT}
        ]);
        let mut namespaces = vec!["pid", "ipc", "uts", "mount", "user"];
        if !self.network {
            namespaces.push("network");
        }
        let namespaces: Vec<_> = namespaces
            .iter()
            .map(|name| json!({"type": name}))
            .collect();
        json!({
            "uidMappings": map,
            "gidMappings": map,
            "namespaces": namespaces,
            "cgroupsPath": format!("/{id}"),
            "resources": {
                "pids": {"limit": MAX_PIDS},
                "memory": {"limit": MAX_MEMORY},
                "devices": [{"allow": false, "access": "rwm"}],
            },
            "seccomp": seccomp::profile(),
            "maskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                "/proc/timer_list", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                "/proc/sysrq-trigger"],
        })
    }
}

/// Refuses when the OCI runtime is not installed.
pub fn must_be_installed() -> Result<(), ImageError> {
    let output = Command::new("runc").arg("--version").output();
    if output.is_ok_and(|output| output.status.success()) {
        return Ok(());
    }
    Err(ImageError::MissingProgram {
        program: "runc",
        package: "runc",
    })
}
