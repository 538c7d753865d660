//! Bad labs and what is said about them: one file a case under `tests/data/bad`, the lab's files
//! first, then the problems as a person reads them.
//! `LABWRIGHT_UPDATE=1 cargo test -p labwright-manifest` writes the latter anew; read the diff.

use std::fs;
use std::path::Path;

use labwright_manifest::load;

use crate::support::{folder, rendered};

const SAID: &str = "-- said --\n";

#[test]
fn bad_labs_are_told_what_is_wrong() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bad");
    let mut stale = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let (archive, expected) = text.split_once(SAID).unwrap();
        let files = unpack(archive);
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect();
        let said = rendered(&load(folder(&files).path()));
        if said == expected {
            continue;
        }
        if std::env::var_os("LABWRIGHT_UPDATE").is_some() {
            fs::write(&path, format!("{archive}{SAID}{said}")).unwrap();
        } else {
            stale.push(format!("{}:\n{said}", path.display()));
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

/// `-- PATH --` lines with the file's text after each.
fn unpack(archive: &str) -> Vec<(&str, String)> {
    let mut files: Vec<(&str, String)> = Vec::new();
    for line in archive.split_inclusive('\n') {
        let name = line
            .strip_prefix("-- ")
            .and_then(|rest| rest.strip_suffix(" --\n"));
        match (name, files.last_mut()) {
            (Some(name), _) => files.push((name, String::new())),
            (None, Some((_, text))) => text.push_str(line),
            (None, None) => {}
        }
    }
    files
}
