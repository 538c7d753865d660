//! The agent gives up what a machine's life does not need: capabilities, and system calls that
//! change the kernel itself. Everything that it starts inherits both.
//!
//! It stays a powerful process (it mounts, and runs a runtime that makes namespaces). This is a
//! second wall behind the first, which is that it reads nothing a learner writes but bounded
//! frames and messages.

use std::io;

use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

use super::kernel;

/// What mounts, links, cgroups, runtimes and captures need. SYS_NICE: crun puts a process that has
/// its capabilities already into the cpuset of its node.
const KEPT: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID)
    .union(CapabilitySet::KILL)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::SETUID)
    .union(CapabilitySet::SETPCAP)
    .union(CapabilitySet::SETFCAP)
    .union(CapabilitySet::NET_ADMIN)
    .union(CapabilitySet::NET_RAW)
    .union(CapabilitySet::SYS_CHROOT)
    .union(CapabilitySet::SYS_PTRACE)
    .union(CapabilitySet::SYS_ADMIN)
    .union(CapabilitySet::SYS_NICE)
    .union(CapabilitySet::SYS_RESOURCE);

/// What sets the clock, for an agent whose machine wakes from snapshots.
const CLOCK: [libc::c_long; 1] = [libc::SYS_clock_settime];

/// What neither the agent nor a runtime nor a node has any use for. The nodes' own profile is an
/// allow-list and much shorter; see `seccomp`.
const FORBIDDEN: [libc::c_long; 24] = [
    libc::SYS_acct,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_finit_module,
    libc::SYS_init_module,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    libc::SYS_kexec_load,
    libc::SYS_mbind,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_open_by_handle_at,
    libc::SYS_perf_event_open,
    libc::SYS_quotactl,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_userfaultfd,
];

/// Gives them up, but the clock when it `wakes`. Call it while the process has one thread.
pub fn confine(wakes: bool) -> io::Result<()> {
    let own = capabilities(None)?;
    let clock = match wakes {
        true => CapabilitySet::SYS_TIME,
        false => CapabilitySet::empty(),
    };
    let wanted = KEPT | clock;
    let kept = own.permitted & wanted;
    for capability in (CapabilitySet::all() - wanted).iter() {
        // A kernel that does not know one has nothing to take away.
        let _ = rustix::thread::remove_capability_from_bounding_set(capability);
    }
    set_capabilities(
        None,
        CapabilitySets {
            effective: kept,
            permitted: kept,
            inheritable: CapabilitySet::empty(),
        },
    )?;
    let needed = |call: &libc::c_long| wakes && CLOCK.contains(call);
    let mut forbidden = FORBIDDEN.to_vec();
    forbidden.retain(|call| !needed(call));
    kernel::forbid(&forbidden)
}
