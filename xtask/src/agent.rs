//! `cargo xtask agent-i686`: the agent for the emulated PC in a browser's tab, a static program for 32-bit x86.
//!
//! Debian has the standard library of its `rustc-web` for both architectures at one exact version. That of i386 is
//! unpacked under `target/`, so that the host stays of one architecture. Everything else is the shared lock file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

use crate::ci::step;

const TARGET: &str = "i686-unknown-linux-gnu";
/// Debian's compiler; `packaging/setup.sh` installs it.
const RUSTC: &str = "/usr/bin/rustc";
const FOLDER: &str = "target/agent-i686";
const MIRROR: &str = "http://deb.debian.org/debian";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Where `labwright` looks for it: beside itself.
const BESIDE: [&str; 2] = ["target/debug", "target/release"];

/// Builds it and puts it beside `labwright`.
pub fn run() -> anyhow::Result<()> {
    let sysroot = standard_library()?;
    // `-m32`: the C toolchain of the host, with gcc-multilib's libraries.
    let flags = format!(
        "--sysroot {} -C target-feature=+crt-static -C link-arg=-m32",
        sysroot.display()
    );
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let words = [
        "build",
        "--locked",
        "--quiet",
        "--release",
        "--package",
        "labwright-agent",
        "--target",
        TARGET,
        "--target-dir",
        FOLDER,
    ];
    let status = Command::new(cargo)
        .args(words)
        .env("RUSTC", RUSTC)
        .env("CARGO_TARGET_I686_UNKNOWN_LINUX_GNU_RUSTFLAGS", flags)
        .env_remove("RUSTFLAGS")
        .status()
        .context("running cargo")?;
    ensure!(
        status.success(),
        "the agent for i686 could not be built ({status})"
    );
    let built = format!("{FOLDER}/{TARGET}/release/labwright-agent");
    for folder in BESIDE.iter().filter(|folder| Path::new(folder).is_dir()) {
        let target = format!("{folder}/labwright-agent-i686");
        step("strip", &["-o", &target, &built])?;
    }
    Ok(())
}

/// The unpacked standard library for i686, of the installed compiler's exact version.
fn standard_library() -> anyhow::Result<PathBuf> {
    let version = output("dpkg-query", &["-W", "-f", "${Version}", "rustc-web"])
        .context("Debian's rustc-web is not installed; `packaging/setup.sh test` does that")?;
    let sysroot = std::path::absolute(format!("{FOLDER}/rust-{version}"))?;
    if sysroot.is_dir() {
        return Ok(sysroot);
    }
    let apt = std::path::absolute(format!("{FOLDER}/apt"))?;
    let config = apt_configuration(&apt)?;
    let wanted = format!("libstd-rust-web-dev:i386={version}");
    for words in [vec!["-qq", "update"], vec!["-qq", "download", &wanted]] {
        let status = Command::new("apt-get")
            .args(&words)
            .env("APT_CONFIG", &config)
            .current_dir(&apt)
            .status()
            .context("running apt-get")?;
        ensure!(
            status.success(),
            "`apt-get {}` failed ({status})",
            words.join(" ")
        );
    }
    let packages = fs::read_dir(&apt)?.flatten().map(|entry| entry.path());
    let mut packages = packages.filter(|path| path.extension().is_some_and(|end| end == "deb"));
    let Some(package) = packages.next() else {
        bail!("apt-get downloaded nothing");
    };
    let unpacked = apt.join("unpacked");
    let words = [package.as_os_str(), unpacked.as_os_str()];
    let status = Command::new("dpkg-deb").arg("-x").args(words).status()?;
    ensure!(
        status.success(),
        "the package could not be unpacked ({status})"
    );
    // A compiler looks in SYSROOT/lib/rustlib.
    fs::rename(unpacked.join("usr"), &sysroot)?;
    fs::remove_dir_all(&apt)?;
    Ok(sysroot)
}

/// An apt of its own: another architecture, and nothing of the host's lists and state.
fn apt_configuration(apt: &Path) -> anyhow::Result<PathBuf> {
    let _ = fs::remove_dir_all(apt);
    for folder in ["lists/partial", "archives/partial"] {
        fs::create_dir_all(apt.join(folder))?;
    }
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let suite = release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="));
    let suite = suite.context("/etc/os-release names no Debian suite")?;
    let mirror = std::env::var("LABWRIGHT_DEBIAN_MIRROR").unwrap_or_default();
    let mirror = mirror
        .split_whitespace()
        .next()
        .unwrap_or(MIRROR)
        .to_owned();
    let list = format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n");
    fs::write(apt.join("sources.list"), list)?;
    fs::write(apt.join("status"), "")?;
    let folder = apt.display();
    let text = format!(
        "Dir::State \"{folder}\";\nDir::State::status \"{folder}/status\";\nDir::Cache \"{folder}\";\n\
         Dir::Etc::SourceList \"{folder}/sources.list\";\nDir::Etc::SourceParts \"-\";\n\
         APT::Architecture \"i386\";\nAPT::Architectures {{ \"i386\"; }};\nAPT::Sandbox::User \"root\";\n\
         Acquire::Languages \"none\";\n"
    );
    let config = apt.join("apt.conf");
    fs::write(&config, text)?;
    Ok(config)
}

fn output(program: &str, words: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(words).output()?;
    ensure!(output.status.success(), "`{program}` failed");
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
