//! Labs that learners may run in their own browser: folders that `labwright export --as web` made, one a lab.
//!
//! Read when they are asked for and again when they were replaced. It must not change anything in them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use std::{fs, io};

use labwright_model::LabName;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// Every file of a folder with its digest.
const LIST: &str = "offline.json";
/// The lab of a folder.
const LAB: &str = "lab/lab.json";
/// Versions of both that this server understands.
const VERSION: u32 = 1;
/// What the folder of folders is called where the operator names none.
const IN_STATE: &str = "in-browser";
/// What that is called into which a server puts labs by itself.
const BY_ITSELF: &str = "offered";

/// Where a server with this state puts the labs that it offers by itself.
pub fn offers_in(state: &Path) -> PathBuf {
    state.join(BY_ITSELF)
}

/// The folders of folders of a server with this state: the operator's, then its own.
pub(crate) fn folders(configured: Option<PathBuf>, state: &Path) -> [PathBuf; 2] {
    let operators = configured.unwrap_or_else(|| state.join(IN_STATE));
    [operators, offers_in(state)]
}

/// All labs that are offered.
pub(crate) struct Offers {
    /// Folders of folders; the first one that has a lab counts.
    folders: [PathBuf; 2],
    known: Mutex<HashMap<PathBuf, Known>>,
}

/// A folder as it was read, and which one that was.
type Known = (SystemTime, Arc<Offer>);

/// A lab as a page that runs in the learner's own browser.
#[derive(Debug)]
pub(crate) struct Offer {
    /// The folder.
    pub(crate) root: PathBuf,
    /// SHA-256 of its `lab/lab.json`.
    pub(crate) made_of: String,
    /// The environment of its checks: the parameters that it was made with.
    pub(crate) env: BTreeMap<String, String>,
    /// It shows pages of the author's, or Wireshark, in frames that have no origin.
    pub(crate) has_frames: bool,
    files: HashMap<String, Listed>,
    /// What it was made with is in the database.
    remembered: AtomicBool,
}

impl Offer {
    /// What the folder lists of a file; of the list itself, nothing.
    pub(crate) fn listed(&self, path: &str) -> Option<&Listed> {
        self.files.get(path)
    }

    pub(crate) fn is_remembered(&self) -> bool {
        self.remembered.load(Ordering::Relaxed)
    }

    pub(crate) fn remember(&self) {
        self.remembered.store(true, Ordering::Relaxed);
    }
}

#[derive(Deserialize)]
struct List {
    labwright: u32,
    lab: String,
    files: Vec<Listed>,
}

/// A file of a folder.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    file: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// Its digest, in hexadecimal.
    pub(crate) sha256: String,
}

/// What matters here of a lab's file.
#[derive(Deserialize)]
struct TabLab {
    labwright: u32,
    env: BTreeMap<String, String>,
    pages: BTreeMap<String, serde_json::Value>,
}

impl Offers {
    /// The folders below these, each named after its lab.
    pub(crate) fn new(folders: [PathBuf; 2]) -> Self {
        Self {
            folders,
            known: Mutex::default(),
        }
    }

    /// The folder of a lab, if there is one.
    pub(crate) fn of(&self, lab: &LabName) -> Option<Arc<Offer>> {
        let mut roots = self.folders.iter().map(|folder| folder.join(lab.as_str()));
        roots.find_map(|root| self.at(root, lab))
    }

    fn at(&self, root: PathBuf, lab: &LabName) -> Option<Arc<Offer>> {
        let made = fs::metadata(root.join(LIST)).and_then(|about| about.modified());
        let Ok(made) = made else {
            self.lock().remove(&root);
            return None;
        };
        if let Some((read, offer)) = self.lock().get(&root)
            && *read == made
        {
            return Some(offer.clone());
        }
        // One that cannot be read is looked at again: it may be on its way.
        let offer = match read(&root, lab) {
            Ok(offer) => Arc::new(offer),
            Err(error) => {
                tracing::warn!(%lab, folder = %root.display(), %error, "this folder is not offered to learners");
                return None;
            }
        };
        self.lock().insert(root, (made, offer.clone()));
        Some(offer)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(root: &Path, lab: &LabName) -> io::Result<Offer> {
    let list: List = serde_json::from_slice(&fs::read(root.join(LIST))?)?;
    let text = fs::read(root.join(LAB))?;
    let tab: TabLab = serde_json::from_slice(&text)?;
    if list.labwright != VERSION || tab.labwright != VERSION {
        return Err(io::Error::other("it is of another version of this program"));
    }
    if list.lab != lab.as_str() {
        return Err(io::Error::other(format!("it holds the lab {}", list.lab)));
    }
    let made_of = hex(&Sha256::digest(&text));
    let files: HashMap<_, _> = list
        .files
        .into_iter()
        .map(|listed| (listed.file.clone(), listed))
        .collect();
    if files.get(LAB).is_none_or(|listed| listed.sha256 != made_of) {
        return Err(io::Error::other(
            "lab/lab.json is not the one that it lists",
        ));
    }
    Ok(Offer {
        root: root.to_owned(),
        made_of,
        has_frames: !tab.pages.is_empty() || files.keys().any(|file| file.starts_with("bundles/")),
        env: tab.env,
        files,
        remembered: AtomicBool::new(false),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
