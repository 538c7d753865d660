//! Any bytes as `lab.yaml`: no panic, and every problem shows where it is.
//! `cargo xtask fuzz manifest`
#![no_main]

use std::path::PathBuf;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    let dir = DIR.get_or_init(|| {
        let dir = std::env::temp_dir().join(format!("labwright-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder for the lab");
        dir
    });
    std::fs::write(dir.join("lab.yaml"), bytes).expect("writing the lab");
    let loaded = labwright_manifest::load(dir);
    assert!(loaded.lab.is_some() || loaded.has_errors());
    for problem in &loaded.problems {
        let shown = loaded.render(problem, false);
        assert!(shown.starts_with(&format!("{}:{}:", problem.file, problem.line)));
    }
});
