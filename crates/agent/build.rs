//! Links the agent statically on glibc targets: it is PID 1 in nodes of any distribution, and
//! its pages are shared between nodes. `-C target-feature=+crt-static` cannot be set for one
//! package, so the names that rustc links dynamically are pointed at the static archives.

use std::path::Path;
use std::process::Command;

const ARCHIVES: [(&str, &str); 3] = [
    ("libgcc_s.so", "libgcc_eh.a"),
    ("libc.so", "libc.a"),
    ("libm.so", "libm.a"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("TARGET").unwrap_or_default();
    let features = std::env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    if !target.ends_with("linux-gnu") || features.split(',').any(|f| f == "crt-static") {
        return;
    }
    let out = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    for (shared, archive) in ARCHIVES {
        let script = format!("INPUT({})\n", find(archive));
        std::fs::write(Path::new(&out).join(shared), script).expect("OUT_DIR is writable");
    }
    println!("cargo::rustc-link-arg-bins=-L{out}");
    println!("cargo::rustc-link-arg-bins=-static");
    println!("cargo::rustc-link-arg-bins=-no-pie");
}

/// The full path of a static archive of the C toolchain.
fn find(archive: &str) -> String {
    let output = Command::new("cc")
        .arg(format!("-print-file-name={archive}"))
        .output()
        .expect("a C toolchain is needed to link");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
