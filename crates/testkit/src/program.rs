//! Programs of other packages: `cargo test` of one package does not build another's binary.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Builds a binary of a package of the workspace, once a test program, and returns its path. It is
/// of the development profile, whatever the test's own is. In a guest without cargo,
/// `$LABWRIGHT_TEST_PROGRAMS` is a folder that has it already.
pub fn program(package: &str, binary: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os("LABWRIGHT_TEST_PROGRAMS") {
        return PathBuf::from(folder).join(binary);
    }
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let build = || {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let arguments = ["build", "--quiet", "--package", package, "--bin", binary];
        let status = Command::new(cargo).args(arguments).status().unwrap();
        assert!(status.success(), "{package} does not build");
        // The test lies in target/PROFILE/deps.
        let test = std::env::current_exe().unwrap();
        let target = test.ancestors().nth(3).unwrap();
        target.join("debug").join(binary)
    };
    built.entry(binary.to_owned()).or_insert_with(build).clone()
}
