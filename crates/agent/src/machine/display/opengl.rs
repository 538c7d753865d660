//! Whether a node's programs can draw with OpenGL. An X server spends half of its start on getting
//! ready for that; where the node has no library for it, no program can ask.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, ResolveFlags, openat, openat2, statat};

/// The library that programs draw through, and the one below it.
const LIBRARIES: [&str; 2] = ["libGL.so.1", "libGLX.so.0"];
/// Where they are in common distributions, with the processor's name for `*`.
const FOLDERS: [&str; 4] = [
    "usr/lib",
    "usr/lib64",
    "usr/lib/*-linux-gnu",
    "usr/local/lib",
];
/// Programs that bring everything along: below each folder of it.
const BUNDLED: (&str, &str) = ("opt", "lib");

/// Whether one of a node's layers has it. The layers are the build's: no link in them is followed.
pub(super) fn is_in(layers: &[PathBuf]) -> bool {
    layers
        .iter()
        .any(|layer| is_in_layer(layer).unwrap_or(true))
}

/// An error where a layer cannot be read.
fn is_in_layer(layer: &Path) -> rustix::io::Result<bool> {
    let root = openat(CWD, layer, FOLDER, Mode::empty())?;
    let mut folders = FOLDERS
        .iter()
        .map(|folder| folder.replace('*', std::env::consts::ARCH));
    if folders.any(|folder| below(&root, &folder).is_some_and(|folder| has_library(&folder))) {
        return Ok(true);
    }
    let (bundles, lib) = BUNDLED;
    let Some(bundles) = below(&root, bundles) else {
        return Ok(false);
    };
    let names = Dir::read_from(&bundles)?.filter_map(|entry| {
        let name = entry.ok()?.file_name().to_str().ok()?.to_owned();
        (!name.starts_with('.')).then_some(name)
    });
    Ok(names
        .filter_map(|name| below(&bundles, &format!("{name}/{lib}")))
        .any(|folder| has_library(&folder)))
}

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

fn below(root: &OwnedFd, folder: &str) -> Option<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    openat2(root, folder, FOLDER, Mode::empty(), resolve).ok()
}

fn has_library(folder: &OwnedFd) -> bool {
    let mut names = LIBRARIES.iter();
    names.any(|name| statat(folder, *name, AtFlags::SYMLINK_NOFOLLOW).is_ok())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn it_is_found_where_distributions_and_bundles_have_it() {
        let triplet = format!("usr/lib/{}-linux-gnu/libGL.so.1", std::env::consts::ARCH);
        for (path, found) in [
            (triplet.as_str(), true),
            ("usr/lib64/libGLX.so.0", true),
            ("opt/conda/lib/libGL.so.1", true),
            ("usr/lib/libGLU.so.1", false),
            ("opt/conda/share/libGL.so.1", false),
        ] {
            let (empty, layer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let file = layer.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "").unwrap();
            let layers = [empty.path().to_owned(), layer.path().to_owned()];
            assert_eq!(is_in(&layers), found, "{path}");
        }
    }

    #[test]
    fn links_lead_nowhere_and_what_cannot_be_read_may_have_it() {
        let (other, layer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(other.path().join("libGL.so.1"), "").unwrap();
        fs::create_dir(layer.path().join("usr")).unwrap();
        symlink(other.path(), layer.path().join("usr/lib")).unwrap();
        assert!(!is_in(&[layer.path().to_owned()]));
        assert!(is_in(&[layer.path().join("missing")]));
    }
}
