//! Scripts of the author in a node, from the agent's side: checks, `start`, solutions.
//!
//! A script travels as a sealed memfd and runs as `/proc/self/fd/N`: it never is on the node's
//! disk. Programs that a script calls inherit that descriptor.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use labwright_wire::{CheckOutput, Exit};
use rustix::fs::{MemfdFlags, SealFlags};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use super::child::DEFAULT_PATH;
use super::control::{Control, InitError};
use super::message::{Spawn, StdioKind};
use super::program::{Child, Stdio};

/// What is kept of each output of a script, in bytes. The rest is read and thrown away.
pub const MAX_OUTPUT_BYTES: usize = 64 * 1024;

/// How long after a script's end its output may still come: what it left running may hold the
/// pipes open for ever.
const OUTPUT_GRACE: Duration = Duration::from_millis(100);

/// How much longer than its timeout a check may take to be killed, before init is given up.
const CHECK_MARGIN: Duration = Duration::from_secs(10);

/// A script to run.
#[derive(Debug, Clone)]
pub struct Script<'a> {
    /// Its text.
    pub text: &'a str,
    /// Over the node's environment.
    pub env: &'a IndexMap<String, String>,
    /// Who runs it; empty is root.
    pub user: &'a str,
    /// Longest run.
    pub timeout: Duration,
}

/// What the names of parameters begin with in a script's environment.
const PARAMETER: &str = "PARAM_";

impl Script<'_> {
    /// Its environment, without the parameters that its text does not name: a learner who
    /// replaces a program that it runs sees its environment, and a parameter may be the answer
    /// to another task.
    fn given(&self) -> impl Iterator<Item = (&String, &String)> {
        let named = |name: &str| !name.starts_with(PARAMETER) || self.text.contains(name);
        self.env.iter().filter(move |(name, _)| named(name))
    }
}

impl Control {
    /// Runs a check: beyond the learner's ptrace, with a clean PATH, without a terminal. All
    /// that it started is killed at its end.
    pub async fn check(&self, script: &Script<'_>) -> Result<CheckOutput, InitError> {
        let began = Instant::now();
        let mut spawn = self.spawn_of(script);
        spawn.env.retain(|(name, _)| name != "PATH");
        spawn.env.push(("PATH".to_owned(), DEFAULT_PATH.to_owned()));
        let timeout_ms = u64::try_from(script.timeout.as_millis()).unwrap_or(u64::MAX);
        let text = sealed(script.text)?;
        let (mut child, result) = self.begin_check(spawn, timeout_ms, text.as_fd()).await?;
        let outputs = Outputs::of(&mut child);
        let longest = script.timeout + CHECK_MARGIN;
        let result = match tokio::time::timeout(longest, result.text()).await {
            Ok(result) => check_exit(&result?)?,
            Err(_) => {
                // Its supervisor was stopped: the check dies with it.
                let _ = child.signal(libc::SIGKILL).await;
                None
            }
        };
        Ok(outputs.end(result, began).await)
    }

    /// Runs a script as the learner's root would, and waits for it; what it started lives on.
    /// At its timeout its process group is killed.
    pub async fn run_script(&self, script: &Script<'_>) -> Result<CheckOutput, InitError> {
        let text = sealed(script.text)?;
        let began = Instant::now();
        let spawn = self.spawn_of(script);
        let child = self.spawn_with(spawn, Some(text.as_fd())).await?;
        Ok(finish(child, script.timeout, began).await)
    }

    /// Runs a program as root and waits for it, as [`Control::run_script`].
    pub async fn run_program(
        &self,
        argv: &[&str],
        timeout: Duration,
    ) -> Result<CheckOutput, InitError> {
        let began = Instant::now();
        let spawn = Spawn {
            argv: argv.iter().map(|&word| word.to_owned()).collect(),
            env: self.environment([]),
            stdio: StdioKind::Pipes,
            ..Spawn::default()
        };
        let child = self.spawn(spawn).await?;
        Ok(finish(child, timeout, began).await)
    }

    fn spawn_of(&self, script: &Script<'_>) -> Spawn {
        Spawn {
            env: self.environment(script.given()),
            user: script.user.to_owned(),
            stdio: StdioKind::Pipes,
            script: true,
            ..Spawn::default()
        }
    }
}

async fn finish(mut child: Child, timeout: Duration, began: Instant) -> CheckOutput {
    let outputs = Outputs::of(&mut child);
    let exit = match tokio::time::timeout(timeout, child.wait()).await {
        Ok(exit) => Some(exit),
        Err(_) => {
            let _ = child.signal(libc::SIGKILL).await;
            None
        }
    };
    outputs.end(exit, began).await
}

/// What the supervisor of a check says; `None` is a timeout.
fn check_exit(text: &str) -> Result<Option<Exit>, InitError> {
    let exit = match text.split_once(' ') {
        _ if text == "timeout" => None,
        _ if text.is_empty() => Some(Exit::Signal(libc::SIGKILL)),
        Some(("exit", code)) if code.parse::<i32>().is_ok() => code.parse().ok().map(Exit::Code),
        Some(("signal", number)) if number.parse::<i32>().is_ok() => {
            number.parse().ok().map(Exit::Signal)
        }
        _ => return Err(InitError::Refused(text.to_owned())),
    };
    Ok(exit)
}

/// A memfd of the text that nobody can change.
fn sealed(text: &str) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let mut file = File::from(rustix::fs::memfd_create("script", flags)?);
    file.write_all(text.as_bytes())?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&file, seals)?;
    Ok(file.into())
}

/// The outputs of a script, read to their very end, so that what it left running never writes
/// into a closed pipe.
struct Outputs {
    stdout: Output,
    stderr: Output,
}

struct Output {
    kept: Arc<Mutex<Vec<u8>>>,
    reader: tokio::task::JoinHandle<()>,
}

impl Outputs {
    fn of(child: &mut Child) -> Self {
        match std::mem::replace(&mut child.stdio, Stdio::None) {
            Stdio::Pipes { stdout, stderr, .. } => Self {
                stdout: Output::read(Some(stdout)),
                stderr: Output::read(Some(stderr)),
            },
            Stdio::Output(output) => Self {
                stdout: Output::read(Some(output)),
                stderr: Output::read(None),
            },
            Stdio::None | Stdio::Pty(_) => Self {
                stdout: Output::read(None),
                stderr: Output::read(None),
            },
        }
    }

    async fn end(mut self, exit: Option<Exit>, began: Instant) -> CheckOutput {
        let took = began.elapsed();
        let both = async {
            let _ = (&mut self.stdout.reader).await;
            let _ = (&mut self.stderr.reader).await;
        };
        let _ = tokio::time::timeout(OUTPUT_GRACE, both).await;
        CheckOutput {
            exit,
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Output {
    fn read(pipe: Option<pipe::Receiver>) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let target = kept.clone();
        let reader = tokio::spawn(async move {
            let Some(mut pipe) = pipe else { return };
            let mut buffer = vec![0; 4096];
            while let Ok(length) = pipe.read(&mut buffer).await {
                let read = buffer.get(..length).unwrap_or_default();
                if read.is_empty() {
                    break;
                }
                let mut kept = target.lock().unwrap_or_else(PoisonError::into_inner);
                let room = MAX_OUTPUT_BYTES.saturating_sub(kept.len());
                kept.extend(read.iter().take(room));
            }
        });
        Self { kept, reader }
    }

    fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}
