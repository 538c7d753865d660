//! Archives: whole or not at all.

use labwright_model::{NodeName, SessionId};
use labwright_store::Autosaves;
use tokio::io::AsyncReadExt as _;

async fn read(saves: &Autosaves, session: &SessionId, node: &NodeName) -> Option<Vec<u8>> {
    let mut file = saves.open(session, node).await.unwrap()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).await.unwrap();
    Some(bytes)
}

#[tokio::test]
async fn what_a_learner_may_have_written_is_known_until_it_is_saved_over() {
    let dir = tempfile::tempdir().unwrap();
    let saves = Autosaves::new(dir.path().join("autosaves"));
    let (session, node) = (SessionId::new("s").unwrap(), NodeName::new("n").unwrap());
    let mut brought = saves.begin_brought(&session, &node).await.unwrap();
    brought.write(b"theirs").await.unwrap();
    drop(brought);
    assert!(!saves.is_brought(&session, &node).await);
    let mut brought = saves.begin_brought(&session, &node).await.unwrap();
    brought.write(b"theirs").await.unwrap();
    brought.commit().await.unwrap();
    assert!(saves.is_brought(&session, &node).await);
    // A save that does not end leaves the archive and what is known of it.
    let mut saved = saves.begin(&session, &node).await.unwrap();
    saved.write(b"ours").await.unwrap();
    drop(saved);
    assert!(saves.is_brought(&session, &node).await);
    let mut saved = saves.begin(&session, &node).await.unwrap();
    saved.write(b"ours").await.unwrap();
    saved.commit().await.unwrap();
    assert!(!saves.is_brought(&session, &node).await);
    assert_eq!(read(&saves, &session, &node).await, Some(b"ours".to_vec()));
}

#[tokio::test]
async fn an_archive_that_was_not_finished_leaves_the_last_one() {
    let dir = tempfile::tempdir().unwrap();
    let saves = Autosaves::new(dir.path().join("autosaves"));
    let (session, node) = (SessionId::new("s").unwrap(), NodeName::new("n").unwrap());
    assert_eq!(read(&saves, &session, &node).await, None);
    let mut first = saves.begin(&session, &node).await.unwrap();
    first.write(b"one").await.unwrap();
    assert_eq!(read(&saves, &session, &node).await, None);
    assert_eq!(saves.saved_ms(&session).await.unwrap(), None);
    first.commit().await.unwrap();
    assert!(saves.saved_ms(&session).await.unwrap() > Some(0));
    let mut second = saves.begin(&session, &node).await.unwrap();
    second.write(b"tw").await.unwrap();
    drop(second);
    assert_eq!(read(&saves, &session, &node).await, Some(b"one".to_vec()));
    let folder = dir.path().join("autosaves/s");
    assert_eq!(
        std::fs::read_dir(&folder).unwrap().count(),
        1,
        "no leftovers"
    );
    // What a crash leaves is swept; what is being written is not.
    std::fs::write(folder.join("n.abc.part"), b"half").unwrap();
    let mut third = saves.begin(&session, &node).await.unwrap();
    third.write(b"three").await.unwrap();
    assert_eq!(saves.sweep().await.unwrap(), std::slice::from_ref(&session));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    third.commit().await.unwrap();
    assert_eq!(read(&saves, &session, &node).await, Some(b"three".to_vec()));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    saves.remove(&session, Some(&node)).await.unwrap();
    saves.remove(&session, Some(&node)).await.unwrap();
    assert_eq!(read(&saves, &session, &node).await, None);
    saves.remove(&session, None).await.unwrap();
    assert_eq!(saves.sweep().await.unwrap(), []);
}
