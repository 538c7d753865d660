//! `offline.json`: every file of an exported folder, and whether a folder still has them all.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::web::WithPath;
use crate::failure::{Explain, Failure, Outcome};

/// Every file of the folder with its digest; also the mark that an export made the folder.
pub const LIST: &str = "offline.json";
/// Version of the list's form.
const VERSION: u32 = 1;
/// Damaged files that are named; the others are counted.
const NAMED: usize = 5;

/// What `offline.json` says.
#[derive(Debug, Serialize, Deserialize)]
pub struct List {
    labwright: u32,
    /// The lab's name.
    pub lab: String,
    /// Another one for every other content.
    pub version: String,
    /// Of all files together.
    pub bytes: u64,
    /// All but the list itself.
    pub files: Vec<Listed>,
}

/// One file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Listed {
    /// Its path in the folder, with `/`.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl List {
    /// A list of what was made.
    pub fn new(lab: &str, version: String, files: Vec<Listed>) -> Self {
        Self {
            labwright: VERSION,
            lab: lab.to_owned(),
            version,
            bytes: files.iter().map(|file| file.bytes).sum(),
            files,
        }
    }

    /// Reads that of an exported folder.
    pub fn read(folder: &Path) -> Outcome<Self> {
        let path = folder.join(LIST);
        let json = fs::read(&path).with_path("reading", &path)?;
        let list: Self = serde_json::from_slice(&json)
            .with_path("reading", &path)
            .hint("the folder is damaged: copy or export it again")?;
        if list.labwright == VERSION {
            return Ok(list);
        }
        let words = format!("{} is of another version of this program", path.display());
        Err(Failure::new(words).hint("export the lab again"))
    }

    /// Says which files are missing, or are of another size than they should be.
    pub fn must_be_whole(&self, folder: &Path) -> Outcome {
        let real = fs::canonicalize(folder).with_path("finding", folder)?;
        let mut damaged: Vec<String> = self
            .files
            .iter()
            .filter_map(|listed| listed.damage(&real))
            .collect();
        if damaged.is_empty() {
            return Ok(());
        }
        let count = damaged.len();
        damaged.truncate(NAMED);
        if count > NAMED {
            damaged.push(format!("and {} more", count - NAMED));
        }
        let mut failure = Failure::new(format!("{} is damaged", folder.display()))
            .hint("copy the folder again from where it was made, or export it again");
        failure.causes.push(damaged.join("\n"));
        Err(failure)
    }

    /// Every path that there is, the list's own among them.
    pub fn paths(self) -> BTreeSet<String> {
        let files = self.files.into_iter().map(|listed| listed.file);
        files.chain([LIST.to_owned()]).collect()
    }
}

impl Listed {
    /// What is wrong with the file in this folder, whose own path is free of links.
    fn damage(&self, folder: &Path) -> Option<String> {
        let Self { file, bytes, .. } = self;
        let mut parts = Path::new(file).components();
        if !parts.all(|part| matches!(part, Component::Normal(_))) {
            return Some(format!("{file} is not a path in the folder"));
        }
        let path: PathBuf = folder.join(file);
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Some(format!("{file} is missing"));
            }
            Err(error) => return Some(format!("{file} cannot be read: {error}")),
        };
        // A link, in any part of its path, may lead out of the folder.
        let is_here = fs::canonicalize(&path).is_ok_and(|real| real == path);
        if !found.is_file() || !is_here {
            return Some(format!("{file} is not an ordinary file"));
        }
        let has = found.len();
        (has != *bytes).then(|| format!("{file} has {has} bytes instead of {bytes}"))
    }
}
