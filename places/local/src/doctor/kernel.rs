//! What the kernel can do.

use std::fs;

use super::Finding;
use crate::cgroup::{Cgroups, Version};
use crate::probe;

/// Oldest kernel that maps ids of mounts (5.12) below an overlay (5.19).
const OLDEST: (u32, u32) = (5, 19);
const NEWER_KERNEL: &str = "install a newer kernel: apt-get install linux-image-amd64";

/// A feature: its name, the command that tries it, whether labs need it, what mends it.
type Feature = (&'static str, &'static str, bool, &'static str);

/// Tried in a network namespace of its own.
const NETWORK: [Feature; 5] = [
    (
        "veth",
        "ip link add name lw0 type veth peer name lw1",
        true,
        "modprobe veth",
    ),
    (
        "bridge",
        "ip link add name lw0 type bridge",
        true,
        "modprobe bridge",
    ),
    (
        "tbf (rate)",
        "tc qdisc add dev lo root tbf rate 1mbit burst 32k latency 50ms",
        false,
        "modprobe sch_tbf",
    ),
    (
        "netem (delay, jitter, loss)",
        "tc qdisc add dev lo root netem delay 1ms",
        false,
        "modprobe sch_netem, or boot a kernel that has it: apt-get install linux-image-amd64",
    ),
    (
        "nftables",
        "nft add table inet labwright",
        false,
        "apt-get install nftables && modprobe nf_tables",
    ),
];

/// Tried in a mount namespace of its own.
const MOUNTS: [Feature; 2] = [
    (
        "overlay",
        "mount -t tmpfs none /mnt && cd /mnt && mkdir l u w m && \
         mount -t overlay -o lowerdir=l,upperdir=u,workdir=w none m",
        true,
        "modprobe overlay",
    ),
    (
        "loop and ext4",
        "mount -t tmpfs none /mnt && cd /mnt && mkdir m && truncate -s 16M i && \
         mkfs.ext4 -q i && mount -o loop i m",
        true,
        "modprobe loop ext4; apt-get install e2fsprogs; in a container: give it /dev/loop-control",
    ),
];

pub(super) fn findings() -> Vec<Finding> {
    let mut findings = vec![root(), version(), cgroups(), user_namespaces()];
    let network = NETWORK.into_iter().map(|feature| tried(feature, "-n"));
    let mounts = MOUNTS.into_iter().map(|feature| tried(feature, "-m"));
    findings.extend(mounts.chain(network));
    findings
}

fn tried((name, command, needed, mend): Feature, namespace: &str) -> Finding {
    match probe::succeeds("unshare", &[namespace, "sh", "-ec", command]) {
        true => Finding::ok(name, "works"),
        false if needed => Finding::missing(name, "does not work", mend),
        false => Finding::warn(name, "does not work: labs that need it say so", mend),
    }
}

fn root() -> Finding {
    if rustix::process::geteuid().is_root() {
        return Finding::ok("root", "yes");
    }
    let mend = "run it as root: sudo labwright doctor";
    Finding::missing(
        "root",
        "not root: most of what follows could not be tried",
        mend,
    )
}

fn version() -> Finding {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    let found = format!("Linux {release}");
    if numbers(release) >= OLDEST {
        return Finding::ok("kernel", found);
    }
    let (major, minor) = OLDEST;
    Finding::missing(
        "kernel",
        format!("{found}, older than {major}.{minor}"),
        NEWER_KERNEL,
    )
}

/// Major and minor of `6.1.0-40-amd64`.
fn numbers(version: &str) -> (u32, u32) {
    let mut parts = version.split(|c: char| !c.is_ascii_digit());
    let mut next = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    (next(), next())
}

fn cgroups() -> Finding {
    let mend = "mount them: apt-get install cgroupfs-mount, or boot with systemd";
    let cgroups = match Cgroups::discover() {
        Ok(cgroups) => cgroups,
        Err(error) => return Finding::missing("cgroups", error.to_string(), mend),
    };
    let hierarchies = cgroups.hierarchies();
    let has = |version| hierarchies.iter().any(|h| h.version == version);
    let mode = match (has(Version::V1), has(Version::V2)) {
        (true, true) => "hybrid",
        (true, false) => "v1",
        _ => "v2",
    };
    let lacking: Vec<&str> = ["memory", "pids", "cpu"]
        .into_iter()
        .filter(|wanted| !hierarchies.iter().any(|h| h.controls(wanted)))
        .collect();
    if !lacking.is_empty() {
        let found = format!("{mode}, without {}", lacking.join(" and "));
        return Finding::warn("cgroups", found, "boot with cgroup_enable=memory");
    }
    let writable = hierarchies
        .iter()
        .filter(|h| h.limits_something())
        .all(|h| rustix::fs::access(&h.mount, rustix::fs::Access::WRITE_OK).is_ok());
    if !writable {
        let mend = "in a container: start it with --privileged or a writable /sys/fs/cgroup";
        return Finding::missing("cgroups", format!("{mode}, not writable"), mend);
    }
    Finding::ok("cgroups", format!("{mode}, with memory, pids and cpu"))
}

fn user_namespaces() -> Finding {
    if probe::succeeds("unshare", &["-U", "true"]) {
        return Finding::ok("user namespaces", "work");
    }
    let mend = "sysctl -w user.max_user_namespaces=15000";
    Finding::missing("user namespaces", "cannot be made", mend)
}
