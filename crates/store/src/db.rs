//! The connections: many readers, one writer.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqlitePool, Transaction};

use crate::StoreError;
use crate::error::at;

/// Connections that read at once.
const READERS: u32 = 4;
/// How long a statement waits for another process's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// IMMEDIATE takes the write lock at once, where waiting for it is still possible.
const BEGIN: &str = "BEGIN IMMEDIATE";

pub(crate) type Db = sqlx::Sqlite;
pub(crate) type Row = sqlx::sqlite::SqliteRow;

/// The database; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) reader: SqlitePool,
    /// One connection: writers queue here in order and not on the file's lock.
    pub(crate) writer: SqlitePool,
}

impl Store {
    /// Opens the database file, makes it when missing, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let options = options(path).create_if_missing(true);
        let opening = |source| StoreError::Open {
            path: path.to_owned(),
            source,
        };
        make_private(path)
            .map_err(sqlx::Error::Io)
            .map_err(opening)?;
        let writer = pool(1)
            .connect_with(options.clone())
            .await
            .map_err(opening)?;
        sqlx::migrate!("./migrations")
            .run(&writer)
            .await
            .map_err(|source| StoreError::Migrate { source })?;
        let reader = pool(READERS)
            .connect_with(options.read_only(true))
            .await
            .map_err(opening)?;
        Ok(Self { reader, writer })
    }

    /// Waits for what is under way and closes all connections.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Whether the database answers; for readiness.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1")
            .execute(&self.reader)
            .await
            .map_err(at("asking the database"))?;
        Ok(())
    }

    /// Begins a transaction that writes; it is undone unless committed.
    pub(crate) async fn begin(&self, action: &str) -> Result<Transaction<'static, Db>, StoreError> {
        match self.writer.begin_with(BEGIN).await {
            // After a full disk SQLite may have undone a transaction by itself, which sqlx-sqlite
            // does not notice: the connection would count as inside it for ever.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                let stuck = self.writer.acquire().await.map_err(at(action))?;
                // A connection that does not close in order is dropped all the same.
                let _ = stuck.close().await;
                self.writer.begin_with(BEGIN).await.map_err(at(action))
            }
            begun => begun.map_err(at(action)),
        }
    }
}

/// Makes the file, for its owner alone, when there is none. SQLite gives its mode to the log.
fn make_private(path: &Path) -> std::io::Result<()> {
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(drop),
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: an acknowledged grade survives power loss (sqlite.org/pragma.html#pragma_synchronous).
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
}
