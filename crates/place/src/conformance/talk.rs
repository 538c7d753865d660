//! Short ways to ask an agent one thing, for tests.

use std::time::Duration;

use indexmap::IndexMap;
use labwright_model::{NodeName, SessionId};
use labwright_wire::frame::{self, Kind};
use labwright_wire::{
    CheckOutput, Client, Control, Event, Exit, KeepOp, Open, Reply, StatusReport, Stream, VERSION,
};

use crate::Place;

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// How it ended.
    pub exit: Exit,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

/// A client of a machine's agent.
pub async fn client(place: &dyn Place, id: &SessionId) -> Result<Client, String> {
    let channel = place.connect(id).await.map_err(|e| e.to_string())?;
    Ok(Client::new(channel))
}

/// Opens a stream, telling a refusal's own words.
pub async fn open(client: &Client, open: &Open) -> Result<(Reply, Stream), String> {
    client.open(open).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(|c| format!(": {c}"));
        format!("{error}{}", cause.unwrap_or_default())
    })
}

/// The machine's state now.
pub async fn status(client: &Client) -> Result<StatusReport, String> {
    Ok(watch(client).await?.0)
}

/// Waits until the machine is ready or has failed, and says which.
pub async fn until_ready(client: &Client, patience: Duration) -> Result<StatusReport, String> {
    let wait = async {
        let (report, mut events) = watch(client).await?;
        if report.ready || report.failed.is_some() {
            return Ok::<_, String>(());
        }
        while let Some(frame) = frame::read_frame(&mut events).await.map_err(text)? {
            match serde_json::from_slice(&frame.bytes).map_err(text)? {
                Event::Ready { .. } | Event::Failed(_) => return Ok(()),
                _ => {}
            }
        }
        Err("the channel closed before the machine was ready".to_owned())
    };
    tokio::time::timeout(patience, wait)
        .await
        .map_err(|_| format!("not ready within {patience:?}"))??;
    let report = status(client).await?;
    match &report.failed {
        Some(failed) => Err(format!("the machine failed: {}", failed.message)),
        None => Ok(report),
    }
}

/// The state now and the stream of events after it.
pub async fn watch(client: &Client) -> Result<(StatusReport, Stream), String> {
    match open(client, &Open::Status { version: VERSION }).await? {
        (Reply::Status(report), events) => Ok((report, events)),
        (other, _) => Err(format!("unexpected reply to status: {other:?}")),
    }
}

/// Runs a program with `stdin` and waits for its end.
pub async fn exec(
    client: &Client,
    node: &NodeName,
    argv: &[&str],
    stdin: &[u8],
) -> Result<Ran, String> {
    let request = Open::Exec {
        node: node.clone(),
        argv: argv.iter().map(|a| (*a).to_owned()).collect(),
        env: IndexMap::new(),
        cwd: None,
        user: None,
    };
    let (_, mut stream) = open(client, &request).await?;
    // A program that does not read may end before its input is written.
    if frame::write_frame(&mut stream, Kind::Data, stdin)
        .await
        .is_ok()
    {
        let _ = frame::write_frame(&mut stream, Kind::Eof, &[]).await;
    }
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    while let Some(frame) = frame::read_frame(&mut stream).await.map_err(text)? {
        match frame.kind {
            Kind::Data => stdout.extend_from_slice(&frame.bytes),
            Kind::Stderr => stderr.extend_from_slice(&frame.bytes),
            Kind::Control => {
                return Ok(Ran {
                    exit: exit_of(&frame.bytes)?,
                    stdout: String::from_utf8_lossy(&stdout).into_owned(),
                    stderr: String::from_utf8_lossy(&stderr).into_owned(),
                });
            }
            Kind::Eof => {}
        }
    }
    Err(format!(
        "{argv:?} on {node}: the stream ended without a status"
    ))
}

/// Runs a check as root.
pub async fn check(
    client: &Client,
    node: &NodeName,
    script: &str,
    env: &[(&str, &str)],
    timeout: Duration,
) -> Result<CheckOutput, String> {
    let request = Open::Check {
        node: node.clone(),
        script: script.to_owned(),
        env: env
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect(),
        user: "root".to_owned(),
        timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
    };
    match open(client, &request).await? {
        (Reply::Check(output), _) => Ok(output),
        (other, _) => Err(format!("unexpected reply to check: {other:?}")),
    }
}

/// Writes a file of a node.
pub async fn write_file(
    client: &Client,
    node: &NodeName,
    path: &str,
    bytes: &[u8],
) -> Result<(), String> {
    let request = Open::FileWrite {
        node: node.clone(),
        path: path.to_owned(),
        mode: 0o644,
    };
    let (_, stream) = open(client, &request).await?;
    send(stream, bytes).await
}

/// Reads a file of a node.
pub async fn read_file(client: &Client, node: &NodeName, path: &str) -> Result<Vec<u8>, String> {
    let request = Open::FileRead {
        node: node.clone(),
        path: path.to_owned(),
    };
    let (_, stream) = open(client, &request).await?;
    receive(stream).await
}

/// Saves what a node keeps.
pub async fn save(client: &Client, node: &NodeName) -> Result<Vec<u8>, String> {
    let request = Open::Keep {
        node: node.clone(),
        op: KeepOp::Save,
    };
    let (_, stream) = open(client, &request).await?;
    receive(stream).await
}

/// Restores what a node kept.
pub async fn restore(client: &Client, node: &NodeName, archive: &[u8]) -> Result<(), String> {
    let request = Open::Keep {
        node: node.clone(),
        op: KeepOp::Restore,
    };
    let (_, stream) = open(client, &request).await?;
    send(stream, archive).await
}

async fn send(mut stream: Stream, bytes: &[u8]) -> Result<(), String> {
    for part in bytes.chunks(labwright_wire::limits::MAX_FRAME_BYTES) {
        frame::write_frame(&mut stream, Kind::Data, part)
            .await
            .map_err(text)?;
    }
    frame::write_frame(&mut stream, Kind::Eof, &[])
        .await
        .map_err(text)?;
    while let Some(frame) = frame::read_frame(&mut stream).await.map_err(text)? {
        if frame.kind == Kind::Control {
            return match exit_of(&frame.bytes)? {
                Exit::Code(0) => Ok(()),
                other => Err(format!("the transfer ended with {other:?}")),
            };
        }
    }
    Err("the stream ended without a status".to_owned())
}

async fn receive(mut stream: Stream) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    while let Some(frame) = frame::read_frame(&mut stream).await.map_err(text)? {
        match frame.kind {
            Kind::Data => bytes.extend_from_slice(&frame.bytes),
            Kind::Eof => return Ok(bytes),
            Kind::Control => {
                exit_of(&frame.bytes)?;
            }
            Kind::Stderr => {}
        }
    }
    Err("the stream ended before the end of the file".to_owned())
}

fn exit_of(json: &[u8]) -> Result<Exit, String> {
    match serde_json::from_slice(json).map_err(text)? {
        Control::Exit { exit } => Ok(exit),
        Control::Failed(failure) => Err(failure.message),
        other => Err(format!("unexpected control message {other:?}")),
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
