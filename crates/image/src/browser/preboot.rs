//! Boots the machine once, in Node, until the lab is ready, and saves its state; then restores it
//! once, as a page would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use labwright_model::NodeName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ImageError;
use crate::process::run;

/// The scripts that Node runs, and what they import.
const SCRIPTS: [(&str, &str); 3] = [
    (BOOT, include_str!("../../../../web/machine/boot.mjs")),
    (PROMPT, include_str!("../../../../web/machine/prompt.mjs")),
    ("line.mjs", include_str!("../../../../web/machine/line.mjs")),
];
const BOOT: &str = "boot.mjs";
const PROMPT: &str = "prompt.mjs";
/// How long a boot may take. It takes a minute or two; a machine that hangs is not waited for.
pub const TIMEOUT_S: u64 = 900;

/// What is booted, as the script takes it.
#[derive(Debug, Clone, Serialize)]
pub struct Job {
    pub emulator: PathBuf,
    pub memory_bytes: u64,
    pub vga_memory_bytes: u64,
    pub bios: PathBuf,
    pub vga_bios: PathBuf,
    pub kernel: PathBuf,
    pub initramfs: PathBuf,
    pub cmdline: &'static str,
    pub disk: Disk,
    /// Nodes that a learner may have a terminal on.
    pub nodes: Vec<NodeName>,
    pub state: PathBuf,
    pub timeout_s: u64,
}

/// The disk, in parts.
#[derive(Debug, Clone, Serialize)]
pub struct Disk {
    pub file: PathBuf,
    pub bytes: u64,
    pub part_bytes: u64,
}

/// What a boot took.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Booted {
    /// Bytes of the state.
    pub raw_bytes: u64,
    /// Processor time until what is in `marks`, in seconds.
    pub marks: Marks,
}

/// How far a boot was.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Marks {
    /// All nodes were ready.
    pub ready: f64,
}

/// What a restore took.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Restored {
    /// Parts of the disk that were read until every node had shown a prompt, in order.
    pub parts: Vec<u64>,
    /// Processor time until the machine ran, in seconds.
    pub started_cpu_s: f64,
    /// Processor time until its first prompt, in seconds.
    pub prompt_cpu_s: f64,
}

/// A line of a script.
#[derive(Deserialize)]
#[serde(untagged)]
enum Said<T> {
    Step { step: String, share: f64 },
    Done { done: T },
    Failed { failed: String, console: String },
}

/// What decides what a boot gives, beside the job.
pub fn texts() -> impl Iterator<Item = &'static str> {
    SCRIPTS.into_iter().map(|(_, text)| text)
}

/// Boots it; `step` hears how far it is.
pub fn boot(job: &Job, work: &Path, step: &mut dyn FnMut(f64, &str)) -> Result<Booted, ImageError> {
    node(BOOT, "the machine's state", job, work, step)
}

/// Restores it from `state` and opens a terminal on each of its nodes.
pub fn restore(job: &Job, state: PathBuf, work: &Path) -> Result<Restored, ImageError> {
    let job = Job {
        state,
        ..job.clone()
    };
    node(
        PROMPT,
        "a prompt of the saved machine",
        &job,
        work,
        &mut |_, _| {},
    )
}

fn node<T: DeserializeOwned>(
    script: &str,
    what: &'static str,
    job: &Job,
    work: &Path,
    step: &mut dyn FnMut(f64, &str),
) -> Result<T, ImageError> {
    let text = work.join("job.json");
    let json = serde_json::to_string(job).map_err(|error| ImageError::damaged(&text, error))?;
    for (name, content) in SCRIPTS.into_iter().chain([("job.json", json.as_str())]) {
        let path = work.join(name);
        fs::write(&path, content).map_err(ImageError::file("write", &path))?;
    }
    let mut command = Command::new("node");
    command.arg(work.join(script)).arg(&text);
    let (mut done, mut failed) = (None, None);
    let finished = run(
        &mut command,
        None,
        &mut |line| match serde_json::from_str::<Said<T>>(line) {
            Ok(Said::Step { step: note, share }) => step(share, &note),
            Ok(Said::Done { done: what }) => done = Some(what),
            Ok(Said::Failed {
                failed: why,
                console,
            }) => failed = Some(format!("{why}\n{console}")),
            Err(_) => {}
        },
    )?;
    let words = failed.unwrap_or_else(|| finished.lines.join("\n"));
    done.ok_or(ImageError::Export { what, words })
}
