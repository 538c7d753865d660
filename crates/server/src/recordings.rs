//! Recordings of displays in the state folder: made when the operator wants them, bounded, and
//! the old ones deleted. Their format is the gateway's.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use labwright_gateway::recording::{MAGIC, Part};
use labwright_model::SessionId;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;

use crate::clock::now;
use crate::config::Config;
use crate::limits::{MAX_RECORDING_BYTES, RECORDING_PARTS_WAITING, RECORDINGS_DAYS, RECORDINGS_GB};

/// What is recorded, and for how long.
#[derive(Debug)]
pub(crate) struct Recordings {
    folder: PathBuf,
    on: bool,
    bytes: u64,
    keep: Duration,
}

/// One that is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    modified: SystemTime,
    path: PathBuf,
    bytes: u64,
}

impl Recordings {
    /// As the operator wants them.
    pub(crate) fn new(config: &Config, state: &Path) -> Self {
        let limits = &config.limits;
        let days = limits.recordings_days.unwrap_or(RECORDINGS_DAYS);
        Self {
            folder: state.join("displays"),
            on: config.record_displays,
            bytes: u64::from(limits.recordings_gb.unwrap_or(RECORDINGS_GB)) << 30,
            keep: Duration::from_secs(u64::from(days) * 24 * 60 * 60),
        }
    }

    /// Begins a recording, if there are to be any; what goes in there is kept.
    pub(crate) fn begin(&self, session: &SessionId, app: &str) -> Option<mpsc::Sender<Part>> {
        if !self.on {
            return None;
        }
        let folder = self.folder.join(session.as_str()).join(app);
        let path = folder.join(format!("{}.fbs", now()));
        let file = match create(&folder, &path) {
            Ok(file) => tokio::fs::File::from_std(file),
            Err(error) => {
                tracing::error!(session.id = session.as_str(), app, %error, "a display is not recorded");
                return None;
            }
        };
        let (parts, to_write) = mpsc::channel(RECORDING_PARTS_WAITING);
        tokio::spawn(async move {
            if let Err(error) = write(file, to_write).await {
                tracing::error!(recording = %path.display(), %error, "a recording ended early");
            }
        });
        Some(parts)
    }

    /// Deletes what is too old, then the oldest until the rest is not too much.
    pub(crate) fn prune(&self) -> io::Result<()> {
        let mut kept = Vec::new();
        find(&self.folder, 0, &mut kept)?;
        for old in too_many(kept, self.bytes, SystemTime::now() - self.keep) {
            std::fs::remove_file(&old.path)?;
            // Folders that are empty now; others stay.
            for folder in old.path.ancestors().skip(1).take(2) {
                let _ = std::fs::remove_dir(folder);
            }
        }
        Ok(())
    }
}

fn create(folder: &Path, path: &Path) -> io::Result<std::fs::File> {
    let mut folders = std::fs::DirBuilder::new();
    folders.recursive(true).mode(0o700).create(folder)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

async fn write(mut file: tokio::fs::File, mut parts: mpsc::Receiver<Part>) -> io::Result<()> {
    let mut batch = Vec::new();
    let mut bytes = MAGIC.to_vec();
    let mut written = 0;
    loop {
        for part in batch.drain(..) {
            Part::write(&part, &mut bytes)?;
        }
        written += bytes.len() as u64;
        file.write_all(&bytes).await?;
        file.flush().await?;
        bytes.clear();
        if written > MAX_RECORDING_BYTES {
            return Err(io::Error::other("it is too long"));
        }
        if parts.recv_many(&mut batch, RECORDING_PARTS_WAITING).await == 0 {
            return Ok(());
        }
    }
}

/// All recordings: files two folders deep.
fn find(folder: &Path, depth: usize, kept: &mut Vec<Kept>) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let about = entry.metadata()?;
        if about.is_dir() && depth < 2 {
            find(&entry.path(), depth + 1, kept)?;
        } else if about.is_file() {
            kept.push(Kept {
                modified: about.modified()?,
                path: entry.path(),
                bytes: about.len(),
            });
        }
    }
    Ok(())
}

/// Those that have to go, the oldest first.
fn too_many(mut kept: Vec<Kept>, bytes: u64, oldest: SystemTime) -> Vec<Kept> {
    kept.sort();
    let mut all: u64 = kept.iter().map(|kept| kept.bytes).sum();
    kept.retain(|kept| {
        let goes = kept.modified < oldest || all > bytes;
        if goes {
            all -= kept.bytes;
        }
        goes
    });
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first() {
        let at = |days: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400);
        let kept = |days, bytes| Kept {
            modified: at(days),
            path: PathBuf::from(format!("{days}.fbs")),
            bytes,
        };
        let check = |bytes, oldest, gone: &[u64]| {
            let all = vec![kept(9, 10), kept(3, 10), kept(7, 100), kept(5, 10)];
            let names: Vec<u64> = too_many(all, bytes, at(oldest))
                .iter()
                .map(|kept| kept.modified.duration_since(at(0)).unwrap().as_secs() / 86_400)
                .collect();
            assert_eq!(names, gone);
        };
        check(130, 0, &[]);
        check(129, 0, &[3]);
        check(100, 0, &[3, 5, 7]);
        check(1000, 6, &[3, 5]);
        check(0, 0, &[3, 5, 7, 9]);
    }
}
