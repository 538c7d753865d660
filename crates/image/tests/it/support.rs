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
    loaded
        .lab
        .unwrap_or_else(|| panic!("the test's lab has errors: {problems:#?}"))
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

/// A lab with one node `a` that is as the text says, and one task.
pub fn one_node(name: &str, node: &str) -> String {
    format!(
        "labwright: 1\nname: {name}\ntitle: One\nnodes:\n  a: {node}\nsteps:\n  - page: steps/1.md\n    \
         tasks:\n      - {{ id: t, title: T, on: a, check: 'true', solve: 'true' }}\n"
    )
}

/// A store of its own that already has the base of the shared one, so that nothing is downloaded
/// twice. Removed when dropped.
pub fn store_with_base() -> (TempDir, Store) {
    labwright_testkit::base_layer();
    let shared = labwright_testkit::test_state().join("images");
    let state = tempfile::tempdir().unwrap();
    let images = state.path().join("images");
    fs::create_dir_all(images.join("built")).unwrap();
    fs::create_dir_all(images.join("blobs/sha256")).unwrap();
    for record in fs::read_dir(shared.join("built")).unwrap().flatten() {
        let text = fs::read(record.path()).unwrap();
        let found: labwright_image::Record = serde_json::from_slice(&text).unwrap();
        if found.title == "debian/bookworm" {
            fs::write(images.join("built").join(record.file_name()), text).unwrap();
            let blob = Path::new("blobs/sha256").join(found.blob.hex());
            fs::copy(shared.join(&blob), images.join(&blob)).unwrap();
        }
    }
    let store = Store::new(state.path());
    (state, store)
}
