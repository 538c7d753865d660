//! A machine that was started for a trial, and the channel to its agent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use labwright_model::{MachineSpec, SessionId};
use labwright_place::{Place, PlaceError};
use labwright_wire::frame::{self, Kind};
use labwright_wire::{Client, ClientError, Event, Failure, Open, Reply, StatusReport, VERSION};

/// Longest wait for a machine to become ready.
const READY_TIMEOUT: Duration = Duration::from_secs(120);

/// Why a machine did not become ready.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// The place could not start or reach it.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// Its agent could not be asked.
    #[error("the agent of the machine cannot be asked")]
    Agent(#[from] ClientError),
    /// The agent answered something else than was asked.
    #[error("the agent answered `{asked}` with something else")]
    Answer {
        /// What it was asked.
        asked: &'static str,
    },
    /// A node did not start.
    #[error("the machine did not become ready")]
    NotReady(#[source] Failure),
    /// It took too long.
    #[error("the machine was not ready after {} s", READY_TIMEOUT.as_secs())]
    TooLong,
    /// The channel closed before the machine was ready.
    #[error("the agent ended before the machine was ready")]
    Ended,
}

/// A running machine.
pub struct Machine {
    /// Where it is.
    pub place: Arc<dyn Place>,
    /// Its id.
    pub id: SessionId,
    /// The channel to its agent.
    pub agent: Client,
    /// Milliseconds from the start's beginning to ready.
    pub ready_ms: f64,
}

impl Machine {
    /// Starts a machine and waits until all of its nodes are ready. When it fails, nothing stays.
    pub async fn start(place: Arc<dyn Place>, spec: &MachineSpec) -> Result<Self, MachineError> {
        let id = spec.session.clone();
        match Self::start_unguarded(&place, spec).await {
            Ok((agent, ready_ms)) => Ok(Self {
                place,
                id,
                agent,
                ready_ms,
            }),
            Err(error) => {
                // The first error is the one that counts; what stays is found by the next start.
                let _ = place.stop(&id).await;
                Err(error)
            }
        }
    }

    async fn start_unguarded(
        place: &Arc<dyn Place>,
        spec: &MachineSpec,
    ) -> Result<(Client, f64), MachineError> {
        let began = Instant::now();
        place.start(spec).await?;
        let agent = Client::new(place.connect(&spec.session).await?);
        tokio::time::timeout(READY_TIMEOUT, wait_ready(&agent))
            .await
            .map_err(|_| MachineError::TooLong)??;
        Ok((agent, began.elapsed().as_secs_f64() * 1000.0))
    }

    /// What the agent says of the machine now.
    pub async fn status(&self) -> Result<StatusReport, MachineError> {
        match self.agent.open(&Open::Status { version: VERSION }).await? {
            (Reply::Status(report), _) => Ok(report),
            _ => Err(MachineError::Answer { asked: "status" }),
        }
    }

    /// Stops it; nothing of it stays.
    pub async fn stop(self) -> Result<(), PlaceError> {
        self.place.stop(&self.id).await
    }
}

async fn wait_ready(agent: &Client) -> Result<(), MachineError> {
    let (reply, mut events) = agent.open(&Open::Status { version: VERSION }).await?;
    let Reply::Status(report) = reply else {
        return Err(MachineError::Answer { asked: "status" });
    };
    if report.ready {
        return Ok(());
    }
    if let Some(failure) = report.failed {
        return Err(MachineError::NotReady(failure));
    }
    loop {
        let frame = frame::read_frame(&mut events)
            .await
            .map_err(ClientError::from)?;
        let Some(frame) = frame else {
            return Err(MachineError::Ended);
        };
        if frame.kind != Kind::Control {
            continue;
        }
        match serde_json::from_slice::<Event>(&frame.bytes) {
            Ok(Event::Ready { .. }) => return Ok(()),
            Ok(Event::Failed(failure)) => return Err(MachineError::NotReady(failure)),
            _ => {}
        }
    }
}
