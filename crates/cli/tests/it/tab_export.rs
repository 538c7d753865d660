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
        // The same words, before anything is made.
        let browser = lint(&dir, folder.path());
        assert_eq!(browser["runs"], false);
        let reason = browser["reasons"][0].as_str().unwrap();
        assert!(said.contains(reason), "{said}: {reason}");
    }
}

/// What `lint` says of the place `browser`, with a state of its own.
fn lint(lab: &Path, state: &Path) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labwright"));
    let command = command
        .arg("lint")
        .arg(lab)
        .arg("--json")
        .env("LABWRIGHT_STATE", state);
    let report: serde_json::Value =
        serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let places = report["places"].as_array().unwrap();
    places
        .iter()
        .find(|place| place["place"] == "browser")
        .unwrap()
        .clone()
}

#[test]
fn a_package_without_a_build_for_i386_is_named_where_lists_are_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, state) = (folder.path().join("lab"), folder.path().join("state"));
    let nodes = "nodes:\n  one: { packages: [curl, criu], limits: { memory: 64M } }\n";
    lab(&dir, nodes, "  - terminal: one\n");
    let runs =
        serde_json::json!({"place": "browser", "available": true, "runs": true, "reasons": []});
    assert_eq!(lint(&dir, &state), runs, "nothing is known");
    let lists = state.join("build/apt/bookworm.i386/lists");
    fs::create_dir_all(&lists).unwrap();
    let list = lists.join("deb.debian.org_debian_dists_bookworm_main_binary-i386_Packages");
    fs::write(&list, "Package: curl\nVersion: 1\n").unwrap();
    let browser = lint(&dir, &state);
    assert_eq!(browser["runs"], false);
    assert_eq!(
        browser["reasons"],
        serde_json::json!(["Debian does not build `criu` for i386"])
    );
    fs::write(&list, "Package: curl\n\nPackage: criu\n").unwrap();
    assert_eq!(lint(&dir, &state), runs);
}
