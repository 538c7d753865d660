//! A node's root file system: an overlay of its read-only layers and what it writes, which is on
//! the session's disk and owned by the node's root.
//!
//! It writes into a node's tree only before the node's first boot, while no learner can have
//! been there; later boots leave the tree alone.

use std::ffi::CString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use labwright_model::{NodeName, NodeSpec};
use rustix::fs::{CWD, Gid, Mode, OFlags, ResolveFlags, Uid};
use rustix::mount::{MountFlags, UnmountFlags};

use super::display;
use super::ground::Ground;

/// Where the runtime mounts. They are folders of the topmost layer, so that a link of that name in
/// a layer below leads no runtime astray (CVE-2026-41579).
const MOUNT_POINTS: [&str; 3] = ["dev", "proc", "sys"];
/// Says that a node's tree was made wholly.
const MADE: &str = "made";
/// What is being thrown away, on each disk.
const TRASH: &str = ".trash";
/// Most bytes of a file of the lab's author that is taken over.
const AUTHOR_FILE_BYTES: u64 = 64 * 1024;

/// Makes and mounts the root of a node at `<bundle>/root`.
pub fn mount(ground: &Ground, node: &NodeSpec) -> io::Result<PathBuf> {
    let disk = ground.disk(&node.name);
    let own = disk.join(node.name.as_str());
    let layers = ground.layers(&node.layers, node.hidden);
    if !own.join(MADE).exists() {
        discard(&disk, &node.name)?;
        make(ground, node, &own, &layers)?;
        fs::write(own.join(MADE), "")?;
    } else {
        // As after any boot, nothing runs that left its pid file there.
        forget(&disk, &own.join("upper/run"))?;
    }
    let root = ground.bundle(node.name.as_str()).join("root");
    fs::create_dir_all(&root)?;
    let mut options = b"lowerdir=".to_vec();
    options.extend(lower(&layers));
    for (name, folder) in [("upperdir", "upper"), ("workdir", "work")] {
        let folder = own.join(folder);
        options.extend_from_slice(format!(",{name}=").as_bytes());
        options.extend_from_slice(folder.as_os_str().as_bytes());
    }
    let options = CString::new(options)?;
    let flags = MountFlags::NODEV | MountFlags::NOATIME;
    rustix::mount::mount("overlay", &root, "overlay", flags, options.as_c_str())?;
    Ok(root)
}

/// Mounts a root that nobody can write to.
pub fn mount_read_only(layers: &[PathBuf], root: &Path) -> io::Result<()> {
    fs::create_dir_all(root)?;
    let options = CString::new([b"lowerdir=".to_vec(), lower(layers)].concat())?;
    let flags = MountFlags::NODEV | MountFlags::NOATIME | MountFlags::RDONLY | MountFlags::NOSUID;
    rustix::mount::mount("overlay", root, "overlay", flags, options.as_c_str())?;
    Ok(())
}

/// Layers as overlay's `lowerdir` wants them: the topmost first.
fn lower(layers: &[PathBuf]) -> Vec<u8> {
    let layers: Vec<&[u8]> = layers
        .iter()
        .rev()
        .map(|layer| layer.as_os_str().as_bytes())
        .collect();
    layers.join(&b':')
}

/// Takes the root out of the agent's sight; the node keeps it.
pub fn unmount(root: &Path) -> io::Result<()> {
    rustix::mount::unmount(root, UnmountFlags::DETACH)?;
    Ok(())
}

/// Throws away what a node has written to this disk. Its init must have ended. Takes a while
/// where there are many files.
pub fn discard(disk: &Path, node: &NodeName) -> io::Result<()> {
    forget(disk, &disk.join(node.as_str()))
}

/// Finishes what an earlier agent did not live to throw away on a disk.
pub fn empty_trash(disk: &Path) -> io::Result<()> {
    let trash = disk.join(TRASH);
    fs::create_dir_all(&trash)?;
    for entry in fs::read_dir(&trash)? {
        forget(disk, &entry?.path())?;
    }
    Ok(())
}

/// Removes a tree that a learner has written, if it is there. It may be deeper than any stack or
/// path, so every folder is first moved up to the trash, then emptied. No link is followed: names
/// are renamed and removed, never opened unless they are folders of the trash.
fn forget(disk: &Path, tree: &Path) -> io::Result<()> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let began = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let next = || {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        disk.join(TRASH)
            .join(format!("{}-{number}", began.as_nanos()))
    };
    let first = next();
    match fs::rename(tree, &first) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        renamed => renamed?,
    }
    if !fs::symlink_metadata(&first)?.is_dir() {
        return fs::remove_file(&first);
    }
    let mut folders = vec![first];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                let up = next();
                fs::rename(entry.path(), &up)?;
                folders.push(up);
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        fs::remove_dir(&folder)?;
    }
    Ok(())
}

