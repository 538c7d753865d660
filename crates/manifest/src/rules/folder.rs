//! What lies in the folder beside `lab.yaml`.

use rustix::fs::FileType;

use super::Facts;
use crate::problems::{Problems, did_you_mean};

/// Files for every node.
const EVERYONE: &str = "all";

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    let known = facts.names("nodes");
    for name in facts.folder.list("files") {
        let path = format!("files/{name}");
        let is_folder = facts
            .folder
            .holds(&path)
            .is_ok_and(|kind| kind == FileType::Directory);
        if !is_folder {
            problems.warning(
                0..0,
                format!("`{path}` is copied nowhere: files belong to a node"),
                "move it to files/NODE/ or files/all/",
            );
        } else if name != EVERYONE && !known.contains(&name.as_str()) {
            let guess = did_you_mean(&name, known.iter().copied());
            problems.warning(
                0..0,
                format!("`{path}` is copied nowhere: there is no node `{name}`"),
                guess,
            );
        }
    }
    for tree in ["files", "assets"] {
        for fault in facts.folder.strangers(tree) {
            problems.error(0..0, fault.to_string(), "files are copied into images: only regular files, folders and links inside the lab folder can be; make other links in `setup`");
        }
    }
}
