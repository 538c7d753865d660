//! Reads files of a lab folder, and only those: links that lead out of it, `..`, absolute paths,
//! special files and files that are too large are refused by the kernel or here, never followed.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, open, openat2};

/// Largest `lab.yaml`.
pub const MAX_LAB_BYTES: u64 = 1 << 20;

/// Largest page or script.
pub const MAX_TEXT_BYTES: u64 = 1 << 20;

/// Most files in `files/` and `assets/` together.
const MAX_ENTRIES: usize = 50_000;

/// Deepest folder in `files/` and `assets/`.
const MAX_FOLDERS: usize = 64;

/// An opened lab folder.
#[derive(Debug)]
pub(crate) struct Folder {
    root: OwnedFd,
    path: PathBuf,
}

/// Why a file of the lab is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileFault {
    #[error("there is no `{0}` in the lab folder")]
    Missing(String),
    #[error("`{0}` leads out of the lab folder")]
    Outside(String),
    #[error("`{0}` is no regular file")]
    Special(String),
    #[error("`{path}` has {bytes} bytes; at most {most} are allowed")]
    Large { path: String, bytes: u64, most: u64 },
    #[error("`{path}` is no text: {what}")]
    NoText {
        path: String,
        what: &'static str,
        /// Offset of the first bad byte.
        at: usize,
        /// The text with what is bad replaced; the same up to `at`.
        shown: String,
    },
    #[error("`{0}` cannot be read: {1}")]
    Io(String, String),
}

impl Folder {
    /// Opens a folder.
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
        let root = open(path, flags, Mode::empty())?;
        Ok(Self {
            root,
            path: path.to_owned(),
        })
    }

    /// The text of a file.
    pub(crate) fn read(&self, path: &str, most: u64) -> Result<String, FileFault> {
        let name = || path.to_owned();
        let file = self.open_inside(path, OFlags::NONBLOCK)?;
        let io = |error: std::io::Error| FileFault::Io(path.to_owned(), error.to_string());
        let stat = fstat(&file).map_err(|error| io(error.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(FileFault::Special(name()));
        }
        let mut bytes = Vec::new();
        File::from(file)
            .take(most + 1)
            .read_to_end(&mut bytes)
            .map_err(io)?;
        if bytes.len() as u64 > most {
            let bytes = u64::try_from(stat.st_size).unwrap_or(0).max(most + 1);
            return Err(FileFault::Large {
                path: name(),
                bytes,
                most,
            });
        }
        as_text(bytes).map_err(|(what, at, shown)| FileFault::NoText {
            path: name(),
            what,
            at,
            shown,
        })
    }

    /// Whether a path of the folder is a regular file or a folder.
    pub(crate) fn holds(&self, path: &str) -> Result<FileType, FileFault> {
        let file = self.open_inside(path, OFlags::PATH)?;
        let stat = fstat(&file).map_err(|error| FileFault::Io(path.into(), error.to_string()))?;
        Ok(FileType::from_raw_mode(stat.st_mode))
    }

    /// The names in a folder of the lab, sorted; none if it is not there.
    pub(crate) fn list(&self, path: &str) -> Vec<String> {
        let Ok(fd) = self.open_inside(path, OFlags::DIRECTORY) else {
            return Vec::new();
        };
        let Ok(dir) = Dir::read_from(&fd) else {
            return Vec::new();
        };
        let mut names: Vec<String> = dir
            .filter_map(Result::ok)
            .take(MAX_ENTRIES)
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| name != "." && name != "..")
            .collect();
        names.sort();
        names
    }

    /// Everything below a folder that must not be copied into an image: links that lead out of
    /// the lab folder, devices, sockets and pipes; also too many or too deep entries.
    pub(crate) fn strangers(&self, path: &str) -> Vec<FileFault> {
        if let Err(fault @ FileFault::Outside(_)) = self.holds(path) {
            return vec![fault];
        }
        let mut faults = Vec::new();
        let mut seen = 0;
        let mut queue = vec![(path.to_owned(), 0)];
        while let Some((folder, depth)) = queue.pop() {
            for name in self.list(&folder) {
                seen += 1;
                let inner = format!("{folder}/{name}");
                if seen > MAX_ENTRIES || depth > MAX_FOLDERS {
                    let why = format!(
                        "more than {MAX_ENTRIES} files, or folders deeper than {MAX_FOLDERS}"
                    );
                    faults.push(FileFault::Io(path.to_owned(), why));
                    return faults;
                }
                match self.kind_of(&inner) {
                    Some(FileType::Directory) => queue.push((inner, depth + 1)),
                    Some(FileType::RegularFile) => {}
                    Some(FileType::Symlink) => {
                        if let Err(fault @ FileFault::Outside(_)) = self.holds(&inner) {
                            faults.push(fault);
                        }
                    }
                    _ => faults.push(FileFault::Special(inner)),
                }
            }
        }
        faults
    }

    /// What an entry is, links not followed.
    fn kind_of(&self, path: &str) -> Option<FileType> {
        let file = self
            .open_inside(path, OFlags::PATH | OFlags::NOFOLLOW)
            .ok()?;
        fstat(&file)
            .ok()
            .map(|stat| FileType::from_raw_mode(stat.st_mode))
    }

    fn open_inside(&self, path: &str, flags: OFlags) -> Result<OwnedFd, FileFault> {
        if !crate::scalar::is_inside(path) {
            return Err(FileFault::Outside(path.to_owned()));
        }
        let flags = flags | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        openat2(&self.root, path, flags, Mode::empty(), resolve).map_err(|error| match error {
            rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR => {
                FileFault::Missing(path.to_owned())
            }
            rustix::io::Errno::XDEV => FileFault::Outside(path.to_owned()),
            rustix::io::Errno::LOOP => FileFault::Special(path.to_owned()),
            // Opening a socket says ENXIO.
            rustix::io::Errno::NXIO => FileFault::Special(path.to_owned()),
            other => FileFault::Io(path.to_owned(), other.to_string()),
        })
    }

    /// Where the folder is, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether a path leads to a folder at all; used for the first message only.
pub(crate) fn is_folder(path: &Path) -> bool {
    openat2(
        CWD,
        path,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::empty(),
    )
    .is_ok()
}

/// UTF-8 without NULs; else what it is instead, where, and how to show it.
fn as_text(bytes: Vec<u8>) -> Result<String, (&'static str, usize, String)> {
    let nul = bytes.iter().position(|byte| *byte == 0);
    let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\0', "\u{2400}");
    match (String::from_utf8(bytes), nul) {
        (Ok(text), None) => Ok(text),
        (Ok(text), Some(at)) => Err(("here is a NUL byte", at, show(text.as_bytes()))),
        (Err(error), nul) => {
            let bad = error.utf8_error().valid_up_to();
            let shown = show(error.as_bytes());
            match nul.filter(|at| *at < bad) {
                Some(at) => Err(("here is a NUL byte", at, shown)),
                None => Err(("this is not UTF-8", bad, shown)),
            }
        }
    }
}
