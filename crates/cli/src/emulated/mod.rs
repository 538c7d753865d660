//! The place `browser`, for `test` and `bench`: a lab's machine for a browser's tab
//! (`docs/browser-machine.md`), restored in Node or in a browser without a screen. No learner is ever
//! sent here: theirs is in their own browser.
//!
//! A machine is what was exported. It cannot be asked for another one, and does not outlive this program.

mod emulator;
mod line;
mod machine;
mod page;

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use labwright_model::{Lab, MachineSpec, SessionId};
use labwright_place::{
    AgentChannel, Capabilities, MachineState, MachineStatus, Place, PlaceError, Problem,
};
use labwright_wire::{Client, Open, console};
use tokio::sync::Mutex;

pub use emulator::{Emulator, Installed};
pub use machine::{Prepared, Wanted, prepare};

use emulator::Running;
use line::Line;

use crate::preview;

/// What the place is called.
pub const NAME: &str = "browser";
/// Folders of machines that run, in the state folder.
pub const FOLDER: &str = "emulated";
/// How long a machine may take until it runs again, its browser's start included.
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// How long its agent may take to answer the first time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the end of a channel is waited for.
const GOODBYE: Duration = Duration::from_secs(1);
/// Between two looks whether a machine is being started.
const LOOK: Duration = Duration::from_millis(5);
/// Random bytes of a channel's name, and of what wakes a machine.
const EPOCH_BYTES: usize = 16;
const ENTROPY_BYTES: usize = 64;

/// Restores one lab's machine.
pub struct EmulatedPlace {
    installed: Installed,
    state: PathBuf,
    running: Mutex<HashMap<SessionId, Running>>,
}

impl EmulatedPlace {
    /// Restores this machine; folders of machines that run are below `state`.
    pub fn new(installed: Installed, state: PathBuf) -> Arc<Self> {
        sweep(&state.join(FOLDER));
        Arc::new(Self {
            installed,
            state,
            running: Mutex::default(),
        })
    }

    /// Completes when the program of a machine is there and restores it; the group of its processes.
    pub async fn begun(&self, id: &SessionId) -> Option<i32> {
        let (begun, group) = loop {
            match self.running.lock().await.get(id) {
                Some(running) => break (running.begun(), running.group()),
                None => tokio::time::sleep(LOOK).await,
            }
        };
        begun.await;
        group
    }

    /// Bytes that a browser has loaded of a machine and its emulator.
    pub async fn loaded_bytes(&self, id: &SessionId) -> Option<u64> {
        self.running.lock().await.get(id)?.loaded_bytes()
    }

    fn folder(&self, id: &SessionId) -> PathBuf {
        self.state.join(FOLDER).join(id.as_str())
    }

    /// Its line, and what it said last.
    async fn line(&self, id: &SessionId) -> Result<Arc<Line>, PlaceError> {
        let running = self.running.lock().await;
        let running = running.get(id).ok_or_else(|| no_machine(id))?;
        Ok(running.line.clone())
    }

    async fn channel(&self, id: &SessionId) -> Result<tokio::io::DuplexStream, PlaceError> {
        let line = self.line(id).await?;
        let connect = async {
            let device = line.take().await?;
            console::connect(device, &random(EPOCH_BYTES)?).await
        };
        let answered = tokio::time::timeout(ANSWER_TIMEOUT, connect).await;
        let error = match answered {
            Ok(Ok(channel)) => return Ok(channel),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("its agent gave no answer in {} s", ANSWER_TIMEOUT.as_secs()),
        };
        let running = self.running.lock().await;
        let why = running
            .get(id)
            .map(|running| running.ear.with_last_words(&error));
        Err(failed("connecting to", id, why.unwrap_or(error)))
    }

