//! Lab folders for tests, and their images in the shared test state.

use std::fs;
use std::path::Path;

use labwright_image::{ImageError, Inputs, LabImage, Plan, Silent, Store, build, plan};
use labwright_model::Lab;
use tempfile::TempDir;

/// A lab folder from the text of its `lab.yaml` and other files.
pub fn folder(lab: &str, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "lab.yaml", lab);
    for (path, text) in files {
        put(folder.path(), path, text);
    }
    folder
}

/// Writes a file of a folder.
pub fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The lab of a folder.
pub fn lab(folder: &Path) -> Lab {
    let loaded = labwright_manifest::load(folder);
    let problems: Vec<_> = loaded.problems.iter().map(ToString::to_string).collect();
    loaded.lab.unwrap_or_else(|| panic!("the test's lab has errors: {problems:#?}"))
}

/// The plan of a folder.
pub fn plan_of(folder: &Path) -> Plan {
    let lab = lab(folder);
    plan(&lab, &Inputs::read(&lab, folder).unwrap()).unwrap()
}

/// Builds a folder into a store.
pub fn build_in(store: &Store, folder: &Path) -> Result<LabImage, ImageError> {
    let lab = lab(folder);
    let inputs = Inputs::read(&lab, folder)?;
    build(&lab, &inputs, &plan(&lab, &inputs)?, store, &mut Silent)
}
