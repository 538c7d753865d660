//! libFuzzer over the targets of `fuzz/`, each for a bounded time, on the stable compiler.
//!
//! A target begins with `fuzz/seeds/<target>`, which is committed, and with what earlier runs found (`fuzz/corpus`, which
//! is not). The counters are LLVM's own; the address sanitizer, which needs a nightly compiler, is left out: the code
//! below the targets has no `unsafe`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::ci::{step, with_env};

/// How long each target runs where nobody says otherwise.
pub const SECONDS: u32 = 8;
/// No longer than two messages of a screen; all of ours are bounded far below.
const MAX_LEN: u32 = 16 << 10;
const TARGET_DIR: &str = "target/fuzz";
const HOST: &str = "x86_64-unknown-linux-gnu";
const COUNTERS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Runs one target, or all of them, for so many seconds each.
pub fn run(only: Option<&str>, seconds: u32) -> anyhow::Result<()> {
    let targets = targets()?;
    let chosen: Vec<&String> = targets
        .iter()
        .filter(|target| only.is_none_or(|only| only == *target))
        .collect();
    if chosen.is_empty() {
        bail!("no such target; there are: {}", targets.join(", "));
    }
    build()?;
    chosen
        .into_iter()
        .try_for_each(|target| fuzz(target, seconds))
}

fn targets() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for file in fs::read_dir("fuzz/fuzz_targets").context("reading fuzz/fuzz_targets")? {
        let path = file?.path();
        let name = path.file_stem().context("a target has a name")?;
        names.push(name.to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn build() -> anyhow::Result<()> {
    // With a target given, build scripts are not instrumented.
    let words = [
        "build",
        "--quiet",
        "--locked",
        "--manifest-path",
        "fuzz/Cargo.toml",
        "--target-dir",
        TARGET_DIR,
        "--target",
        HOST,
    ];
    with_env("CARGO_ENCODED_RUSTFLAGS", &COUNTERS.join("\u{1f}"), || {
        step("cargo", &words)
    })
}

fn fuzz(target: &str, seconds: u32) -> anyhow::Result<()> {
    let corpus = format!("fuzz/corpus/{target}");
    let seeds = format!("fuzz/seeds/{target}");
    fs::create_dir_all(&corpus).with_context(|| format!("making {corpus}"))?;
    if !Path::new(&seeds).is_dir() {
        bail!("{target} has no seeds: put an ordinary input of it into {seeds}");
    }
    let program = format!("{TARGET_DIR}/{HOST}/debug/{target}");
    let found = format!("{TARGET_DIR}/found-{target}-");
    let run = Command::new(&program)
        .args([corpus, seeds])
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_LEN}"))
        .arg(format!("-artifact_prefix={found}"))
        .args(["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .output()
        .with_context(|| format!("running {program}"))?;
    let said = String::from_utf8_lossy(&run.stderr);
    if !run.status.success() {
        let last: Vec<&str> = said.lines().rev().take(40).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        bail!(
            "{target} fails ({}):\n{}\nonce more: {program} {found}*",
            run.status,
            last.join("\n")
        );
    }
    let units = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .with_context(|| format!("{target} does not say what it has run"))?;
    eprintln!("── fuzz {target}: {} inputs in {seconds} s", units.trim());
    Ok(())
}
