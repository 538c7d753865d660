//! What processes do while nobody asks anything of them, as the scheduler counts it (proc(5),
//! `schedstat` and `status` of every thread).

use std::fs;
use std::time::Duration;

/// Processor time and sleeps of a set of processes so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Nanoseconds on a processor.
    pub cpu_ns: u64,
    /// Times that a thread went to sleep: as often it had been woken.
    pub sleeps: u64,
}

/// What a set of processes used while it was watched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rest {
    /// Processor time, in percent of one processor.
    pub cpu_percent: f64,
    /// How often one of them woke.
    pub wakeups_per_s: f64,
}

/// Counts of these processes, all their threads together. One that is gone counts nothing.
pub fn counts(pids: &[u32]) -> Counts {
    let mut all = Counts::default();
    for pid in pids {
        let tasks = fs::read_dir(format!("/proc/{pid}/task"));
        for task in tasks.into_iter().flatten().flatten() {
            let read = |file| fs::read_to_string(task.path().join(file)).unwrap_or_default();
            all.cpu_ns += first_number(&read("schedstat"));
            let status = read("status");
            let mut lines = status.lines();
            let sleeps = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            all.sleeps += sleeps.map_or(0, first_number);
        }
    }
    all
}

/// Watches processes for a while.
pub async fn watch(pids: &[u32], span: Duration) -> Rest {
    let before = counts(pids);
    tokio::time::sleep(span).await;
    between(before, counts(pids), span)
}

/// What two counts differ by.
pub fn between(before: Counts, after: Counts, span: Duration) -> Rest {
    let seconds = span.as_secs_f64();
    Rest {
        cpu_percent: after.cpu_ns.saturating_sub(before.cpu_ns) as f64 / 1e7 / seconds,
        wakeups_per_s: after.sleeps.saturating_sub(before.sleeps) as f64 / seconds,
    }
}

fn first_number(text: &str) -> u64 {
    let mut words = text.split_whitespace();
    words.next().and_then(|word| word.parse().ok()).unwrap_or(0)
}