    /// It stood still since it was saved, and its random numbers are everybody's: before anything else.
    async fn wake(&self, id: &SessionId) -> Result<(), PlaceError> {
        let failed = |cause: String| failed("waking", id, cause);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let wake = Open::Wake {
            unix_ms: now.map_or(0, |now| now.as_millis() as u64),
            entropy: random(ENTROPY_BYTES).map_err(|error| failed(error.to_string()))?,
        };
        let agent = Client::new(self.channel(id).await?);
        agent.open(&wake).await.map_err(|error| {
            let why = std::error::Error::source(&error).map(|source| format!(": {source}"));
            failed(format!("{error}{}", why.unwrap_or_default()))
        })?;
        drop(agent);
        // Its channel says goodbye; the next one would only cut it short.
        let line = self.line(id).await?;
        let _ = tokio::time::timeout(GOODBYE, line.free()).await;
        Ok(())
    }
}

#[async_trait]
impl Place for EmulatedPlace {
    fn name(&self) -> &str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            keeps_layers: false,
            netem: true,
        }
    }

    /// `lint` knows what does not run in a browser without asking anybody.
    async fn validate(&self, _: &Lab) -> Vec<Problem> {
        Vec::new()
    }

    /// Restores the machine, whatever else `spec` says: it was made from a spec of its own.
    async fn start(&self, spec: &MachineSpec) -> Result<(), PlaceError> {
        let id = &spec.session;
        let started = {
            let mut running = self.running.lock().await;
            if running.contains_key(id) {
                return Ok(());
            }
            let one = Running::start(&self.installed, self.folder(id)).await;
            let one = one.map_err(|failure| {
                let words = std::iter::once(failure.message).chain(failure.causes);
                failed("starting", id, words.collect::<Vec<_>>().join(": "))
            })?;
            let started = one.started();
            running.insert(id.clone(), one);
            started
        };
        let why = match tokio::time::timeout(START_TIMEOUT, started).await {
            Ok(Ok(())) => return self.wake(id).await,
            Ok(Err(why)) => why,
            Err(_) => format!("it did not run after {} s", START_TIMEOUT.as_secs()),
        };
        let words = self.installed.emulator.words();
        Err(failed("starting", id, format!("{words}: {why}")))
    }

    async fn observe(&self) -> Result<Vec<MachineState>, PlaceError> {
        let running = self.running.lock().await;
        let found = fs::read_dir(self.state.join(FOLDER))
            .into_iter()
            .flatten()
            .flatten();
        let names = found.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let ids = names.filter_map(|name| SessionId::new(name).ok());
        let state = |id: SessionId| MachineState {
            status: match running.contains_key(&id) {
                true => MachineStatus::Running,
                false => MachineStatus::Dead,
            },
            id,
        };
        Ok(ids.map(state).collect())
    }

    async fn connect(&self, id: &SessionId) -> Result<AgentChannel, PlaceError> {
        Ok(AgentChannel::new(self.channel(id).await?))
    }

    async fn stop(&self, id: &SessionId) -> Result<(), PlaceError> {
        let running = self.running.lock().await.remove(id);
        if let Some(running) = running {
            running.stop().await;
        }
        match fs::remove_dir_all(self.folder(id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(failed("stopping", id, error.to_string()))
            }
            _ => Ok(()),
        }
    }
}

/// Removes the folders of machines whose program was killed; its processes ended with it.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name
            .split('-')
            .nth(1)
            .and_then(|process| process.parse().ok());
        if process.is_some_and(|process| !preview::lives(process)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn no_machine(id: &SessionId) -> PlaceError {
    PlaceError::NoMachine { id: id.clone() }
}

fn failed(action: &'static str, id: &SessionId, cause: String) -> PlaceError {
    PlaceError::Failed {
        action,
        id: id.clone(),
        cause,
    }
}

/// So many random bytes, in hexadecimal.
fn random(bytes: usize) -> std::io::Result<String> {
    let mut drawn = vec![0; bytes];
    fs::File::open("/dev/urandom")?.read_exact(&mut drawn)?;
    Ok(drawn.iter().map(|byte| format!("{byte:02x}")).collect())
}
