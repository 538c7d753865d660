//! `labwright export --as web`: labs whose tabs need no machine, and what is refused by name.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn lab(folder: &Path, nodes: &str, apps: &str) {
    let yaml = format!(
        "labwright: 1\nname: tabs\ntitle: Tabs\n{nodes}apps:\n{apps}steps:\n  - page: steps/1.md\n"
    );
    for inner in ["steps", "assets/site/js"] {
        fs::create_dir_all(folder.join(inner)).unwrap();
    }
    fs::write(folder.join("lab.yaml"), yaml).unwrap();
    fs::write(folder.join("steps/1.md"), "# One\n").unwrap();
    fs::write(folder.join("assets/other.txt"), "x").unwrap();
    fs::write(folder.join("assets/site/index.html"), "<p>x</p>").unwrap();
    fs::write(folder.join("assets/site/js/go.js"), "1").unwrap();
}

fn export(lab: &Path, out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labwright"));
    command.arg("export").arg(lab).args(["--as", "web", "-o"]);
    command.arg(out).output().unwrap()
}

#[test]
fn a_page_goes_with_the_list_of_what_lies_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, out) = (folder.path().join("lab"), folder.path().join("out"));
    lab(&dir, "", "  - page: assets/site/index.html\n");
    let output = export(&dir, &out);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let made: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("lab/lab.json")).unwrap()).unwrap();
    let site = &made["pages"]["assets/site/index.html"];
    assert_eq!(site["folder"], "site");
    assert_eq!(site["first"], "index.html");
    assert_eq!(site["files"], serde_json::json!(["index.html", "js/go.js"]));
    assert!(out.join("lab/assets/site/js/go.js").is_file());
    assert!(!out.join("bundles").exists(), "nobody asked for Wireshark");
}

#[test]
fn a_page_among_too_much_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, out) = (folder.path().join("lab"), folder.path().join("out"));
    lab(&dir, "", "  - page: assets/site/index.html\n");
    let large = fs::File::create(dir.join("assets/site/large.bin")).unwrap();
    large.set_len((64 << 20) + 1).unwrap();
    let output = export(&dir, &out);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("a folder of its own"), "{said}");
    assert!(!out.exists());
}

#[test]
fn a_tab_that_needs_a_server_is_refused_by_name_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, tab) in [
        ("desktop", "  - desktop: one\n    run: xterm\n"),
        ("web", "  - web: one\n    port: 80\n"),
    ] {
        let (dir, out) = (folder.path().join(kind), folder.path().join("out"));
        lab(&dir, "nodes:\n  one: {}\n", tab);
        let output = export(&dir, &out);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success());
        assert!(
            said.contains(&format!("`{kind}`, which needs a server")),
            "{said}"
        );
        assert!(said.contains("give that tab `not_in: [browser]`"), "{said}");
    }
}
