//! One query on one database in memory, with SQLite's own limits and an authorizer that lets it only read.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use labwright_grading::{Cell, Table};
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, ffi};
use rustix::time::{ClockId, clock_gettime};

use crate::protocol::{Bounds, Failure};

/// SQLite asks after so many of its operations whether to go on.
const OPERATIONS: i32 = 5_000;
/// SQLite's limits: what a course in SQL never needs, and what an attack begins with.
const LIMITS: [(Limit, i32); 9] = [
    (Limit::SQLITE_LIMIT_LENGTH, 2_000_000),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_COLUMN, 200),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 200),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 100),
    (Limit::SQLITE_LIMIT_VDBE_OP, 1_000_000),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];
/// Where a database's header says how it is written to.
const JOURNAL_BYTES: std::ops::Range<usize> = 18..20;
/// Functions that reach out of the query, or into SQLite itself.
const FORBIDDEN: [&str; 6] = [
    "load_extension",
    "readfile",
    "writefile",
    "edit",
    "fts3_tokenizer",
    "sqlite_compileoption_get",
];
/// What a query may look up of the database's own form.
const PRAGMAS: [&str; 7] = [
    // FTS5 asks it for itself.
    "data_version",
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "foreign_key_list",
];

/// Runs a query. `database` gives `size` bytes.
pub(crate) fn run(
    sql: &str,
    bounds: Bounds,
    database: impl Read,
    size: usize,
) -> Result<Table, Failure> {
    let (connection, late) = open(bounds, database, size)?;
    let failed = |error| explain(error, late.load(Ordering::Relaxed));
    check_alone(&connection, sql).map_err(|error| error.unwrap_or_else(failed))?;
    let mut statement = connection.prepare(sql).map_err(failed)?;
    if statement.column_count() == 0 || !statement.readonly() {
        return Err(Failure::NoQuery);
    }
    let columns: Vec<String> = statement
        .column_names()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let width = columns.len();
    let mut table = Table {
        columns,
        rows: Vec::new(),
    };
    let mut bytes = 0_usize;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(failed)? {
        let mut cells = Vec::with_capacity(width);
        for at in 0..width {
            let cell = cell(row.get_ref(at).map_err(failed)?);
            bytes += weight(&cell);
            cells.push(cell);
        }
        if table.rows.len() == bounds.rows || bytes > bounds.result_bytes {
            return Err(Failure::Rows);
        }
        table.rows.push(cells);
    }
    Ok(table)
}

/// The database in memory, and whether its time is over.
fn open(
    bounds: Bounds,
    mut database: impl Read,
    size: usize,
) -> Result<(Connection, Arc<AtomicBool>), Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::Database {
        message: error.to_string(),
    };
    let mut bytes = Vec::with_capacity(size);
    database
        .read_to_end(&mut bytes)
        .map_err(|error| broken(&error))?;
    // A database in memory has no write-ahead log; its content is whole without.
    if let Some(journal) = bytes.get_mut(JOURNAL_BYTES) {
        journal.fill(1);
    }
    let mut connection = Connection::open_in_memory().map_err(|error| broken(&error))?;
    connection
        .deserialize_read_exact("main", bytes.as_slice(), bytes.len(), true)
        .map_err(|error| broken(&error))?;
    drop(bytes);
    for (limit, most) in LIMITS {
        connection
            .set_limit(limit, most)
            .map_err(|error| broken(&error))?;
    }
    // Sorting and temporary tables have no file to go to.
    connection
        .pragma_update(None, "temp_store", "MEMORY")
        .and_then(|()| connection.pragma_update(None, "trusted_schema", false))
        .and_then(|()| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())))
        .map_err(|error| broken(&error))?;
    touch_virtual(&connection).map_err(|error| broken(&error))?;
    set_heap_limit(bounds.memory_bytes.saturating_add(size as u64));
    let late = Arc::new(AtomicBool::new(false));
    let (told, until) = (late.clone(), cpu_ms() + bounds.time_ms);
    let watch = move || {
        let over = cpu_ms() >= until;
        told.store(over, Ordering::Relaxed);
        over
    };
    connection
        .progress_handler(OPERATIONS, Some(watch))
        .and_then(|()| connection.authorizer(Some(authorize)))
        .map_err(|error| broken(&error))?;
    Ok((connection, late))
}

/// Virtual tables prepare what they need when they are first named, also statements that would write.
fn touch_virtual(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    for name in names {
        let name = name?.replace('"', "\"\"");
        connection.prepare(&format!("SELECT * FROM \"{name}\" LIMIT 0"))?;
    }
    Ok(())
}

/// Refuses what is no single statement. `Err(Err(_))` is SQLite's own complaint.
fn check_alone(connection: &Connection, sql: &str) -> Result<(), Result<Failure, rusqlite::Error>> {
    let mut batch = rusqlite::Batch::new(connection, sql);
    match batch.next() {
        Ok(Some(_)) => {}
        Ok(None) => return Err(Ok(Failure::Empty)),
        Err(error) => return Err(Err(error)),
    }
    match batch.next() {
        Ok(None) => Ok(()),
        Ok(Some(_)) | Err(_) => Err(Ok(Failure::Several)),
    }
}

/// Reading, and nothing else.
fn authorize(context: AuthContext<'_>) -> Authorization {
    let allowed = match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => !FORBIDDEN
            .iter()
            .any(|name| function_name.eq_ignore_ascii_case(name)),
        AuthAction::Pragma { pragma_name, .. } => PRAGMAS
            .iter()
            .any(|name| pragma_name.eq_ignore_ascii_case(name)),
        _ => false,
    };
    if allowed {
        Authorization::Allow
    } else {
        Authorization::Deny
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(whole) => Cell::Integer(whole),
        ValueRef::Real(real) => Cell::Real(real),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.to_vec()),
    }
}

fn weight(cell: &Cell) -> usize {
    const FIXED: usize = 8;
    FIXED
        + match cell {
            Cell::Text(text) => text.len(),
            Cell::Blob(bytes) => bytes.len(),
            _ => 0,
        }
}

fn explain(error: rusqlite::Error, late: bool) -> Failure {
    let code = error.sqlite_error_code();
    match code {
        _ if late => return Failure::Time,
        Some(ErrorCode::OutOfMemory) => return Failure::Memory,
        Some(ErrorCode::OperationInterrupted) => return Failure::Time,
        Some(ErrorCode::AuthorizationForStatementDenied) => return Failure::NoQuery,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            return Failure::Database {
                message: error.to_string(),
            };
        }
        _ => {}
    }
    match error {
        rusqlite::Error::SqlInputError { msg, offset, .. } => Failure::Sql {
            message: msg,
            offset: usize::try_from(offset).ok(),
        },
        rusqlite::Error::SqliteFailure(_, Some(message)) => Failure::Sql {
            message,
            offset: None,
        },
        other => Failure::Sql {
            message: other.to_string(),
            offset: None,
        },
    }
}

fn cpu_ms() -> u64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let (seconds, nanos) = (used.tv_sec, used.tv_nsec);
    u64::try_from(seconds * 1000 + nanos / 1_000_000).unwrap_or(0)
}

/// SQLite refuses memory beyond; the whole process is this query's.
fn set_heap_limit(bytes: u64) {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    // SAFETY: the function takes a number and may be called at any time.
    unsafe { ffi::sqlite3_hard_heap_limit64(bytes) };
}
