//! One regular file, in or out.

use std::fs::File;
use std::io::{self, Read, Write};

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, openat2};

use super::at;
use super::inward::Inward;

/// Longest file that is written, in bytes; the node's disk limit holds besides.
const MAX_FILE_BYTES: u64 = 1024 * 1024 * 1024;

/// Copies the file into the pipe.
pub(super) fn read(path: &str, mut pipe: File) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_MAGICLINKS);
    let file = opened.map_err(io::Error::from).map_err(at(path))?;
    let stat = rustix::fs::fstat(&file)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(at(path)(io::Error::other("is not a regular file")));
    }
    io::copy(&mut File::from(file), &mut pipe).map_err(at(path))?;
    Ok(())
}

/// Writes what the pipe gives beside the file, then puts it in its place.
pub(super) fn write(path: &str, mode: u32, pipe: Inward) -> io::Result<()> {
    let (folder, name) = match path.rsplit_once('/') {
        Some((folder, name)) if path.starts_with('/') && !name.is_empty() => (folder, name),
        _ => {
            return Err(at(path)(io::Error::other(
                "is not an absolute path of a file",
            )));
        }
    };
    let folder_flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat2(
        CWD,
        if folder.is_empty() { "/" } else { folder },
        folder_flags,
        Mode::empty(),
        ResolveFlags::NO_MAGICLINKS,
    );
    let folder = folder.map_err(io::Error::from).map_err(at(path))?;
    let temporary = format!(".{name}.labwright-{}", std::process::id());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&folder, &temporary, flags, Mode::from_raw_mode(0o600))
        .map_err(io::Error::from)
        .map_err(at(path))?;
    let written = fill(File::from(file), mode, pipe)
        .and_then(|()| Ok(rustix::fs::renameat(&folder, &temporary, &folder, name)?));
    if written.is_err() {
        let _ = rustix::fs::unlinkat(&folder, &temporary, rustix::fs::AtFlags::empty());
    }
    written.map_err(at(path))
}

fn fill(mut file: File, mode: u32, pipe: Inward) -> io::Result<()> {
    let copied = io::copy(&mut pipe.take(MAX_FILE_BYTES + 1), &mut file)?;
    if copied > MAX_FILE_BYTES {
        return Err(io::Error::other(format!(
            "is longer than {MAX_FILE_BYTES} bytes"
        )));
    }
    file.flush()?;
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode & 0o7777))?;
    Ok(())
}
