//! The acted files of a machine. They outlive its agent and end with the machine.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use labwright_model::NodeName;

use super::lock;

/// The files of one node by absolute path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// The files of all nodes of a machine; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<BTreeMap<NodeName, Files>>>);

impl Disk {
    pub(crate) fn files(&self, node: &NodeName) -> Files {
        lock(&self.0).get(node).cloned().unwrap_or_default()
    }

    pub(crate) fn read(&self, node: &NodeName, path: &str) -> Option<Vec<u8>> {
        lock(&self.0).get(node)?.get(path).cloned()
    }

    pub(crate) fn write(&self, node: &NodeName, path: &str, bytes: &[u8]) {
        let mut disk = lock(&self.0);
        let files = disk.entry(node.clone()).or_default();
        files.insert(path.to_owned(), bytes.to_vec());
    }

    pub(crate) fn remove(&self, node: &NodeName, path: &str) -> bool {
        let mut disk = lock(&self.0);
        disk.get_mut(node)
            .is_some_and(|files| files.remove(path).is_some())
    }

    /// Throws a node's files away, or those of all nodes.
    pub(crate) fn clear(&self, node: Option<&NodeName>) {
        let mut disk = lock(&self.0);
        match node {
            Some(node) => drop(disk.remove(node)),
            None => disk.clear(),
        }
    }
}
