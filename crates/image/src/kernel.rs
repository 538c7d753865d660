//! The kernel interface: private mount namespaces, id-mapped mounts, overlays, death signals.
//!
//! All mounts are made in a mount namespace that belongs to one thread and its children, so they
//! vanish with them, however they end.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::CWD;
use rustix::mount::{
    MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, mount, mount_bind,
    mount_change, move_mount, open_tree,
};

use crate::ImageError;

/// First host id of the build container's user namespace: far from what people and sessions use.
pub const BUILD_ID_BASE: u32 = 0x6fff_0000;
/// How many ids it has.
pub const BUILD_ID_COUNT: u32 = 0x1_0000;

const MOUNT_ATTR_IDMAP: u64 = 0x0010_0000;

#[repr(C)]
struct MountAttr {
    attr_set: u64,
    attr_clr: u64,
    propagation: u64,
    userns_fd: u64,
}

/// Gives the calling thread a mount namespace of its own. Its children inherit it.
pub fn private_mounts() -> Result<(), ImageError> {
    let failed = ImageError::kernel("make a private mount namespace");
    // SAFETY: NEWNS unshares only this thread's mounts and working directory; no memory or
    // descriptor table that another thread relies on changes.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNS) }
        .and_then(|()| {
            mount_change(
                "/",
                MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
            )
        })
        .map_err(failed)
}

/// Mounts an empty tmpfs that everybody may search.
pub fn mount_tmpfs(target: &Path) -> Result<(), ImageError> {
    mount(
        "labwright-build",
        target,
        "tmpfs",
        MountFlags::NODEV,
        Some(c"mode=0755"),
    )
    .map_err(ImageError::kernel("mount a tmpfs"))
}

/// Shows a folder or file at another place.
pub fn bind(source: &Path, target: &Path) -> Result<(), ImageError> {
    mount_bind(source, target).map_err(ImageError::kernel("bind-mount"))
}

/// A user namespace that maps the build's ids, for id-mapped mounts.
pub fn build_user_namespace() -> Result<OwnedFd, ImageError> {
    let failed = |source| ImageError::Kernel {
        what: "make a user namespace",
        source,
    };
    // A short-lived child is in the namespace; the open descriptor keeps it alive.
    let mut child = Command::new("unshare")
        .args(["--user", "sh", "-c", "echo; read -r _"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let outcome = (|| {
        let mut byte = [0];
        let mut stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        stdout.read_exact(&mut byte)?;
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let map = format!("0 {BUILD_ID_BASE} {BUILD_ID_COUNT}\n");
        for name in ["uid_map", "gid_map"] {
            fs::OpenOptions::new()
                .write(true)
                .open(process.join(name))?
                .write_all(map.as_bytes())?;
        }
        Ok(OwnedFd::from(File::open(process.join("ns/user"))?))
    })();
    drop(child.stdin.take());
    let _ = child.wait();
    outcome.map_err(failed)
}

/// Mounts `source` at `target` so that id 0 on disk is the build container's root.
pub fn mount_idmapped(source: &Path, target: &Path, userns: &OwnedFd) -> Result<(), ImageError> {
    let tree = open_tree(
        CWD,
        source,
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )
    .map_err(ImageError::kernel("clone a layer's mount"))?;
    let attr = MountAttr {
        attr_set: MOUNT_ATTR_IDMAP,
        attr_clr: 0,
        propagation: 0,
        userns_fd: u64::from(userns.as_raw_fd().unsigned_abs()),
    };
    let empty = CString::default();
    // SAFETY: the descriptor is open, the path is a NUL-terminated empty string that
    // AT_EMPTY_PATH makes the kernel ignore, and `attr` has the layout and size of mount_attr.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            empty.as_ptr(),
            libc::AT_EMPTY_PATH,
            std::ptr::from_ref(&attr),
            size_of::<MountAttr>(),
        )
    };
    if answer != 0 {
        let source = io::Error::last_os_error();
        return Err(ImageError::Kernel {
            what: "id-map a layer's mount",
            source,
        });
    }
    move_mount(
        tree,
        "",
        CWD,
        target,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
    .map_err(ImageError::kernel("attach a layer's mount"))
}

/// Mounts an overlay; `lowers` are lowest first. None of the paths may hold `:` or `,`.
pub fn mount_overlay(
    lowers: &[PathBuf],
    upper: &Path,
    work: &Path,
    target: &Path,
) -> Result<(), ImageError> {
    let lower: Vec<String> = lowers
        .iter()
        .rev()
        .map(|path| path.display().to_string())
        .collect();
    // redirect_dir, metacopy and index would leave marks in the upper directory that only this
    // very pair of directories understands; a layer must be plain.
    let options = format!(
        "lowerdir={},upperdir={},workdir={},redirect_dir=off,metacopy=off,index=off",
        lower.join(":"),
        upper.display(),
        work.display()
    );
    let options = CString::new(options).map_err(|error| ImageError::Kernel {
        what: "mount an overlay",
        source: error.into(),
    })?;
    mount(
        "overlay",
        target,
        "overlay",
        MountFlags::empty(),
        Some(options.as_c_str()),
    )
    .map_err(ImageError::kernel("mount an overlay"))
}

/// Makes the kernel kill the command when the thread that started it ends.
pub fn die_with_parent(command: &mut Command) -> &mut Command {
    // SAFETY: between fork and exec only one async-signal-safe system call is made.
    unsafe {
        command.pre_exec(|| {
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
                .map_err(io::Error::from)
        })
    }
}
