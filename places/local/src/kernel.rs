//! Starting a process as PID 1 of new namespaces, and holding on to processes by descriptor.
//!
//! The only module here with `unsafe`. It knows nothing of sessions.

use std::ffi::{CString, c_char, c_int, c_long, c_ulong, c_void};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};
use tokio::io::unix::AsyncFd;

/// The kernel's mark of a process that is being shut down (include/linux/sched.h).
const PF_EXITING: u32 = 0x4;

/// What to start.
pub(crate) struct Launch<'a> {
    /// The program's path and its arguments, path first.
    pub(crate) arguments: &'a [CString],
    /// `KEY=value`.
    pub(crate) environment: &'a [CString],
    /// Standard input.
    pub(crate) stdin: BorrowedFd<'a>,
    /// Standard output and error.
    pub(crate) log: BorrowedFd<'a>,
    /// Handed over under its own number.
    pub(crate) inherited: BorrowedFd<'a>,
    /// Open `cgroup.procs` files of the cgroups to enter.
    pub(crate) cgroups: &'a [OwnedFd],
}

/// What the child was doing when it failed, in the order in which it does it.
const STEPS: [&str; 7] = [
    "leaving the starter's terminal",
    "entering its cgroup",
    "keeping its mounts to itself",
    "setting up its descriptors",
    "setting up its signals",
    "entering the root directory",
    "executing the agent's program",
];

/// Starts a process as PID 1 of new pid, mount, network, ipc and uts namespaces. It outlives us:
/// it leads a session of its own and holds nothing of ours. Returns its pidfd once it executes.
pub(crate) fn start(launch: &Launch<'_>) -> io::Result<OwnedFd> {
    let (failure, failing) = pipe_with(PipeFlags::CLOEXEC)?;
    let argv = pointers(launch.arguments);
    let envp = pointers(launch.environment);
    let child = Child {
        launch,
        argv: &argv,
        envp: &envp,
        failing: failing.as_fd(),
    };
    let pidfd = clone_into_namespaces(&child)?;
    drop(failing);
    let mut said = [0; 5];
    match File::from(failure).read(&mut said)? {
        // The pipe closed at exec.
        0 => Ok(pidfd),
        _ => {
            reap(pidfd.as_fd());
            let [step, number @ ..] = said;
            let error = io::Error::from_raw_os_error(i32::from_ne_bytes(number));
            let step = STEPS.get(usize::from(step)).unwrap_or(&"starting");
            Err(io::Error::new(error.kind(), format!("{step}: {error}")))
        }
    }
}

/// Null-terminated, as exec wants it.
fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    let ends = std::iter::once(std::ptr::null());
    strings.iter().map(|s| s.as_ptr()).chain(ends).collect()
}

/// Runs `child` in a new process with new namespaces.
///
/// The child shares no memory with us, but our other threads are gone from it at an unknown
/// moment: it must make system calls only, and not allocate.
fn clone_into_namespaces(child: &Child<'_>) -> io::Result<OwnedFd> {
    const NAMESPACES: c_int = libc::CLONE_NEWPID
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS;
    let mut pidfd: RawFd = -1;
    // SAFETY: all-zero is a valid `clone_args`: no flags and null pointers.
    let mut arguments: libc::clone_args = unsafe { std::mem::zeroed() };
    arguments.flags = (NAMESPACES | libc::CLONE_PIDFD).cast_unsigned().into();
    arguments.pidfd = (&raw mut pidfd).expose_provenance() as u64;
    arguments.exit_signal = libc::SIGCHLD.cast_unsigned().into();
    // SAFETY: without CLONE_VM this is a fork: the child has a copy of this stack. The arguments
    // outlive the call, and `pidfd` is a valid place for a descriptor.
    let pid = unsafe {
        libc::syscall(
            libc::SYS_clone3,
            &raw mut arguments,
            size_of::<libc::clone_args>(),
        )
    };
    match pid {
        0 => child.run(),
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: the kernel has just made this descriptor for us.
        _ => Ok(unsafe { OwnedFd::from_raw_fd(pidfd) }),
    }
}

/// The child between clone and exec.
struct Child<'a> {
    launch: &'a Launch<'a>,
    argv: &'a [*const c_char],
    envp: &'a [*const c_char],
    failing: BorrowedFd<'a>,
}

