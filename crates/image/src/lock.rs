//! `lab.lock`: the exact packages and layers of a lab, so that it is built the same everywhere.
//!
//! A lock pins each layer by the digest of its content. A layer that a store has is taken as it
//! is; one that must be made anew is compared, and the build fails when it came out otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::build::{must_be_root, obtain_all, on_a_thread, records_below};
use crate::digest::Hashing;
use crate::pack::pack;
use crate::size::dpkg_status;
use crate::{
    Architecture, Digest, ImageError, Inputs, LayerPlan, Plan, Progress, Recipe, Record, Store,
    make,
};

/// Its name in the lab folder.
pub const LOCK_FILE: &str = "lab.lock";
/// Version of its format.
const FORMAT: u32 = 1;
/// Most differences that are shown.
const SHOWN: usize = 20;

/// What `lab.lock` holds, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Version of this format.
    pub labwright: u32,
    /// The layers of all nodes.
    pub layers: Vec<LockedLayer>,
}

/// A layer as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedLayer {
    /// Digest of what went into it.
    pub key: Digest,
    /// What it is, for people.
    pub title: String,
    /// Digest of its tar stream.
    pub diff_id: Digest,
    /// What its programs run on.
    #[serde(default, skip_serializing_if = "Architecture::is_host")]
    pub architecture: Architecture,
    /// Versions of the packages that it installs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: BTreeMap<String, String>,
    /// Files that came out otherwise when it was made a second time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub varies: Vec<String>,
}

impl Lock {
    /// Reads the lock of a lab folder.
    pub fn read(folder: &Path) -> Result<Self, ImageError> {
        let path = folder.join(LOCK_FILE);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ImageError::NoLock { path });
            }
            other => other.map_err(ImageError::file("read", &path))?,
        };
        let lock: Self =
            serde_json::from_slice(&text).map_err(|error| ImageError::damaged(&path, error))?;
        if lock.labwright == FORMAT {
            return Ok(lock);
        }
        Err(ImageError::damaged(&path, "it is of another version"))
    }

    /// Takes over the layers of other architectures from an older lock of the same lab.
    pub fn keeping_others_of(mut self, old: Self, architecture: Architecture) -> Self {
        let others = old.layers.into_iter();
        let others = others.filter(|layer| layer.architecture != architecture);
        self.layers.extend(others);
        // The host's own first, whatever was locked last.
        self.layers
            .sort_by_key(|layer| !layer.architecture.is_host());
        self
    }

    /// Its text.
    pub fn text(&self) -> Result<String, ImageError> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n")
            .map_err(|error| ImageError::damaged(Path::new(LOCK_FILE), error))
    }
}

impl Plan {
    /// The plan that gives exactly what was locked.
    pub fn locked(mut self, lock: &Lock) -> Result<Self, ImageError> {
        for layer in &mut self.layers {
            if matches!(layer.recipe, Recipe::Assets { .. }) {
                continue;
            }
            let found = lock.layers.iter().find(|locked| locked.key == layer.key);
            let Some(locked) = found else {
                return Err(ImageError::NotLocked {
                    layer: layer.title.clone(),
                });
            };
            layer.locked = Some(locked.clone());
        }
        Ok(self)
    }
}

/// Builds what is missing of a plan and says what its lock is. Every setup is run a second time,
/// to see which of its files vary.
pub fn lock(
    inputs: &Inputs,
    plan: &Plan,
    store: &Store,
    progress: &mut dyn Progress,
) -> Result<Lock, ImageError> {
    must_be_root()?;
    let _lock = store.lock(progress)?;
    let records = obtain_all(inputs, plan, store, progress)?;
    let mut layers = Vec::new();
    for (layer, record) in plan.layers.iter().zip(&records) {
        if matches!(layer.recipe, Recipe::Assets { .. }) {
            continue;
        }
        let below = records_below(layer, &records);
        let varies = match &layer.recipe {
            Recipe::Node { setup: Some(_), .. } => {
                varying(layer, &below, record, inputs, store, progress)?
            }
            _ => Vec::new(),
        };
        layers.push(LockedLayer {
            key: layer.key.clone(),
            title: layer.title.clone(),
            diff_id: record.diff_id.clone(),
            architecture: plan.architecture,
            packages: packages(record, &below, store),
            varies,
        });
    }
    Ok(Lock {
        labwright: FORMAT,
        layers,
    })
}

