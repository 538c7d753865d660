//! An OCI layer becomes a folder that overlayfs can use as a lower directory.
//!
//! Nothing in an archive can make it write outside the folder: an entry's parent must be a real
//! folder of the same layer, links are made but never followed, and device nodes are refused.
//! Whiteouts become overlayfs's: a character device 0:0, and `trusted.overlay.opaque`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, ResolveFlags, Timespec, Timestamps, Uid, XattrFlags,
};
use tar::EntryType;

use crate::ImageError;
use crate::entries::{Head, for_each};
use crate::pack::{OPAQUE, WHITEOUT};

/// Most entries of one layer.
const MAX_ENTRIES: usize = 2_000_000;
/// Most bytes of one layer's files: no archive may fill a disk by being a bomb.
const MAX_BYTES: u64 = 64 << 30;

/// Unpacks a tar stream into the empty folder `root`; `name` is the layer's name in errors.
pub fn unpack(name: &str, archive: impl Read, root: &Path) -> Result<(), ImageError> {
    let folder = rustix::fs::openat(CWD, root, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())
        .map_err(|errno| ImageError::file("open", root)(errno.into()))?;
    let mut unpacker = Unpacker {
        name,
        root,
        folder,
        times: Vec::new(),
    };
    let (mut count, mut bytes) = (0, 0u64);
    for_each(archive, |head, entry| {
        count += 1;
        bytes = bytes.saturating_add(entry.size());
        if count > MAX_ENTRIES || bytes > MAX_BYTES {
            return Err(unpacker
                .refuse(&head.path, "is beyond the size of a layer")
                .into());
        }
        Ok(unpacker.entry(&head, entry)?)
    })
    .map_err(|failure| match failure {
        Failure::Layer(error) => error,
        Failure::Archive(error) => ImageError::file("unpack", root)(error),
    })?;
    unpacker.set_folder_times()
}

/// Why an archive is given up: what is in it, or the archive itself.
enum Failure {
    Layer(ImageError),
    Archive(io::Error),
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        Self::Layer(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Archive(error)
    }
}

struct Unpacker<'a> {
    name: &'a str,
    root: &'a Path,
    folder: OwnedFd,
    /// Folders' times are set last: making a file in a folder changes them.
    times: Vec<(PathBuf, u64)>,
}

