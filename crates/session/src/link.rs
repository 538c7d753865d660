//! What a driver does through an agent's channel: each function is one job, and may be repeated.
//!
//! Nothing here decides; results go back to the state machine.

use std::time::Duration;

use labwright_model::{NodeName, SessionId};
use labwright_place::{HandsOver, Place, PlaceError};
use labwright_store::{Autosaves, StoreError};
use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::limits::MAX_FRAME_BYTES;
use labwright_wire::{
    Client, ClientError, Control, Exit, Failure, KeepOp, Open, Reply, StatusReport, Stream,
    VERSION, handover,
};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::machine::LinkError;

/// Longest wait for a channel and its first status.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for a connection that is handed over: an agent waits for a display that is being made.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(40);
/// Longest save or restore of all nodes.
pub(crate) const KEEP_TIMEOUT: Duration = Duration::from_secs(180);
/// Time between two questions whether a node is made.
const NOT_MADE_RETRY: Duration = Duration::from_millis(10);
/// Size of the pty of a terminal that nobody has attached to yet.
const FIRST_COLS: u16 = 80;
const FIRST_ROWS: u16 = 24;

/// Why something through the channel failed, before it is put in words.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Agent(Failure),
    #[error("the agent answered {0} with something else")]
    Unexpected(&'static str),
    #[error("the files of node {node} were not transferred whole")]
    Cut { node: NodeName },
    #[error("it took too long")]
    TooLong,
}

impl From<JobError> for LinkError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Place(PlaceError::NoMachine { .. }) => Self::Gone,
            other => Self::Failed(chain(&other)),
        }
    }
}

/// An error with all its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = cause.source();
    }
    text
}

/// A living channel: the client, the state of the machine, and its events.
pub(crate) struct Connected {
    pub(crate) client: Client,
    pub(crate) report: StatusReport,
    pub(crate) events: Stream,
}

/// Finds the agent of a session.
pub(crate) async fn connect(place: &dyn Place, id: &SessionId) -> Result<Connected, JobError> {
    let connecting = async {
        let client = Client::new(place.connect(id).await?);
        let (report, events) = status(&client).await?;
        Ok(Connected {
            client,
            report,
            events,
        })
    };
    tokio::time::timeout(CONNECT_TIMEOUT, connecting)
        .await
        .unwrap_or(Err(JobError::TooLong))
}

/// Takes over what an agent would otherwise carry.
pub(crate) async fn take_over(
    place: &dyn HandsOver,
    id: &SessionId,
    open: &Open,
) -> Result<TcpStream, JobError> {
    let taking = async { Ok(handover::ask(place.socket(id).await?, open).await?) };
    tokio::time::timeout(HANDOVER_TIMEOUT, taking)
        .await
        .unwrap_or(Err(JobError::TooLong))
}

/// Asks for the machine's state; its events follow on the stream.
pub(crate) async fn status(client: &Client) -> Result<(StatusReport, Stream), JobError> {
    match client.open(&Open::Status { version: VERSION }).await? {
        (Reply::Status(report), stream) => Ok((report, stream)),
        _ => Err(JobError::Unexpected("status")),
    }
}

/// Starts one node, or all, afresh.
pub(crate) async fn reset(client: &Client, node: Option<NodeName>) -> Result<(), JobError> {
    client.open(&Open::Reset { node }).await?;
    Ok(())
}

/// Makes a terminal; it lives on without a viewer.
pub(crate) async fn make_terminal(
    client: &Client,
    node: &NodeName,
    id: &str,
) -> Result<(), ClientError> {
    let open = Open::Pty {
        node: node.clone(),
        terminal: id.to_owned(),
        cols: FIRST_COLS,
        rows: FIRST_ROWS,
        since: None,
        existing: false,
        argv: Vec::new(),
        user: None,
    };
    client.open(&open).await?;
    Ok(())
}

/// Saves what the lab keeps of all `nodes`; goes on after a failure and reports the first one.
pub(crate) async fn save(
    client: &Client,
    autosaves: &Autosaves,
    files: &SessionId,
    nodes: &[NodeName],
) -> Result<(), JobError> {
    let mut result = Ok(());
    for node in nodes {
        let saved = tokio::time::timeout(KEEP_TIMEOUT, save_node(client, autosaves, files, node))
            .await
            .unwrap_or(Err(JobError::TooLong));
        result = result.and(saved);
    }
    result
}

async fn save_node(
    client: &Client,
    autosaves: &Autosaves,
    files: &SessionId,
    node: &NodeName,
) -> Result<(), JobError> {
    let open = Open::Keep {
        node: node.clone(),
        op: KeepOp::Save,
    };
    let (_, mut stream) = client.open(&open).await?;
    let mut archive = autosaves.begin(files, node).await?;
    let mut whole = false;
    while let Some(frame) = frame::read_frame(&mut stream).await? {
        match frame.kind {
            Kind::Data => archive.write(&frame.bytes).await?,
            Kind::Eof => whole = true,
            Kind::Control => {
                succeeded(node, &frame.bytes)?;
                if !whole {
                    break;
                }
                return Ok(archive.commit().await?);
            }
            Kind::Stderr => {}
        }
    }
    Err(JobError::Cut { node: node.clone() })
}

/// Puts the saved files of all `nodes` back.
pub(crate) async fn restore(
    client: &Client,
    autosaves: &Autosaves,
    files: &SessionId,
    nodes: &[NodeName],
) -> Result<(), JobError> {
    for node in nodes {
        tokio::time::timeout(KEEP_TIMEOUT, restore_node(client, autosaves, files, node))
            .await
            .unwrap_or(Err(JobError::TooLong))?;
    }
    Ok(())
}

async fn restore_node(
    client: &Client,
    autosaves: &Autosaves,
    files: &SessionId,
    node: &NodeName,
) -> Result<(), JobError> {
    let Some(mut archive) = autosaves.open(files, node).await? else {
        return Ok(());
    };
    // What a learner may have written makes nobody root who was not.
    let op = match autosaves.is_brought(files, node).await {
        true => KeepOp::Bring,
        false => KeepOp::Restore,
    };
    let mut stream = open_restore(client, node, op).await?;
    let mut buffer = vec![0; MAX_FRAME_BYTES];
    loop {
        let length = archive.read(&mut buffer).await.map_err(FrameError::from)?;
        let Some(bytes) = buffer.get(..length).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        frame::write_frame(&mut stream, Kind::Data, bytes).await?;
    }
    frame::write_frame(&mut stream, Kind::Eof, &[]).await?;
    while let Some(frame) = frame::read_frame(&mut stream).await? {
        if frame.kind == Kind::Control {
            return succeeded(node, &frame.bytes);
        }
    }
    Err(JobError::Cut { node: node.clone() })
}

/// A node takes its files as soon as it is made; until then it is asked again.
async fn open_restore(client: &Client, node: &NodeName, op: KeepOp) -> Result<Stream, JobError> {
    let open = Open::Keep {
        node: node.clone(),
        op,
    };
    loop {
        match client.open(&open).await {
            Ok((_, stream)) => return Ok(stream),
            Err(ClientError::Refused(failure)) if failure.code == "not_ready" => {
                tokio::time::sleep(NOT_MADE_RETRY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn succeeded(node: &NodeName, control: &[u8]) -> Result<(), JobError> {
    match serde_json::from_slice(control).map_err(FrameError::from)? {
        Control::Exit {
            exit: Exit::Code(0),
        } => Ok(()),
        Control::Failed(failure) => Err(JobError::Agent(failure)),
        _ => Err(JobError::Cut { node: node.clone() }),
    }
}
