//! Notices that a lab folder changed, by looking: it also works on shared folders, where the
//! kernel tells nothing.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the folder is looked at.
const EVERY: Duration = Duration::from_millis(400);
/// Files that are looked at; a lab with more changes unseen.
const MAX_FILES: usize = 20_000;

/// A folder and how it was when it was last told.
pub struct Watch {
    folder: PathBuf,
    told: u64,
}

impl Watch {
    /// Watches from now on.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            told: look(folder),
        }
    }

    /// Completes when the folder has changed and is still for a moment.
    pub async fn changed(&mut self) {
        let mut before = self.told;
        loop {
            tokio::time::sleep(EVERY).await;
            let folder = self.folder.clone();
            let now = tokio::task::spawn_blocking(move || look(&folder))
                .await
                .unwrap_or(before);
            // An editor writes in several steps: two looks must agree.
            if now == before && now != self.told {
                self.told = now;
                return;
            }
            before = now;
        }
    }
}

/// A number that differs when a file came, went or was written.
fn look(folder: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut folders = vec![folder.to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        paths.sort();
        for path in paths {
            let Ok(about) = path.symlink_metadata() else {
                continue;
            };
            seen += 1;
            if seen > MAX_FILES {
                return hasher.finish();
            }
            path.hash(&mut hasher);
            if about.is_dir() {
                folders.push(path);
            } else {
                (about.len(), about.modified().ok()).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_written_file_is_noticed_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("steps")).unwrap();
        let mut watch = Watch::new(folder.path());
        std::fs::write(folder.path().join("steps/1.md"), "# One").unwrap();
        let limit = Duration::from_secs(5);
        tokio::time::timeout(limit, watch.changed()).await.unwrap();
        let again = tokio::time::timeout(Duration::from_secs(2), watch.changed()).await;
        assert!(again.is_err());
    }
}
