//! `labwright-agent`: one static binary with two roles.
//!
//! As the program of a machine, PID 1 of its own pid, mount, net, ipc and uts namespaces:
//!
//! ```text
//! labwright-agent machine --spec FILE --listen-fd N|--channel DEVICE --session-dir DIR --cgroup NAME
//!     [--confine mapped|identity] [--uid-base B --hidden-uid-base H] [--disk image|memory] [--runtime runc]
//! ```
//!
//! - `--spec` a `MachineSpec` as JSON, read once. Layer paths are as the agent sees them.
//! - `--listen-fd` a listening unix stream socket; every connection is one wire channel.
//! - `--channel` a virtio console or serial line that carries one channel in packets (wire's
//!   `console`), for a machine that is one learner's: the peer may set its clock. It is set raw.
//! - `--session-dir` a directory on a normal file system (not id-mapped, not overlay) that nodes'
//!   ids may pass through: it and its parents have the mode bits 0711 at least. The agent
//!   keeps its mount point and the sparse disk image there; the image outlives the agent, and an
//!   agent started on the same directory boots the nodes from it again.
//! - `--cgroup` path below the root of every cgroup hierarchy. The starter makes `NAME/agent` and
//!   puts the agent into it before exec; the agent makes `NAME/nodes` with the session's limits
//!   and the runtime makes `NAME/nodes/<node>`. Whoever started the agent removes them.
//! - `--confine mapped` (default) needs the first host ids of two ranges of 65536 ids each:
//!   `--uid-base` for the learner's nodes, `--hidden-uid-base` for hidden ones. `identity` maps
//!   ids to themselves, for a machine that belongs to one learner.
//! - `--disk` what nodes write to: `image` (default) a disk image in the session's directory, or
//!   `memory`, where the machine has no disk that can be written to.
//! - `--runtime` an OCI runtime, found through PATH.
//!
//! Standard error is its log. Exit status: 0 after an orderly `stop`, 1 when the machine could not
//! be set up, 2 for bad usage.
//!
//! As PID 1 of a node: `labwright-agent init --control-fd N`.

use std::process::ExitCode;

// The agent is a library, so that tests reach its parts.
use labwright_agent::{init, machine};

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    match words.next().as_deref().and_then(|word| word.to_str()) {
        Some("machine") => machine::main(words),
        Some("init") => init::main(words),
        _ => {
            eprintln!("usage: labwright-agent machine|init …");
            ExitCode::from(2)
        }
    }
}
