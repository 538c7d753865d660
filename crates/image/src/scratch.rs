//! The place where a layer is made: a private mount namespace with an overlay of the layers below.
//!
//! Everything is mounted under a tmpfs over a folder that every host has, because the build
//! container's root is nobody on the host and must be able to walk there, wherever the state is.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::ImageError;
use crate::kernel::{self, BUILD_ID_BASE};

/// Folders of the file-system standard that a build has no use for.
const MOUNT_POINTS: [&str; 4] = ["/mnt", "/media", "/srv", "/opt"];

/// A layer in the making. Lives as long as its thread's mount namespace.
#[derive(Debug)]
pub struct Scratch {
    /// The tmpfs.
    pub top: PathBuf,
    /// The overlay: what the container sees as `/`.
    pub root: PathBuf,
    /// What is new in it.
    pub upper: PathBuf,
}

impl Scratch {
    /// Mounts an overlay of `lowers` (lowest first) with a new upper folder under `work`, and
    /// hides none of the folders `seen`.
    ///
    /// The calling thread must be in a mount namespace of its own.
    pub fn new(seen: &[&Path], work: &Path, lowers: &[PathBuf]) -> Result<Self, ImageError> {
        let top = mount_point(seen);
        kernel::mount_tmpfs(&top)?;
        let userns = kernel::build_user_namespace()?;
        let mut mapped = Vec::new();
        for (n, lower) in lowers.iter().enumerate() {
            let target = make_folder(&top.join(format!("l{n}")))?;
            kernel::mount_idmapped(lower, &target, &userns)?;
            mapped.push(target);
        }
        // The state folder's own path may hold characters that mean something to overlayfs.
        let disk = make_folder(&top.join("disk"))?;
        kernel::bind(work, &disk)?;
        let upper = make_folder(&disk.join("upper"))?;
        chown(&upper, Some(BUILD_ID_BASE), Some(BUILD_ID_BASE))
            .map_err(ImageError::file("give away", &upper))?;
        let overlay_work = make_folder(&disk.join("overlay"))?;
        let root = make_folder(&top.join("root"))?;
        kernel::mount_overlay(&mapped, &upper, &overlay_work, &root)?;
        Ok(Self { top, root, upper })
    }

    /// Writes a file that the container may be shown.
    pub fn write(&self, name: &str, text: &str, mode: u32) -> Result<PathBuf, ImageError> {
        let path = self.top.join(name);
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode)))
            .map_err(ImageError::file("write", &path))?;
        Ok(path)
    }

    /// Shows a folder of the host under the tmpfs, where the container's root can reach it.
    pub fn show(&self, name: &str, folder: &Path) -> Result<PathBuf, ImageError> {
        let target = make_folder(&self.top.join(name))?;
        kernel::bind(folder, &target)?;
        Ok(target)
    }
}

fn mount_point(seen: &[&Path]) -> PathBuf {
    let real: Vec<PathBuf> = seen
        .iter()
        .map(|path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()))
        .collect();
    let hides = |point: &Path| real.iter().any(|path| path.starts_with(point));
    let mut points = MOUNT_POINTS.iter().map(PathBuf::from);
    points
        .find(|point| point.is_dir() && !hides(point))
        .unwrap_or_else(|| "/mnt".into())
}

pub fn make_folder(path: &Path) -> Result<PathBuf, ImageError> {
    fs::create_dir_all(path)
        .and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(0o755)))
        .map_err(ImageError::file("make", path))?;
    Ok(path.to_owned())
}
