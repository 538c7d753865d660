//! The OCI runtime, driven by its command line as every runtime that speaks runtime-spec's
//! command interface takes it (`run --detach`, `delete --force`).
//!
//! `run` instead of `create` and `start`: the node's init does nothing before the agent asks it
//! to, so the links can be made after it runs, and one start of the runtime is saved.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;

use labwright_wire::Exit;
use tokio::sync::Semaphore;

use super::kernel;
use super::oci::CONTROL_FD;
use super::reaper::Reaper;

/// Most bytes of a runtime's complaint that are passed on.
const WORDS_BYTES: u64 = 2048;
/// Runtimes at work at once, for each processor: they are busy, not waiting.
const PER_PROCESSOR: usize = 2;

/// Why a runtime did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// It could not be run.
    #[error("running the OCI runtime `{program}`")]
    Spawn {
        /// Its name.
        program: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It failed.
    #[error("the OCI runtime `{program}` failed: {words}")]
    Failed {
        /// Its name.
        program: String,
        /// What it said.
        words: String,
    },
}

/// A runtime and where it keeps its state.
pub struct Runtime {
    program: String,
    state: PathBuf,
    reaper: Rc<Reaper>,
    permits: Semaphore,
}

impl Runtime {
    /// A runtime that keeps its state in the folder `state`.
    pub fn new(program: String, state: PathBuf, reaper: Rc<Reaper>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            program,
            state,
            reaper,
            permits: Semaphore::new(processors * PER_PROCESSOR),
        }
    }

    /// Starts the container `id` from its bundle; `control` becomes [`CONTROL_FD`] of its init.
    /// Returns the process id of its init.
    pub async fn run(
        &self,
        id: &str,
        bundle: &Path,
        control: OwnedFd,
    ) -> Result<i32, RuntimeError> {
        let pid_file = bundle.join("pid");
        let mut command = self.command();
        command.args(["run", "--detach", "--preserve-fds", "1", "--pid-file"]);
        command.arg(&pid_file).arg("--bundle").arg(bundle).arg(id);
        kernel::pass_descriptor(&mut command, &control, CONTROL_FD);
        self.finish(command, &bundle.join("log")).await?;
        drop(control);
        let pid = std::fs::read_to_string(&pid_file).map_err(|source| self.spawn_error(source))?;
        pid.trim()
            .parse()
            .map_err(|error| self.spawn_error(io::Error::other(error)))
    }

    /// Whether it keeps anything of a container, be it half made.
    pub fn knows(&self, id: &str) -> bool {
        self.state.join(id).exists()
    }

    /// Kills what is left of a container and forgets it.
    pub async fn delete(&self, id: &str, bundle: &Path) -> Result<(), RuntimeError> {
        let mut command = self.command();
        command.args(["delete", "--force", id]);
        self.finish(command, &bundle.join("log")).await
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--root").arg(&self.state).stdin(Stdio::null());
        command
    }

    async fn finish(&self, mut command: Command, log: &Path) -> Result<(), RuntimeError> {
        let _permit = self.permits.acquire().await;
        let mut words = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(log)
            .map_err(|source| self.spawn_error(source))?;
        let stderr = words
            .try_clone()
            .map_err(|source| self.spawn_error(source))?;
        command.stdout(Stdio::null()).stderr(stderr);
        let child = command.spawn().map_err(|source| self.spawn_error(source))?;
        let ended = self.reaper.ended(child.id() as i32);
        if matches!(ended.await, Ok(Exit::Code(0))) {
            return Ok(());
        }
        let mut text = String::new();
        let _ = words.rewind();
        let _ = words.take(WORDS_BYTES).read_to_string(&mut text);
        Err(RuntimeError::Failed {
            program: self.program.clone(),
            words: text.trim().to_owned(),
        })
    }

    fn spawn_error(&self, source: io::Error) -> RuntimeError {
        RuntimeError::Spawn {
            program: self.program.clone(),
            source,
        }
    }
}
