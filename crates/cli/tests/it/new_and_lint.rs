//! `new` makes labs that `lint` is content with; `lint` tells people and programs.

use std::path::Path;
use std::process::{Command, Output};

fn labwright(arguments: &[&str], dir: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_labwright"));
    command.args(arguments).current_dir(dir).output().unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Severities that `lint --json` names for a template, notes left out.
fn severities(template: &str) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let made = labwright(&["new", "My Lab_2", "--template", template], dir.path());
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let linted = labwright(&["lint", "My Lab_2", "--json"], dir.path());
    assert!(linted.status.success());
    let report = json(&linted);
    assert_eq!(report["lab"], "my-lab-2");
    assert_eq!(report["ok"], true);
    assert_eq!(report["places"].as_array().unwrap().len(), 6);
    let problems = report["problems"].as_array().unwrap().iter();
    let all = problems.map(|problem| problem["severity"].as_str().unwrap().to_owned());
    all.filter(|severity| severity != "note").collect()
}

#[test]
fn every_template_lints_clean_but_for_what_cannot_run_yet() {
    assert!(severities("terminal").is_empty());
    assert!(severities("network").is_empty());
    assert!(severities("sql").is_empty());
    assert!(severities("desktop").is_empty());
}

#[test]
fn new_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("lab")).unwrap();
    assert!(labwright(&["new", "lab"], dir.path()).status.success());
    std::fs::write(dir.path().join("lab/lab.yaml"), "mine").unwrap();
    let again = labwright(&["new", "lab"], dir.path());
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not empty"));
    assert_eq!(
        std::fs::read_to_string(dir.path().join("lab/lab.yaml")).unwrap(),
        "mine"
    );
    assert_eq!(
        labwright(&["new", "x", "--template", "moon"], dir.path())
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn lint_fails_on_errors_and_points_at_them() {
    let dir = tempfile::tempdir().unwrap();
    let text = "labwright: 1\nname: slip\nnodes:\n  a: { packges: [curl] }\n";
    std::fs::write(dir.path().join("lab.yaml"), text).unwrap();
    let said = labwright(&["lint", "."], dir.path());
    assert_eq!(said.status.code(), Some(1));
    let words = String::from_utf8(said.stdout).unwrap();
    assert!(
        words.contains("\nlab.yaml:4:8: error: unknown key `packges` in `a`\n"),
        "{words}"
    );
    assert!(words.contains("did you mean `packages`?"), "{words}");
    let report = labwright(&["lint", ".", "--json"], dir.path());
    assert_eq!(report.status.code(), Some(1));
    let report = json(&report);
    assert_eq!(report["ok"], false);
    let error = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["severity"] == "error");
    assert_eq!(error.unwrap()["line"], 4);
    assert_eq!(error.unwrap()["help"], "did you mean `packages`?");
}