impl Unpacker<'_> {
    fn entry(&mut self, head: &Head, data: &mut impl Read) -> Result<(), ImageError> {
        let path = self.clean(&head.path)?;
        let Some(name) = path.file_name().map(OsStr::to_owned) else {
            return Ok(());
        };
        let parent = self.open_parent(&path)?;
        if let Some(hidden) = name.as_bytes().strip_prefix(WHITEOUT.as_bytes()) {
            return self.whiteout(&path, &parent, &name, OsStr::from_bytes(hidden));
        }
        let failed = |error: io::Error| ImageError::file("unpack", &self.root.join(&path))(error);
        let mode = Mode::from_raw_mode(head.mode & 0o7777);
        match head.kind {
            EntryType::Directory => self.make_folder(&parent, &name, mode).map_err(failed)?,
            EntryType::Regular | EntryType::Continuous => {
                write_file(&parent, &name, data).map_err(failed)?;
            }
            EntryType::Symlink => {
                rustix::fs::symlinkat(&head.link, &parent, &name).map_err(|e| failed(e.into()))?;
            }
            EntryType::Link => return self.hard_link(&path, &head.link, &parent, &name),
            EntryType::Fifo => {
                rustix::fs::mknodat(&parent, &name, FileType::Fifo, mode, 0)
                    .map_err(|e| failed(e.into()))?;
            }
            _ => return Err(self.refuse(&path, "is neither a file, a folder nor a link")),
        }
        dress(&parent, &name, head).map_err(failed)?;
        if head.kind == EntryType::Directory {
            self.times.push((path, head.mtime));
            Ok(())
        } else {
            set_time(&parent, &name, head.mtime).map_err(failed)
        }
    }

    /// The path without `.` parts; one that leaves the layer is refused.
    fn clean(&self, path: &Path) -> Result<PathBuf, ImageError> {
        let mut clean = PathBuf::new();
        for part in path.components() {
            match part {
                Component::Normal(name) => clean.push(name),
                Component::CurDir => {}
                _ => return Err(self.refuse(path, "leads out of the layer")),
            }
        }
        Ok(clean)
    }

    fn open_parent(&self, path: &Path) -> Result<OwnedFd, ImageError> {
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        self.open(parent, OFlags::PATH | OFlags::DIRECTORY)
            .map_err(|_| self.refuse(path, "does not lie in a folder of the layer"))
    }

    fn open(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        Ok(rustix::fs::openat2(
            &self.folder,
            path,
            flags | OFlags::CLOEXEC | OFlags::NOFOLLOW,
            Mode::empty(),
            resolve,
        )?)
    }

    fn make_folder(&self, parent: &OwnedFd, name: &OsStr, mode: Mode) -> io::Result<()> {
        match rustix::fs::mkdirat(parent, name, mode) {
            // An archive may name a folder twice; a file or a link of that name is an error.
            Err(rustix::io::Errno::EXIST) => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW;
                rustix::fs::openat(parent, name, flags, Mode::empty())?;
                Ok(())
            }
            other => Ok(other?),
        }
    }

    fn hard_link(
        &self,
        path: &Path,
        to: &Path,
        parent: &OwnedFd,
        name: &OsStr,
    ) -> Result<(), ImageError> {
        let to = self.clean(to)?;
        let old_parent = self.open_parent(&to)?;
        let old = to.file_name().unwrap_or_default();
        rustix::fs::linkat(&old_parent, old, parent, name, AtFlags::empty())
            .map_err(|errno| ImageError::file("unpack", &self.root.join(path))(errno.into()))
    }

    fn whiteout(
        &self,
        path: &Path,
        parent: &OwnedFd,
        name: &OsStr,
        hidden: &OsStr,
    ) -> Result<(), ImageError> {
        let made = if name == OPAQUE {
            let folder = proc_path(parent);
            rustix::fs::setxattr(folder, "trusted.overlay.opaque", b"y", XattrFlags::empty())
        } else if hidden.is_empty() || hidden.as_bytes().starts_with(b".") && hidden.len() <= 2 {
            return Err(self.refuse(path, "is not a whiteout"));
        } else {
            rustix::fs::mknodat(parent, hidden, FileType::CharacterDevice, Mode::empty(), 0)
        };
        made.map_err(|errno| ImageError::file("unpack", &self.root.join(path))(errno.into()))
    }

    fn set_folder_times(self) -> Result<(), ImageError> {
        for (path, time) in self.times.iter().rev() {
            let parent = self.open_parent(path)?;
            set_time(&parent, path.file_name().unwrap_or_default(), *time)
                .map_err(ImageError::file("unpack", &self.root.join(path)))?;
        }
        Ok(())
    }

    fn refuse(&self, path: &Path, why: &'static str) -> ImageError {
        ImageError::Archive {
            layer: self.name.to_owned(),
            path: path.display().to_string(),
            why,
        }
    }
}

fn write_file(parent: &OwnedFd, name: &OsStr, data: &mut impl Read) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::openat(
        parent,
        name,
        flags,
        Mode::RUSR | Mode::WUSR,
    )?);
    io::copy(data, &mut file)?;
    Ok(())
}

/// Owner, mode and attributes of an entry that was just made.
fn dress(parent: &OwnedFd, name: &OsStr, head: &Head) -> io::Result<()> {
    rustix::fs::chownat(
        parent,
        name,
        Some(Uid::from_raw(head.uid)),
        Some(Gid::from_raw(head.gid)),
        AtFlags::SYMLINK_NOFOLLOW,
    )?;
    if head.kind != EntryType::Symlink {
        // After the owner, because a change of owner clears the set-id bits.
        let mode = Mode::from_raw_mode(head.mode & 0o7777);
        rustix::fs::chmodat(parent, name, mode, AtFlags::empty())?;
    }
    let path = proc_path(parent).join(name);
    for (attribute, value) in &head.xattrs {
        if attribute == "security.capability" || attribute.starts_with("user.") {
            rustix::fs::lsetxattr(&path, attribute.as_str(), value, XattrFlags::empty())?;
        }
    }
    Ok(())
}

fn set_time(parent: &OwnedFd, name: &OsStr, seconds: u64) -> io::Result<()> {
    let time = Timespec {
        tv_sec: i64::try_from(seconds).map_err(|_| io::ErrorKind::InvalidData)?,
        tv_nsec: 0,
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    rustix::fs::utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(())
}

/// A path that names an open folder without resolving anything again.
fn proc_path(folder: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd()))
}
