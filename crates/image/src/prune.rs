//! Removes what no lab's image uses any more.
//!
//! A layer stays while a running machine has it mounted, or while any record under the state
//! folder names it: a session that sleeps boots from its old layers again.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use labwright_model::LabName;
use oci_spec::image::{ImageConfiguration, ImageIndex};

use crate::{Digest, ImageError, Progress, Store, oci};

/// Largest record that is searched for names of layers.
const MAX_RECORD: u64 = 4 << 20;
/// How deep records lie under the state folder.
const MAX_DEPTH: usize = 5;

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Unpacked layers.
    pub layers: Vec<Digest>,
    /// Blobs.
    pub blobs: Vec<Digest>,
    /// Bytes of the blobs.
    pub blob_bytes: u64,
}

/// Forgets the images of `labs`, then removes every blob and layer that is not in use, and what
/// apt downloaded.
pub fn prune(
    store: &Store,
    labs: &[LabName],
    progress: &mut dyn Progress,
) -> Result<Pruned, ImageError> {
    let _lock = store.lock(progress)?;
    if !labs.is_empty() {
        oci::forget(store, |name| labs.iter().any(|lab| lab.as_str() == name))?;
    }
    let used = Used::of(store)?;
    let mut pruned = Pruned::default();
    remove_records(store, &used)?;
    for digest in names(&store.images().join("blobs/sha256")) {
        if !used.blobs.contains(&digest) {
            let path = store.blob(&digest);
            pruned.blob_bytes += fs::metadata(&path)
                .map(|blob| blob.len())
                .unwrap_or_default();
            fs::remove_file(&path).map_err(ImageError::file("remove", &path))?;
            pruned.blobs.push(digest);
        }
    }
    for digest in names(&store.layers()) {
        if !used.layers.contains(&digest) {
            // Renamed first, so that nobody ever finds half a layer.
            let (path, doomed) = (store.layer(&digest), store.work().join(digest.hex()));
            fs::rename(&path, &doomed).map_err(ImageError::file("remove", &path))?;
            fs::remove_dir_all(&doomed).map_err(ImageError::file("remove", &doomed))?;
            pruned.layers.push(digest);
        }
    }
    // Packages that apt downloaded; they can be fetched again.
    let cache = store.apt_cache();
    fs::remove_dir_all(&cache).map_err(ImageError::file("remove", &cache))?;
    Ok(pruned)
}

struct Used {
    blobs: BTreeSet<Digest>,
    layers: BTreeSet<Digest>,
}

impl Used {
    fn of(store: &Store) -> Result<Self, ImageError> {
        let mut used = Self {
            blobs: BTreeSet::new(),
            layers: BTreeSet::new(),
        };
        for (_, entry) in oci::labs(store)? {
            let digest = oci::digest_of(&entry, &store.images())?;
            let index: ImageIndex = oci::read(&store.blob(&digest))?;
            used.blobs.insert(digest);
            for entry in index.manifests() {
                used.manifest(store, entry)?;
            }
        }
        for key in names(&store.records()) {
            if let Some(record) = store.record(&key)
                && used.blobs.contains(&record.blob)
            {
                used.layers.insert(record.diff_id);
            }
        }
        mounted(&mut used.layers);
        recorded(store.state(), store, 0, &mut used.layers);
        Ok(used)
    }

    fn manifest(
        &mut self,
        store: &Store,
        entry: &oci_spec::image::Descriptor,
    ) -> Result<(), ImageError> {
        let images = store.images();
        self.blobs.insert(oci::digest_of(entry, &images)?);
        let manifest = oci::manifest(store, entry)?;
        let config = oci::digest_of(manifest.config(), &images)?;
        if oci::annotation(entry, oci::NODE).is_some() {
            let image: ImageConfiguration = oci::read(&store.blob(&config))?;
            let diff_ids = image
                .rootfs()
                .diff_ids()
                .iter()
                .filter_map(|id| id.parse().ok());
            self.layers.extend(diff_ids);
        }
        self.blobs.insert(config);
        for layer in manifest.layers() {
            self.blobs.insert(oci::digest_of(layer, &images)?);
        }
        Ok(())
    }
}

fn remove_records(store: &Store, used: &Used) -> Result<(), ImageError> {
    for key in names(&store.records()) {
        let keep = store
            .record(&key)
            .is_some_and(|record| used.blobs.contains(&record.blob));
        if !keep {
            let path = store.record_path(&key);
            fs::remove_file(&path).map_err(ImageError::file("remove", &path))?;
        }
    }
    Ok(())
}

/// Digests that name the files of a folder.
fn names(folder: &Path) -> Vec<Digest> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let digest = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        name.strip_suffix(".json").unwrap_or(&name).parse().ok()
    };
    let mut names: Vec<Digest> = entries.filter_map(digest).collect();
    names.sort();
    names
}

/// Layers that some process has mounted (proc(5), mountinfo; the fourth field names the folder).
fn mounted(layers: &mut BTreeSet<Digest>) {
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Ok(mounts) = fs::read_to_string(process.path().join("mountinfo")) {
            mentioned(&mounts, layers);
        }
    }
}

/// Layers that records under the state folder name.
fn recorded(folder: &Path, store: &Store, depth: usize, layers: &mut BTreeSet<Digest>) {
    if depth > MAX_DEPTH || folder == store.images() || folder == store.layers() {
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(found) = entry.metadata() else {
            continue;
        };
        let path = entry.path();
        if found.is_dir() {
            recorded(&path, store, depth + 1, layers);
        } else if found.len() <= MAX_RECORD && path.extension().is_some_and(|end| end == "json") {
            mentioned(&fs::read_to_string(&path).unwrap_or_default(), layers);
        }
    }
}

fn mentioned(text: &str, layers: &mut BTreeSet<Digest>) {
    for rest in text.split("/layers/").skip(1) {
        layers.extend(rest.get(..64).and_then(|hex| hex.parse().ok()));
    }
}
