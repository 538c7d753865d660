//! Where images live: the OCI layout all labs share, the layers unpacked, and what each key gave.
//!
//! ```text
//! $LABWRIGHT_STATE/images/{oci-layout,index.json,blobs/sha256/…}   the OCI image layout
//! $LABWRIGHT_STATE/images/built/<key>.json                        what a key gave
//! $LABWRIGHT_STATE/layers/<diff id>/                              the layer, unpacked
//! $LABWRIGHT_STATE/build/                                         the lock, work in progress
//! ```
//!
//! Everything appears by a rename, so what is there is whole. Only the holder of the build lock
//! writes; readers need no lock.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::{Digest, Event, ImageError, Progress};

/// A store of images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    state: PathBuf,
}

/// What building a key gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The key.
    pub key: Digest,
    /// What the layer is, for people.
    pub title: String,
    /// Diff ids of the layers that it was made on, lowest first: it fits on no others.
    #[serde(default)]
    pub below: Vec<Digest>,
    /// Digest of the tar stream, also the name of the unpacked folder.
    pub diff_id: Digest,
    /// Digest of the compressed blob.
    pub blob: Digest,
    /// Bytes of the compressed blob.
    pub blob_bytes: u64,
    /// Bytes of the files in it.
    pub file_bytes: u64,
}

/// The right to write to a store. Dropping it clears the work folder, then releases it.
#[derive(Debug)]
pub(crate) struct BuildLock {
    work: PathBuf,
    _file: File,
}

impl Drop for BuildLock {
    fn drop(&mut self) {
        // What cannot be removed now, the next build removes.
        let _ = fs::remove_dir_all(&self.work);
    }
}

impl Store {
    /// The store under a state folder (`$LABWRIGHT_STATE`).
    pub fn new(state: impl Into<PathBuf>) -> Self {
        Self {
            state: state.into(),
        }
    }

    /// The OCI image layout.
    pub fn images(&self) -> PathBuf {
        self.state.join("images")
    }

    /// The unpacked layers.
    pub fn layers(&self) -> PathBuf {
        self.state.join("layers")
    }

    /// A layer's unpacked folder.
    pub fn layer(&self, diff_id: &Digest) -> PathBuf {
        self.layers().join(diff_id.hex())
    }

    /// A blob's file.
    pub fn blob(&self, digest: &Digest) -> PathBuf {
        self.images().join("blobs/sha256").join(digest.hex())
    }

    /// What a key gave, when its blob and its unpacked folder are there.
    pub fn built(&self, key: &Digest) -> Option<Record> {
        let record = self.record(key)?;
        self.layer(&record.diff_id).is_dir().then_some(record)
    }

    /// What a key gave, when its blob is there; its folder may have to be unpacked again.
    pub(crate) fn record(&self, key: &Digest) -> Option<Record> {
        let text = fs::read(self.record_path(key)).ok()?;
        let record: Record = serde_json::from_slice(&text).ok()?;
        let whole =
            fs::metadata(self.blob(&record.blob)).is_ok_and(|blob| blob.len() == record.blob_bytes);
        (whole && &record.key == key).then_some(record)
    }

    /// A record of this very layer, whatever key it was built under.
    pub(crate) fn record_of_layer(&self, diff_id: &Digest) -> Option<Record> {
        let entries = fs::read_dir(self.records()).into_iter().flatten().flatten();
        let record = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            self.record(&name.strip_suffix(".json")?.parse().ok()?)
        };
        entries
            .filter_map(record)
            .find(|record| &record.diff_id == diff_id)
    }

    /// Forgets what keys gave, and when package lists were fetched, so that they are built anew.
    pub(crate) fn forget<'a>(
        &self,
        keys: impl Iterator<Item = &'a Digest>,
    ) -> Result<(), ImageError> {
        for key in keys {
            let path = self.record_path(key);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(ImageError::file("remove", &path)(error));
                }
                _ => {}
            }
        }
        for suite in fs::read_dir(self.apt_cache())
            .into_iter()
            .flatten()
            .flatten()
        {
            let _ = fs::remove_file(suite.path().join("fetched"));
        }
        Ok(())
    }

    pub(crate) fn records(&self) -> PathBuf {
        self.images().join("built")
    }

    pub(crate) fn record_path(&self, key: &Digest) -> PathBuf {
        self.records().join(format!("{}.json", key.hex()))
    }

    pub(crate) fn write_record(&self, record: &Record) -> Result<(), ImageError> {
        let path = self.record_path(&record.key);
        let text =
            serde_json::to_vec_pretty(record).map_err(|error| ImageError::damaged(&path, error))?;
        self.write(&path, &text)
    }

    /// Work in progress; emptied when the next build begins.
    pub(crate) fn work(&self) -> PathBuf {
        self.state.join("build/work")
    }

    /// What apt downloaded.
    pub(crate) fn apt_cache(&self) -> PathBuf {
        self.state.join("build/apt")
    }

    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// Takes the build lock, makes the folders and clears what an interrupted build left.
    pub(crate) fn lock(&self, progress: &mut dyn Progress) -> Result<BuildLock, ImageError> {
        for folder in [
            self.images().join("blobs/sha256"),
            self.records(),
            self.layers(),
            self.apt_cache(),
        ] {
            fs::create_dir_all(&folder).map_err(ImageError::file("make", &folder))?;
        }
        // Layers in the making hold what finished ones hide.
        let build = self.state.join("build");
        fs::set_permissions(&build, fs::Permissions::from_mode(0o700))
            .map_err(ImageError::file("protect", &build))?;
        let path = build.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(ImageError::file("open", &path))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            progress.event(Event::Waiting);
            flock(&file, FlockOperation::LockExclusive)
                .map_err(ImageError::kernel("lock the image store"))?;
        }
        let work = self.work();
        match fs::remove_dir_all(&work) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(ImageError::file("clear", &work)(error));
            }
            _ => {}
        }
        fs::create_dir_all(&work).map_err(ImageError::file("make", &work))?;
        Ok(BuildLock { work, _file: file })
    }

    /// Writes a whole file: under another name first, then renamed.
    pub(crate) fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), ImageError> {
        let name = path.file_name().unwrap_or_default();
        let new = self.work().join(name);
        let mut file = File::create(&new).map_err(ImageError::file("write", &new))?;
        file.write_all(bytes)
            .and_then(|()| file.sync_data())
            .map_err(ImageError::file("write", &new))?;
        fs::rename(&new, path).map_err(ImageError::file("write", path))
    }

    /// Stores a small blob.
    pub(crate) fn write_blob(&self, bytes: &[u8]) -> Result<Digest, ImageError> {
        let digest = Digest::of(bytes);
        let path = self.blob(&digest);
        let there = fs::metadata(&path).is_ok_and(|blob| blob.len() == bytes.len() as u64);
        if !there {
            self.write(&path, bytes)?;
        }
        Ok(digest)
    }
}
