//! Which system calls a node may make: an allow-list for the OCI runtime, by families.
//!
//! At least as strict as Docker's default profile for a container without CAP_SYS_ADMIN:
//! nothing that mounts, makes or enters namespaces, loads code into the kernel, reads or sets
//! keys, BPF, performance counters, clocks, quotas or swap. `ptrace` is allowed, as Docker does
//! since Linux 4.8: learners use strace and gdb on their own processes; PID 1 is beyond it.
//!
//! `io_setup` is not there: what it gives comes out of one small table of the whole host
//! (fs.aio-max-nr), and databases go on without it.
//!
//! What is not named here fails with ENOSYS, so that programs fall back to an older call;
//! what programs expect to be *forbidden* is named in `DENIED` and fails with EPERM.

use serde_json::{Value, json};

const EPERM: i32 = 1;
const ENOSYS: i32 = 38;

/// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
const NAMESPACE_FLAGS: u64 = 0x7E02_0000;

/// AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET. Not AF_VSOCK (it reaches the hypervisor),
/// AF_ALG, AF_CAN and other families that a lab's networks do not carry.
const SOCKET_FAMILIES: [u64; 5] = [1, 2, 10, 16, 17];

/// Execution domains that ordinary programs ask for (personality(2)): Linux, Linux with
/// UNAME26, without address randomisation (gdb), and the query.
const PERSONALITIES: [u64; 5] = [0, 0x0002_0000, 0x0004_0000, 0x8, 0xFFFF_FFFF];

const FILES: &str = "access chdir chmod chown chown32 chroot close close_range copy_file_range \
    creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait \
    epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 faccessat faccessat2 fadvise64 \
    fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl \
    fcntl64 fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 \
    fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64 getxattr \
    inotify_add_watch inotify_init inotify_init1 inotify_rm_watch ioctl ioprio_get \
    ioprio_set lchown lchown32 lgetxattr link linkat listxattr llistxattr _llseek lremovexattr \
    lseek lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat \
    _newselect open openat openat2 pipe pipe2 poll ppoll ppoll_time64 pread64 preadv preadv2 \
    pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv \
    removexattr rename renameat renameat2 rmdir select sendfile sendfile64 setxattr signalfd \
    signalfd4 splice stat stat64 statfs statfs64 statx symlink symlinkat sync sync_file_range \
    sync_file_range2 syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat \
    utimensat_time64 utimes vmsplice write writev landlock_create_ruleset landlock_add_rule \
    landlock_restrict_self fanotify_mark cachestat";

const PROCESSES: &str = "alarm arch_prctl capget capset execve execveat exit exit_group fork \
    futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue get_robust_list \
    get_thread_area getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 \
    getitimer getpgid getpgrp getpid getppid getpriority getresgid getresgid32 getresuid \
    getresuid32 getrlimit getrusage getsid gettid getuid getuid32 kill nanosleep pause \
    pidfd_open pidfd_send_signal prctl prlimit64 ptrace process_vm_readv \
    process_vm_writev process_mrelease restart_syscall rseq rt_sigaction \
    rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait \
    rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min \
    sched_getaffinity sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval \
    sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam \
    sched_setscheduler sched_yield seccomp set_robust_list set_thread_area set_tid_address \
    setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setitimer \
    setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 \
    setreuid setreuid32 setrlimit setsid setuid setuid32 sigaltstack sigreturn sigprocmask \
    sigaction sigpending sigsuspend signal tgkill tkill times ugetrlimit vfork wait4 waitid \
    waitpid modify_ldt";

const MEMORY: &str = "brk madvise map_shadow_stack memfd_create memfd_secret membarrier mincore \
    mlock mlock2 mlockall mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap \
    pkey_alloc pkey_free pkey_mprotect remap_file_pages";

const CLOCKS_AND_SYSTEM: &str = "clock_getres clock_getres_time64 clock_gettime clock_gettime64 \
    clock_nanosleep clock_nanosleep_time64 getcpu getrandom gettimeofday sysinfo time \
    timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime \
    timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime \
    timerfd_settime64 uname oldolduname olduname";

const COMMUNICATION: &str = "accept accept4 bind connect getpeername getsockname getsockopt ipc \
    listen mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend \
    mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd recv recvfrom recvmmsg \
    recvmmsg_time64 recvmsg semctl semget semop semtimedop semtimedop_time64 send sendmmsg \
    sendmsg sendto setsockopt shmat shmctl shmdt shmget shutdown socketpair";

