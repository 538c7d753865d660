//! What can go wrong, in the terms that callers act on.

use std::path::PathBuf;

/// Why something could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk: nothing was stored, earlier rows are intact. Make room and repeat.
    #[error("{action}: the disk is full")]
    Full {
        /// What was tried.
        action: String,
    },
    /// Another writer holds the database for too long: nothing was stored. Repeat later.
    #[error("{action}: the database is busy")]
    Busy {
        /// What was tried.
        action: String,
    },
    /// The database failed.
    #[error("{action}: the database failed")]
    Database {
        /// What was tried.
        action: String,
        /// What it said.
        #[source]
        source: sqlx::Error,
    },
    /// The database could not be opened.
    #[error("the database {path} could not be opened")]
    Open {
        /// Where it is.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// The tables could not be brought up to date.
    #[error("the tables of the database could not be brought up to date")]
    Migrate {
        /// Why.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A row holds something that this version does not know.
    #[error("{what} `{text}` in the database is not known to this version")]
    Unknown {
        /// The column.
        what: &'static str,
        /// What stands there.
        text: String,
    },
    /// A name that must be unique is taken.
    #[error("{what} `{name}` is taken")]
    Taken {
        /// What kind of name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A file could not be read or written.
    #[error("{action} {path} failed")]
    File {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An autosave is larger than allowed.
    #[error("the autosave {path} is over its limit of {limit} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// The kernel gave no random bytes.
    #[error("no random bytes: {cause}")]
    Random {
        /// Why.
        cause: String,
    },
}

/// SQLITE_BUSY, SQLITE_LOCKED and SQLITE_FULL (sqlite.org/rescode.html); the low byte of an
/// extended code is its primary code.
const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_FULL: u32 = 13;

/// Tells full and busy from the rest; for `map_err`.
pub(crate) fn at(action: impl Into<String>) -> impl FnOnce(sqlx::Error) -> StoreError {
    let action = action.into();
    move |source| match kind(&source) {
        Some(SQLITE_FULL) => StoreError::Full { action },
        Some(SQLITE_BUSY | SQLITE_LOCKED) => StoreError::Busy { action },
        _ => StoreError::Database { action, source },
    }
}

fn kind(error: &sqlx::Error) -> Option<u32> {
    match error {
        sqlx::Error::PoolTimedOut => Some(SQLITE_BUSY),
        sqlx::Error::Database(database) => {
            let code: u32 = database.code()?.parse().ok()?;
            Some(code & 0xff)
        }
        _ => None,
    }
}

/// Whether a unique name was already there.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|database| database.is_unique_violation())
}
