//! The loop of PID 1: requests in, children out, everything reaped.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use labwright_wire::Exit;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    DumpableBehavior, Pid, Resource, Rlimit, WaitOptions, WaitStatus, getrlimit, setrlimit,
};

use super::child::{self, Plan};
use super::confine::{self, For};
use super::memory::Program;
use super::message::{Event, MAX_MESSAGE_BYTES, Op, Request, Spawn, StdioKind, Work};
use super::{channel, streams, supervise, sys, work};

/// Open files of a process, unless it raises them itself, and the most that it may have.
const OPEN_FILES: u64 = 1024;
const OPEN_FILES_MAX: u64 = 1_048_576;

/// Most children at once that the agent is told about.
const MAX_CHILDREN: usize = 512;

/// Runs the second role of the binary; `words` follow `init` on the command line.
pub fn main(words: impl Iterator<Item = OsString>) -> ExitCode {
    let words: Vec<_> = words.collect();
    let number = match words.as_slice() {
        [flag, number] if flag == "--control-fd" => number.to_str().and_then(|n| n.parse().ok()),
        _ => None,
    };
    let Some(number) = number else {
        eprintln!("usage: labwright-agent init --control-fd N");
        return ExitCode::from(2);
    };
    match Init::new(number).and_then(Init::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("labwright-agent init: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Init {
    control: OwnedFd,
    signals: OwnedFd,
    children: Vec<Known>,
    ends_at: Option<Instant>,
}

/// Limits of everything in the node. Not the runtime's: it may not raise what it has itself, and
/// needs CAP_SYS_RESOURCE even to lower them.
fn limit() -> io::Result<()> {
    let most = getrlimit(Resource::Nofile).maximum;
    let most = most.unwrap_or(OPEN_FILES_MAX).min(OPEN_FILES_MAX);
    let limits = |current, maximum| Rlimit {
        current: Some(current),
        maximum: Some(maximum),
    };
    setrlimit(Resource::Nofile, limits(OPEN_FILES.min(most), most))?;
    Ok(setrlimit(Resource::Core, limits(0, 0))?)
}

/// A child that the agent is told about.
struct Known {
    pid: Pid,
    id: u32,
    has_terminal: bool,
}

/// What a forked child goes on with; in the parent, what it tells the agent.
enum Side {
    Parent(Pid),
    Child,
}

impl Init {
    fn new(number: i32) -> io::Result<Self> {
        rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        if number < 3 {
            return Err(io::Error::other("the control descriptor must be 3 or more"));
        }
        // SAFETY: the starter passed this descriptor for us alone; a wrong one fails just below.
        let control = unsafe { OwnedFd::from_raw_fd(number) };
        rustix::io::fcntl_setfd(&control, rustix::io::FdFlags::CLOEXEC)?;
        sys::close_all_but(&control);
        confine::verify_own()?;
        limit()?;
        rustix::process::chdir("/")?;
        let signals = sys::signal_descriptor()?;
        Ok(Self {
            control,
            signals,
            children: Vec::new(),
            ends_at: None,
        })
    }

    fn run(mut self) -> io::Result<()> {
        self.tell(&Event::Hello, &[])?;
        // Mapped lazily: only the pages that a message fills are ever there.
        let mut buffer = vec![0; MAX_MESSAGE_BYTES];
        let program = Program::find();
        loop {
            program.forget();
            let (request, child) = self.wait()?;
            if child {
                self.reap()?;
            }
            if request {
                match channel::receive::<Request>(&self.control, &mut buffer) {
                    Ok(Some((request, fds))) => self.obey(request, fds)?,
                    Ok(None) => return Ok(()),
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
                    Err(error) => return Err(error),
                }
            }
            if self.is_over() {
                return Ok(());
            }
        }
    }

    /// Sleeps until there is a request (first) or a dead child (second).
    fn wait(&self) -> io::Result<(bool, bool)> {
        let timeout = self.ends_at.map(|end| {
            let left = end.saturating_duration_since(Instant::now());
            Timespec {
                tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            }
        });
        let mut ready = [
            PollFd::new(&self.control, PollFlags::IN),
            PollFd::new(&self.signals, PollFlags::IN),
        ];
        // A stop or a continue, which a learner may send, interrupts the sleep.
        rustix::io::retry_on_intr(|| poll(&mut ready, timeout.as_ref()))?;
        let [control, signals] = ready.map(|entry| !entry.revents().is_empty());
        Ok((control, signals))
    }

    fn reap(&mut self) -> io::Result<()> {
        let mut drain = [0; 512];
        while rustix::io::read(&self.signals, &mut drain).is_ok() {}
        while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
            let Some(exit) = exit_of(status) else {
                continue;
            };
            if let Some(at) = self.children.iter().position(|known| known.pid == pid) {
                let Known { id, .. } = self.children.swap_remove(at);
                self.tell(&Event::Exited { id, exit }, &[])?;
            }
        }
        Ok(())
    }

    fn obey(&mut self, request: Request, fds: Vec<OwnedFd>) -> io::Result<()> {
        let id = request.id;
        let done = match request.op {
            Op::Spawn(spawn) => self.spawn(id, spawn, fds),
            Op::Check { spawn, timeout_ms } => self.check(id, spawn, timeout_ms, fds),
            Op::Work(work) => self.work(id, work),
            Op::Socket { v6 } => self.socket(id, v6),
            Op::Signal { signal } => {
                self.signal(id, signal);
                Ok(())
            }
            Op::Shutdown { grace_ms } => {
                self.shut_down(Duration::from_millis(grace_ms));
                Ok(())
            }
        };
        match done {
            Ok(()) => Ok(()),
            Err(error) => {
                let message = error.to_string();
                self.tell(&Event::Failed { id, message }, &[])
            }
        }
    }

    fn spawn(&mut self, id: u32, spawn: Spawn, fds: Vec<OwnedFd>) -> io::Result<()> {
        let (streams, mut ours) = streams::make(spawn.stdio)?;
        let (status_read, status) = streams::pipe()?;
        ours.insert(0, status_read);
        match self.fork()? {
            Side::Parent(pid) => {
                let has_terminal = matches!(spawn.stdio, StdioKind::Pty { .. });
                self.began(
                    Known {
                        pid,
                        id,
                        has_terminal,
                    },
                    &ours,
                )
            }
            Side::Child => child::run(Plan {
                spawn,
                script: fds.into_iter().next(),
                streams,
                purpose: For::Learner,
                status,
            }),
        }
    }

    fn check(
        &mut self,
        id: u32,
        spawn: Spawn,
        timeout_ms: u64,
        fds: Vec<OwnedFd>,
    ) -> io::Result<()> {
        let (streams, mut ours) = streams::make(spawn.stdio)?;
        let (status_read, status) = streams::pipe()?;
        ours.insert(0, status_read);
        match self.fork()? {
            Side::Parent(pid) => self.began(
                Known {
                    pid,
                    id,
                    has_terminal: false,
                },
                &ours,
            ),
            Side::Child => {
                drop(ours);
                let script = fds.into_iter().next();
                supervise::run(
                    spawn,
                    script,
                    streams,
                    status,
                    Duration::from_millis(timeout_ms),
                )
            }
        }
    }

    fn work(&mut self, id: u32, work: Work) -> io::Result<()> {
        let (status_read, status) = streams::pipe()?;
        let (read, write) = streams::pipe()?;
        let out = matches!(work, Work::Read { .. } | Work::Save { .. });
        let (ours, theirs) = if out { (read, write) } else { (write, read) };
        match self.fork()? {
            Side::Parent(pid) => {
                let known = Known {
                    pid,
                    id,
                    has_terminal: false,
                };
                self.began(known, &[status_read, ours])
            }
            Side::Child => {
                drop((status_read, ours));
                work::run(&work, theirs, &status)
            }
        }
    }

    /// It belongs to the network namespace that it was made in, whoever connects it.
    fn socket(&mut self, id: u32, v6: bool) -> io::Result<()> {
        let socket = streams::socket(v6)?;
        self.tell(&Event::Made { id }, &[socket.as_fd()])
    }

    /// Forks; the child has neither the control socket nor the signals.
    fn fork(&mut self) -> io::Result<Side> {
        if self.children.len() >= MAX_CHILDREN {
            return Err(io::Error::other("too many commands run in the node"));
        }
        match sys::fork()? {
            sys::Forked::Parent(pid) => Ok(Side::Parent(pid)),
            sys::Forked::Child => {
                // A child that went on with the socket would be a second init.
                if self.forget_control().is_err() {
                    sys::exit(1);
                }
                Ok(Side::Child)
            }
        }
    }

    /// Puts a harmless descriptor where the control socket was.
    fn forget_control(&mut self) -> io::Result<()> {
        let (end, _) = streams::pipe()?;
        self.control = end.try_clone()?;
        self.signals = end;
        Ok(())
    }

    fn began(&mut self, known: Known, fds: &[OwnedFd]) -> io::Result<()> {
        let (id, pid) = (known.id, known.pid.as_raw_nonzero().get());
        self.children.push(known);
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        self.tell(&Event::Started { id, pid }, &fds)
    }

    fn signal(&self, id: u32, signal: i32) {
        if let Some(known) = self.children.iter().find(|known| known.id == id) {
            sys::signal_group(known.pid, signal);
        }
    }

    fn shut_down(&mut self, grace: Duration) {
        sys::signal_all(libc::SIGTERM);
        sys::signal_all(libc::SIGCONT);
        // Shells at a terminal do not care for SIGTERM.
        for known in self.children.iter().filter(|known| known.has_terminal) {
            sys::signal_group(known.pid, libc::SIGHUP);
        }
        self.ends_at = Some(Instant::now() + grace);
    }

    fn is_over(&self) -> bool {
        let Some(end) = self.ends_at else {
            return false;
        };
        let nobody = rustix::process::waitid(
            rustix::process::WaitId::All,
            rustix::process::WaitIdOptions::EXITED
                | rustix::process::WaitIdOptions::NOHANG
                | rustix::process::WaitIdOptions::NOWAIT,
        )
        .is_err();
        nobody || Instant::now() >= end
    }

    fn tell(&self, event: &Event, fds: &[std::os::fd::BorrowedFd<'_>]) -> io::Result<()> {
        channel::send(&self.control, event, fds)
    }
}

pub(super) fn exit_of(status: WaitStatus) -> Option<Exit> {
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Some(Exit::Code(code)),
        (None, Some(signal)) => Some(Exit::Signal(signal)),
        (None, None) => None,
    }
}
