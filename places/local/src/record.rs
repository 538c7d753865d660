//! What is written down about a session: `place.json` in its state directory, and the lock on
//! that directory. Processes of the same installation (`host`, commands) meet here.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use labwright_model::{LabName, SessionId};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::Installation;
use crate::error::{HostError, at};

/// First host id of the first slot: above the ranges that systemd gives to containers (its
/// documentation, UIDS-GIDS.md) and below 2^31.
const FIRST_ID: u32 = 0x7000_0000;
/// Ids of one node's user namespace.
const RANGE: u32 = 0x1_0000;
/// Slots of two ranges each, for the learner's nodes and for hidden ones.
const SLOTS: u32 = 2047;

/// What is written down about a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Its lab.
    pub(crate) lab: LabName,
    /// Which pair of id ranges is its own.
    pub(crate) slot: u32,
    /// When it was first started, in seconds since 1970.
    pub(crate) made_at_s: u64,
    /// When its agent was first seen dead.
    pub(crate) dead_since_s: Option<u64>,
}

impl Record {
    /// First host id of the learner's nodes.
    pub(crate) fn uid_base(&self) -> u32 {
        FIRST_ID + self.slot * 2 * RANGE
    }

    /// First host id of hidden nodes.
    pub(crate) fn hidden_uid_base(&self) -> u32 {
        self.uid_base() + RANGE
    }

    /// The record of a session, if it has a readable one.
    pub(crate) fn read(session_state: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(session_state.join("place.json")).ok()?).ok()
    }

    /// Replaces the record.
    pub(crate) fn write(&self, session_state: &Path) -> Result<(), HostError> {
        let path = session_state.join("place.json");
        let json = serde_json::to_vec(self).map_err(|e| at("writing", &path)(e.into()))?;
        write_private(&path, &json)
    }
}

/// Seconds since 1970.
pub(crate) fn now_s() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |duration| duration.as_secs())
}

/// Writes a file that only root reads, whole or not at all.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), HostError> {
    let temporary = path.with_extension("new");
    let write = || {
        let mut file = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        fs::rename(&temporary, path)
    };
    write().map_err(at("writing", path))
}

/// Makes a directory and its parents with this mode.
pub(crate) fn make_directory(path: &Path, mode: u32) -> Result<(), HostError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(path)
        .map_err(at("making", path))
}

/// Makes a directory and, open to all, its parent, which whoever removes the last of its
/// neighbours takes away.
pub(crate) fn make_directories(parent: &Path, path: &Path, mode: u32) -> Result<(), HostError> {
    loop {
        make_directory(parent, 0o711)?;
        match fs::DirBuilder::new().mode(mode).create(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            other => return other.map_err(at("making", path)),
        }
    }
}

/// The state directory of a session, held alone until dropped.
pub(crate) struct Held {
    path: PathBuf,
    _lock: File,
}

impl Held {
    /// Makes the directory if there is none, and waits until nobody else holds it.
    pub(crate) fn or_made(installation: &Installation, id: &SessionId) -> Result<Self, HostError> {
        let path = installation.session_state(id);
        loop {
            // The last of its neighbours may be taking the parent away.
            match make_directory(&installation.sessions_state(), 0o711)
                .and_then(|()| make_directory(&path, 0o711))
            {
                Err(HostError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                }
                other => other?,
            }
            if let Some(held) = Self::hold(&path, FlockOperation::LockExclusive)? {
                return Ok(held);
            }
        }
    }

    /// Holds the directory, if there is one and nobody else does.
    pub(crate) fn unless_busy(
        installation: &Installation,
        id: &SessionId,
    ) -> Result<Option<Self>, HostError> {
        Self::hold(
            &installation.session_state(id),
            FlockOperation::NonBlockingLockExclusive,
        )
    }

    /// The directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The record, made with a free slot when there is none.
    pub(crate) fn record(
        &self,
        installation: &Installation,
        lab: &LabName,
    ) -> Result<Record, HostError> {
        if let Some(record) = Record::read(&self.path) {
            return Ok(record);
        }
        // Two sessions that are made at the same time must not find the same slot free.
        let all = installation.sessions_state();
        let lock = File::open(&all).map_err(at("opening", &all))?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|e| at("locking", &all)(e.into()))?;
        let record = Record {
            lab: lab.clone(),
            slot: free_slot(installation)?,
            made_at_s: now_s(),
            dead_since_s: None,
        };
        record.write(&self.path)?;
        Ok(record)
    }

    /// `None` when the directory is not there, no longer the same, or busy where that is asked.
    fn hold(path: &Path, operation: FlockOperation) -> Result<Option<Self>, HostError> {
        let lock = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(at("opening", path))?,
        };
        match flock(lock.as_fd(), operation) {
            Err(Errno::WOULDBLOCK) => return Ok(None),
            other => other.map_err(|e| at("locking", path)(e.into()))?,
        }
        // While we waited, a stop may have removed the directory, and a start made a new one.
        let same = match (lock.metadata(), fs::metadata(path)) {
            (Ok(ours), Ok(theirs)) => ours.ino() == theirs.ino() && ours.dev() == theirs.dev(),
            _ => false,
        };
        Ok(same.then(|| Self {
            path: path.to_owned(),
            _lock: lock,
        }))
    }
}

/// A slot that no session has. Installations start to look at different ones, so that their
/// sessions do not share ids either, as long as there is room.
fn free_slot(installation: &Installation) -> Result<u32, HostError> {
    let all = installation.sessions_state();
    let taken: BTreeSet<u32> = fs::read_dir(&all)
        .map_err(at("reading", &all))?
        .filter_map(Result::ok)
        .filter_map(|entry| Record::read(&entry.path()))
        .map(|record| record.slot)
        .collect();
    let name = u32::from_str_radix(&installation.name(), 16).unwrap_or_default();
    (0..SLOTS)
        .map(|n| (name % SLOTS + n) % SLOTS)
        .find(|slot| !taken.contains(slot))
        .ok_or(HostError::NoIds { slots: SLOTS })
}
