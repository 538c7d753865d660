//! The commands that CI runs, one after another, each announced.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

/// Where all tests of a machine keep built images, as `labwright-testkit` says.
const TEST_STATE: &str = "/var/tmp/labwright-test";

/// What needs no machine.
pub fn check() -> anyhow::Result<()> {
    step("cargo", &["fmt", "--all", "--check"])?;
    step(
        "cargo",
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--quiet",
            "--",
            "-D",
            "warnings",
        ],
    )?;
    with_env(
        "RUSTDOCFLAGS",
        "-D warnings -A rustdoc::private-intra-doc-links",
        || {
            step(
                "cargo",
                &[
                    "doc",
                    "--workspace",
                    "--no-deps",
                    "--document-private-items",
                    "--quiet",
                ],
            )
        },
    )?;
    step("cargo", &["xtask", "tidy"])?;
    step(
        "cargo",
        &[
            "deny",
            "--log-level",
            "error",
            "check",
            "licenses",
            "bans",
            "sources",
        ],
    )?;
    web(&["run", "check"])
}

/// The three rings: pure, fake place, real machines and a real browser; then the fuzzers.
pub fn test() -> anyhow::Result<()> {
    web(&["test"])?;
    web(&["run", "build"])?;
    web(&["run", "wireshark"])?;
    step("cargo", &["build", "--workspace", "--quiet"])?;
    step(
        "cargo",
        &["test", "--workspace", "--quiet", "--no-fail-fast"],
    )?;
    second_runtime()?;
    guest()?;
    with_env("LABWRIGHT_STATE", TEST_STATE, || web(&["run", "e2e"]))?;
    crate::demo::run()?;
    labs()?;
    crate::fuzz::run(None, crate::fuzz::SECONDS)
}

/// The workspace's tests ran under crun, which is preferred; whoever has none gets runc.
fn second_runtime() -> anyhow::Result<()> {
    let machines = ["machine_apart", "machine_life", "machine_shares"];
    // The whole workspace, as before: for one package alone, others' features would be built anew.
    let mut words = vec!["test", "--workspace", "--quiet", "--test", "it", "--"];
    words.extend(machines);
    with_env("LABWRIGHT_RUNTIME", "runc", || step("cargo", &words))
}

/// The quality gate of every example lab, from the images that the demonstration built.
fn labs() -> anyhow::Result<()> {
    let state = std::path::absolute("target/demo/state").context("finding the demo's state")?;
    let state = state.to_str().context("a path in UTF-8")?.to_owned();
    let mut labs = Vec::new();
    for entry in std::fs::read_dir("labs").context("reading labs/")? {
        let lab = entry?.path();
        labs.push(lab.to_str().context("a path in UTF-8")?.to_owned());
    }
    labs.sort();
    with_env("LABWRIGHT_STATE", &state, || {
        labs.iter()
            .try_for_each(|lab| step("target/debug/labwright", &["test", lab]))
    })
}

/// Debian's own kernel in a virtual machine: cgroup v2 and netem, which a development machine may
/// lack. The guest's images are built here, where there is a network.
fn guest() -> anyhow::Result<()> {
    let state = std::path::absolute("target/guest/state").context("finding the guest's state")?;
    let state = state.to_str().context("a path in UTF-8")?.to_owned();
    let lab = "packaging/guest/kernel-lab";
    with_env("LABWRIGHT_STATE", &state, || {
        step("target/debug/labwright", &["build", lab])
    })?;
    let run = [
        "-s",
        &state,
        "-l",
        lab,
        "--",
        "sh",
        "-ec",
        "for runtime in crun runc; do LABWRIGHT_RUNTIME=$runtime labwright test /labs/kernel-lab; done",
    ];
    step("packaging/guest/run", &run)
}

fn web(arguments: &[&str]) -> anyhow::Result<()> {
    if !Path::new("web/node_modules").exists() {
        step("npm", &["--prefix", "web", "ci", "--no-audit", "--no-fund"])?;
    }
    let mut all = vec!["--prefix", "web"];
    all.extend_from_slice(arguments);
    step("npm", &all)
}

/// Runs a command, announced, with the time that it took.
pub fn step(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let line = format!("{program} {}", arguments.join(" "));
    eprintln!("── {line}");
    let began = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .status()
        .with_context(|| format!("`{program}` cannot be run; `make setup` installs it"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    eprintln!("   {:.0} s", began.elapsed().as_secs_f32());
    Ok(())
}

/// Runs `action` with a variable in the environment of what it starts.
pub fn with_env<T>(name: &str, value: &str, action: impl FnOnce() -> T) -> T {
    // SAFETY: xtask has a single thread.
    unsafe { std::env::set_var(name, value) };
    let result = action();
    // SAFETY: as above.
    unsafe { std::env::remove_var(name) };
    result
}
