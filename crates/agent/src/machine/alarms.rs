//! Tells when the kernel killed a node's process for want of memory or refused it one more, and
//! when a disk is full.
//!
//! Version 2's `pids.events` and `memory.events` notify through inotify(7), version 1's memory
//! controller through an eventfd (its documentation, "Memory thresholds"). Version 1's pids
//! controller does not notify (tried on 6.18): its counter is looked at from time to time.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::EventfdFlags;
use rustix::fs::inotify;
use tokio::io::unix::AsyncFd;

use super::cgroup::Cgroups;
use super::kernel;

/// A node that runs against a limit without pause is reported once in this time.
const PAUSE: Duration = Duration::from_secs(2);

/// Between two looks at a counter that does not notify.
const LOOK: Duration = Duration::from_secs(5);

/// The memory controller notifies before it kills and counts.
const COUNTING: Duration = Duration::from_millis(100);

/// The alarms of one node.
pub struct Alarms {
    counters: Vec<Counter>,
    events: AsyncFd<OwnedFd>,
    memory: Option<AsyncFd<OwnedFd>>,
    looks: bool,
}

struct Counter {
    limit: &'static str,
    file: PathBuf,
    key: &'static str,
    last: u64,
}

impl Alarms {
    /// Begins to listen; the node's cgroups must exist.
    pub fn set(cgroups: &Cgroups, node: &str) -> io::Result<Self> {
        let events = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let mut counters = Vec::new();
        let mut memory = None;
        let mut looks = false;
        if let Some((pids, unified)) = cgroups.node("pids", node) {
            looks = !unified;
            counters.push(Counter::new("pids", pids.join("pids.events"), "max"));
        }
        match cgroups.node("memory", node) {
            Some((path, true)) => {
                counters.push(Counter::new(
                    "memory",
                    path.join("memory.events"),
                    "oom_kill",
                ));
            }
            Some((path, false)) => {
                let file = path.join("memory.oom_control");
                memory = Some(memory_event(&path, &file)?);
                counters.push(Counter::new("memory", file, "oom_kill"));
            }
            None => {}
        }
        for counter in &counters {
            inotify::add_watch(&events, &counter.file, inotify::WatchFlags::MODIFY)?;
        }
        Ok(Self {
            counters,
            events: kernel::watched(events)?,
            memory,
            looks,
        })
    }

    /// Waits for the next alarm and returns the limits that were hit.
    pub async fn next(&mut self) -> Vec<&'static str> {
        loop {
            let longest = if self.looks { LOOK } else { Duration::MAX };
            match tokio::time::timeout(longest, self.wait()).await {
                Ok(Ok(())) => tokio::time::sleep(COUNTING).await,
                Ok(Err(_)) => std::future::pending().await,
                Err(_) => {}
            }
            let hit: Vec<_> = self.counters.iter_mut().filter_map(Counter::grew).collect();
            if !hit.is_empty() {
                return hit;
            }
        }
    }

    async fn wait(&self) -> io::Result<()> {
        let drain = |fd: &OwnedFd| {
            let mut buffer = [0; 4096];
            Ok(rustix::io::read(fd, &mut buffer).map(drop)?)
        };
        let memory = async {
            match &self.memory {
                Some(event) => event.async_io(tokio::io::Interest::READABLE, drain).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            event = self.events.async_io(tokio::io::Interest::READABLE, drain) => event,
            event = memory => event,
        }
    }

    /// Reports every alarm to `report`, for ever, with pauses.
    pub async fn run(mut self, report: impl Fn(&'static str)) {
        loop {
            for limit in self.next().await {
                report(limit);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

impl Counter {
    fn new(limit: &'static str, file: PathBuf, key: &'static str) -> Self {
        Self {
            limit,
            last: read(&file, key),
            file,
            key,
        }
    }

    fn grew(&mut self) -> Option<&'static str> {
        let now = read(&self.file, self.key);
        let grew = now > self.last;
        self.last = now;
        grew.then_some(self.limit)
    }
}

/// A disk of which less than one part in so many is free counts as full: programs that write in
/// large pieces fail before the last byte is taken.
const FULL: u64 = 20;

/// Looks at each of these disks for ever, and reports one that has become full by its place in
/// the list. It is reported again only when there was room meanwhile.
pub async fn watch_disks(disks: &[PathBuf], report: impl Fn(usize)) {
    let mut full = vec![false; disks.len()];
    loop {
        tokio::time::sleep(LOOK).await;
        for (at, (disk, was_full)) in disks.iter().zip(&mut full).enumerate() {
            let Ok(space) = rustix::fs::statvfs(disk) else {
                continue;
            };
            let is_full = space.f_bavail < space.f_blocks / FULL || space.f_favail == 0;
            if is_full && !*was_full {
                report(at);
            }
            *was_full = is_full;
        }
    }
}

/// The value of a line `key value`; 0 when there is none.
fn read(file: &Path, key: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut words = text.lines().filter_map(|line| line.split_once(' '));
    let value = words.find(|(name, _)| *name == key);
    value
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or_default()
}

fn memory_event(cgroup: &Path, oom_control: &Path) -> io::Result<AsyncFd<OwnedFd>> {
    let event = rustix::event::eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    let file = File::open(oom_control)?;
    let words = format!("{} {}", event.as_raw_fd(), file.as_raw_fd());
    fs::write(cgroup.join("cgroup.event_control"), words)?;
    kernel::watched(event)
}
