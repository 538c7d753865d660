//! An author's previews: where their state is, and clearing up after one that was killed.

use labwright_model::SessionId;
use labwright_place::Place;
use tempfile::TempDir;

use crate::context::Context;
use crate::failure::{Explain, Outcome};

/// What the session ids of previews begin with; the process id follows.
const PREFIX: char = 'r';

/// What the session ids of a process's preview begin with.
pub fn id_prefix(process: u32) -> String {
    format!("{PREFIX}{process}")
}

/// A folder for one preview's database, removed with it.
pub fn state(context: &Context) -> Outcome<TempDir> {
    let folder = context.state.join("previews");
    std::fs::create_dir_all(&folder).context(format!("making {}", folder.display()))?;
    let prefix = format!("{}-", std::process::id());
    let made = tempfile::Builder::new().prefix(&prefix).tempdir_in(&folder);
    made.context(format!("making a folder in {}", folder.display()))
}

/// Removes what previews that were killed have left; what fails now is tried the next time.
pub async fn sweep(place: &dyn Place, context: &Context) {
    for machine in place.observe().await.unwrap_or_default() {
        if owner(&machine.id).is_some_and(|process| !lives(process)) {
            let _ = place.stop(&machine.id).await;
        }
    }
    let folders = std::fs::read_dir(context.state.join("previews"));
    for folder in folders.into_iter().flatten().flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        let process = name.split('-').next().and_then(|text| text.parse().ok());
        if process.is_some_and(|process| !lives(process)) {
            let _ = std::fs::remove_dir_all(folder.path());
        }
    }
}

/// The process whose preview a session belongs to.
fn owner(id: &SessionId) -> Option<u32> {
    let (prefix, _) = id.as_str().split_once('-')?;
    prefix.strip_prefix(PREFIX)?.parse().ok()
}

/// Whether a process is a `labwright` that lives.
fn lives(process: u32) -> bool {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm"));
    name.is_ok_and(|name| name.trim() == "labwright")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_previews_session_tells_its_process() {
        let id = |text: &str| SessionId::new(text).unwrap();
        assert_eq!(owner(&id("r4194304-abcdefgh")), Some(4_194_304));
        assert_eq!(owner(&id("rx7k2q-abcdefgh")), None);
        assert_eq!(owner(&id("test-1-2")), None);
        assert_eq!(id_prefix(7), "r7");
    }
}
