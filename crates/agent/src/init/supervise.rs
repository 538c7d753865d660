//! Runs a check and ends everything that descends from it.
//!
//! A fork of init stands between PID 1 and the check, as child subreaper: whatever a descendant
//! does (`setsid`, double forks), when its parent dies it is this process that inherits it, so
//! that the tree below is always complete and can be killed wholly. A process group or an
//! environment marker could be left; this cannot. When the learner's root kills this process,
//! the check dies too and counts as broken.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use labwright_wire::Exit;
use rustix::process::{Pid, Signal, WaitOptions, kill_process};

use super::child::{self, Plan, Streams};
use super::confine::For;
use super::message::Spawn;
use super::pid1::exit_of;
use super::{streams, sys};

/// How long the killing may take before the rest is given up.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);

/// Between two rounds of killing.
const KILL_PAUSE: Duration = Duration::from_millis(2);

/// Runs the check and says its end on `status`: `exit N`, `signal N`, `timeout`, or why it
/// did not run.
pub(super) fn run(
    spawn: Spawn,
    script: Option<OwnedFd>,
    streams: Streams,
    status: OwnedFd,
    timeout: Duration,
) -> ! {
    let result = supervise(spawn, script, streams, timeout);
    let text = match result {
        Ok(Some(Exit::Code(code))) => format!("exit {code}"),
        Ok(Some(Exit::Signal(signal))) => format!("signal {signal}"),
        Ok(None) => "timeout".to_owned(),
        Err(error) => error.to_string(),
    };
    child::report(status.as_fd(), &text);
    sys::exit(0)
}

fn supervise(
    spawn: Spawn,
    script: Option<OwnedFd>,
    streams: Streams,
    timeout: Duration,
) -> io::Result<Option<Exit>> {
    let deadline = Instant::now() + timeout;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let (problem, status) = streams::pipe()?;
    let check = match sys::fork()? {
        sys::Forked::Parent(pid) => pid,
        sys::Forked::Child => child::run(Plan {
            spawn,
            script,
            streams,
            purpose: For::Check,
            status,
        }),
    };
    drop((script, streams, status));
    let exit = wait_for(check, deadline);
    end_descendants();
    let mut text = [0; 512];
    let length = rustix::io::read(&problem, &mut text)?;
    match text.get(..length) {
        Some(text) if !text.is_empty() => {
            Err(io::Error::other(String::from_utf8_lossy(text).into_owned()))
        }
        _ => Ok(exit),
    }
}

/// The end of `check`, or `None` at the deadline. Reaps whatever else comes by.
fn wait_for(check: Pid, deadline: Instant) -> Option<Exit> {
    loop {
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            if pid == check {
                return exit_of(status);
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        sys::wait_for_child_signal(left).ok()?;
    }
}

/// Kills until no descendant is left: each round takes all that are there, and what one forked
/// in between comes to us when it dies.
fn end_descendants() {
    let give_up = Instant::now() + KILL_TIMEOUT;
    loop {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return,
            }
        }
        if Instant::now() > give_up {
            return;
        }
        for pid in descendants(rustix::process::getpid()) {
            let _ = kill_process(pid, Signal::KILL);
        }
        let _ = sys::wait_for_child_signal(KILL_PAUSE);
    }
}

/// All processes below `root`, by the parent that each names in `/proc`.
fn descendants(root: Pid) -> Vec<Pid> {
    let parents = all_parents();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        for (pid, of) in &parents {
            if *of == parent && !found.contains(pid) {
                found.push(*pid);
            }
        }
    }
    found.split_off(1)
}

fn all_parents() -> Vec<(Pid, Pid)> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name();
            let pid = Pid::from_raw(name.to_str()?.parse().ok()?)?;
            Some((pid, parent_of(pid)?))
        })
        .collect()
}

/// The fourth field of `/proc/PID/stat`; the second is the name in brackets, which may hold
/// anything, even brackets and spaces.
fn parent_of(pid: Pid) -> Option<Pid> {
    let stat = std::fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    let (_, rest) = stat.rsplit_once(')')?;
    Pid::from_raw(rest.split_whitespace().nth(1)?.parse().ok()?)
}
