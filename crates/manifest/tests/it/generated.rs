//! Files that are written from the format's tables are fresh.
//! `LABWRIGHT_UPDATE=1 cargo test -p labwright-manifest` writes them anew.

use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- reference: generated from crates/manifest/src/format, do not edit -->\n";
const END: &str = "<!-- end of the reference -->\n";

fn docs(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name)
}

fn check(path: &Path, expected: &str) {
    let current = std::fs::read_to_string(path).unwrap_or_default();
    if std::env::var_os("LABWRIGHT_UPDATE").is_some() {
        std::fs::write(path, expected).unwrap();
    } else if current != expected {
        panic!(
            "{} is stale: run LABWRIGHT_UPDATE=1 cargo test -p labwright-manifest",
            path.display()
        );
    }
}

#[test]
fn json_schema_is_fresh() {
    check(&docs("lab.schema.json"), &labwright_manifest::json_schema());
}

#[test]
fn reference_is_fresh() {
    let path = docs("lab-format.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = text
        .split_once(BEGIN)
        .expect("the reference's beginning is marked");
    let (_, tail) = rest.split_once(END).expect("the reference's end is marked");
    check(
        &path,
        &format!(
            "{head}{BEGIN}{}{END}{tail}",
            labwright_manifest::reference()
        ),
    );
}

/// The manual's example of a whole lab is one.
#[test]
fn the_manuals_lab_is_a_lab() {
    let text = std::fs::read_to_string(docs("lab-format.md")).unwrap();
    let block = |start: &str| {
        let (_, rest) = text.split_once(start).unwrap();
        rest.split_once("```").unwrap().0.to_owned()
    };
    let lab = format!("labwright: 1\n{}", block("```yaml\nlabwright: 1\n"));
    let dir = crate::support::folder(&[
        ("lab.yaml", &lab),
        ("steps/1-write.md", "# Write\n\n{{task written}}\n"),
        ("checks/written.sh", &block("```sh\n# checks/written.sh\n")),
    ]);
    let loaded = labwright_manifest::load(dir.path());
    let loud = loaded
        .problems
        .iter()
        .filter(|p| p.severity != labwright_manifest::Severity::Note);
    assert_eq!(loud.count(), 0, "{}", crate::support::rendered(&loaded));
}