fn make(ground: &Ground, node: &NodeSpec, disk: &Path, layers: &[PathBuf]) -> io::Result<()> {
    let owner = ground.confine.ids(node.hidden).map_or(0, |ids| ids.base);
    fs::create_dir(disk)?;
    let mount_points = MOUNT_POINTS.map(|name| format!("upper/{name}"));
    let folders = ["upper", "work", "upper/etc"].into_iter();
    for folder in folders.chain(mount_points.iter().map(String::as_str)) {
        fs::create_dir(disk.join(folder))?;
        own(&disk.join(folder), owner)?;
    }
    if display::x11_of(ground, &node.name).is_some() {
        make_x11_folder(&disk.join("upper"), owner)?;
    }
    let etc = disk.join("upper/etc");
    let mut files = vec![
        ("hostname", format!("{}\n", node.name)),
        ("hosts", hosts(node, author_file(layers, "etc/hosts"))),
    ];
    if author_file(layers, "etc/resolv.conf").is_none() {
        files.push((
            "resolv.conf",
            "# This lab names no name server here.\n".to_owned(),
        ));
    }
    for (name, text) in files {
        let path = etc.join(name);
        fs::write(&path, text)?;
        own(&path, owner)?;
    }
    Ok(())
}

/// The mount point of X sockets, in a folder for everybody.
fn make_x11_folder(upper: &Path, owner: u32) -> io::Result<()> {
    let temporary = upper.join("tmp");
    for folder in [temporary.clone(), temporary.join(".X11-unix")] {
        fs::create_dir(&folder)?;
        own(&folder, owner)?;
    }
    rustix::fs::chmod(&temporary, Mode::from_raw_mode(0o1777))?;
    Ok(())
}

fn own(path: &Path, owner: u32) -> io::Result<()> {
    rustix::fs::chown(path, Some(Uid::from_raw(owner)), Some(Gid::from_raw(owner)))?;
    Ok(())
}

/// Where the loader of 32-bit programs is, on merged and unmerged file systems.
const LOADERS_32_BIT: [&str; 4] = [
    "usr/lib/ld-linux.so.2",
    "lib/ld-linux.so.2",
    "usr/lib/ld-linux-armhf.so.3",
    "lib/ld-linux-armhf.so.3",
];

/// Whether a node is made to run 32-bit programs beside 64-bit ones.
pub fn has_32_bit(ground: &Ground, node: &NodeSpec) -> bool {
    let layers = ground.layers(&node.layers, node.hidden);
    let mut places = layers
        .iter()
        .flat_map(|layer| LOADERS_32_BIT.map(|path| (layer, path)));
    // The loader itself may be a link; that it has a name is enough.
    places.any(|(layer, path)| open_beneath(layer, path, OFlags::PATH | OFlags::NOFOLLOW).is_some())
}

/// A file that a layer above the base brings.
fn author_file(layers: &[PathBuf], path: &str) -> Option<String> {
    layers.iter().skip(1).rev().find_map(|layer| {
        let file = open_beneath(layer, path, OFlags::RDONLY | OFlags::NONBLOCK)?;
        let kind = file.metadata().ok()?;
        if !kind.is_file() || kind.len() > AUTHOR_FILE_BYTES {
            return None;
        }
        io::read_to_string(file).ok()
    })
}

/// Layers may hold any link, so nothing is opened through one.
fn open_beneath(layer: &Path, path: &str, flags: OFlags) -> Option<fs::File> {
    let folder = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
    let layer = rustix::fs::openat(CWD, layer, folder, Mode::empty()).ok()?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let flags = flags | OFlags::CLOEXEC;
    let resolve = if flags.contains(OFlags::PATH) {
        resolve
    } else {
        resolve | ResolveFlags::NO_SYMLINKS
    };
    let file = rustix::fs::openat2(layer, path, flags, Mode::empty(), resolve).ok()?;
    Some(fs::File::from(file))
}

fn hosts(node: &NodeSpec, author: Option<String>) -> String {
    let mut text = author.unwrap_or_else(|| {
        "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\n\
         ff02::2 ip6-allrouters\n"
            .to_owned()
    });
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let own: Vec<&str> = node
        .links
        .iter()
        .flat_map(|link| &link.addresses)
        .filter_map(|address| address.split('/').next())
        .collect();
    let own = if own.is_empty() {
        vec!["127.0.1.1"]
    } else {
        own
    };
    for address in own {
        text.push_str(&format!("{address} {}\n", node.name));
    }
    for entry in &node.hosts {
        text.push_str(&format!("{} {}\n", entry.address, entry.name));
    }
    text
}
