//! The page is embedded from `web/dist`. Without npm that folder is missing: an empty one lets
//! the server build all the same, and the page then says how to build it.

use std::path::Path;

fn main() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist");
    if let Err(error) = std::fs::create_dir_all(&dist) {
        println!("cargo::error={} cannot be made: {error}", dist.display());
    }
    println!("cargo::rerun-if-changed={}", dist.display());
}
