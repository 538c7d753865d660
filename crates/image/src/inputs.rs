//! What of a lab folder goes into layers as files: `files/` and `assets/`, read without ever
//! following a symbolic link.
//!
//! Modes are normalised, because Git and umasks do not keep them: an executable file is 0755,
//! another 0644, and what only its owner may read stays private (0700, 0600).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use labwright_model::{Lab, NodeName};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};

use crate::digest::Hashing;
use crate::{Digest, ImageError};

/// Most files and folders that one of `files/<node>` or `assets` may hold.
pub const MAX_ENTRIES: usize = 100_000;
/// Deepest folder.
pub const MAX_DEPTH: usize = 64;
/// Most bytes that one of `files/<node>` or `assets` may hold.
pub const MAX_BYTES: u64 = 4 << 30;

/// The folder part of what an image is made from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inputs {
    /// The lab folder.
    pub folder: PathBuf,
    /// `files/all`.
    pub all: Tree,
    /// `files/<node>`.
    pub nodes: BTreeMap<NodeName, Tree>,
    /// `assets`.
    pub assets: Tree,
}

/// A folder's content by relative path; a folder comes before what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// The entries.
    pub entries: BTreeMap<PathBuf, Entry>,
}

/// A file, folder or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Normalised permission bits.
    pub mode: u32,
    /// What it is.
    pub kind: EntryKind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A file.
    File {
        /// Its length.
        bytes: u64,
        /// Its content.
        digest: Digest,
    },
    /// A symbolic link, copied as it is.
    Link(PathBuf),
}

impl Inputs {
    /// Reads and hashes the folder.
    pub fn read(lab: &Lab, folder: &Path) -> Result<Self, ImageError> {
        let files = folder.join("files");
        let mut nodes = BTreeMap::new();
        for name in lab.nodes.keys() {
            nodes.insert(name.clone(), Tree::read(&files.join(name.as_str()))?);
        }
        Ok(Self {
            folder: folder.to_owned(),
            all: Tree::read(&files.join("all"))?,
            nodes,
            assets: Tree::read(&folder.join("assets"))?,
        })
    }
}

impl Tree {
    /// Reads a folder; a missing one is an empty tree.
    pub fn read(root: &Path) -> Result<Self, ImageError> {
        let mut tree = Self::default();
        match fs::symlink_metadata(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(tree),
            Err(error) => return Err(ImageError::file("read", root)(error)),
            Ok(found) if !found.is_dir() => {
                return Err(refuse(root, "is not a folder"));
            }
            Ok(_) => {}
        }
        let mut bytes = 0;
        tree.read_folder(root, Path::new(""), 0, &mut bytes)?;
        Ok(tree)
    }

    /// True when there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The digest of names, modes and contents.
    pub fn digest(&self) -> Digest {
        let mut text = Vec::new();
        for (path, entry) in &self.entries {
            let line = match &entry.kind {
                EntryKind::Folder => format!("d {:o}", entry.mode),
                EntryKind::File { digest, .. } => format!("f {:o} {}", entry.mode, digest.hex()),
                EntryKind::Link(to) => format!("l {to:?}"),
            };
            text.extend_from_slice(line.as_bytes());
            text.push(b' ');
            text.extend_from_slice(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()));
            text.push(0);
        }
        Digest::of(&text)
    }

    fn read_folder(
        &mut self,
        root: &Path,
        below: &Path,
        depth: usize,
        bytes: &mut u64,
    ) -> Result<(), ImageError> {
        let folder = root.join(below);
        if depth > MAX_DEPTH {
            return Err(refuse(
                &folder,
                format!("is more than {MAX_DEPTH} folders deep"),
            ));
        }
        for found in fs::read_dir(&folder).map_err(ImageError::file("read", &folder))? {
            let found = found.map_err(ImageError::file("read", &folder))?;
            let path = below.join(found.file_name());
            let entry = read_entry(root, &path)?;
            if let EntryKind::File { bytes: more, .. } = entry.kind {
                *bytes += more;
            }
            let is_folder = entry.kind == EntryKind::Folder;
            self.entries.insert(path.clone(), entry);
            if self.entries.len() > MAX_ENTRIES {
                return Err(refuse(root, format!("holds more than {MAX_ENTRIES} files")));
            }
            if *bytes > MAX_BYTES {
                return Err(refuse(
                    root,
                    format!("holds more than {} GiB", MAX_BYTES >> 30),
                ));
            }
            if is_folder {
                self.read_folder(root, &path, depth + 1, bytes)?;
            }
        }
        Ok(())
    }
}

/// Opens a file of a tree for reading; no part of its path may be a link.
pub fn open(root: &Path, path: &Path) -> io::Result<File> {
    let folder: OwnedFd = rustix::fs::openat(
        CWD,
        root,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    // NONBLOCK, so that a FIFO that replaced a file cannot hold the build.
    let file = openat2(
        folder,
        path,
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )?;
    Ok(File::from(file))
}

fn read_entry(root: &Path, path: &Path) -> Result<Entry, ImageError> {
    let full = root.join(path);
    let found = fs::symlink_metadata(&full).map_err(ImageError::file("read", &full))?;
    let kind = found.file_type();
    if kind.is_symlink() {
        let to = fs::read_link(&full).map_err(ImageError::file("read", &full))?;
        return Ok(Entry {
            mode: 0o777,
            kind: EntryKind::Link(to),
        });
    }
    let private = found.permissions().mode() & 0o077 == 0;
    if kind.is_dir() {
        let mode = if private { 0o700 } else { 0o755 };
        return Ok(Entry {
            mode,
            kind: EntryKind::Folder,
        });
    }
    if !kind.is_file() {
        return Err(refuse(&full, "is neither a file, a folder nor a link"));
    }
    let file = open(root, path).map_err(ImageError::file("read", &full))?;
    let same = file
        .metadata()
        .is_ok_and(|opened| opened.is_file() && opened.ino() == found.ino());
    if !same {
        return Err(refuse(&full, "changed while it was read"));
    }
    let mut hashing = Hashing::new(file);
    io::copy(&mut hashing, &mut io::sink()).map_err(ImageError::file("read", &full))?;
    let (_, digest, bytes) = hashing.finish();
    let runs = found.permissions().mode() & 0o100 != 0;
    let mode = match (private, runs) {
        (true, true) => 0o700,
        (true, false) => 0o600,
        (false, true) => 0o755,
        (false, false) => 0o644,
    };
    Ok(Entry {
        mode,
        kind: EntryKind::File { bytes, digest },
    })
}

fn refuse(path: &Path, why: impl Into<String>) -> ImageError {
    ImageError::Input {
        path: path.to_owned(),
        why: why.into(),
    }
}
