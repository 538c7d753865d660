//! The agent's program, built once for all tests: `cargo test` of this package does not build
//! another package's binary.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Builds it if need be and returns its path.
pub fn build() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "labwright-agent"])
            .status()
            .unwrap();
        assert!(built.success(), "the agent does not build");
        // This test lies in target/PROFILE/deps; only the development profile is built here.
        let test = std::env::current_exe().unwrap();
        let target = test.ancestors().nth(3).unwrap();
        target.join("debug/labwright-agent")
    };
    PROGRAM.get_or_init(build).clone()
}
