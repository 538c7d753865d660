//! Moves what was restored into its place.
//!
//! A directory of the node's image cannot be renamed on an overlay, so a directory stays itself:
//! its content goes and the new content comes, by renames within the node's own layer.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::attributes;

/// Puts `from` where `to` is. Nothing happens when the archive had nothing there.
pub(super) fn put(from: &Path, to: &Path) -> io::Result<()> {
    let staged = match fs::symlink_metadata(from) {
        Ok(staged) => staged,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if let Some(above) = to.parent() {
        fs::create_dir_all(above)?;
    }
    let is_folder = fs::symlink_metadata(to).is_ok_and(|there| there.is_dir());
    if !staged.is_dir() {
        if is_folder {
            fs::remove_dir_all(to)?;
        }
        return fs::rename(from, to);
    }
    if !is_folder {
        let _ = fs::remove_file(to);
        fs::create_dir(to)?;
    }
    empty(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::rename(entry.path(), to.join(entry.file_name()))?;
    }
    copy_look(from, to, &staged)
}

fn empty(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn copy_look(from: &Path, to: &Path, staged: &fs::Metadata) -> io::Result<()> {
    use std::os::fd::AsFd;

    std::os::unix::fs::chown(to, Some(staged.uid()), Some(staged.gid()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(staged.mode() & 0o7777))?;
    let (from, to) = (fs::File::open(from)?, fs::File::open(to)?);
    for (key, value) in attributes::read(from.as_fd())? {
        attributes::restore(to.as_fd(), &key, &value)?;
    }
    to.set_modified(staged.modified()?)
}
