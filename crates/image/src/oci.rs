//! The OCI side of a lab image (OCI image spec 1.1: image-layout.md, image-index.md, manifest.md).
//!
//! `index.json` names one image index per lab. In it are one image manifest per node (annotation
//! `labwright.node`), so that any tool can run a node, one of the displays where there are desktops
//! (`labwright.display`), and one artifact whose config is the
//! compiled lab and whose layer holds the assets.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use labwright_model::{Lab, LabName};
use oci_spec::image::{
    Config, ConfigBuilder, Descriptor, DescriptorBuilder, ImageConfigurationBuilder, ImageIndex,
    ImageIndexBuilder, ImageManifest, ImageManifestBuilder, MediaType, Os, PlatformBuilder,
    RootFsBuilder, Sha256Digest,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Architecture, Digest, ImageError, Plan, Record, Store};

/// Marks the manifest of a node; its value is the node's name.
pub const NODE: &str = "labwright.node";
/// Marks the manifest of the displays.
pub const DISPLAY: &str = "labwright.display";
/// Marks the manifest of the machine itself.
pub const MACHINE: &str = "labwright.machine";
/// Key under which a layer was built.
pub const LAYER_KEY: &str = "labwright.layer.key";
/// What a layer is, for people.
pub const LAYER_TITLE: &str = "org.opencontainers.image.title";
/// Name of a lab's image (OCI image spec, annotations.md).
pub const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// Type of the artifact, and of its config, which is the lab as JSON.
pub const LAB_TYPE: &str = "application/vnd.labwright.lab.v1+json";

const LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// Writes the image of a lab and makes `index.json` name it.
pub fn write_lab(
    store: &Store,
    lab: &Lab,
    plan: &Plan,
    records: &[Record],
) -> Result<Digest, ImageError> {
    let find = |key: &Digest| records.iter().find(|record| &record.key == key);
    let mut manifests = Vec::new();
    for (node, keys) in &plan.nodes {
        let layers: Vec<&Record> = keys.iter().filter_map(find).collect();
        let user = lab.nodes.get(node).map_or("root", |node| &node.user);
        let mark = (NODE, node.as_str());
        manifests.push(write_root(store, plan.architecture, user, mark, &layers)?);
    }
    for (keys, mark) in [(&plan.display, DISPLAY), (&plan.machine, MACHINE)] {
        let layers: Vec<&Record> = keys.iter().filter_map(find).collect();
        if !layers.is_empty() {
            let mark = (mark, "true");
            manifests.push(write_root(store, plan.architecture, "root", mark, &layers)?);
        }
    }
    let assets: Vec<&Record> = find(&plan.assets).into_iter().collect();
    manifests.push(write_artifact(store, lab, &assets)?);
    let index = ImageIndexBuilder::default()
        .schema_version(2u32)
        .media_type(MediaType::ImageIndex)
        .manifests(manifests)
        .build()
        .map_err(|error| invalid(store, error))?;
    let (digest, bytes) = put(store, &index)?;
    let mut entry = descriptor(store, MediaType::ImageIndex, &digest, bytes)?;
    let name = ref_name(&lab.name, plan.architecture);
    entry.set_annotations(Some(HashMap::from([(REF_NAME.to_owned(), name.clone())])));
    name_in_index(store, &name, entry)?;
    Ok(digest)
}

/// The name of a lab's image for an architecture. No lab's own name has a dot.
pub fn ref_name(lab: &LabName, architecture: Architecture) -> String {
    format!("{lab}{}", architecture.suffix())
}

/// Every image's name and the descriptor of its image.
pub fn labs(store: &Store) -> Result<Vec<(String, Descriptor)>, ImageError> {
    let path = store.images().join("index.json");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let index: ImageIndex = read(&path)?;
    let named = |entry: &Descriptor| annotation(entry, REF_NAME).map(|name| (name, entry.clone()));
    Ok(index.manifests().iter().filter_map(named).collect())
}

/// Drops labs, for all architectures, from `index.json`.
pub fn forget(store: &Store, drop: impl Fn(&str) -> bool) -> Result<(), ImageError> {
    let kept = labs(store)?
        .into_iter()
        .filter(|(name, _)| !drop(name.split('.').next().unwrap_or(name)))
        .map(|(_, entry)| entry);
    write_index(store, kept.collect())
}

/// An annotation of a descriptor.
pub fn annotation(entry: &Descriptor, key: &str) -> Option<String> {
    entry.annotations().as_ref()?.get(key).cloned()
}

/// A descriptor's digest.
pub fn digest_of(entry: &Descriptor, path: &Path) -> Result<Digest, ImageError> {
    entry
        .digest()
        .to_string()
        .parse()
        .map_err(|error: crate::digest::DigestError| ImageError::damaged(path, error))
}

/// Reads a document of the store.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ImageError> {
    let text = fs::read(path).map_err(ImageError::file("read", path))?;
    serde_json::from_slice(&text).map_err(|error| ImageError::damaged(path, error))
}

/// Reads the manifest that a descriptor names.
pub fn manifest(store: &Store, entry: &Descriptor) -> Result<ImageManifest, ImageError> {
    read(&store.blob(&digest_of(entry, &store.images())?))
}

