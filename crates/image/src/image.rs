//! A lab image as places and sessions use it: the lab, and where its layers lie unpacked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use labwright_model::{Lab, LabName, NodeName};
use oci_spec::image::{Descriptor, ImageConfiguration, ImageIndex};

use crate::{Architecture, Digest, ImageError, Store, oci};

/// A built lab.
#[derive(Debug, Clone, PartialEq)]
pub struct LabImage {
    /// Digest of its image index; equal images have equal digests.
    pub digest: Digest,
    /// The lab.
    pub lab: Lab,
    /// Unpacked layers of each node, lowest first.
    pub nodes: BTreeMap<NodeName, Vec<PathBuf>>,
    /// Unpacked layers of its displays, lowest first; empty when it has no desktop.
    pub display: Vec<PathBuf>,
    /// Unpacked layers of the machine itself, lowest first; empty where a place brings one.
    pub machine: Vec<PathBuf>,
    /// The folder that holds what the lab folder has under `assets/`.
    pub assets: PathBuf,
    /// Every distinct layer.
    pub layers: Vec<LayerInfo>,
}

/// A layer of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerInfo {
    /// What it is, for people.
    pub title: String,
    /// The key under which it was built.
    pub key: String,
    /// Digest of its tar stream.
    pub diff_id: Digest,
    /// Digest of its blob.
    pub blob: Digest,
    /// Bytes of its blob.
    pub blob_bytes: u64,
    /// Nodes that have it; empty for assets.
    pub nodes: Vec<NodeName>,
    /// The displays have it.
    pub display: bool,
}

impl LabImage {
    /// Loads a lab's image for this host from the store.
    pub fn load(store: &Store, name: &LabName) -> Result<Self, ImageError> {
        Self::load_for(store, name, Architecture::Host)
    }

    /// Loads a lab's image for an architecture from the store.
    pub fn load_for(
        store: &Store,
        name: &LabName,
        architecture: Architecture,
    ) -> Result<Self, ImageError> {
        let wanted = oci::ref_name(name, architecture);
        let entry = oci::labs(store)?
            .into_iter()
            .find_map(|(found, entry)| (found == wanted).then_some(entry))
            .ok_or_else(|| ImageError::NoImage {
                name: name.to_string(),
                store: store.images(),
            })?;
        let digest = oci::digest_of(&entry, &store.images())?;
        let index: ImageIndex = oci::read(&store.blob(&digest))?;
        let mut loading = Loading {
            store,
            name,
            nodes: BTreeMap::new(),
            display: Vec::new(),
            machine: Vec::new(),
            layers: Vec::new(),
        };
        let mut artifact = None;
        for entry in index.manifests() {
            match oci::annotation(entry, oci::NODE) {
                Some(node) => loading.node(entry, &node)?,
                None if oci::annotation(entry, oci::DISPLAY).is_some() => {
                    loading.display = loading.root(entry, &Owner::Display)?;
                }
                None if oci::annotation(entry, oci::MACHINE).is_some() => {
                    loading.machine = loading.root(entry, &Owner::Machine)?;
                }
                None => artifact = Some(entry),
            }
        }
        let artifact = artifact.ok_or_else(|| {
            ImageError::damaged(&store.blob(&digest), "it has no manifest of the lab itself")
        })?;
        let (lab, assets) = loading.artifact(artifact)?;
        Ok(Self {
            digest,
            lab,
            nodes: loading.nodes,
            display: loading.display,
            machine: loading.machine,
            assets,
            layers: loading.layers,
        })
    }

    /// Bytes of all its blobs: what a registry or a download would carry.
    pub fn blob_bytes(&self) -> u64 {
        self.layers.iter().map(|layer| layer.blob_bytes).sum()
    }
}

