//! Autosaves: one archive a node under `<dir>/<session>/<node>.tar`, whole or not at all.
//!
//! An archive is written beside its place, synced, and renamed into it, so that whatever happens
//! the last whole one is there. Nothing here looks into an archive.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use labwright_model::{NodeName, SessionId};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tokio::fs;
use tokio::io::AsyncWriteExt as _;

use crate::{StoreError, UnixMs, random_id};

/// Most bytes of one archive; a node's disk limit usually holds it far below.
pub const MAX_AUTOSAVE_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// For so long a folder is left alone that no session has yet.
const YOUNG: Duration = Duration::from_secs(60 * 60);

/// The directory of all autosaves.
#[derive(Debug, Clone)]
pub struct Autosaves {
    dir: PathBuf,
}

/// An archive being written; dropped without [`PendingAutosave::commit`], it leaves nothing.
#[derive(Debug)]
pub struct PendingAutosave {
    file: fs::File,
    temporary: PathBuf,
    target: PathBuf,
    /// There as long as a learner may have written the archive.
    mark: PathBuf,
    brought: bool,
    written: u64,
    done: bool,
}

impl Autosaves {
    /// Autosaves under `dir`, made when the first one is written.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Begins a new archive of a node that a learner may have written; see [`Autosaves::is_brought`].
    pub async fn begin_brought(
        &self,
        session: &SessionId,
        node: &NodeName,
    ) -> Result<PendingAutosave, StoreError> {
        let mut begun = self.begin(session, node).await?;
        begun.brought = true;
        Ok(begun)
    }

    /// Begins a new archive of a node.
    pub async fn begin(
        &self,
        session: &SessionId,
        node: &NodeName,
    ) -> Result<PendingAutosave, StoreError> {
        let folder = self.dir.join(session.as_str());
        fs::create_dir_all(&folder)
            .await
            .map_err(failed("making", &folder))?;
        let temporary = folder.join(format!("{node}.{}.part", random_id()?));
        let file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .await
            .map_err(failed("creating", &temporary))?;
        // The kernel lets go of the lock when the writer dies: that tells a sweep what is left over.
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| failed("locking", &temporary)(error.into()))?;
        Ok(PendingAutosave {
            file,
            target: self.path(session, node),
            mark: self.mark(session, node),
            brought: false,
            temporary,
            written: 0,
            done: false,
        })
    }

    /// Opens the last whole archive of a node; `None` when there is none.
    pub async fn open(
        &self,
        session: &SessionId,
        node: &NodeName,
    ) -> Result<Option<fs::File>, StoreError> {
        let path = self.path(session, node);
        match fs::File::open(&path).await {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("opening", &path)(error)),
        }
    }

    /// Whether a learner may have written a node's archive. Not any more once the node's own was saved over it.
    pub async fn is_brought(&self, session: &SessionId, node: &NodeName) -> bool {
        // What cannot be found out is not trusted.
        fs::try_exists(self.mark(session, node))
            .await
            .unwrap_or(true)
    }

    /// When the newest whole archive of a session was written; `None` when it has none.
    pub async fn saved_ms(&self, session: &SessionId) -> Result<Option<UnixMs>, StoreError> {
        let folder = self.dir.join(session.as_str());
        let listing = |error| failed("listing", &folder)(error);
        let mut entries = match fs::read_dir(&folder).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(listing(error)),
        };
        let mut newest = None;
        while let Some(entry) = entries.next_entry().await.map_err(listing)? {
            if entry.path().extension().is_some_and(|end| end == "tar") {
                let written = entry.metadata().await.and_then(|about| about.modified());
                newest = newest.max(Some(unix_ms(written.map_err(listing)?)));
            }
        }
        Ok(newest)
    }

    /// Deletes the archives of one node, or of the whole session. Deleting none is no error.
    pub async fn remove(
        &self,
        session: &SessionId,
        node: Option<&NodeName>,
    ) -> Result<(), StoreError> {
        let (path, removed) = match node {
            Some(node) => {
                let path = self.path(session, node);
                let removed = fs::remove_file(&path).await;
                (path, removed)
            }
            None => {
                let path = self.dir.join(session.as_str());
                let removed = fs::remove_dir_all(&path).await;
                (path, removed)
            }
        };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(failed("removing", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// The sessions that have autosaves, for the sweep of orphans; also deletes what a crash left
    /// half-written.
    pub async fn sweep(&self) -> Result<Vec<SessionId>, StoreError> {
        let mut sessions = Vec::new();
        let mut folders = match fs::read_dir(&self.dir).await {
            Ok(folders) => folders,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(sessions),
            Err(error) => return Err(failed("listing", &self.dir)(error)),
        };
        let listing = |error| failed("listing", &self.dir)(error);
        while let Some(folder) = folders.next_entry().await.map_err(listing)? {
            let name = folder.file_name();
            let Some(session) = name.to_str().and_then(|name| SessionId::new(name).ok()) else {
                continue;
            };
            remove_parts(&folder.path()).await?;
            sessions.push(session);
        }
        Ok(sessions)
    }

    /// Whether something came into a session's folder within the last hour.
    pub async fn is_young(&self, session: &SessionId) -> bool {
        let about = fs::metadata(self.dir.join(session.as_str())).await;
        let changed = about.and_then(|about| about.modified());
        changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age < YOUNG))
    }

    fn mark(&self, session: &SessionId, node: &NodeName) -> PathBuf {
        self.path(session, node).with_extension("brought")
    }

    fn path(&self, session: &SessionId, node: &NodeName) -> PathBuf {
        self.dir.join(session.as_str()).join(format!("{node}.tar"))
    }
}

