//! The house rules that a machine can check. It reads files; it must not change any.

mod arrows;
mod sources;

use std::path::Path;

use anyhow::bail;

/// Runs every rule and reports all that they found.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let mut problems = Vec::new();
    arrows::check(root, &mut problems)?;
    sources::check(root, &mut problems)?;
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{} problems", problems.len())
}
