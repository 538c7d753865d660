//! Lab folders made for a test.

use std::fs;
use std::path::Path;

use labwright_manifest::Loaded;

/// A temporary folder with these files.
pub fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(dir.path(), path, text.as_bytes());
    }
    dir
}

pub fn write(dir: &Path, path: &str, bytes: &[u8]) {
    let file = dir.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

/// All problems as a person reads them, without colour.
pub fn rendered(loaded: &Loaded) -> String {
    let all: Vec<String> = loaded
        .problems
        .iter()
        .map(|problem| loaded.render(problem, false))
        .collect();
    all.join("\n")
}
