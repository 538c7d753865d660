//! A folder, or an overlay's upper directory, becomes an OCI layer (OCI image spec, layer.md).
//!
//! The stream depends on content alone: names are sorted, ids are shifted back, no times of the
//! build remain, and what every boot or every apt run rewrites is left out. Overlay whiteouts
//! become `.wh.` entries.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use tar::{Builder, EntryType, Header};

use crate::ImageError;

/// Time stamp of everything that was made during a build: 2025-01-01, in seconds.
pub const EPOCH: u64 = 1_735_689_600;
/// Whiteout of a name (OCI image spec, layer.md, "Whiteouts").
pub const WHITEOUT: &str = ".wh.";
/// Whiteout of all that lower layers have in a folder.
pub const OPAQUE: &str = ".wh..wh..opq";
/// Extended attributes that a layer keeps; overlayfs's own are its business alone.
const KEPT_XATTRS: [&str; 2] = ["user.", "security.capability"];
/// Longest extended attribute, and longest list of their names (kernel limits).
const MAX_XATTR: usize = 65_536;

/// How a folder is packed.
#[derive(Debug, Clone, Copy, Default)]
pub struct PackOptions {
    /// Host id of the tree's root: subtracted from every owner.
    pub id_base: u32,
    /// Times from here on (seconds) become [`EPOCH`]; 0 makes every time so.
    pub built_from: u64,
    /// Leave out what boots and apt runs rewrite.
    pub debian: bool,
}

/// Packs the content of `root`; returns the bytes of the files in it.
pub fn pack(root: &Path, options: PackOptions, to: impl Write) -> Result<u64, ImageError> {
    let mut packer = Packer {
        root,
        options,
        tar: Builder::new(to),
        links: HashMap::new(),
        bytes: 0,
    };
    packer.folder(Path::new(""))?;
    packer
        .tar
        .finish()
        .map_err(ImageError::file("pack", root))?;
    Ok(packer.bytes)
}

struct Packer<'a, W: Write> {
    root: &'a Path,
    options: PackOptions,
    tar: Builder<W>,
    /// First name of each inode that has several.
    links: HashMap<(u64, u64), PathBuf>,
    bytes: u64,
}

impl<W: Write> Packer<'_, W> {
    fn folder(&mut self, below: &Path) -> Result<(), ImageError> {
        let folder = self.root.join(below);
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(ImageError::file("read", &folder))? {
            names.push(
                entry
                    .map_err(ImageError::file("read", &folder))?
                    .file_name(),
            );
        }
        names.sort();
        for name in names {
            let path = below.join(&name);
            if self.options.debian && is_rewritten(&path) {
                continue;
            }
            self.entry(&path, &name)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &OsStr) -> Result<(), ImageError> {
        let full = self.root.join(path);
        let meta = fs::symlink_metadata(&full).map_err(ImageError::file("read", &full))?;
        let kind = meta.file_type();
        if kind.is_char_device() && meta.rdev() == 0 {
            let mut marker = OsString::from(WHITEOUT);
            marker.push(name);
            return self.marker(&path.with_file_name(marker));
        }
        if kind.is_socket() {
            return Ok(());
        }
        if name.as_bytes().starts_with(WHITEOUT.as_bytes()) {
            let why = "has a name that a layer cannot carry".to_owned();
            return Err(ImageError::Input { path: full, why });
        }
        let mut header = self.header(&meta);
        if !kind.is_dir() && meta.nlink() > 1 {
            let first = self
                .links
                .entry((meta.dev(), meta.ino()))
                .or_insert_with(|| path.into());
            if first != path {
                header.set_entry_type(EntryType::Link);
                let first = first.clone();
                return self.put_link(header, path, &first);
            }
        }
        self.xattrs(&full)?;
        if kind.is_symlink() {
            header.set_entry_type(EntryType::Symlink);
            let to = fs::read_link(&full).map_err(ImageError::file("read", &full))?;
            self.put_link(header, path, &to)
        } else if kind.is_dir() {
            header.set_entry_type(EntryType::Directory);
            self.put(header, path, io::empty())?;
            if is_opaque(&full)? {
                self.marker(&path.join(OPAQUE))?;
            }
            self.folder(path)
        } else if kind.is_file() {
            header.set_entry_type(EntryType::Regular);
            header.set_size(meta.len());
            self.bytes += meta.len();
            let file = open_file(&full)?;
            self.put(header, path, file.take(meta.len()))
        } else if kind.is_fifo() {
            header.set_entry_type(EntryType::Fifo);
            self.put(header, path, io::empty())
        } else {
            let why = "is a device node, which a layer does not carry".to_owned();
            Err(ImageError::Input { path: full, why })
        }
    }

    fn header(&self, meta: &Metadata) -> Header {
        let mut header = Header::new_ustar();
        header.set_mode(meta.mode() & 0o7777);
        header.set_uid(self.id(meta.uid()));
        header.set_gid(self.id(meta.gid()));
        let time = u64::try_from(meta.mtime()).unwrap_or(0);
        header.set_mtime(if time >= self.options.built_from {
            EPOCH
        } else {
            time
        });
        header.set_size(0);
        header
    }

    fn id(&self, id: u32) -> u64 {
        id.wrapping_sub(self.options.id_base).into()
    }

    fn marker(&mut self, path: &Path) -> Result<(), ImageError> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o600);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(EPOCH);
        header.set_size(0);
        self.put(header, path, io::empty())
    }

    fn put(&mut self, mut header: Header, path: &Path, data: impl Read) -> Result<(), ImageError> {
        self.tar
            .append_data(&mut header, path, data)
            .map_err(ImageError::file("pack", &self.root.join(path)))
    }

    fn put_link(&mut self, mut header: Header, path: &Path, to: &Path) -> Result<(), ImageError> {
        self.tar
            .append_link(&mut header, path, to)
            .map_err(ImageError::file("pack", &self.root.join(path)))
    }

    /// Extended attributes travel in a pax header before the entry, as GNU tar and libarchive do.
    fn xattrs(&mut self, full: &Path) -> Result<(), ImageError> {
        let mut kept = Vec::new();
        for name in xattr_names(full)? {
            if KEPT_XATTRS.iter().any(|prefix| name.starts_with(prefix)) {
                let mut value = vec![0; MAX_XATTR];
                let length = rustix::fs::lgetxattr(full, name.as_str(), &mut value[..])
                    .map_err(|errno| ImageError::file("read", full)(errno.into()))?;
                value.truncate(length);
                if name == "security.capability" {
                    value = plain_capability(value);
                }
                kept.push((format!("SCHILY.xattr.{name}"), value));
            }
        }
        if kept.is_empty() {
            return Ok(());
        }
        kept.sort();
        self.tar
            .append_pax_extensions(
                kept.iter()
                    .map(|(key, value)| (key.as_str(), value.as_slice())),
            )
            .map_err(ImageError::file("pack", full))
    }
}

