//! The state folder that test runs share, so that the Debian base is built once on a machine.

use std::path::PathBuf;

use labwright_image::Store;

/// The suite that tests use.
const SUITE: &str = "bookworm";

/// The shared state folder: `$LABWRIGHT_TEST_STATE`, else `/var/tmp/labwright-test`.
///
/// It holds images and layers alone. A test that starts sessions gives them a state of its own
/// and takes only layers from here: they are read-only and safe to share.
pub fn test_state() -> PathBuf {
    std::env::var_os("LABWRIGHT_TEST_STATE")
        .map_or_else(|| PathBuf::from("/var/tmp/labwright-test"), PathBuf::from)
}

/// The image store in [`test_state`].
pub fn test_store() -> Store {
    Store::new(test_state())
}

/// An unpacked Debian base: the lowest layer of a node, owned by true root. Never write to it.
///
/// # Panics
/// When it is missing and cannot be built; the test then fails with the reason.
#[allow(clippy::panic)]
pub fn base_layer() -> PathBuf {
    match test_store().base(SUITE) {
        Ok(folder) => folder,
        Err(error) => panic!("no Debian base for tests: {error} ({:?})", error.hint()),
    }
}

/// The unpacked layers of a display, lowest first. Never write to them.
///
/// # Panics
/// As [`base_layer`].
#[allow(clippy::panic)]
pub fn display_layers() -> Vec<PathBuf> {
    match labwright_image::build_display(SUITE, &test_store(), &mut labwright_image::Silent) {
        Ok(folders) => folders,
        Err(error) => panic!("no display for tests: {error} ({:?})", error.hint()),
    }
}
