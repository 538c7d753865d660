//! Labs that learners may run in their own browser: folders that `labwright export --as web` made, one a lab.
//!
//! Read when they are asked for and again when they were replaced. It must not change anything in them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
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

/// The folder of folders of a server with this state, where the operator names none.
pub fn offers_in(state: &Path) -> PathBuf {
    state.join(IN_STATE)
}

/// All labs that are offered.
pub(crate) struct Offers {
    folder: PathBuf,
    known: Mutex<HashMap<LabName, Known>>,
}

/// A folder as it was read, or why it is none; and which one that was.
type Known = (SystemTime, Option<Arc<Offer>>);

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
    /// Digests of its files.
    files: HashMap<String, String>,
}

impl Offer {
    /// The digest of a file, if the folder lists it; of the list itself none is known.
    pub(crate) fn digest(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }
}

#[derive(Deserialize)]
struct List {
    labwright: u32,
    lab: String,
    files: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    file: String,
    sha256: String,
}

/// What matters here of a lab's file.
#[derive(Deserialize)]
struct TabLab {
    labwright: u32,
    env: BTreeMap<String, String>,
    pages: BTreeMap<String, serde_json::Value>,
}

impl Offers {
    /// The folders below `folder`, each named after its lab.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            known: Mutex::default(),
        }
    }

    /// The folder of a lab, if there is one. `true`: it was read just now.
    pub(crate) fn of(&self, lab: &LabName) -> Option<(Arc<Offer>, bool)> {
        let root = self.folder.join(lab.as_str());
        let made = fs::metadata(root.join(LIST)).and_then(|about| about.modified());
        let Ok(made) = made else {
            self.lock().remove(lab);
            return None;
        };
        if let Some((read, offer)) = self.lock().get(lab)
            && *read == made
        {
            return offer.clone().map(|offer| (offer, false));
        }
        let offer = match read(&root, lab) {
            Ok(offer) => Some(Arc::new(offer)),
            Err(error) => {
                tracing::warn!(%lab, folder = %root.display(), %error, "this folder is not offered to learners");
                None
            }
        };
        self.lock().insert(lab.clone(), (made, offer.clone()));
        offer.map(|offer| (offer, true))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<LabName, Known>> {
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
        .map(|listed| (listed.file, listed.sha256))
        .collect();
    if files.get(LAB) != Some(&made_of) {
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
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
