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
            if let Err(error) = write(&path, file, to_write, MAX_RECORDING_BYTES).await {
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
            forget(&old.path)?;
        }
        Ok(())
    }
}

/// Deletes one, and its folders when they are empty.
fn forget(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)?;
    for folder in path.ancestors().skip(1).take(2) {
        let _ = std::fs::remove_dir(folder);
    }
    Ok(())
}

/// Twice, for the folder may have gone as an empty one in between.
fn create(folder: &Path, path: &Path) -> io::Result<std::fs::File> {
    create_once(folder, path).or_else(|_| create_once(folder, path))
}

fn create_once(folder: &Path, path: &Path) -> io::Result<std::fs::File> {
    let mut folders = std::fs::DirBuilder::new();
    folders.recursive(true).mode(0o700).create(folder)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)
}

/// Writes until no more parts come; a file that is full is followed by the next.
async fn write(
    first: &Path,
    mut file: tokio::fs::File,
    mut parts: mpsc::Receiver<Part>,
    most: u64,
) -> io::Result<()> {
    let mut batch = Vec::new();
    let mut bytes = MAGIC.to_vec();
    let mut written = 0;
    let mut files = 1;
    while parts.recv_many(&mut batch, RECORDING_PARTS_WAITING).await > 0 {
        for part in batch.drain(..) {
            if written + bytes.len() as u64 >= most {
                file.write_all(&bytes).await?;
                file.flush().await?;
                files += 1;
                file = tokio::fs::File::from_std(next(first, files)?);
                bytes = MAGIC.to_vec();
                written = 0;
            }
            part.write(&mut bytes)?;
        }
        written += bytes.len() as u64;
        file.write_all(&bytes).await?;
        file.flush().await?;
        bytes.clear();
    }
    if written == 0 {
        // Nobody has looked.
        forget(first)?;
    }
    Ok(())
}

/// The file of this number: `TIME.2.fbs` follows `TIME.fbs`.
fn next(first: &Path, number: u32) -> io::Result<std::fs::File> {
    let folder = first.parent().unwrap_or(first);
    create(folder, &first.with_extension(format!("{number}.fbs")))
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

    #[tokio::test]
    async fn what_passes_is_kept_and_goes_when_it_is_old() {
        use std::os::unix::fs::PermissionsExt as _;

        let state = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        let session = SessionId::new("s-1").unwrap();
        let off = Recordings::new(&config, state.path());
        assert!(off.begin(&session, "app-1").is_none());
        config.record_displays = true;
        let on = Recordings::new(&config, state.path());
        let part = Part {
            at_ms: 7,
            bytes: bytes::Bytes::from_static(b"RFB 003.008\n"),
        };
        let parts = on.begin(&session, "app-1").unwrap();
        parts.send(part.clone()).await.unwrap();
        // Another, at which nobody looks.
        drop(on.begin(&session, "app-2").unwrap());
        drop(parts);
        let mut kept = Vec::new();
        while kept.len() != 1 || kept.iter().any(|kept: &Kept| kept.bytes < 32) {
            tokio::time::sleep(Duration::from_millis(5)).await;
            kept.clear();
            find(&on.folder, 0, &mut kept).unwrap();
        }
        let file = std::fs::File::open(&kept[0].path).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let read: Result<Vec<Part>, _> = labwright_gateway::recording::Replay::new(file).collect();
        assert_eq!(read.unwrap(), [part]);

        on.prune().unwrap();
        assert!(kept[0].path.exists());
        config.limits.recordings_days = Some(0);
        Recordings::new(&config, state.path()).prune().unwrap();
        assert!(!kept[0].path.exists() && !on.folder.join("s-1").exists());
    }

    #[tokio::test]
    async fn a_full_file_is_followed_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("7.fbs");
        let file = create(folder.path(), &first).unwrap();
        let (sender, parts) = mpsc::channel(RECORDING_PARTS_WAITING);
        let sent: Vec<Part> = (0..5)
            .map(|at_ms| Part {
                at_ms,
                bytes: bytes::Bytes::from_static(b"twelve bytes"),
            })
            .collect();
        for part in &sent {
            sender.send(part.clone()).await.unwrap();
        }
        drop(sender);
        // A part takes 20 bytes: two of them are enough for a file.
        write(&first, file.into(), parts, 40).await.unwrap();
        let mut read = Vec::new();
        for name in ["7.fbs", "7.2.fbs", "7.3.fbs"] {
            let file = std::fs::File::open(folder.path().join(name)).unwrap();
            assert!(file.metadata().unwrap().len() <= 60);
            read.extend(labwright_gateway::recording::Replay::new(file).map(Result::unwrap));
        }
        assert_eq!(read, sent);
    }

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
