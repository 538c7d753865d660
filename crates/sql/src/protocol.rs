//! What goes between the asker and its child: a request as one line of JSON, the database's bytes, and a reply in JSON.

use labwright_grading::Table;
use serde::{Deserialize, Serialize};

/// What a query may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Milliseconds of processor time.
    pub time_ms: u64,
    /// Bytes of memory, beyond the database's own.
    pub memory_bytes: u64,
    /// Rows of the result.
    pub rows: usize,
    /// Bytes of all its cells.
    pub result_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            time_ms: 3_000,
            memory_bytes: 64 << 20,
            rows: 10_000,
            result_bytes: 4 << 20,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) sql: String,
    pub(crate) bounds: Bounds,
    /// Bytes of the database that follow.
    pub(crate) database_bytes: usize,
}

/// Why a query gave no table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// SQLite does not understand it, or it went wrong half-way.
    Sql {
        /// In SQLite's words.
        message: String,
        /// Where, in bytes from its beginning, if SQLite says so.
        offset: Option<usize>,
    },
    /// There is nothing in it but space and comments.
    Empty,
    /// More than one statement.
    Several,
    /// It gives no table: it changes something, or it may not be asked here.
    NoQuery,
    /// It took too long.
    Time,
    /// It used too much memory.
    Memory,
    /// The result is too large.
    Rows,
    /// The database itself cannot be read.
    Database {
        /// In SQLite's words.
        message: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Table(Table),
    Failure(Failure),
}
