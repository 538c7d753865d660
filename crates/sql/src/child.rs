//! The child: one request in, one reply out.

use std::io::{self, BufRead as _, Read as _, Write as _};

use crate::confine::confine;
use crate::protocol::{Failure, Outcome, Request};
use crate::query;

/// Longest request line: a query is at most a part of it.
const MAX_LINE_BYTES: u64 = 16 << 20;

/// Reads a request and the database from standard input, answers on standard output, and ends. For a process that is
/// there for nothing else: it gives up everything that it does not need.
pub fn child_main() {
    let outcome = match answer() {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Failure(Failure::Database {
            message: error.to_string(),
        }),
    };
    let said = serde_json::to_vec(&outcome).unwrap_or_default();
    // Who asked may be gone; there is nobody else to tell.
    let _ = io::stdout().write_all(&said);
}

fn answer() -> io::Result<Outcome> {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    input
        .by_ref()
        .take(MAX_LINE_BYTES)
        .read_until(b'\n', &mut line)?;
    let request: Request = serde_json::from_slice(&line)?;
    let bounds = request.bounds;
    let size = request.database_bytes as u64;
    confine(bounds.memory_bytes.saturating_add(2 * size), bounds.time_ms)?;
    let database = io::Read::take(&mut input, size);
    Ok(
        match query::run(&request.sql, bounds, database, request.database_bytes) {
            Ok(table) => Outcome::Table(table),
            Err(failure) => Outcome::Failure(failure),
        },
    )
}
