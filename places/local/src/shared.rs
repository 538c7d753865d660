//! Tables of the kernel that all network namespaces share, whatever a machine is given of its own.
//!
//! The neighbour tables hold 1024 entries for the whole host by default. One learner who scans a
//! large subnet fills them, and then nobody's lab resolves an address any more ("neighbour table
//! overflow"). They cannot be divided, only be made larger than one node can fill between two
//! rounds of the kernel's cleaning.

use std::fs;

/// The settings, in the first network namespace only, and what they are to be at least.
const AT_LEAST: [(&str, u64); 7] = [
    ("/proc/sys/net/ipv4/neigh/default/gc_thresh3", 524_288),
    ("/proc/sys/net/ipv4/neigh/default/gc_thresh2", 262_144),
    ("/proc/sys/net/ipv4/neigh/default/gc_thresh1", 4_096),
    ("/proc/sys/net/ipv6/neigh/default/gc_thresh3", 524_288),
    ("/proc/sys/net/ipv6/neigh/default/gc_thresh2", 262_144),
    ("/proc/sys/net/ipv6/neigh/default/gc_thresh1", 4_096),
    // Terminals of all nodes together; each node has a limit of its own below it.
    ("/proc/sys/kernel/pty/max", 65_536),
];

/// Widens what is narrower. A host where that is forbidden runs labs all the same, so it is told
/// and is no error.
pub(crate) fn widen() {
    for (path, least) in AT_LEAST {
        let Ok(text) = fs::read_to_string(path) else {
            // Not in the first network namespace, or without IPv6.
            continue;
        };
        if text.trim().parse::<u64>().is_ok_and(|now| now >= least) {
            continue;
        }
        match fs::write(path, least.to_string()) {
            Ok(()) => tracing::info!(path, least, "a table that all labs share was widened"),
            Err(error) => tracing::warn!(path, %error, "a table that all labs share stays narrow"),
        }
    }
}
