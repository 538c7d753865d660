//! Proportional set sizes, as the kernel counts them (proc(5), `smaps_rollup`).

use std::collections::BTreeMap;
use std::fs;

/// Proportional set size of one process in kB; 0 when it is gone.
pub fn pss_kb(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// Processes whose control group bears this session's name, with their command lines.
pub fn processes(session: &str) -> BTreeMap<u32, Vec<String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|n| n.parse::<u32>().ok())
        else {
            continue;
        };
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        if groups.contains(session) {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let words = line
                .split(|byte| *byte == 0)
                .filter(|word| !word.is_empty());
            let words = words
                .map(|word| String::from_utf8_lossy(word).into_owned())
                .collect();
            found.insert(pid, words);
        }
    }
    found
}