impl PendingAutosave {
    /// Adds bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.written = self.written.saturating_add(bytes.len() as u64);
        if self.written > MAX_AUTOSAVE_BYTES {
            return Err(StoreError::TooLarge {
                path: self.target.clone(),
                limit: MAX_AUTOSAVE_BYTES,
            });
        }
        self.file
            .write_all(bytes)
            .await
            .map_err(failed("writing", &self.temporary))
    }

    /// Makes it the node's archive. When this returns `Ok` it is on disk.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.file
            .flush()
            .await
            .map_err(failed("writing", &self.temporary))?;
        self.file
            .sync_all()
            .await
            .map_err(failed("syncing", &self.temporary))?;
        if self.brought {
            // Before the archive: it must never be there without.
            fs::write(&self.mark, [])
                .await
                .map_err(failed("marking", &self.mark))?;
            sync_folder(&self.mark).await?;
        }
        fs::rename(&self.temporary, &self.target)
            .await
            .map_err(failed("renaming", &self.temporary))?;
        self.done = true;
        sync_folder(&self.target).await?;
        if self.brought {
            return Ok(());
        }
        match fs::remove_file(&self.mark).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(failed("removing", &self.mark)(error))
            }
            _ => Ok(()),
        }
    }
}

impl Drop for PendingAutosave {
    fn drop(&mut self) {
        if !self.done {
            // One unlink; there is no runtime to wait on here.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

/// The rename itself is on disk only when the folder is synced.
async fn sync_folder(target: &Path) -> Result<(), StoreError> {
    let Some(folder) = target.parent() else {
        return Ok(());
    };
    let opened = fs::File::open(folder)
        .await
        .map_err(failed("opening", folder))?;
    opened.sync_all().await.map_err(failed("syncing", folder))
}

/// Removes the archives that nobody writes any more.
async fn remove_parts(folder: &Path) -> Result<(), StoreError> {
    let listing = |error| failed("listing", folder)(error);
    let mut files = fs::read_dir(folder).await.map_err(listing)?;
    while let Some(file) = files.next_entry().await.map_err(listing)? {
        let path = file.path();
        if path.extension().is_some_and(|ending| ending == "part") {
            match remove_left_over(&path).await {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(failed("removing", &path)(error));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

async fn remove_left_over(path: &Path) -> std::io::Result<()> {
    let file = fs::File::open(path).await?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => fs::remove_file(path).await,
        // Somebody writes it.
        Err(Errno::WOULDBLOCK) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::Full {
            action: format!("{action} {}", path.display()),
        },
        _ => StoreError::File {
            action,
            path,
            source,
        },
    }
}

fn unix_ms(time: SystemTime) -> UnixMs {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixMs::try_from(since.as_millis()).unwrap_or(UnixMs::MAX)
}