/// Writes the manifest of a root file system, marked by an annotation.
fn write_root(
    store: &Store,
    architecture: Architecture,
    user: &str,
    (mark, value): (&str, &str),
    layers: &[&Record],
) -> Result<Descriptor, ImageError> {
    let config: Config = ConfigBuilder::default()
        .user(user)
        .cmd(vec!["/bin/bash".to_owned()])
        .build()
        .map_err(|error| invalid(store, error))?;
    let diff_ids: Vec<String> = layers
        .iter()
        .map(|layer| layer.diff_id.to_string())
        .collect();
    let rootfs = RootFsBuilder::default()
        .typ("layers")
        .diff_ids(diff_ids)
        .build()
        .map_err(|error| invalid(store, error))?;
    let image = ImageConfigurationBuilder::default()
        .architecture(architecture.oci())
        .os(Os::Linux)
        .config(config)
        .rootfs(rootfs)
        .history(Vec::new())
        .build()
        .map_err(|error| invalid(store, error))?;
    let (digest, bytes) = put(store, &image)?;
    let config = descriptor(store, MediaType::ImageConfig, &digest, bytes)?;
    let manifest = ImageManifestBuilder::default()
        .schema_version(2u32)
        .media_type(MediaType::ImageManifest)
        .config(config)
        .layers(layer_descriptors(store, layers)?)
        .build()
        .map_err(|error| invalid(store, error))?;
    let (digest, bytes) = put(store, &manifest)?;
    let mut entry = descriptor(store, MediaType::ImageManifest, &digest, bytes)?;
    entry.set_annotations(Some(HashMap::from([(mark.to_owned(), value.to_owned())])));
    let platform = PlatformBuilder::default()
        .architecture(architecture.oci())
        .os(Os::Linux)
        .build();
    entry.set_platform(Some(platform.map_err(|error| invalid(store, error))?));
    Ok(entry)
}

fn write_artifact(store: &Store, lab: &Lab, assets: &[&Record]) -> Result<Descriptor, ImageError> {
    let (digest, bytes) = put(store, lab)?;
    let kind = MediaType::Other(LAB_TYPE.to_owned());
    let manifest = ImageManifestBuilder::default()
        .schema_version(2u32)
        .media_type(MediaType::ImageManifest)
        .artifact_type(kind.clone())
        .config(descriptor(store, kind.clone(), &digest, bytes)?)
        .layers(layer_descriptors(store, assets)?)
        .build()
        .map_err(|error| invalid(store, error))?;
    let (digest, bytes) = put(store, &manifest)?;
    let mut entry = descriptor(store, MediaType::ImageManifest, &digest, bytes)?;
    entry.set_artifact_type(Some(kind));
    Ok(entry)
}

fn layer_descriptors(store: &Store, layers: &[&Record]) -> Result<Vec<Descriptor>, ImageError> {
    let mut descriptors = Vec::new();
    for layer in layers {
        let mut entry = descriptor(
            store,
            MediaType::ImageLayerZstd,
            &layer.blob,
            layer.blob_bytes,
        )?;
        entry.set_annotations(Some(HashMap::from([
            (LAYER_TITLE.to_owned(), layer.title.clone()),
            (LAYER_KEY.to_owned(), layer.key.to_string()),
        ])));
        descriptors.push(entry);
    }
    Ok(descriptors)
}

fn name_in_index(store: &Store, name: &str, entry: Descriptor) -> Result<(), ImageError> {
    let others = labs(store)?.into_iter().filter(|(other, _)| other != name);
    let mut entries: Vec<_> = others.map(|(_, entry)| entry).collect();
    entries.push(entry);
    entries.sort_by_key(|entry| annotation(entry, REF_NAME));
    write_index(store, entries)
}

fn write_index(store: &Store, entries: Vec<Descriptor>) -> Result<(), ImageError> {
    let index = ImageIndexBuilder::default()
        .schema_version(2u32)
        .media_type(MediaType::ImageIndex)
        .manifests(entries)
        .build()
        .map_err(|error| invalid(store, error))?;
    store.write(&store.images().join("oci-layout"), LAYOUT.as_bytes())?;
    store.write(&store.images().join("index.json"), &json(store, &index)?)
}

fn put(store: &Store, document: &impl Serialize) -> Result<(Digest, u64), ImageError> {
    let bytes = json(store, document)?;
    Ok((store.write_blob(&bytes)?, bytes.len() as u64))
}

/// JSON with sorted keys: the library keeps annotations in hash maps, whose order would vary.
fn json(store: &Store, document: &impl Serialize) -> Result<Vec<u8>, ImageError> {
    let mut value = serde_json::to_value(document).map_err(|error| invalid(store, error))?;
    sort_annotations(&mut value);
    serde_json::to_vec(&value).map_err(|error| invalid(store, error))
}

fn sort_annotations(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                if key == "annotations"
                    && let Some(annotations) = inner.as_object_mut()
                {
                    annotations.sort_keys();
                }
                sort_annotations(inner);
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(sort_annotations),
        _ => {}
    }
}

fn descriptor(
    store: &Store,
    kind: MediaType,
    digest: &Digest,
    bytes: u64,
) -> Result<Descriptor, ImageError> {
    let digest: Sha256Digest = digest
        .hex()
        .parse()
        .map_err(|error| invalid(store, error))?;
    DescriptorBuilder::default()
        .media_type(kind)
        .digest(digest)
        .size(bytes)
        .build()
        .map_err(|error| invalid(store, error))
}

fn invalid(store: &Store, error: impl std::error::Error + Send + Sync + 'static) -> ImageError {
    ImageError::damaged(&store.images(), error)
}
