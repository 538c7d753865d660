//! Development tasks: `cargo xtask ci` is what CI runs, `cargo xtask tidy` the house rules.

mod ci;
mod demo;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};

const USAGE: &str = "usage: cargo xtask <task>

tasks:
  ci      everything that CI runs, in order
  check   what needs no machine: fmt, clippy, rustdoc, tidy, deny, web checks
  test    the three rings of tests: Rust, web units, end to end
  demo    `make demo`, twice, as a new user runs it
  tidy    module docs, lengths, forbidden arrows, stale generated files";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let root = workspace_root()?;
    std::env::set_current_dir(&root).context("entering the workspace")?;
    match std::env::args().nth(1).as_deref() {
        Some("ci") => ci::check().and_then(|()| ci::test()),
        Some("check") => ci::check(),
        Some("test") => ci::test(),
        Some("demo") => demo::run(),
        Some("tidy") => tidy::run(&root),
        _ => bail!("{USAGE}"),
    }
}

fn workspace_root() -> anyhow::Result<PathBuf> {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest
        .parent()
        .map(PathBuf::from)
        .context("xtask lies in the workspace")
}