/// Fails when a layer that was made now is not the locked one.
pub(crate) fn must_match(
    layer: &LayerPlan,
    below: &[&Record],
    made: &Record,
    store: &Store,
) -> Result<(), ImageError> {
    let Some(locked) = &layer.locked else {
        return Ok(());
    };
    if locked.diff_id == made.diff_id {
        return Ok(());
    }
    let now = packages(made, below, store);
    let names: BTreeSet<&String> = now.keys().chain(locked.packages.keys()).collect();
    let version = |of: &BTreeMap<String, String>, name: &String| {
        of.get(name).cloned().unwrap_or_else(|| "none".to_owned())
    };
    let mut lines = Vec::new();
    for name in names {
        let (was, is) = (version(&locked.packages, name), version(&now, name));
        if was != is && lines.len() < SHOWN {
            lines.push(format!("  {name}: {was} was locked, {is} came"));
        }
    }
    lines.extend(
        locked
            .varies
            .iter()
            .map(|file| format!("  {file} varies from build to build")),
    );
    if lines.is_empty() {
        lines.push("  the same packages, but other files".to_owned());
    }
    Err(ImageError::LockDiffers {
        layer: layer.title.clone(),
        words: lines.join("\n"),
    })
}

/// Packages that a layer installs, or changes the version of.
fn packages(record: &Record, below: &[&Record], store: &Store) -> BTreeMap<String, String> {
    let mut packages = dpkg_status(&store.layer(&record.diff_id));
    for lower in below {
        for (name, version) in dpkg_status(&store.layer(&lower.diff_id)) {
            if packages.get(&name) == Some(&version) {
                packages.remove(&name);
            }
        }
    }
    packages
}

/// Makes a layer a second time and names what differs from the first.
fn varying(
    layer: &LayerPlan,
    below: &[&Record],
    first: &Record,
    inputs: &Inputs,
    store: &Store,
    progress: &mut dyn Progress,
) -> Result<Vec<String>, ImageError> {
    let second = on_a_thread(&layer.key, progress, |news| {
        let (root, options) = make::folder(layer, below, inputs, store, news)?;
        let path = store.work().join("second.tar");
        let file = fs::File::create(&path).map_err(ImageError::file("write", &path))?;
        pack(&root, options, io::BufWriter::new(file))?;
        Ok(path)
    })?;
    let blob = store.blob(&first.blob);
    let file = fs::File::open(&blob).map_err(ImageError::file("read", &blob))?;
    let plain = zstd::Decoder::new(file).map_err(ImageError::file("read", &blob))?;
    let one = contents(plain).map_err(ImageError::file("read", &blob))?;
    let file = fs::File::open(&second).map_err(ImageError::file("read", &second))?;
    let two = contents(io::BufReader::new(file)).map_err(ImageError::file("read", &second))?;
    let names: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
    let differs = |name: &&&String| one.get(**name) != two.get(**name);
    Ok(names
        .iter()
        .filter(differs)
        .map(ToString::to_string)
        .collect())
}

/// The digest of each entry's header and content.
fn contents(archive: impl Read) -> io::Result<BTreeMap<String, Digest>> {
    let mut contents = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let entry = entry?;
        let name = format!("/{}", entry.path()?.display());
        let mut whole = Sha256::new_with_prefix(entry.header().as_bytes());
        let mut hashing = Hashing::new(entry);
        io::copy(&mut hashing, &mut io::sink())?;
        whole.update(hashing.finish().1.hex());
        contents.insert(name, Digest::from_hasher(whole));
    }
    Ok(contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(layers: &[(&str, Architecture)]) -> Lock {
        let layers = layers.iter().map(|(title, architecture)| LockedLayer {
            key: Digest::of(title.as_bytes()),
            title: (*title).to_owned(),
            diff_id: Digest::of(b""),
            architecture: *architecture,
            packages: BTreeMap::new(),
            varies: Vec::new(),
        });
        Lock {
            labwright: FORMAT,
            layers: layers.collect(),
        }
    }

    #[test]
    fn locking_one_architecture_leaves_the_others_locked() {
        let (host, i386) = (Architecture::Host, Architecture::I386);
        let old = lock(&[("base", host), ("old", i386)]);
        let new = lock(&[("new", i386)]).keeping_others_of(old, i386);
        assert_eq!(new, lock(&[("base", host), ("new", i386)]));
        let again: Lock = serde_json::from_str(&new.text().unwrap()).unwrap();
        assert_eq!(again, new);
    }
}
