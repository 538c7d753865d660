//! What this kernel can do, found out by trying it in throw-away namespaces.

use std::fs;
use std::process::{Command, Stdio};

/// Whether networks can delay, jitter and lose packets.
pub fn netem() -> bool {
    let command = "tc qdisc add dev lo root netem delay 1ms";
    succeeds("unshare", &["-n", "sh", "-c", command])
}

/// Runs a program without letting it speak and tells whether it succeeded.
pub(crate) fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// Memory of this machine, in bytes.
pub(crate) fn memory_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
