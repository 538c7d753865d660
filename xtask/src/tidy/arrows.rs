//! The direction of the data flow, as DESIGN's "Layout" draws it: which package may know which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;

/// Per package, the packages of ours that it may depend on. Anything else is forbidden:
/// a new arrow is an edit of this table, made on purpose.
const ALLOWED: [(&str, &[&str]); 20] = [
    ("model", &[]),
    ("manifest", &["model"]),
    ("image", &["model", "manifest"]),
    ("wire", &["model"]),
    ("agent", &["model", "wire"]),
    ("place", &["model", "wire"]),
    ("local", &["model", "wire", "place"]),
    ("places", &["model", "wire", "place", "local"]),
    ("grading", &["model"]),
    ("lti", &["model"]),
    ("sql", &["grading"]),
    ("store", &["model"]),
    (
        "session",
        &["model", "wire", "place", "store", "grading", "sql"],
    ),
    ("gateway", &["model", "wire"]),
    ("api", &["model"]),
    (
        "server",
        &[
            "model", "manifest", "wire", "place", "store", "session", "gateway", "grading", "sql",
            "lti", "api",
        ],
    ),
    (
        "cli",
        &[
            "model", "manifest", "image", "wire", "place", "places", "local", "store", "session",
            "grading", "sql", "api", "server",
        ],
    ),
    (
        "testkit",
        &[
            "model", "manifest", "image", "wire", "place", "store", "session", "server",
        ],
    ),
    ("bench", &["model", "wire", "place", "local"]),
    ("xtask", &[]),
];

/// Packages that a package may not use, whoever made them.
const BANNED: [(&str, &str); 4] = [
    ("manifest", "tokio"),
    ("model", "tokio"),
    ("lti", "tokio"),
    ("agent", "axum"),
];

/// Compares every package's runtime dependencies with the table.
pub fn check(root: &Path, problems: &mut Vec<String>) -> anyhow::Result<()> {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    for group in ["crates", "places"] {
        let directory = root.join(group);
        for entry in std::fs::read_dir(&directory).context("reading the workspace")? {
            let manifest = entry?.path().join("Cargo.toml");
            let text = std::fs::read_to_string(&manifest)
                .with_context(|| format!("{} is missing", manifest.display()))?;
            check_package(&text, &allowed, problems);
        }
    }
    Ok(())
}

fn check_package(text: &str, allowed: &BTreeMap<&str, &[&str]>, problems: &mut Vec<String>) {
    let name = package_name(text);
    let dependencies = dependencies(text);
    for (package, banned) in BANNED {
        if package == name && dependencies.contains(banned) {
            problems.push(format!("{package} must not know {banned}"));
        }
    }
    let Some(allowed) = allowed.get(name.as_str()) else {
        problems.push(format!(
            "package {name} has no row in xtask/src/tidy/arrows.rs"
        ));
        return;
    };
    for dependency in dependencies
        .iter()
        .filter_map(|d| d.strip_prefix("labwright-"))
    {
        if !allowed.contains(&dependency) {
            problems.push(format!("forbidden arrow: {name} -> {dependency}"));
        }
    }
}

fn package_name(text: &str) -> String {
    let line = text
        .lines()
        .find(|line| line.starts_with("name = "))
        .unwrap_or_default();
    let name = line.split('"').nth(1).unwrap_or_default();
    name.trim_start_matches("labwright-").to_owned()
}

/// The keys of `[dependencies]` and of `[target.….dependencies]`; dev-dependencies are free.
fn dependencies(text: &str) -> BTreeSet<&str> {
    let mut inside = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with('[') {
            inside = line == "[dependencies]"
                || (line.starts_with("[target.") && line.ends_with(".dependencies]"));
        } else if inside && !line.starts_with([' ', '#']) {
            let key = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if !key.is_empty() {
                found.insert(key);
            }
        }
    }
    found
}
