//! How many machines start at once. A burst of starts is worked off in turns: each machine is
//! then ready sooner than if all of them had fought for the same processors.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use labwright_wire::frame::read_frame;
use labwright_wire::{Client, Event, Open, Reply, VERSION};
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Starts at once for each processor. More than one, because a start also waits for the disk.
const STARTS_PER_PROCESSOR: usize = 2;
/// A machine that is not ready by then gives its turn away; it goes on starting.
const LONGEST_TURN: Duration = Duration::from_secs(30);

/// Gives out turns.
pub(crate) struct Admission(Arc<Semaphore>);

/// The right to start one machine, until dropped.
pub(crate) struct Turn(Option<OwnedSemaphorePermit>);

impl Admission {
    pub(crate) fn for_this_machine() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(processors * STARTS_PER_PROCESSOR)))
    }

    /// Waits for a turn; turns come in the order in which they were asked for.
    pub(crate) async fn turn(&self) -> Turn {
        // The semaphore is never closed; if it were, starting at once would be right.
        Turn(Arc::clone(&self.0).acquire_owned().await.ok())
    }
}

impl Turn {
    /// Keeps the turn until the agent on this socket is ready, has failed or is gone.
    pub(crate) fn until_ready(self, socket: PathBuf) {
        tokio::spawn(async move {
            let _ = tokio::time::timeout(LONGEST_TURN, ready(socket)).await;
            drop(self.0);
        });
    }
}

async fn ready(socket: PathBuf) -> Option<()> {
    let client = Client::new(UnixStream::connect(socket).await.ok()?);
    let (reply, mut events) = client.open(&Open::Status { version: VERSION }).await.ok()?;
    if matches!(reply, Reply::Status(report) if report.ready || report.failed.is_some()) {
        return Some(());
    }
    while let Some(frame) = read_frame(&mut events).await.ok()? {
        if let Ok(Event::Ready { .. } | Event::Failed(_)) = serde_json::from_slice(&frame.bytes) {
            break;
        }
    }
    Some(())
}
