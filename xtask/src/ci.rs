//! The commands that CI runs, one after another, each announced.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

/// Where all tests of a machine keep built images, as `labwright-testkit` says.
const TEST_STATE: &str = "/var/tmp/labwright-test";

/// Everything, in order; a stage that fails hides none that can run without it.
pub fn run() -> anyhow::Result<()> {
    // Nothing is built twice here: what an incremental build remembers would only fill the disk.
    with_env("CARGO_INCREMENTAL", "0", || {
        let mut report = Report::default();
        report.stage(check());
        report.stage(test());
        report.verdict()
    })
}

/// The stages that failed so far.
#[derive(Default)]
struct Report {
    failures: Vec<String>,
}

impl Report {
    fn stage(&mut self, result: anyhow::Result<()>) {
        if let Err(error) = result {
            eprintln!("   failed: {error:#}");
            self.failures.push(format!("{error:#}"));
        }
    }

    fn verdict(self) -> anyhow::Result<()> {
        if self.failures.is_empty() {
            return Ok(());
        }
        bail!("{}", self.failures.join("\n"))
    }
}

/// What needs no machine.
pub fn check() -> anyhow::Result<()> {
    // A workspace of its own: nothing else says that its lock is stale.
    step(
        "cargo",
        &[
            "fetch",
            "--quiet",
            "--locked",
            "--manifest-path",
            "fuzz/Cargo.toml",
        ],
    )?;
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
    // Debian's compiler is older than ours, and nothing else says what it refuses.
    crate::agent::run()?;
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
    let mut report = Report::default();
    report.stage(web(&["test"]));
    // Whatever follows runs what these make.
    web(&["run", "build"])?;
    web(&["run", "wireshark"])?;
    step("cargo", &["build", "--workspace", "--quiet"])?;
    report.stage(step(
        "cargo",
        &["test", "--workspace", "--quiet", "--no-fail-fast"],
    ));
    report.stage(second_runtime());
    report.stage(guest());
    report.stage(browser_machine());
    report.stage(with_env("LABWRIGHT_STATE", TEST_STATE, || {
        web(&["run", "e2e"])
    }));
    report.stage(crate::demo::run());
    report.stage(labs());
    report.stage(crate::fuzz::run(None, crate::fuzz::SECONDS));
    report.verdict()
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

/// A machine as a browser restores it: built for i386, booted once in the emulator, restored in Node and in Chromium.
fn browser_machine() -> anyhow::Result<()> {
    crate::agent::run()?;
    let folder = format!("{TEST_STATE}/machines/shell-basics");
    std::fs::create_dir_all(format!("{TEST_STATE}/machines")).context("making a folder")?;
    with_env("LABWRIGHT_STATE", TEST_STATE, || {
        let (labwright, lab) = ("target/debug/labwright", "labs/shell-basics");
        // The gate's own folder and seed: it finds the machine there, and boots none.
        let seed = ["--seed", "labwright test"];
        let export = ["export", lab, "--as", "browser", "-o", &folder];
        step(labwright, &[&export[..], &seed].concat())?;
        let emulators = ["--emulator", "node", "--emulator", "chromium"];
        let gate = ["test", lab, "--place", "browser"];
        step(labwright, &[&gate[..], &emulators].concat())
    })?;
    with_env("LABWRIGHT_MACHINE", &folder, || web(&["run", "machine"]))
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
    let room = free_room().map_or(String::new(), |room| format!(", {room} free"));
    eprintln!("   {:.0} s{room}", began.elapsed().as_secs_f32());
    Ok(())
}

/// What the disk of this folder has left: CI that fills it fails in ways that do not say so.
fn free_room() -> Option<String> {
    let df = Command::new("df")
        .args(["-h", "--output=avail", "."])
        .output();
    let told = df.ok()?.stdout;
    let told = String::from_utf8(told).ok()?;
    told.lines().nth(1).map(|room| room.trim().to_owned())
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
