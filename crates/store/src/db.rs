//! The connections: many readers, one writer.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqlitePool, Transaction};
use tokio::sync::watch;

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
    writes: Arc<watch::Sender<u64>>,
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
        let writes = Arc::new(watch::Sender::new(0));
        let writer = ringing(pool(1), &writes)
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
        Ok(Self {
            reader,
            writer,
            writes,
        })
    }

    /// A number that is another one after every write of this process, whatever it wrote: who keeps
    /// something in memory of what is stored reads again when it changes, and sleeps until then.
    /// Whoever reads the number first and then the tables misses nothing.
    pub fn writes(&self) -> watch::Receiver<u64> {
        self.writes.subscribe()
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

/// Counts the connection's uses: a write is over, committed or undone, when its connection comes back.
/// Nothing here is SQLite's own. A connection that is closed for its age would not be counted.
fn ringing(writer: SqlitePoolOptions, writes: &Arc<watch::Sender<u64>>) -> SqlitePoolOptions {
    let writes = Arc::clone(writes);
    writer.max_lifetime(None).after_release(move |_, _| {
        writes.send_modify(|writes| *writes += 1);
        Box::pin(async { Ok(true) })
    })
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
