//! Which capabilities a node's processes have: the wall between the learner's root and PID 1.
//!
//! The kernel lets a process trace another of the same user only when the other holds no
//! capability that it lacks itself, or when it has CAP_SYS_PTRACE (`cap_ptrace_access_check`).
//! The same rule guards `/proc/PID/{mem,fd,environ,…}`. So:
//!
//! - init holds CAP_SYS_PTRACE and `GUARD`; the bounding set of all that it spawns lacks the
//!   first. Being not dumpable alone would do; this is the second lock.
//! - checks also hold `GUARD`, which nothing of the learner's has: the learner's root cannot
//!   trace them nor read their script's descriptor. They do not get CAP_SYS_PTRACE, because a
//!   program that a check calls may have been replaced by the learner, and would then own PID 1.
//!
//! The guard is CAP_WAKE_ALARM: the kernel honours it in the first user namespace only, so that
//! in a node it gives no power at all.

use std::io;

use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    configure_capability_in_ambient_set, remove_capability_from_bounding_set, set_capabilities,
};

/// The powerless capability that only init and checks hold.
const GUARD: CapabilitySet = CapabilitySet::WAKE_ALARM;

/// What the OCI configuration of a node must give its init, permitted, effective and bounding,
/// beside what the node's own processes may have.
pub const REQUIRED_CAPABILITIES: [&str; 6] = [
    "CAP_SYS_PTRACE",
    "CAP_WAKE_ALARM",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SETGID",
    "CAP_KILL",
];

const REQUIRED: CapabilitySet = CapabilitySet::SYS_PTRACE
    .union(GUARD)
    .union(CapabilitySet::SETPCAP)
    .union(CapabilitySet::SETUID)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::KILL);

/// For whom a child runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// The learner, who may do with it as they like.
    Learner,
    /// A check, which they may not trace.
    Check,
}

/// Fails when init lacks what protects it.
pub(super) fn verify_own() -> io::Result<()> {
    let missing = REQUIRED - capabilities(None)?.effective;
    if missing.is_empty() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!("the node's configuration gives its init too little: {missing:?} is missing"),
    ))
}

/// First step of a child, while it is root: what no descendant may ever have again.
pub(super) fn bound(purpose: For) -> io::Result<()> {
    remove_capability_from_bounding_set(CapabilitySet::SYS_PTRACE)?;
    if purpose == For::Learner {
        remove_capability_from_bounding_set(GUARD)?;
    }
    clear_ambient_capability_set()?;
    Ok(())
}

/// Last step, after the change of user (with keep-capabilities set for a check).
pub(super) fn settle(purpose: For, is_root: bool) -> io::Result<()> {
    let own = capabilities(None)?;
    let forbidden = match purpose {
        For::Learner => CapabilitySet::SYS_PTRACE | GUARD,
        For::Check => CapabilitySet::SYS_PTRACE,
    };
    let permitted = if is_root {
        own.permitted - forbidden
    } else if purpose == For::Check {
        GUARD
    } else {
        CapabilitySet::empty()
    };
    let ambient = purpose == For::Check && !is_root;
    let inheritable = if ambient {
        GUARD
    } else {
        CapabilitySet::empty()
    };
    set_capabilities(
        None,
        CapabilitySets {
            effective: permitted,
            permitted,
            inheritable,
        },
    )?;
    if ambient {
        configure_capability_in_ambient_set(GUARD, true)?;
    }
    Ok(())
}

/// What moves files for the agent needs no power over other processes.
pub(super) fn settle_worker() -> io::Result<()> {
    bound(For::Learner)?;
    settle(For::Learner, true)
}