/// True for what apt, dpkg or a boot writes anew, and for what the machine provides.
fn is_rewritten(path: &Path) -> bool {
    const EMPTIED: [&str; 7] = [
        "dev",
        "proc",
        "sys",
        "run",
        "var/lib/apt/lists",
        "var/cache/apt",
        "var/log/apt",
    ];
    const DROPPED: [&str; 10] = [
        "var/log/dpkg.log",
        "var/log/alternatives.log",
        "var/log/bootstrap.log",
        "var/cache/ldconfig/aux-cache",
        "var/cache/debconf/config.dat-old",
        "var/cache/debconf/templates.dat-old",
        "var/lib/dpkg/status-old",
        "var/lib/dpkg/diversions-old",
        "var/lib/dpkg/statoverride-old",
        "var/lib/dbus/machine-id",
    ];
    EMPTIED
        .iter()
        .any(|folder| path.starts_with(folder) && path != Path::new(folder))
        || DROPPED.iter().any(|file| path == Path::new(file))
}

fn is_opaque(folder: &Path) -> Result<bool, ImageError> {
    let mut value = [0; 8];
    match rustix::fs::lgetxattr(folder, "trusted.overlay.opaque", &mut value[..]) {
        Ok(length) => Ok(value.get(..length) == Some(b"y")),
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::NOTSUP) => Ok(false),
        Err(errno) => Err(ImageError::file("read", folder)(errno.into())),
    }
}

fn xattr_names(path: &Path) -> Result<Vec<String>, ImageError> {
    let mut list = vec![0; MAX_XATTR];
    let length = match rustix::fs::llistxattr(path, &mut list[..]) {
        Ok(length) => length,
        Err(rustix::io::Errno::NOTSUP) => 0,
        Err(errno) => return Err(ImageError::file("read", path)(errno.into())),
    };
    list.truncate(length);
    Ok(list
        .split(|&byte| byte == 0)
        .filter(|name| !name.is_empty())
        .map(|name| {
            OsString::from_vec(name.to_vec())
                .to_string_lossy()
                .into_owned()
        })
        .collect())
}

/// A capability set inside the build's user namespace is of version 3 and names that namespace's
/// root (capabilities(7), "Namespaced file capabilities"); a layer carries version 2, which any
/// namespace's own root takes up when the layer is id-mapped.
fn plain_capability(value: Vec<u8>) -> Vec<u8> {
    const V2_LENGTH: usize = 20;
    const V3_LENGTH: usize = 24;
    match value.as_slice() {
        [effective, _, _, 3, rest @ ..] if value.len() == V3_LENGTH => {
            let mut plain = vec![*effective, 0, 0, 2];
            plain.extend_from_slice(rest);
            plain.truncate(V2_LENGTH);
            plain
        }
        _ => value,
    }
}

fn open_file(path: &Path) -> Result<File, ImageError> {
    rustix::fs::open(
        path,
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map(File::from)
    .map_err(|errno| ImageError::file("read", path)(errno.into()))
}
