//! Asks a database what a query gives, whatever the query is.
//!
//! A learner's SQL may ask for all time, all memory, files and extensions. So it is run by a child process
//! ([`child_main`]) that is given a copy of the database on its standard input, is nobody, can open no file, can write
//! none, has limits of time and memory that the kernel keeps, and a filter of system calls (seccomp(2)) that leaves it
//! nothing but to compute and to answer. A thread of the server would not do: SQLite's own limits do not
//! reach into a single long operation (`instr` of two long texts), its heap is the whole process's, and a fault in it
//! would be the server's. What rows are worth is decided by `grading`.

mod ask;
mod child;
mod confine;
mod judge;
mod protocol;
mod query;
mod words;

pub use ask::{AskError, Asker};
pub use child::child_main;
pub use judge::SqlSource;
pub use protocol::{Bounds, Failure};

/// Runs a query in this very process. It bounds the whole process's SQLite, so it is for a fuzzer, never for a server.
#[doc(hidden)]
pub fn run_here(
    sql: &str,
    bounds: Bounds,
    database: &[u8],
) -> Result<labwright_grading::Table, Failure> {
    query::run(sql, bounds, database, database.len())
}
