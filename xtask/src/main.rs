//! Development tasks: `cargo xtask ci` is what CI runs, `cargo xtask tidy` the house rules.

mod agent;
mod ci;
mod demo;
mod fuzz;
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
  fuzz    libFuzzer over fuzz/ for 8 s each: `cargo xtask fuzz`, `cargo xtask fuzz rfb_server 600`
  tidy    module docs, lengths, forbidden arrows, stale generated files
  agent-i686  the agent for machines in a browser, beside `labwright`";

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
        Some("ci") => ci::run(),
        Some("check") => ci::check(),
        Some("test") => ci::test(),
        Some("demo") => demo::run(),
        Some("fuzz") => fuzz::run(std::env::args().nth(2).as_deref(), seconds()?),
        Some("agent-i686") => agent::run(),
        Some("tidy") => tidy::run(&root),
        _ => bail!("{USAGE}"),
    }
}

/// How long each target is to run.
fn seconds() -> anyhow::Result<u32> {
    let Some(said) = std::env::args().nth(3) else {
        return Ok(fuzz::SECONDS);
    };
    said.parse()
        .with_context(|| format!("`{said}` is not a number of seconds"))
}

fn workspace_root() -> anyhow::Result<PathBuf> {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest
        .parent()
        .map(PathBuf::from)
        .context("xtask lies in the workspace")
}
