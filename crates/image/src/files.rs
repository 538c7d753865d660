//! `files/all` and `files/<node>` as a tar stream that the build container unpacks itself.
//!
//! The host only reads the lab folder; whatever links a node's file system has are followed
//! inside the container, never here.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};

use crate::digest::Hashing;
use crate::inputs::{self, EntryKind, Tree};
use crate::pack::EPOCH;

/// Writes the trees, later ones over earlier ones; what lies in the user's home is the user's.
pub fn write(trees: &[(PathBuf, Tree)], user: Option<&str>, to: &mut dyn Write) -> io::Result<()> {
    let home = user.map(|user| Path::new("home").join(user));
    let mut tar = Builder::new(to);
    for (root, tree) in trees {
        for (path, entry) in &tree.entries {
            let mut header = Header::new_gnu();
            let owner = user.filter(|_| home.as_ref().is_some_and(|home| path.starts_with(home)));
            // tar in the container looks the name up; the number is for a missing group.
            header.set_username(owner.unwrap_or("root"))?;
            header.set_groupname(owner.unwrap_or("root"))?;
            header.set_uid(if owner.is_some() { 1000 } else { 0 });
            header.set_gid(if owner.is_some() { 1000 } else { 0 });
            header.set_mode(entry.mode);
            header.set_mtime(EPOCH);
            header.set_size(0);
            match &entry.kind {
                EntryKind::Folder => {
                    header.set_entry_type(EntryType::Directory);
                    tar.append_data(&mut header, path, io::empty())?;
                }
                EntryKind::Link(target) => {
                    header.set_entry_type(EntryType::Symlink);
                    tar.append_link(&mut header, path, target)?;
                }
                EntryKind::File { bytes, digest } => {
                    header.set_entry_type(EntryType::Regular);
                    header.set_size(*bytes);
                    let file = inputs::open(root, path)?.take(*bytes);
                    let mut hashing = Hashing::new(file);
                    tar.append_data(&mut header, path, &mut hashing)?;
                    if hashing.finish().1 != *digest {
                        let why = format!("{} changed during the build", root.join(path).display());
                        return Err(io::Error::other(why));
                    }
                }
            }
        }
    }
    tar.finish()
}
