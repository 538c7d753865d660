//! The asker: starts a child for each question, and bounds how many there are.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use labwright_grading::Table;
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use crate::protocol::{Bounds, Failure, Outcome, Request};

/// Largest database that is asked.
pub const MAX_DATABASE_BYTES: u64 = 64 << 20;
/// Children at a time.
const CHILDREN: usize = 4;
/// How much longer than its processor time a child may take on a busy machine.
const PATIENCE: u32 = 5;
/// Longest answer: every byte of a blob is a number in JSON.
const MAX_REPLY_BYTES: u64 = 64 << 20;

/// Why a question has no answer; it is no fault of the query.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The database cannot be read.
    #[error("the database {file} cannot be read")]
    Read {
        /// Its name in the lab.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// It is too large.
    #[error("the database {file} is over the limit of {MAX_DATABASE_BYTES} bytes")]
    TooLarge {
        /// Its name in the lab.
        file: String,
    },
    /// The child cannot be started or talked to.
    #[error("the program that asks databases, {program}, cannot be run")]
    Child {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It answered with something that is no answer.
    #[error("the program that asks databases gave no answer ({how})")]
    Answer {
        /// How it ended.
        how: String,
    },
}

/// Asks databases; cheap to clone.
#[derive(Debug, Clone)]
pub struct Asker {
    program: PathBuf,
    arguments: Vec<OsString>,
    bounds: Bounds,
    turns: Arc<Semaphore>,
}

impl Asker {
    /// An asker whose children are this program with these arguments; it must call [`crate::child_main`].
    pub fn new(program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.iter().map(OsString::from).collect(),
            bounds: Bounds::default(),
            turns: Arc::new(Semaphore::new(CHILDREN)),
        }
    }

    /// The same with other bounds.
    pub fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// What a query gives on a database: the file `file` below `root`, which is only read. The kernel refuses every
    /// way out of `root`.
    pub async fn ask(
        &self,
        root: &Path,
        file: &str,
        sql: &str,
    ) -> Result<Result<Table, Failure>, AskError> {
        let bytes = read(root, file).await?;
        let request = Request {
            sql: sql.to_owned(),
            bounds: self.bounds,
            database_bytes: bytes.len(),
        };
        // Never closed, so a turn always comes.
        let _turn = self.turns.acquire().await;
        let broken = |source| AskError::Child {
            program: self.program.clone(),
            source,
        };
        let mut child = self.start().map_err(broken)?;
        let limit = Duration::from_millis(self.bounds.time_ms) * PATIENCE;
        let talked = tokio::time::timeout(limit, talk(&mut child, &request, &bytes)).await;
        match talked {
            Ok(said) => read_answer(&mut child, &said.map_err(broken)?).await,
            // Dropping the child kills it.
            Err(_) => Ok(Err(Failure::Time)),
        }
    }

    fn start(&self) -> io::Result<Child> {
        Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }
}

/// Sends the request and the database, and takes all that the child says.
async fn talk(child: &mut Child, request: &Request, database: &[u8]) -> io::Result<Vec<u8>> {
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    let send = async {
        input.write_all(&line).await?;
        input.write_all(database).await?;
        input.shutdown().await?;
        drop(input);
        Ok::<(), io::Error>(())
    };
    let mut said = Vec::new();
    let mut output = output.take(MAX_REPLY_BYTES);
    let hear = output.read_to_end(&mut said);
    // A child that died early has not read all; what matters is what it said.
    let (_, heard) = tokio::join!(send, hear);
    heard?;
    Ok(said)
}

async fn read_answer(child: &mut Child, said: &[u8]) -> Result<Result<Table, Failure>, AskError> {
    match serde_json::from_slice(said) {
        Ok(Outcome::Table(table)) => Ok(Ok(table)),
        Ok(Outcome::Failure(failure)) => Ok(Err(failure)),
        Err(_) => {
            let status = child.wait().await;
            use std::os::unix::process::ExitStatusExt as _;
            let signal = status.as_ref().ok().and_then(|status| status.signal());
            match signal {
                // SIGXCPU, and SIGKILL at the hard limit: its processor time was over within one operation.
                Some(9 | 24) => Ok(Err(Failure::Time)),
                // SIGABRT, SIGBUS, SIGSEGV: there was no memory or no stack left.
                Some(6 | 7 | 11) => Ok(Err(Failure::Memory)),
                _ => Err(AskError::Answer {
                    how: status.map_or_else(|error| error.to_string(), |status| status.to_string()),
                }),
            }
        }
    }
}

async fn read(root: &Path, file: &str) -> Result<Vec<u8>, AskError> {
    let (root, name) = (root.to_owned(), file.to_owned());
    let read = tokio::task::spawn_blocking(move || read_below(&root, &name)).await;
    let source = match read {
        Ok(Ok(Some(bytes))) => return Ok(bytes),
        Ok(Ok(None)) => {
            return Err(AskError::TooLarge {
                file: file.to_owned(),
            });
        }
        Ok(Err(source)) => source,
        Err(_) => io::ErrorKind::Interrupted.into(),
    };
    Err(AskError::Read {
        file: file.to_owned(),
        source,
    })
}

/// `None` when the file is too large.
fn read_below(root: &Path, file: &str) -> io::Result<Option<Vec<u8>>> {
    use std::io::Read as _;
    let folder = openat(
        CWD,
        root,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let opened = openat2(
        &folder,
        file,
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS,
    )?;
    let opened = std::fs::File::from(opened);
    if !opened.metadata()?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut bytes = Vec::new();
    opened
        .take(MAX_DATABASE_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= MAX_DATABASE_BYTES).then_some(bytes))
}