impl Child<'_> {
    fn run(&self) -> ! {
        let steps: [&dyn Fn() -> Result<(), Errno>; STEPS.len()] = [
            &|| rustix::process::setsid().map(drop),
            &|| self.enter_cgroups(),
            &keep_mounts_to_itself,
            &|| self.set_descriptors(),
            &set_signals,
            &|| rustix::process::chdir(c"/"),
            &|| self.execute(),
        ];
        for (step, act) in steps.iter().enumerate() {
            if let Err(error) = act() {
                let number = error.raw_os_error().to_ne_bytes();
                let [a, b, c, d] = number;
                let step = u8::try_from(step).unwrap_or(u8::MAX);
                let _ = rustix::io::write(self.failing, &[step, a, b, c, d]);
                break;
            }
        }
        // SAFETY: ends this process at once, without running anything of the parent's.
        unsafe { libc::_exit(127) }
    }

    fn enter_cgroups(&self) -> Result<(), Errno> {
        for procs in self.launch.cgroups {
            rustix::io::write(procs, b"0")?;
        }
        Ok(())
    }

    fn set_descriptors(&self) -> Result<(), Errno> {
        rustix::stdio::dup2_stdin(self.launch.stdin)?;
        rustix::stdio::dup2_stdout(self.launch.log)?;
        rustix::stdio::dup2_stderr(self.launch.log)?;
        // SAFETY: marks descriptors close-on-exec, which changes nothing before exec.
        checked(unsafe {
            libc::syscall(
                libc::SYS_close_range,
                3,
                c_long::from(u32::MAX),
                c_ulong::from(libc::CLOSE_RANGE_CLOEXEC),
            )
        })?;
        rustix::io::fcntl_setfd(self.launch.inherited, rustix::io::FdFlags::empty())
    }

    fn execute(&self) -> Result<(), Errno> {
        let program = self.argv.first().copied().unwrap_or(std::ptr::null());
        // SAFETY: both arrays end with null and point to strings that live until exec.
        checked(c_long::from(unsafe {
            libc::execve(program, self.argv.as_ptr(), self.envp.as_ptr())
        }))
    }
}

/// Slave, not private: what the host unmounts later must not be held by an agent.
fn keep_mounts_to_itself() -> Result<(), Errno> {
    // SAFETY: changes propagation only; the source, type and data are unused and may be null.
    checked(c_long::from(unsafe {
        libc::mount(
            std::ptr::null(),
            c"/".as_ptr(),
            std::ptr::null(),
            libc::MS_REC | libc::MS_SLAVE,
            std::ptr::null::<c_void>(),
        )
    }))
}

/// What the runtime changed for itself must not reach the agent: an ignored SIGPIPE, masks.
fn set_signals() -> Result<(), Errno> {
    // SAFETY: both calls are async-signal-safe; the set is initialised before it is used.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        let null = std::ptr::null_mut();
        checked(c_long::from(libc::sigprocmask(
            libc::SIG_SETMASK,
            &raw const none,
            null,
        )))
    }
}

fn checked(returned: c_long) -> Result<(), Errno> {
    match returned {
        -1 => Err(Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO)),
        _ => Ok(()),
    }
}

/// Waits for a child of ours that has ended, so that nothing of it is left, and returns its exit
/// status. One that was killed has none, and so has one that is not our child.
pub(crate) fn reap(pidfd: BorrowedFd<'_>) -> Option<i32> {
    let ended = waitid(WaitId::PidFd(pidfd), WaitIdOptions::EXITED);
    ended.ok()??.exit_status()
}

/// Waits until a process has ended, and gives its descriptor back.
pub(crate) async fn until_ended(process: OwnedFd) -> io::Result<OwnedFd> {
    // SAFETY: the descriptor is owned by what registers it, so it stays open and the same.
    let process = unsafe { AsyncFd::register(process) }?;
    process.readable().await?.retain_ready();
    Ok(process.into_inner())
}

/// A descriptor of a running process; `None` when it is gone.
pub(crate) fn open_process(pid: i32) -> Option<OwnedFd> {
    pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()
}

/// Kills a process and waits until it has ended; `false` when it did not in time.
pub(crate) fn kill_and_wait(pidfd: BorrowedFd<'_>, patience: Duration) -> bool {
    // Gone already is as good; the wait below tells.
    let _ = pidfd_send_signal(pidfd, Signal::KILL);
    let deadline = Instant::now() + patience;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut polled = [PollFd::new(&pidfd, PollFlags::IN)];
        match poll(&mut polled, Some(&timespec(left))) {
            Err(Errno::INTR) => {}
            Ok(ready) => return ready > 0,
            Err(_) => return false,
        }
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

/// Whether a process leads a pid namespace of its own just below ours.
pub(crate) fn is_namespace_init(pid: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    let ids: Vec<&str> = ids.unwrap_or_default().split_whitespace().collect();
    matches!(ids.as_slice(), [_, "1"])
}

/// Whether a process is gone or on its way out. One that leads a pid namespace takes a while: it
/// waits for all others in it.
pub(crate) fn is_exiting(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // proc(5): flags is the 9th field; the 2nd, in brackets, may hold anything.
    let flags = stat
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.split_whitespace().nth(6)?.parse::<u32>().ok());
    flags.is_none_or(|flags| flags & PF_EXITING != 0)
}

/// The number of a descriptor, for a child's command line.
pub(crate) fn number(descriptor: &impl AsFd) -> String {
    descriptor.as_fd().as_raw_fd().to_string()
}
