//! Puts back what `save` gave: written wholly beside first, then moved into place.
//!
//! What is not whole, or holds anything that `save` cannot have written, changes nothing. An
//! archive is outside input: every path is resolved below the staging directory, and no link is
//! followed on the way.

use std::fs::{File, Permissions};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Gid, Mode, OFlags, ResolveFlags, Timespec, Timestamps, Uid, openat2};
use tar::{Archive, Entry, EntryType};

use super::inward::Inward;
use super::{at, attributes, outermost, place, relative};
use crate::init::users;

/// Most files of an archive.
const MAX_ENTRIES: usize = 1_000_000;

type Records = Vec<(String, Vec<u8>)>;

/// Restores the paths from the archive that the pipe gives; of what somebody but root may have written, what is theirs.
pub(super) fn restore(
    paths: &[String],
    max_bytes: u64,
    from: Option<&str>,
    pipe: Inward,
) -> io::Result<()> {
    let owner = from.map(Owner::find).transpose()?.flatten();
    let kept: Vec<&Path> = outermost(paths)
        .into_iter()
        .map(|path| relative(path).map(Path::new))
        .collect::<Result<_, _>>()?;
    let is_theirs = |root: &Path| owner.as_ref().is_none_or(|owner| owner.has(root));
    let roots: Vec<&Path> = kept
        .iter()
        .copied()
        .filter(|root| is_theirs(root))
        .collect();
    let staging = Staging::make()?;
    let mut unpacker = Unpacker {
        staging: &staging,
        kept: &kept,
        roots: &roots,
        owner: owner.as_ref(),
        folders: Vec::new(),
    };
    let mut archive = Archive::new(pipe.take(max_bytes));
    archive.set_ignore_zeros(false);
    for (count, entry) in archive.entries()?.enumerate() {
        if count >= MAX_ENTRIES {
            return Err(invalid(format!(
                "the archive has more than {MAX_ENTRIES} files"
            )));
        }
        unpacker.entry(entry?)?;
    }
    require_end(archive.into_inner())?;
    unpacker.finish_folders()?;
    for root in roots {
        let name = root.to_string_lossy();
        place::put(&staging.path.join(root), &Path::new("/").join(root)).map_err(at(&name))?;
    }
    Ok(())
}

/// The sender's own end must follow the archive's, and nothing else.
fn require_end(mut rest: io::Take<Inward>) -> io::Result<()> {
    let mut buffer = [0; 8192];
    loop {
        let read = rest.read(&mut buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(invalid(
                "something follows the end of the archive".to_owned(),
            ));
        }
        if read == 0 {
            break;
        }
    }
    let is_cut = rest.limit() == 0 && rest.into_inner().read(&mut buffer)? > 0;
    if is_cut {
        return Err(invalid(
            "the archive is over the node's disk limit".to_owned(),
        ));
    }
    Ok(())
}

/// A directory on the root's file system that only root can enter.
struct Staging {
    path: PathBuf,
    folder: OwnedFd,
}

impl Staging {
    fn make() -> io::Result<Self> {
        let path = PathBuf::from(format!("/.labwright-restore-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o700))?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::open(&path, flags, Mode::empty())?;
        Ok(Self { path, folder })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

struct Unpacker<'a> {
    staging: &'a Staging,
    /// What an archive may hold.
    kept: &'a [&'a Path],
    /// What of it is taken.
    roots: &'a [&'a Path],
    /// Whose everything becomes.
    owner: Option<&'a Owner>,
    /// Modes and times of directories are set last, deepest first.
    folders: Vec<(PathBuf, Look)>,
}

/// Owner, mode, time and attributes of an entry.
struct Look {
    uid: Uid,
    gid: Gid,
    mode: Mode,
    modified: i64,
    records: Records,
}

impl Unpacker<'_> {
    fn entry(&mut self, mut entry: Entry<'_, io::Take<Inward>>) -> io::Result<()> {
        let path = self.admitted(&entry.path_bytes())?;
        let name = path.to_string_lossy().into_owned();
        if !self.is_taken(&path) {
            return Ok(());
        }
        let records = records(&mut entry)?;
        let mut look = look(&entry, records)?;
        if let Some(owner) = self.owner {
            look.give_to(owner);
        }
        self.unpack(&mut entry, &path, look).map_err(at(&name))
    }

