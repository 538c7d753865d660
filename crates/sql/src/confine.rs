//! What a child gives up before it reads a query. After this it can compute and answer, nothing else.

use std::io;

use rustix::process::{Gid, Resource, Rlimit, Signal, Uid, geteuid, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// Address space beyond the query's own memory and the database: the program and its libraries.
const PROGRAM_BYTES: u64 = 512 << 20;
/// Seconds of processor time beyond the query's own: reading the database, writing the answer.
const SPARE_S: u64 = 3;

/// `nobody` of Debian: a child of root becomes it.
const NOBODY: u32 = 65534;

/// All that computing and answering asks of the kernel (Linux system calls by number of this
/// architecture): read the request, write the answer, have memory, know the time, end.
const ALLOWED: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_clock_gettime,
    libc::SYS_getpid,
    libc::SYS_gettid,
    // abort(3), and what a signal does on the way.
    libc::SYS_tgkill,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_exit,
    libc::SYS_exit_group,
];
/// Memory may be had and never executed.
const WITHOUT_EXEC: &[i64] = &[libc::SYS_mmap, libc::SYS_mprotect];
/// The protection is the third argument of both.
const PROTECTION: u8 = 2;

/// Takes away files, memory, time, its user and the kernel. `memory_bytes` is for query and
/// database together.
pub(crate) fn confine(memory_bytes: u64, time_ms: u64) -> io::Result<()> {
    // A child whose server died must not go on.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::thread::set_no_new_privs(true)?;
    limit(Resource::Cpu, time_ms.div_ceil(1000) + SPARE_S)?;
    limit(Resource::As, memory_bytes.saturating_add(PROGRAM_BYTES))?;
    limit(Resource::Core, 0)?;
    // No file can be made larger, and none opened at all.
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, 0)?;
    be_nobody()?;
    only_compute().map_err(io::Error::other)
}

/// A child of root has root's files until here. There is one thread, so that is the process.
fn be_nobody() -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_gid(Gid::from_raw(NOBODY))?;
    rustix::thread::set_thread_uid(Uid::from_raw(NOBODY))?;
    Ok(())
}

/// Every other system call fails with EPERM (seccomp(2)).
fn only_compute() -> Result<(), seccompiler::Error> {
    let not_executable = SeccompCondition::new(
        PROTECTION,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64),
        0,
    )?;
    let not_executable = SeccompRule::new(vec![not_executable])?;
    let free = ALLOWED.iter().map(|call| (*call, Vec::new()));
    let bound = WITHOUT_EXEC
        .iter()
        .map(|call| (*call, vec![not_executable.clone()]));
    let filter = SeccompFilter::new(
        free.chain(bound).collect(),
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter_all_threads(&program)
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    Ok(setrlimit(resource, limit)?)
}
