//! A full disk, a busy database, a file that is no database.

use std::path::{Path, PathBuf};
use std::process::Command;

use labwright_model::{NodeName, SessionId};
use labwright_store::{Autosaves, Store, StoreError};
use sqlx::Connection as _;

use crate::{attempt, filled, learner, session};

/// A file system of two megabytes, of which the empty tables take one; needs root. Unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Self {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
            .arg(at)
            .status()
            .unwrap();
        assert!(
            mount.success(),
            "this test mounts a small tmpfs and needs root"
        );
        Self(at.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(dir.path());
    let store = filled(dir.path()).await;
    store.open_session(&session("s", "ann")).await.unwrap();
    let mut acknowledged = Vec::new();
    let full = loop {
        let mut next = attempt(&format!("{}", acknowledged.len()), "a", 0.5);
        next.feedback = vec!["x".repeat(2_000)];
        match store.add_attempt(&next).await {
            Ok(_) => acknowledged.push(next.id),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, StoreError::Full { .. }), "{full:?}");
    assert!(acknowledged.len() > 10);
    // A transaction too, and again and again: SQLite may undo it by itself.
    for _ in 0..3 {
        if let Err(error) = store.open_session(&session("t", "bob")).await {
            assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
        }
    }
    let saves = Autosaves::new(dir.path().join("autosaves"));
    let (id, node) = (SessionId::new("s").unwrap(), NodeName::new("n").unwrap());
    let saved = async {
        let mut archive = saves.begin(&id, &node).await?;
        archive.write(&vec![0; 2_200_000]).await?;
        archive.commit().await
    };
    let full = saved.await.unwrap_err();
    assert!(matches!(full, StoreError::Full { .. }), "{full:?}");
    let stored = store.attempts_of(&learner("ann")).await.unwrap();
    let ids: Vec<String> = stored.into_iter().map(|attempt| attempt.id).collect();
    acknowledged.sort();
    assert_eq!(ids, acknowledged);
    // Room again: it goes on.
    let status = Command::new("mount")
        .args(["-o", "remount,size=8m"])
        .arg(dir.path())
        .status();
    assert!(status.unwrap().success());
    store.add_attempt(&attempt("last", "a", 1.0)).await.unwrap();
    store.open_session(&session("t", "bob")).await.unwrap();
    store.add_account(&crate::account("cy")).await.unwrap();
    store.close().await;
    drop(disk);
}

#[tokio::test]
async fn a_busy_database_is_said_after_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    store.open_session(&session("s", "ann")).await.unwrap();
    let url = format!("sqlite://{}", dir.path().join("labwright.db").display());
    let mut other = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut other)
        .await
        .unwrap();
    let busy = store
        .add_attempt(&attempt("1", "a", 0.5))
        .await
        .unwrap_err();
    assert!(matches!(busy, StoreError::Busy { .. }), "{busy:?}");
    // Reading goes on meanwhile.
    assert_eq!(store.attempts_of(&learner("ann")).await.unwrap(), []);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert!(store.add_attempt(&attempt("1", "a", 0.5)).await.unwrap());
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("labwright.db");
    std::fs::write(&path, "not a database, but long enough to look at").unwrap();
    Store::open(&path).await.unwrap_err();
    let missing = dir.path().join("none/labwright.db");
    let error = Store::open(&missing).await.unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }));
}

#[tokio::test]
async fn no_other_user_reads_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().unwrap();
    let store = crate::filled(dir.path()).await;
    for name in ["labwright.db", "labwright.db-wal"] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o600, "{name}");
    }
    store.close().await;
}
