//! The kernel calls that no safe crate offers: fork, exec, signals.
//!
//! All but [`asynchronous`], the agent's, are sound only in a process of one thread, which init
//! and what it forks are.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::Duration;

use rustix::process::Pid;
use tokio::io::unix::AsyncFd;

/// How many signals the kernel has.
const KERNEL_SIGNALS: usize = 64;

/// Which side of a fork this is.
pub(super) enum Forked {
    /// The parent, with the child's id.
    Parent(Pid),
    /// The child.
    Child,
}

/// Forks.
pub(super) fn fork() -> io::Result<Forked> {
    // SAFETY: this process has one thread, so the child's memory, locks and allocator are whole.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        raw => Ok(Pid::from_raw(raw).map_or(Forked::Child, Forked::Parent)),
    }
}

/// Replaces the program; returns only when it cannot.
pub(super) fn exec(path: &CStr, argv: &[CString], env: &[CString]) -> io::Error {
    let pointers = |strings: &[CString]| -> Vec<*const libc::c_char> {
        strings
            .iter()
            .map(|string| string.as_ptr())
            .chain([std::ptr::null()])
            .collect()
    };
    // SAFETY: both arrays end with null and hold pointers to strings that outlive the call.
    unsafe {
        libc::execve(
            path.as_ptr(),
            pointers(argv).as_ptr(),
            pointers(env).as_ptr(),
        )
    };
    io::Error::last_os_error()
}

/// Ends this process without running anything of the parent's.
pub(super) fn exit(status: i32) -> ! {
    // SAFETY: _exit takes any status and has no other condition.
    unsafe { libc::_exit(status) }
}

/// Blocks SIGCHLD and gives a descriptor that is readable when one is pending.
pub(super) fn signal_descriptor() -> io::Result<OwnedFd> {
    let set = child_signal()?;
    // SAFETY: `set` is an initialised signal set; a null old set is allowed.
    check(unsafe { libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) })?;
    // SAFETY: as above; -1 asks for a new descriptor.
    let raw = check(unsafe {
        libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
    })?;
    // SAFETY: the descriptor is new and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

/// Waits for the blocked SIGCHLD, at most so long.
pub(super) fn wait_for_child_signal(longest: Duration) -> io::Result<()> {
    let set = child_signal()?;
    // The field has 32 bits on some architectures.
    #[allow(clippy::unnecessary_fallible_conversions)]
    let timeout = libc::timespec {
        tv_sec: libc::time_t::try_from(longest.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::try_from(longest.subsec_nanos()).unwrap_or(0),
    };
    // SAFETY: both pointers are to initialised values; a null info is allowed.
    unsafe { libc::sigtimedwait(&raw const set, std::ptr::null_mut(), &raw const timeout) };
    Ok(())
}

/// Gives a child the signal state of a fresh process: nothing blocked, nothing ignored.
pub(super) fn reset_signals() {
    // The kernel's own struct sigaction is at most so long; all zero is SIG_DFL without flags.
    // The C library's call would leave out the two signals that it keeps for itself.
    let default = [0_u64; 8];
    for signal in 1..=KERNEL_SIGNALS {
        // SAFETY: the kernel reads no more than its struct from `default`, and writes nothing;
        // the call fails harmlessly for KILL and STOP.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                default.as_ptr(),
                std::ptr::null_mut::<u8>(),
                KERNEL_SIGNALS / 8,
            )
        };
    }
    // SAFETY: sigset_t is plain data that sigemptyset initialises; both pointers are valid.
    unsafe {
        let mut empty = std::mem::zeroed();
        libc::sigemptyset(&raw mut empty);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const empty, std::ptr::null_mut());
    }
}

/// Makes every inherited descriptor from 3 on close at exec; older kernels lack it, and all of
/// ours are close-on-exec anyhow.
pub(super) fn close_all_on_exec() {
    // SAFETY: it changes flags of descriptors only.
    unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3_u32,
            u32::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
}

/// Closes what the starter left open, beside the standard streams and `kept`.
pub(super) fn close_all_but(kept: &OwnedFd) {
    let kept = kept.as_raw_fd().unsigned_abs();
    let below = kept.saturating_sub(1);
    for (first, last) in [(3, below), (kept.saturating_add(1), u32::MAX)] {
        if first <= last {
            // SAFETY: called first of all, when nothing in this process owns any of them.
            unsafe { libc::syscall(libc::SYS_close_range, first, last, 0_u32) };
        }
    }
}

/// Signals every process but this one.
pub(super) fn signal_all(signal: i32) {
    // SAFETY: kill has no memory effects.
    unsafe { libc::kill(-1, signal) };
}

/// Signals a process and, where it leads one, its process group.
pub(super) fn signal_group(pid: Pid, signal: i32) {
    let raw = pid.as_raw_nonzero().get();
    // SAFETY: kill has no memory effects.
    unsafe {
        if libc::kill(-raw, signal) != 0 {
            libc::kill(raw, signal);
        }
    }
}

/// Registers a descriptor, already not blocking, with the running runtime.
pub(crate) fn asynchronous(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the `AsyncFd` owns the descriptor, which therefore is open while it is registered.
    Ok(unsafe { AsyncFd::register(descriptor) }?)
}

fn child_signal() -> io::Result<libc::sigset_t> {
    // SAFETY: sigset_t is plain data that sigemptyset initialises; the pointers are valid.
    unsafe {
        let mut set = std::mem::zeroed();
        check(libc::sigemptyset(&raw mut set))?;
        check(libc::sigaddset(&raw mut set, libc::SIGCHLD))?;
        Ok(set)
    }
}

fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
