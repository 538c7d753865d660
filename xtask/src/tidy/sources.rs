//! Every source file: it says what it is, is not too long, and names no machine.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Lines over which a file is refused; STYLE aims under 300.
const MAX_FILE_LINES: usize = 500;
/// Lines over which a function is refused; STYLE aims under 40.
const MAX_FUNCTION_LINES: usize = 70;
/// Folders with files that nobody writes by hand.
const SKIPPED: [&str; 6] = [
    "target",
    "node_modules",
    "dist",
    ".git",
    "generated",
    "test-results",
];

/// Checks every Rust, TypeScript and Svelte file.
pub fn check(root: &Path, problems: &mut Vec<String>) -> anyhow::Result<()> {
    for path in files(root)? {
        let name = path
            .strip_prefix(root)
            .unwrap_or(&path)
            .display()
            .to_string();
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        let generated = name.ends_with(".gen.ts");
        if !matches!(extension, "rs" | "ts" | "svelte") || generated {
            continue;
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {name}"))?;
        let test = name.contains("/tests/");
        let lines = text.lines().count();
        if lines > MAX_FILE_LINES && !test {
            problems.push(format!("{name}: {lines} lines, over {MAX_FILE_LINES}"));
        }
        if extension == "rs" {
            if !text.starts_with("//!") {
                problems.push(format!("{name}: no `//!` line that says what it is"));
            }
            long_functions(&name, &text, problems);
        }
    }
    Ok(())
}

/// Functions, found by their indentation: rustfmt closes each at the column where it opened.
fn long_functions(name: &str, text: &str, problems: &mut Vec<String>) {
    let mut open: Option<(usize, usize, &str)> = None;
    for (number, line) in text.lines().enumerate() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        if let Some((start, depth, head)) = open {
            if indent == depth && body.starts_with('}') {
                let lines = number - start + 1;
                if lines > MAX_FUNCTION_LINES {
                    let at = start + 1;
                    problems.push(format!("{name}:{at}: {lines} lines in `{}`", head.trim()));
                }
                open = None;
            }
        } else if is_function(body) && !line.ends_with(';') && !line.ends_with('}') {
            open = Some((number, indent, line));
        }
    }
}

fn is_function(body: &str) -> bool {
    let mut rest = body;
    for word in [
        "pub",
        "(crate)",
        "(super)",
        "const",
        "async",
        "unsafe",
        "extern \"C\"",
    ] {
        rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
    }
    rest.starts_with("fn ")
}

fn files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).context("reading a folder of sources")? {
            let path = entry?.path();
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default();
            if path.is_symlink() || SKIPPED.contains(&name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