const DENIED: &str = "acct add_key adjtimex bpf clock_adjtime clock_settime delete_module \
    fanotify_init finit_module fsconfig fsmount fsopen fspick get_mempolicy init_module ioperm iopl \
    kcmp kexec_file_load kexec_load keyctl lookup_dcookie mbind migrate_pages mount mount_setattr \
    move_mount move_pages nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd \
    pivot_root process_madvise \
    quotactl quotactl_fd reboot request_key set_mempolicy set_mempolicy_home_node setdomainname \
    sethostname setns settimeofday stime swapoff swapon sysfs syslog umount umount2 unshare \
    uselib userfaultfd ustat vhangup vm86 vm86old";

/// The profile for nodes, as `linux.seccomp` of the OCI runtime specification. System calls of
/// the processor's older 32-bit programs are allowed where a node has such programs.
pub fn profile(has_32_bit: bool) -> Value {
    let allowed = [FILES, PROCESSES, MEMORY, CLOCKS_AND_SYSTEM, COMMUNICATION];
    let mut rules: Vec<Value> = allowed
        .iter()
        .map(|family| json!({"names": words(family), "action": "SCMP_ACT_ALLOW"}))
        .collect();
    rules.push(
        json!({"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [
        {"index": 0, "value": NAMESPACE_FLAGS, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]}),
    );
    // Its flags are behind a pointer, which a filter cannot read; libraries fall back to clone.
    rules.push(refused(&["clone3"], ENOSYS));
    rules.push(refused(&words(DENIED), EPERM));
    for family in SOCKET_FAMILIES {
        rules.push(equal("socket", family));
    }
    // How C libraries for this processor make sockets; what it asks for is behind a pointer, which
    // a filter cannot read. Such a machine is one learner's, and nobody else's kernel is behind it.
    if std::env::consts::ARCH == "x86" {
        rules.push(json!({"names": ["socketcall"], "action": "SCMP_ACT_ALLOW"}));
    }
    for domain in PERSONALITIES {
        rules.push(equal("personality", domain));
    }
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": ENOSYS,
        "architectures": architectures(has_32_bit),
        "syscalls": rules,
    })
}

fn words(family: &'static str) -> Vec<&'static str> {
    family.split_whitespace().collect()
}

fn refused(names: &[&str], errno: i32) -> Value {
    json!({"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": errno})
}

fn equal(name: &str, value: u64) -> Value {
    json!({"names": [name], "action": "SCMP_ACT_ALLOW",
        "args": [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}]})
}

/// Every architecture makes the runtime's filter twice as dear to compile, which is a good part
/// of a node's start (12 of 38 ms here), so the second one is there only on demand.
fn architectures(has_32_bit: bool) -> Vec<&'static str> {
    let (own, older) = match std::env::consts::ARCH {
        "x86_64" => ("SCMP_ARCH_X86_64", Some("SCMP_ARCH_X86")),
        "x86" => ("SCMP_ARCH_X86", None),
        "aarch64" => ("SCMP_ARCH_AARCH64", Some("SCMP_ARCH_ARM")),
        _ => return Vec::new(),
    };
    std::iter::once(own)
        .chain(older.filter(|_| has_32_bit))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ALLOWED: [&str; 5] = [FILES, PROCESSES, MEMORY, CLOCKS_AND_SYSTEM, COMMUNICATION];

    #[test]
    fn no_call_is_named_twice() {
        let all = ALLOWED.iter().chain([&DENIED]);
        let all: Vec<_> = all.flat_map(|family| words(family)).collect();
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), distinct.len());
    }

    #[test]
    fn what_docker_gates_behind_capabilities_is_not_allowed() {
        let allowed: BTreeSet<_> = ALLOWED.iter().flat_map(|family| words(family)).collect();
        for call in [
            "bpf",
            "clone",
            "clone3",
            "fsopen",
            "init_module",
            "io_setup",
            "io_uring_setup",
            "kexec_load",
            "keyctl",
            "mount",
            "mount_setattr",
            "open_by_handle_at",
            "perf_event_open",
            "personality",
            "pivot_root",
            "quotactl",
            "reboot",
            "request_key",
            "setns",
            "settimeofday",
            "socket",
            "socketcall",
            "swapon",
            "syslog",
            "umount2",
            "unshare",
            "userfaultfd",
        ] {
            assert!(!allowed.contains(call), "{call}");
        }
    }

    #[test]
    fn the_default_is_an_error_and_the_older_architecture_is_on_demand() {
        let profile = profile(false);
        assert_eq!(profile["defaultAction"], "SCMP_ACT_ERRNO");
        assert_eq!(profile["architectures"].as_array().map(Vec::len), Some(1));
    }
}
