//! The OCI runtime configuration of a node, written wholly here (runtime-spec 1.0, config.md and
//! config-linux.md). A pure function of what it is told; it must not look at the machine.

use std::path::{Path, PathBuf};

use labwright_model::{IdRange, Limits, NodeSpec};
use serde_json::{Value, json};

use super::cgroup::{CPU_PERIOD_US, cpu_quota_us};
use super::seccomp;
use crate::init::REQUIRED_CAPABILITIES;

/// Where a node's init is. Under /dev, which is a tmpfs, so that the node's disk stays as built.
pub const INIT_PATH: &str = "/dev/.labwright-init";
/// Where X programs look for the sockets of X servers, in a node and in its displays.
pub const X11_PATH: &str = "/tmp/.X11-unix";
/// Where a display's window manager has its configuration.
pub const WINDOW_MANAGER_PATH: &str = "/run/openbox.xml";
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
    /// The folder of the sockets of its displays' X servers.
    pub x11: Option<PathBuf>,
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
            "namespaces": NAMESPACES.map(|kind| namespace(kind, around.user_namespace.as_deref())),
            "uidMappings": [mapping(around.ids)],
            "gidMappings": [mapping(around.ids)],
            "cgroupsPath": around.cgroup,
            "resources": resources(&node.limits, around.limits_swap),
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

fn namespace(kind: &str, user_namespace: Option<&Path>) -> Value {
    match user_namespace {
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
    let mut mounts = vec![
        mount("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        mount(
            "/dev",
            "tmpfs",
            &["nosuid", "strictatime", "mode=755", &dev],
        ),
        mount(
            "/dev/pts",
            "devpts",
            &[
                "nosuid",
                "noexec",
                "newinstance",
                "ptmxmode=0666",
                "mode=0620",
                "gid=5",
                &terminals,
            ],
        ),
        mount(
            "/dev/shm",
            "tmpfs",
            &["nosuid", "noexec", "nodev", "mode=1777", &shared],
        ),
        mount("/dev/mqueue", "mqueue", &["nosuid", "noexec", "nodev"]),
        mount("/sys", "sysfs", &["nosuid", "noexec", "nodev", "ro"]),
        bind(INIT_PATH, around.init, "ro"),
    ];
    mounts.extend(
        around
            .x11
            .iter()
            .map(|folder| sockets(X11_PATH, folder, "ro")),
    );
    mounts.into()
}

/// What a display's configuration depends on.
pub struct DisplaySurroundings<'a> {
    /// Its read-only root.
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
    /// The folder of the X socket, which its node sees too.
    pub x11: &'a Path,
    /// The window manager's configuration.
    pub window_manager: &'a Path,
}

/// The configuration of a display's container: no network, a root that nobody can write to, no
/// privilege to gain.
pub fn display_configuration(limits: &Limits, around: &DisplaySurroundings<'_>) -> Value {
    let kinds = NAMESPACES.iter();
    let mut capabilities = REQUIRED_CAPABILITIES.to_vec();
    capabilities.push("CAP_CHOWN");
    json!({
        "ociVersion": "1.0.2",
        "hostname": "display",
        "root": {"path": around.root, "readonly": true},
        "process": {
            "terminal": false,
            "user": {"uid": 0, "gid": 0},
            "cwd": "/",
            "args": [INIT_PATH, "init", "--control-fd", CONTROL_FD.to_string()],
            "env": ["PATH=/usr/bin:/bin"],
            "noNewPrivileges": true,
            "oomScoreAdj": OOM_SCORE,
            "capabilities": {
                "bounding": capabilities, "effective": capabilities, "permitted": capabilities,
            },
        },
        "mounts": display_mounts(around),
        "linux": {
            "namespaces": kinds.map(|kind| namespace(kind, around.user_namespace.as_deref()))
                .collect::<Vec<_>>(),
            "uidMappings": [mapping(around.ids)],
            "gidMappings": [mapping(around.ids)],
            "cgroupsPath": around.cgroup,
            "resources": resources(limits, around.limits_swap),
            "seccomp": seccomp::profile(false),
            "maskedPaths": MASKED_PATHS,
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            "rootfsPropagation": "private",
        },
    })
}

fn display_mounts(around: &DisplaySurroundings<'_>) -> Value {
    let dev = format!("size={DEV_KIB}k");
    let small = ["nosuid", "noexec", "nodev", "mode=1777", "size=4096k"];
    json!([
        mount("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        mount(
            "/dev",
            "tmpfs",
            &["nosuid", "strictatime", "mode=755", &dev]
        ),
        mount("/dev/shm", "tmpfs", &small),
        mount("/tmp", "tmpfs", &small),
        mount(
            "/run",
            "tmpfs",
            &["nosuid", "noexec", "nodev", "mode=755", "size=64k"]
        ),
        bind(INIT_PATH, around.init, "ro"),
        sockets(X11_PATH, around.x11, "rw"),
        bind(WINDOW_MANAGER_PATH, around.window_manager, "ro"),
    ])
}

fn bind(destination: &str, source: &Path, access: &str) -> Value {
    json!({"destination": destination, "type": "bind", "source": source,
        "options": ["bind", access, "nosuid", "nodev"]})
}

/// A folder of sockets is a mount that forbids programs; whoever mounts it again may not lift that.
fn sockets(destination: &str, source: &Path, access: &str) -> Value {
    json!({"destination": destination, "type": "bind", "source": source,
        "options": ["bind", access, "nosuid", "nodev", "noexec"]})
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

fn resources(limits: &Limits, limits_swap: bool) -> Value {
    let limit = limits.memory_bytes;
    // "swap" is memory and swap together: the same value means no swap.
    let memory = match limits_swap {
        true => json!({"limit": limit, "swap": limit}),
        false => json!({"limit": limit}),
    };
    json!({
        "devices": [{"allow": false, "access": "rwm"}],
        "memory": memory,
        "cpu": {"quota": cpu_quota_us(limits.cpu_milli), "period": CPU_PERIOD_US},
        "pids": {"limit": limits.pids},
    })
}