    fn is_taken(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    /// The path, when it is one of the kept ones or below one.
    fn admitted(&self, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = Path::new(std::ffi::OsStr::from_bytes(bytes));
        let is_plain = path
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        let path: PathBuf = path.components().collect();
        if is_plain && self.kept.iter().any(|root| path.starts_with(root)) {
            return Ok(path);
        }
        Err(invalid(format!(
            "the archive holds `{}`, which is not kept",
            path.display()
        )))
    }

    fn unpack(
        &mut self,
        entry: &mut Entry<'_, io::Take<Inward>>,
        path: &Path,
        look: Look,
    ) -> io::Result<()> {
        let (folder, name) = self.parent(path)?;
        let name = name.as_path();
        match entry.header().entry_type() {
            EntryType::Directory => {
                match rustix::fs::mkdirat(&folder, name, Mode::RWXU) {
                    Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                self.folders.push((path.to_owned(), look));
                Ok(())
            }
            EntryType::Regular => {
                let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                let file = rustix::fs::openat(&folder, name, flags, Mode::RUSR | Mode::WUSR)?;
                let mut file = File::from(file);
                io::copy(entry, &mut file)?;
                look.apply_to(file.as_fd())
            }
            EntryType::Symlink => {
                let target = entry.link_name_bytes().unwrap_or_default().into_owned();
                rustix::fs::symlinkat(target, &folder, name)?;
                look.apply_to_link(&folder, name)
            }
            EntryType::Link => {
                let first = self.admitted(&entry.link_name_bytes().unwrap_or_default())?;
                if !self.is_taken(&first) {
                    return Ok(());
                }
                let (first_folder, first_name) = self.parent(&first)?;
                let flags = AtFlags::empty();
                Ok(rustix::fs::linkat(
                    &first_folder,
                    &first_name,
                    &folder,
                    name,
                    flags,
                )?)
            }
            EntryType::Fifo => {
                let kind = rustix::fs::FileType::Fifo;
                rustix::fs::mknodat(&folder, name, kind, look.mode, 0)?;
                look.apply_to_link(&folder, name)
            }
            other => Err(invalid(format!("is of a kind that is not kept: {other:?}"))),
        }
    }

    /// The directory of a path, opened, and its last part. Directories above a root are made.
    fn parent(&self, path: &Path) -> io::Result<(OwnedFd, PathBuf)> {
        let name = path
            .file_name()
            .ok_or_else(|| invalid("an empty name".to_owned()))?;
        let above = path.parent().unwrap_or(Path::new(""));
        if !self.roots.iter().any(|root| above.starts_with(root)) {
            std::fs::create_dir_all(self.staging.path.join(above))?;
        }
        Ok((self.open(above)?, name.into()))
    }

    fn open(&self, folder: &Path) -> io::Result<OwnedFd> {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        Ok(openat2(
            &self.staging.folder,
            folder,
            flags,
            Mode::empty(),
            resolve,
        )?)
    }

    fn finish_folders(&mut self) -> io::Result<()> {
        while let Some((path, look)) = self.folders.pop() {
            let name = path.to_string_lossy().into_owned();
            let folder = self.open(&path).map_err(at(&name))?;
            look.apply_to(folder.as_fd()).map_err(at(&name))?;
        }
        Ok(())
    }
}

/// A user of the node who is not root.
struct Owner {
    uid: Uid,
    gid: Gid,
    /// Without the leading slash; empty is the whole root, which is nobody's home.
    home: PathBuf,
}

impl Owner {
    /// None: it is root.
    fn find(who: &str) -> io::Result<Option<Self>> {
        let user = users::find_here(who)?;
        let home = Path::new(user.home.trim_matches('/'))
            .components()
            .collect();
        Ok((user.uid != 0).then_some(Self {
            uid: Uid::from_raw(user.uid),
            gid: Gid::from_raw(user.gid),
            home,
        }))
    }

    fn has(&self, root: &Path) -> bool {
        !self.home.as_os_str().is_empty() && root.starts_with(&self.home)
    }
}

impl Look {
    /// Nothing of it makes more of its new owner than they are.
    fn give_to(&mut self, owner: &Owner) {
        self.uid = owner.uid;
        self.gid = owner.gid;
        self.mode &= Mode::RWXU | Mode::RWXG | Mode::RWXO;
        self.records
            .retain(|(key, _)| key.starts_with(attributes::OF_USERS));
    }

    fn apply_to(&self, file: std::os::fd::BorrowedFd<'_>) -> io::Result<()> {
        // The owner first: a change of it takes set-id bits and file capabilities away.
        rustix::fs::fchown(file, Some(self.uid), Some(self.gid))?;
        rustix::fs::fchmod(file, self.mode)?;
        for (key, value) in &self.records {
            attributes::restore(file, key, value)?;
        }
        Ok(rustix::fs::futimens(file, &self.times())?)
    }

    fn apply_to_link(&self, folder: &OwnedFd, name: &Path) -> io::Result<()> {
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::chownat(folder, name, Some(self.uid), Some(self.gid), flags)?;
        Ok(rustix::fs::utimensat(folder, name, &self.times(), flags)?)
    }

    fn times(&self) -> Timestamps {
        let modified = Timespec {
            tv_sec: self.modified,
            tv_nsec: 0,
        };
        Timestamps {
            last_access: modified,
            last_modification: modified,
        }
    }
}

fn records(entry: &mut Entry<'_, io::Take<Inward>>) -> io::Result<Records> {
    let mut records = Vec::new();
    if let Some(extensions) = entry.pax_extensions()? {
        for record in extensions {
            let record = record?;
            if let Ok(key) = record.key() {
                records.push((key.to_owned(), record.value_bytes().to_vec()));
            }
        }
    }
    Ok(records)
}

fn look(entry: &Entry<'_, io::Take<Inward>>, records: Records) -> io::Result<Look> {
    let header = entry.header();
    let id = |id: u64| u32::try_from(id).map_err(|_| invalid("an owner is no number".to_owned()));
    Ok(Look {
        uid: Uid::from_raw(id(header.uid()?)?),
        gid: Gid::from_raw(id(header.gid()?)?),
        mode: Mode::from_raw_mode(header.mode()? & 0o7777),
        modified: i64::try_from(header.mtime()?).unwrap_or(0),
        records,
    })
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}