impl Store {
    /// The names of all labs that have an image, sorted.
    pub fn labs(&self) -> Result<Vec<LabName>, ImageError> {
        let mut names = Vec::new();
        for (name, _) in oci::labs(self)? {
            // The same lab, for another architecture.
            if name.contains('.') {
                continue;
            }
            let name = LabName::new(name)
                .map_err(|error| ImageError::damaged(&self.images().join("index.json"), error))?;
            names.push(name);
        }
        names.sort();
        Ok(names)
    }
}

impl LayerInfo {
    fn add(&mut self, owner: &Owner) {
        match owner {
            Owner::Node(node) => self.nodes.push(node.clone()),
            Owner::Display => self.display = true,
            Owner::Machine | Owner::Assets => {}
        }
    }
}

struct Loading<'a> {
    store: &'a Store,
    name: &'a LabName,
    nodes: BTreeMap<NodeName, Vec<PathBuf>>,
    display: Vec<PathBuf>,
    machine: Vec<PathBuf>,
    layers: Vec<LayerInfo>,
}

/// Whose a layer is.
enum Owner {
    Node(NodeName),
    Display,
    Machine,
    Assets,
}

impl Loading<'_> {
    fn node(&mut self, entry: &Descriptor, node: &str) -> Result<(), ImageError> {
        let node = NodeName::new(node)
            .map_err(|error| ImageError::damaged(&self.store.images(), error))?;
        let folders = self.root(entry, &Owner::Node(node.clone()))?;
        self.nodes.insert(node, folders);
        Ok(())
    }

    /// The layers of a root file system.
    fn root(&mut self, entry: &Descriptor, owner: &Owner) -> Result<Vec<PathBuf>, ImageError> {
        let manifest = oci::manifest(self.store, entry)?;
        let config = self
            .store
            .blob(&oci::digest_of(manifest.config(), &self.store.images())?);
        let image: ImageConfiguration = oci::read(&config)?;
        let mut folders = Vec::new();
        for (layer, diff_id) in manifest.layers().iter().zip(image.rootfs().diff_ids()) {
            let diff_id: Digest = diff_id
                .parse()
                .map_err(|error| ImageError::damaged(&config, error))?;
            folders.push(self.layer(layer, diff_id, owner)?);
        }
        Ok(folders)
    }

    fn artifact(&mut self, entry: &Descriptor) -> Result<(Lab, PathBuf), ImageError> {
        let manifest = oci::manifest(self.store, entry)?;
        let path = self
            .store
            .blob(&oci::digest_of(manifest.config(), &self.store.images())?);
        let lab: Lab = oci::read(&path)?;
        let damaged = || ImageError::damaged(&path, "it has no layer of assets");
        let layer = manifest.layers().first().ok_or_else(damaged)?;
        let key = oci::annotation(layer, oci::LAYER_KEY).and_then(|key| key.parse().ok());
        let record = key
            .and_then(|key| self.store.record(&key))
            .ok_or_else(damaged)?;
        let folder = self.layer(layer, record.diff_id, &Owner::Assets)?;
        Ok((lab, folder))
    }

    fn layer(
        &mut self,
        entry: &Descriptor,
        diff_id: Digest,
        owner: &Owner,
    ) -> Result<PathBuf, ImageError> {
        let folder = self.store.layer(&diff_id);
        if !folder.is_dir() {
            return Err(ImageError::NoLayer {
                name: self.name.to_string(),
                digest: diff_id,
            });
        }
        if let Some(known) = self
            .layers
            .iter_mut()
            .find(|layer| layer.diff_id == diff_id)
        {
            known.add(owner);
            return Ok(folder);
        }
        let mut info = LayerInfo {
            title: oci::annotation(entry, oci::LAYER_TITLE).unwrap_or_default(),
            key: oci::annotation(entry, oci::LAYER_KEY).unwrap_or_default(),
            diff_id,
            blob: oci::digest_of(entry, &self.store.images())?,
            blob_bytes: entry.size(),
            nodes: Vec::new(),
            display: false,
        };
        info.add(owner);
        self.layers.push(info);
        Ok(folder)
    }
}
