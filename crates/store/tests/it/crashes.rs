//! A server that is killed while it writes: what it acknowledged is there.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{attempt, filled, learner, open, session};

/// Where the writing child writes; only set in that child.
const CHILD: &str = "LABWRIGHT_TEST_WRITER";

/// Writes attempts for ever and says which are stored. Does nothing in an ordinary run.
#[tokio::test]
async fn writer() {
    let Some(dir) = std::env::var_os(CHILD) else {
        return;
    };
    let store = open(&PathBuf::from(dir)).await;
    for n in 0.. {
        let id = format!("{n}");
        store.add_attempt(&attempt(&id, "a", 0.5)).await.unwrap();
        println!("stored {id}");
    }
}

#[tokio::test]
async fn killed_at_any_moment_nothing_acknowledged_is_lost() {
    for moment_ms in [5, 20, 50, 90] {
        let dir = tempfile::tempdir().unwrap();
        let store = filled(dir.path()).await;
        store.open_session(&session("s", "ann")).await.unwrap();
        store.close().await;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crashes::writer", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let is_stored = |line: &str| line.split_once("stored ").map(|(_, id)| id.to_owned());
        let first = lines
            .by_ref()
            .map(Result::unwrap)
            .find_map(|line| is_stored(&line));
        tokio::time::sleep(Duration::from_millis(moment_ms)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        let rest = lines.map_while(Result::ok);
        let acknowledged: Vec<String> = first
            .into_iter()
            .chain(rest.filter_map(|line| is_stored(&line)))
            .collect();
        let stored = open(dir.path())
            .await
            .attempts_of(&learner("ann"))
            .await
            .unwrap();
        assert!(!acknowledged.is_empty());
        for id in acknowledged {
            assert!(
                stored.iter().any(|attempt| attempt.id == id),
                "attempt {id} is lost"
            );
        }
    }
}
