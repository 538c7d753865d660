//! What takes the space in a lab image: layers, packages, files, and who shares them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use labwright_model::{LabName, NodeName};
use serde::Serialize;

use crate::{Digest, ImageError, LabImage, LayerInfo, Store};

/// The space that a lab image takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabSize {
    /// The lab.
    pub lab: LabName,
    /// Bytes of all blobs: what is carried over a network.
    pub blob_bytes: u64,
    /// Bytes of all files, unpacked.
    pub file_bytes: u64,
    /// The layers, those of the nodes first, lowest first.
    pub layers: Vec<LayerSize>,
}

/// The space that a layer takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerSize {
    /// What it is.
    pub title: String,
    /// Digest of its tar stream.
    pub diff_id: Digest,
    /// Bytes of its blob.
    pub blob_bytes: u64,
    /// Bytes of its files.
    pub file_bytes: u64,
    /// Nodes of this lab that have it.
    pub nodes: Vec<NodeName>,
    /// The displays of this lab's desktops have it.
    pub display: bool,
    /// Other labs that have it.
    pub shared_with: Vec<LabName>,
    /// Packages whose files are in it, largest first.
    pub packages: Vec<PackageSize>,
    /// The largest files.
    pub largest: Vec<PathSize>,
}

/// A package's share of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageSize {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Bytes of its files in this layer.
    pub bytes: u64,
}

/// A file of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathSize {
    /// Its path in a node.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// The package that it belongs to.
    pub package: Option<String>,
}

/// Measures a lab's image; at most `most` packages and files a layer are named.
pub fn size(store: &Store, image: &LabImage, most: usize) -> Result<LabSize, ImageError> {
    let others = labs_by_layer(store, &image.lab.name)?;
    let mut layers = Vec::new();
    for layer in &image.layers {
        let shared_with = others.get(&layer.diff_id).cloned().unwrap_or_default();
        layers.push(measure(store, image, layer, shared_with, most)?);
    }
    Ok(LabSize {
        lab: image.lab.name.clone(),
        blob_bytes: image.blob_bytes(),
        file_bytes: layers.iter().map(|layer| layer.file_bytes).sum(),
        layers,
    })
}

/// Which labs but this one have which layer. A damaged image of another lab is none of ours.
fn labs_by_layer(
    store: &Store,
    but: &LabName,
) -> Result<HashMap<Digest, Vec<LabName>>, ImageError> {
    let mut labs: HashMap<Digest, Vec<LabName>> = HashMap::new();
    for name in store.labs()?.into_iter().filter(|name| name != but) {
        let layers = LabImage::load(store, &name)
            .map(|image| image.layers)
            .unwrap_or_default();
        for layer in layers {
            labs.entry(layer.diff_id).or_default().push(name.clone());
        }
    }
    Ok(labs)
}

fn measure(
    store: &Store,
    image: &LabImage,
    layer: &LayerInfo,
    shared_with: Vec<LabName>,
    most: usize,
) -> Result<LayerSize, ImageError> {
    let root = store.layer(&layer.diff_id);
    let mut files = Files::default();
    files.walk(&root, Path::new(""))?;
    let below = lower_layer(image, &root);
    let versions = versions(&root, below);
    let owners = owners(&root, &versions);
    let mut packages: BTreeMap<&str, u64> = BTreeMap::new();
    for (path, bytes) in &files.sizes {
        if let Some(package) = owners.get(path) {
            *packages.entry(package).or_default() += bytes;
        }
    }
    let mut packages: Vec<PackageSize> = packages
        .into_iter()
        .map(|(name, bytes)| PackageSize {
            name: name.to_owned(),
            version: versions.get(name).cloned().unwrap_or_default(),
            bytes,
        })
        .collect();
    packages.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    packages.truncate(most);
    let file_bytes = files.sizes.iter().map(|(_, bytes)| bytes).sum();
    files
        .sizes
        .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let largest = files.sizes.iter().take(most).map(|(path, bytes)| PathSize {
        path: path.display().to_string(),
        bytes: *bytes,
        package: owners.get(path).cloned(),
    });
    Ok(LayerSize {
        title: layer.title.clone(),
        diff_id: layer.diff_id.clone(),
        blob_bytes: layer.blob_bytes,
        file_bytes,
        nodes: layer.nodes.clone(),
        display: layer.display,
        shared_with,
        largest: largest.collect(),
        packages,
    })
}

