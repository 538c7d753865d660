//! Saves paths of the node as one tar archive, with owners, modes, times and attributes.
//!
//! It walks by directory descriptors and follows no link, so that what is saved is what is
//! there, whoever moves things about meanwhile. Sockets and devices are left out.

use std::collections::HashMap;
use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags, Stat, openat, openat2, statat,
};
use tar::{Builder, EntryType, Header};

use super::{at, attributes, outermost, relative};

/// Deepest nesting that is walked; each level holds a descriptor.
const MAX_DEPTH: usize = 200;

/// Writes the archive into the pipe.
pub(super) fn save(paths: &[String], max_bytes: u64, pipe: File) -> io::Result<()> {
    let archive = Limited {
        pipe: io::BufWriter::with_capacity(64 * 1024, pipe),
        left: max_bytes,
    };
    let mut saver = Saver {
        archive: Builder::new(archive),
        links: HashMap::new(),
    };
    for path in outermost(paths) {
        saver.root(path).map_err(at(path))?;
    }
    saver.archive.into_inner()?.flush()
}

struct Saver {
    archive: Builder<Limited>,
    /// Files with several names, by device and inode: the first name.
    links: HashMap<(u64, u64), PathBuf>,
}

/// One thing in a directory.
struct Item<'a> {
    folder: BorrowedFd<'a>,
    name: &'a CStr,
    /// In the archive.
    path: PathBuf,
    depth: usize,
}

impl Saver {
    fn root(&mut self, path: &str) -> io::Result<()> {
        let plain = relative(path)?;
        let (folder, name) = plain.rsplit_once('/').unwrap_or((".", plain));
        let root = rustix::fs::open(
            "/",
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        let folder = match openat2(root, folder, flags, Mode::empty(), resolve) {
            Ok(folder) => folder,
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let name = CString::new(name)?;
        let item = Item {
            folder: folder.as_fd(),
            name: &name,
            path: plain.into(),
            depth: 0,
        };
        match self.item(&item) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    fn item(&mut self, item: &Item<'_>) -> io::Result<()> {
        let stat = statat(item.folder, item.name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => self.directory(item),
            FileType::RegularFile => self.file(item),
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(item.folder, item.name, Vec::new())?;
                let mut header = header(&stat, EntryType::Symlink);
                let target = Path::new(OsStr::from_bytes(target.as_bytes()));
                self.archive.append_link(&mut header, &item.path, target)
            }
            FileType::Fifo => {
                let mut header = header(&stat, EntryType::Fifo);
                self.archive
                    .append_data(&mut header, &item.path, io::empty())
            }
            _ => Ok(()),
        }
    }

    fn directory(&mut self, item: &Item<'_>) -> io::Result<()> {
        if item.depth > MAX_DEPTH {
            return Err(io::Error::other(format!(
                "is nested deeper than {MAX_DEPTH}"
            )));
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = openat(item.folder, item.name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&opened)?;
        self.attributes(&opened)?;
        let mut header = header(&stat, EntryType::Directory);
        self.archive
            .append_data(&mut header, &item.path, io::empty())?;
        for name in names(&opened)? {
            let inner = Item {
                folder: opened.as_fd(),
                name: &name,
                path: item.path.join(OsStr::from_bytes(name.as_bytes())),
                depth: item.depth + 1,
            };
            match self.item(&inner) {
                // It went away between the listing and now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                result => result?,
            }
        }
        Ok(())
    }

    fn file(&mut self, item: &Item<'_>) -> io::Result<()> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = openat(item.folder, item.name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&opened)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Ok(());
        }
        #[allow(clippy::useless_conversion)] // These types differ between architectures.
        let identity = (u64::from(stat.st_dev), u64::from(stat.st_ino));
        if stat.st_nlink > 1 {
            if let Some(first) = self.links.get(&identity) {
                let mut header = header(&stat, EntryType::Link);
                return self.archive.append_link(&mut header, &item.path, first);
            }
            self.links.insert(identity, item.path.clone());
        }
        self.attributes(&opened)?;
        let mut header = header(&stat, EntryType::Regular);
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        header.set_size(size);
        // A file that shrinks meanwhile is filled up, one that grows is cut.
        let content = File::from(opened).chain(io::repeat(0)).take(size);
        self.archive.append_data(&mut header, &item.path, content)
    }

    fn attributes(&mut self, file: &OwnedFd) -> io::Result<()> {
        let found = attributes::read(file.as_fd())?;
        if found.is_empty() {
            return Ok(());
        }
        let records = found
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_slice()));
        self.archive.append_pax_extensions(records)
    }
}

fn header(stat: &Stat, kind: EntryType) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(stat.st_mode & 0o7777);
    header.set_uid(stat.st_uid.into());
    header.set_gid(stat.st_gid.into());
    header.set_mtime(u64::try_from(stat.st_mtime).unwrap_or(0));
    header.set_size(0);
    header
}

/// Names in a directory, sorted, so that the same files give the same archive.
fn names(folder: &OwnedFd) -> io::Result<Vec<CString>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// A pipe that takes only so much.
struct Limited {
    pipe: io::BufWriter<File>,
    left: u64,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.pipe.write(bytes)?;
        match self.left.checked_sub(written as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(io::Error::new(
                    io::ErrorKind::StorageFull,
                    "what is to be kept is over the node's disk limit",
                ));
            }
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pipe.flush()
    }
}
