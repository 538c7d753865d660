//! The OCI runtime configuration of a node, written wholly here (runtime-spec 1.0, config.md and
//! config-linux.md). A pure function of what it is told; it must not look at the machine.

use std::path::{Path, PathBuf};

use labwright_model::{IdRange, NodeSpec};
use serde_json::{Value, json};

use super::cgroup::{CPU_PERIOD_US, cpu_quota_us};
use super::seccomp;
use crate::init::REQUIRED_CAPABILITIES;

/// Where a node's init is. Under /dev, which is a tmpfs, so that the node's disk stays as built.
pub const INIT_PATH: &str = "/dev/.labwright-init";
/// The descriptor that `--preserve-fds 1` passes.
pub const CONTROL_FD: i32 = 3;

/// What everybody in a node may do, beside init: Docker's default set without MKNOD and
/// AUDIT_WRITE, and the network capabilities: the node's network namespace belongs to its user
/// namespace, and labs are about networks.
const CAPABILITIES: [&str; 13] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_ADMIN",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

const NAMESPACES: [&str; 7] = ["pid", "mount", "network", "ipc", "uts", "user", "cgroup"];
const MASKED_PATHS: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/devices/virtual/powercap",
    "/sys/firmware",
];
/// The last four bound memory that the kernel counts for no cgroup, so a learner's root must not
/// raise them. A runtime passes over what a kernel does not have.
const READ_ONLY_PATHS: [&str; 8] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sysrq-trigger",
    "/proc/sys/net/core/optmem_max",
    "/proc/sys/net/ipv4/ipfrag_high_thresh",
    "/proc/sys/net/ipv6/ip6frag_high_thresh",
    "/proc/sys/net/netfilter/nf_conntrack_frag6_high_thresh",
];

/// How much sooner than the rest of the machine the OOM killer takes a node's processes.
const OOM_SCORE: i32 = 300;
/// /dev holds a few entries; this bounds what a learner can hide there, in KiB.
const DEV_KIB: u64 = 1024;

/// Terminals of a node; the kernel has 4096 for all nodes of the host together.
const TERMINALS: u32 = 256;

/// What a node's configuration depends on beside its spec.
pub struct Surroundings<'a> {
    /// Its root file system.
    pub root: &'a Path,
    /// The agent's binary.
    pub init: &'a Path,
    /// What 0.. is mapped to; identity when `None`.
    pub ids: Option<IdRange>,
    /// The user namespace to join; the runtime makes one when `None`.
    pub user_namespace: Option<PathBuf>,
    /// Its cgroup.
    pub cgroup: String,
    /// Memory and swap can be limited together.
    pub limits_swap: bool,
    /// It has 32-bit programs.
    pub has_32_bit: bool,
    /// What is in /proc/sys.
    pub sysctl_folders: &'a [String],
}

/// The configuration as JSON.
pub fn configuration(node: &NodeSpec, around: &Surroundings<'_>) -> Value {
    json!({
        "ociVersion": "1.0.2",
        "hostname": node.name,
        "root": {"path": around.root, "readonly": false},
        "process": process(),
        "mounts": mounts(node, around),
        "linux": {
            "namespaces": NAMESPACES.map(|kind| namespace(kind, around)),
            "uidMappings": [mapping(around.ids)],
            "gidMappings": [mapping(around.ids)],
            "cgroupsPath": around.cgroup,
            "resources": resources(node, around),
            "seccomp": seccomp::profile(around.has_32_bit),
            "maskedPaths": MASKED_PATHS,
            "readonlyPaths": read_only_paths(around),
            "rootfsPropagation": "private",
        },
    })
}

/// `noNewPrivileges` stays off: `su`, `sudo` and `ping` are what labs teach with, and a program
/// that gains privileges gains at most those of the node's own root, whose bounding set, user
/// namespace and system calls are limited here.
fn process() -> Value {
    let mut capabilities: Vec<&str> = CAPABILITIES.to_vec();
    for required in REQUIRED_CAPABILITIES {
        if !capabilities.contains(&required) {
            capabilities.push(required);
        }
    }
    json!({
        "terminal": false,
        "user": {"uid": 0, "gid": 0},
        "cwd": "/",
        "args": [INIT_PATH, "init", "--control-fd", CONTROL_FD.to_string()],
        "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        "noNewPrivileges": false,
        "oomScoreAdj": OOM_SCORE,
        "capabilities": {
            "bounding": capabilities, "effective": capabilities, "permitted": capabilities,
        },
    })
}

fn namespace(kind: &str, around: &Surroundings<'_>) -> Value {
    match &around.user_namespace {
        Some(path) if kind == "user" => json!({"type": kind, "path": path}),
        _ => json!({"type": kind}),
    }
}

/// Runtimes want it also for a namespace that is there already, and compare.
fn mapping(ids: Option<IdRange>) -> Value {
    let ids = ids.unwrap_or(IdRange {
        base: 0,
        count: u32::MAX,
    });
    json!({"containerID": 0, "hostID": ids.base, "size": ids.count})
}

fn mounts(node: &NodeSpec, around: &Surroundings<'_>) -> Value {
    let dev = format!("size={DEV_KIB}k");
    let terminals = format!("max={TERMINALS}");
    let shared = format!("size={}k", node.limits.memory_bytes / 2 / 1024);
    json!([
        mount("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        mount("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", &dev]),
        mount("/dev/pts", "devpts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5", &terminals]),
        mount("/dev/shm", "tmpfs", &["nosuid", "noexec", "nodev", "mode=1777", &shared]),
        mount("/dev/mqueue", "mqueue", &["nosuid", "noexec", "nodev"]),
        mount("/sys", "sysfs", &["nosuid", "noexec", "nodev", "ro"]),
        {"destination": INIT_PATH, "type": "bind", "source": around.init,
            "options": ["bind", "ro", "nosuid", "nodev"]},
    ])
}

fn mount(destination: &str, kind: &str, options: &[&str]) -> Value {
    json!({"destination": destination, "type": kind, "source": kind, "options": options})
}

/// `/proc/sys/net` stays writable, the rest is not; a runtime cannot mount one part again, so
/// the other parts are named.
fn read_only_paths(around: &Surroundings<'_>) -> Vec<String> {
    let folders = around.sysctl_folders.iter();
    let others = folders
        .filter(|folder| *folder != "net")
        .map(|folder| format!("/proc/sys/{folder}"));
    READ_ONLY_PATHS
        .map(str::to_owned)
        .into_iter()
        .chain(others)
        .collect()
}

fn resources(node: &NodeSpec, around: &Surroundings<'_>) -> Value {
    let limit = node.limits.memory_bytes;
    // "swap" is memory and swap together: the same value means no swap.
    let memory = match around.limits_swap {
        true => json!({"limit": limit, "swap": limit}),
        false => json!({"limit": limit}),
    };
    json!({
        "devices": [{"allow": false, "access": "rwm"}],
        "memory": memory,
        "cpu": {"quota": cpu_quota_us(node.limits.cpu_milli), "period": CPU_PERIOD_US},
        "pids": {"limit": node.limits.pids},
    })
}