#[derive(Default)]
struct Files {
    /// Paths as a node sees them, and lengths.
    sizes: Vec<(PathBuf, u64)>,
    /// Inodes with several names that were counted.
    seen: HashSet<u64>,
}

impl Files {
    fn walk(&mut self, root: &Path, below: &Path) -> Result<(), ImageError> {
        let folder = root.join(below);
        for entry in fs::read_dir(&folder).map_err(ImageError::file("read", &folder))? {
            let entry = entry.map_err(ImageError::file("read", &folder))?;
            let path = below.join(entry.file_name());
            let full = root.join(&path);
            let found = fs::symlink_metadata(&full).map_err(ImageError::file("read", &full))?;
            if found.is_dir() {
                self.walk(root, &path)?;
            } else if found.is_file() && (found.nlink() == 1 || self.seen.insert(found.ino())) {
                self.sizes.push((Path::new("/").join(path), found.len()));
            }
        }
        Ok(())
    }
}

/// The layer right below this one, in some node or display.
fn lower_layer<'a>(image: &'a LabImage, root: &Path) -> Option<&'a Path> {
    let find = |layers: &'a Vec<PathBuf>| {
        let at = layers.iter().position(|layer| layer == root)?;
        layers.get(at.checked_sub(1)?).map(PathBuf::as_path)
    };
    let roots = image.nodes.values().chain([&image.display]);
    roots.into_iter().find_map(find)
}

/// Packages that this layer installs, with their versions: what its dpkg knows more than the one
/// below it.
fn versions(root: &Path, below: Option<&Path>) -> BTreeMap<String, String> {
    let mut versions = dpkg_status(root);
    for (name, version) in below.map(dpkg_status).unwrap_or_default() {
        if versions.get(&name) == Some(&version) {
            versions.remove(&name);
        }
    }
    versions
}

pub(crate) fn dpkg_status(root: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(root.join("var/lib/dpkg/status")).unwrap_or_default();
    let mut packages = BTreeMap::new();
    for stanza in text.split("\n\n") {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name));
        if let (Some(name), Some(version)) = (field("Package: "), field("Version: ")) {
            packages.insert(name.to_owned(), version.to_owned());
        }
    }
    packages
}

/// Which package each file belongs to. dpkg names files as the package does, so that a file of a
/// merged `/usr` may stand there as `/bin/ls`.
fn owners(root: &Path, versions: &BTreeMap<String, String>) -> HashMap<PathBuf, String> {
    let mut owners = HashMap::new();
    let Ok(lists) = fs::read_dir(root.join("var/lib/dpkg/info")) else {
        return owners;
    };
    for list in lists.flatten() {
        let name = list.file_name().to_string_lossy().into_owned();
        let Some(package) = name.strip_suffix(".list") else {
            continue;
        };
        let package = package.split(':').next().unwrap_or(package).to_owned();
        if !versions.contains_key(&package) {
            continue;
        }
        for file in fs::read_to_string(list.path()).unwrap_or_default().lines() {
            owners.insert(merged(file), package.clone());
        }
    }
    owners
}

fn merged(file: &str) -> PathBuf {
    const MERGED: [&str; 4] = ["/bin/", "/sbin/", "/lib/", "/lib64/"];
    if MERGED.iter().any(|top| file.starts_with(top)) {
        return PathBuf::from(format!("/usr{file}"));
    }
    PathBuf::from(file)
}
