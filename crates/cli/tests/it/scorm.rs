//! `labwright export --as scorm`: what a course platform unpacks is what the manifest says, and the same every time.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output};

use roxmltree::Document;

const LAB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../labs/sql-shop");

fn export(version: &str, out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labwright"));
    command.args(["export", LAB, "--as", "scorm", "--version", version, "-o"]);
    command.arg(out).output().unwrap()
}

fn made(version: &str, out: &Path) {
    let output = export(version, out);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

struct Package {
    manifest: String,
    page: String,
    files: BTreeSet<String>,
}

fn read(path: &Path) -> Package {
    let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut text = |name: &str| {
        let mut text = String::new();
        let mut file = zip.by_name(name).unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    };
    Package {
        manifest: text("imsmanifest.xml"),
        page: text("index.html"),
        files: zip.file_names().map(str::to_owned).collect(),
    }
}

fn is_as_the_manifest_says(version: &str, schema_version: &str, kind: &str) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("lab.zip");
    made(version, &out);
    let package = read(&out);
    let xml = Document::parse(&package.manifest).unwrap();
    let local = |name: &str| {
        let mut found = xml
            .descendants()
            .filter(|it| it.tag_name().name() == name)
            .map(|it| it.text().unwrap_or_default().to_owned());
        found.next().unwrap_or_default()
    };
    assert_eq!(local("schema"), "ADL SCORM");
    assert_eq!(local("schemaversion"), schema_version);

    let resources: Vec<_> = xml
        .descendants()
        .filter(|it| it.tag_name().name() == "resource")
        .collect();
    assert_eq!(resources.len(), 1);
    let page = resources[0];
    assert_eq!(page.attribute("href"), Some("index.html"));
    let is_sco = |it: roxmltree::Attribute<'_, '_>| it.name() == kind && it.value() == "sco";
    assert!(page.attributes().any(is_sco));
    let item = xml
        .descendants()
        .find(|it| it.tag_name().name() == "item")
        .unwrap();
    assert_eq!(
        item.attribute("identifierref"),
        page.attribute("identifier")
    );

    let listed: BTreeSet<String> = page
        .children()
        .filter_map(|it| it.attribute("href"))
        .map(str::to_owned)
        .collect();
    // Beside them is what the manifest itself needs, at the top.
    let has: BTreeSet<String> = package
        .files
        .iter()
        .filter(|file| !file.ends_with(".xsd") && !file.ends_with(".dtd"))
        .filter(|file| *file != "imsmanifest.xml")
        .cloned()
        .collect();
    assert_eq!(listed, has);
    for word in package.manifest.split_whitespace() {
        let schema = word.trim_end_matches(['"', '>']);
        assert!(
            !schema.ends_with(".xsd") || package.files.contains(schema),
            "{schema}"
        );
    }
    assert!(!package.files.contains("sw.js"));
    assert!(package.page.contains(&format!("data-course=\"{version}\"")));
    assert!(
        !package.page.contains("=\"/"),
        "an address that is not relative"
    );
}

#[test]
fn a_package_of_1_2_is_as_its_manifest_says() {
    is_as_the_manifest_says("1.2", "1.2", "scormtype");
}

#[test]
fn a_package_of_2004_is_as_its_manifest_says() {
    is_as_the_manifest_says("2004", "2004 4th Edition", "scormType");
}

#[test]
fn the_same_lab_gives_the_same_bytes_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one.zip", "other.zip"].map(|name| folder.path().join(name));
    made("2004", &one);
    made("2004", &other);
    // An earlier package is replaced.
    made("2004", &one);
    assert!(fs::read(&one).unwrap() == fs::read(&other).unwrap());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn what_is_not_a_package_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("thesis.odt");
    fs::write(&out, "mine").unwrap();
    for place in [out.as_path(), folder.path()] {
        let output = export("1.2", place);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("hint:  give "), "{said}");
    }
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
}
