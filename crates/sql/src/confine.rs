//! What a child gives up before it reads a query. After this it can compute and answer, nothing else.

use std::io;

use rustix::process::{Resource, Rlimit, Signal, setrlimit};

/// Address space beyond the query's own memory and the database: the program and its libraries.
const PROGRAM_BYTES: u64 = 512 << 20;
/// Seconds of processor time beyond the query's own: reading the database, writing the answer.
const SPARE_S: u64 = 3;

/// Takes away files, memory and time. `memory_bytes` is for query and database together.
pub(crate) fn confine(memory_bytes: u64, time_ms: u64) -> io::Result<()> {
    // A child whose server died must not go on.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    rustix::thread::set_no_new_privs(true)?;
    limit(Resource::Cpu, time_ms.div_ceil(1000) + SPARE_S)?;
    limit(Resource::As, memory_bytes.saturating_add(PROGRAM_BYTES))?;
    limit(Resource::Core, 0)?;
    // No file can be made larger, and none opened at all.
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nofile, 0)
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    Ok(setrlimit(resource, limit)?)
}
