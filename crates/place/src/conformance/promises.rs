//! One function a promise.

use std::time::Duration;

use labwright_model::NodeName;
use labwright_wire::frame::{self, Kind};
use labwright_wire::{Client, Exit, Open, Reply, Stream};

use super::{Kept, Subject, talk};
use crate::{MachineStatus, PlaceError};

/// How long to wait for something that happens at once.
const MOMENT: Duration = Duration::from_secs(5);
/// How often to look.
const LOOK: Duration = Duration::from_millis(20);

macro_rules! ensure {
    ($holds:expr, $($why:tt)*) => {
        if !$holds {
            return Err(format!($($why)*));
        }
    };
}

pub(crate) async fn unknown_machines(subject: &Subject<'_>) -> Kept {
    let id = subject.id(2)?;
    let stopped = subject.place.stop(&id).await;
    ensure!(stopped.is_ok(), "stop answered {stopped:?}");
    let reached = subject.place.connect(&id).await;
    let refused = matches!(reached, Err(PlaceError::NoMachine { .. }));
    ensure!(refused, "connect did not answer NoMachine");
    let status = subject.status_of(&id).await?;
    ensure!(status.is_none(), "an unknown machine is {status:?}");
    Ok(())
}

pub(crate) async fn start_is_idempotent(subject: &Subject<'_>) -> Kept {
    let id = subject.id(0)?;
    let spec = (subject.machine)(&id);
    start(subject, &spec).await?;
    let first = ready(subject, 0).await?;
    let epoch = talk::status(&first).await?.epoch;
    start(subject, &spec).await?;
    let again = talk::status(&ready(subject, 0).await?).await?;
    ensure!(
        again.epoch == epoch,
        "the second start made another machine"
    );
    let names: Vec<&NodeName> = again.nodes.iter().map(|n| &n.name).collect();
    let wanted: Vec<&NodeName> = spec.nodes.iter().map(|n| &n.name).collect();
    ensure!(names == wanted, "nodes {names:?} instead of {wanted:?}");
    let status = subject.status_of(&id).await?;
    ensure!(
        status == Some(MachineStatus::Running),
        "observed as {status:?}"
    );
    Ok(())
}

pub(crate) async fn programs_run(subject: &Subject<'_>) -> Kept {
    let client = ready(subject, 0).await?;
    let (node, _) = subject.nodes(&subject.id(0)?)?;
    let ran = talk::exec(&client, &node, &["sh", "-c", "echo hello; exit 3"], b"").await?;
    ensure!(ran.stdout == "hello\n", "echo printed {:?}", ran.stdout);
    ensure!(ran.exit == Exit::Code(3), "exit 3 gave {:?}", ran.exit);
    // Less than a frame holds, more than a pipe.
    let input = "a line\n".repeat(9_000);
    let ran = talk::exec(&client, &node, &["cat"], input.as_bytes()).await?;
    ensure!(ran.stdout == input, "cat lost something");
    let nobody = NodeName::new("nobody").map_err(|e| e.to_string())?;
    let refused = talk::exec(&client, &nobody, &["true"], b"").await;
    ensure!(refused.is_err(), "an unknown node ran something");
    Ok(())
}

pub(crate) async fn checks_run(subject: &Subject<'_>) -> Kept {
    let client = ready(subject, 0).await?;
    let (node, _) = subject.nodes(&subject.id(0)?)?;
    let second = Duration::from_secs(10);
    let env = [("ANSWER", "42"), ("TASK", "t")];
    let done = talk::check(
        &client,
        &node,
        "echo score 0.5\ntest $ANSWER = 42",
        &env,
        second,
    );
    let done = done.await?;
    ensure!(
        done.exit == Some(Exit::Code(0)),
        "a check that holds: {done:?}"
    );
    ensure!(done.stdout == "score 0.5\n", "its output: {done:?}");
    let not_yet = talk::check(&client, &node, "test $ANSWER = 43", &env, second).await?;
    ensure!(
        not_yet.exit == Some(Exit::Code(1)),
        "a check that does not hold: {not_yet:?}"
    );
    let short = Duration::from_millis(300);
    let slow = talk::check(&client, &node, "sleep 20", &env, short).await?;
    ensure!(slow.exit.is_none(), "a check over its time: {slow:?}");
    Ok(())
}

pub(crate) async fn files_travel(subject: &Subject<'_>) -> Kept {
    let client = ready(subject, 0).await?;
    let (node, _) = subject.nodes(&subject.id(0)?)?;
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    talk::write_file(&client, &node, "/root/file", &bytes).await?;
    let back = talk::read_file(&client, &node, "/root/file").await?;
    ensure!(back == bytes, "{} bytes came back", back.len());
    let missing = talk::read_file(&client, &node, "/root/missing").await;
    ensure!(missing.is_err(), "a missing file could be read");
    Ok(())
}

pub(crate) async fn terminals_survive(subject: &Subject<'_>) -> Kept {
    let (node, _) = subject.nodes(&subject.id(0)?)?;
    let client = ready(subject, 0).await?;
    let (offset, mut stream) = terminal(&client, &node, None).await?;
    // The quotes tell the echo of what was typed from what the shell printed.
    type_in(&mut stream, b"echo one\"\"two\r").await?;
    let seen = read_until(&mut stream, "onetwo").await?;
    drop((stream, client));
    let client = ready(subject, 0).await?;
    let listed = talk::status(&client).await?.terminals;
    ensure!(
        listed.iter().any(|t| t.terminal == "conformance"),
        "after the channel closed the terminals are {listed:?}"
    );
    let (again, mut stream) = terminal(&client, &node, Some(offset)).await?;
    ensure!(again == offset, "attached at {again} instead of {offset}");
    let replayed = read_until(&mut stream, "onetwo").await?;
    ensure!(
        replayed.starts_with(seen.get(..20.min(seen.len())).unwrap_or_default()),
        "first {seen:?}, then {replayed:?}"
    );
    type_in(&mut stream, b"echo three\"\"four\r").await?;
    read_until(&mut stream, "threefour").await?;
    Ok(())
}

pub(crate) async fn sessions_are_apart(subject: &Subject<'_>) -> Kept {
    let other = subject.id(1)?;
    start(subject, &(subject.machine)(&other)).await?;
    let client = ready(subject, 1).await?;
    let (node, _) = subject.nodes(&other)?;
    let missing = talk::read_file(&client, &node, "/root/file").await;
    ensure!(missing.is_err(), "the other session's file is readable");
    for id in [subject.id(0)?, other] {
        let status = subject.status_of(&id).await?;
        ensure!(
            status == Some(MachineStatus::Running),
            "{id} is observed as {status:?}"
        );
    }
    Ok(())
}

pub(crate) async fn dead_machines_come_back(subject: &Subject<'_>) -> Kept {
    if !subject.place.capabilities().keeps_layers {
        return Ok(());
    }
    let id = subject.id(0)?;
    let client = ready(subject, 0).await?;
    let epoch = talk::status(&client).await?.epoch;
    talk::open(&client, &Open::Stop).await?;
    until(subject, 0, Some(MachineStatus::Dead)).await?;
    let reached = subject.place.connect(&id).await;
    let refused = matches!(reached, Err(PlaceError::NoMachine { .. }));
    ensure!(refused, "a dead machine was reached");
    start(subject, &(subject.machine)(&id)).await?;
    let client = ready(subject, 0).await?;
    let after = talk::status(&client).await?.epoch;
    ensure!(after != epoch, "the epoch is the same after a reboot");
    let (node, _) = subject.nodes(&id)?;
    let back = talk::read_file(&client, &node, "/root/file").await?;
    ensure!(back.len() == 200_000, "{} bytes survived", back.len());
    Ok(())
}

pub(crate) async fn keep_carries_over(subject: &Subject<'_>) -> Kept {
    let id = subject.id(0)?;
    let (node, _) = subject.nodes(&id)?;
    let client = ready(subject, 0).await?;
    talk::write_file(&client, &node, "/root/kept", b"kept").await?;
    talk::write_file(&client, &node, "/tmp-lost", b"lost").await?;
    let archive = talk::save(&client, &node).await?;
    drop(client);
    stop(subject, 0).await?;
    start(subject, &(subject.machine)(&id)).await?;
    let client = ready(subject, 0).await?;
    let fresh = talk::read_file(&client, &node, "/root/kept").await;
    ensure!(fresh.is_err(), "a stopped machine kept its files");
    talk::restore(&client, &node, &archive).await?;
    let kept = talk::read_file(&client, &node, "/root/kept").await?;
    ensure!(kept == b"kept", "restored {kept:?}");
    let lost = talk::read_file(&client, &node, "/tmp-lost").await;
    ensure!(lost.is_err(), "more than what is kept was restored");
    Ok(())
}

pub(crate) async fn stop_leaves_nothing(subject: &Subject<'_>) -> Kept {
    for index in [0, 1, 0] {
        stop(subject, index).await?;
        until(subject, index, None).await?;
        let reached = subject.place.connect(&subject.id(index)?).await;
        let refused = matches!(reached, Err(PlaceError::NoMachine { .. }));
        ensure!(refused, "a stopped machine was reached");
    }
    Ok(())
}

async fn start(subject: &Subject<'_>, spec: &labwright_model::MachineSpec) -> Kept {
    let started = subject.place.start(spec).await;
    started.map_err(|e| e.to_string())
}

async fn stop(subject: &Subject<'_>, index: usize) -> Kept {
    let stopped = subject.place.stop(&subject.id(index)?).await;
    stopped.map_err(|e| e.to_string())
}

async fn ready(subject: &Subject<'_>, index: usize) -> Result<Client, String> {
    let client = talk::client(subject.place, &subject.id(index)?).await?;
    talk::until_ready(&client, subject.patience).await?;
    Ok(client)
}

async fn until(subject: &Subject<'_>, index: usize, wanted: Option<MachineStatus>) -> Kept {
    let id = subject.id(index)?;
    let deadline = tokio::time::Instant::now() + MOMENT;
    loop {
        let status = subject.status_of(&id).await?;
        if status == wanted {
            return Ok(());
        }
        ensure!(
            tokio::time::Instant::now() < deadline,
            "{id} is {status:?} instead of {wanted:?}"
        );
        tokio::time::sleep(LOOK).await;
    }
}

async fn terminal(
    client: &Client,
    node: &NodeName,
    since: Option<u64>,
) -> Result<(u64, Stream), String> {
    let request = Open::Pty {
        node: node.clone(),
        terminal: "conformance".to_owned(),
        cols: 80,
        rows: 24,
        since,
        existing: since.is_some(),
        argv: Vec::new(),
        user: None,
    };
    match talk::open(client, &request).await? {
        (Reply::Terminal { offset, .. }, stream) => Ok((offset, stream)),
        (other, _) => Err(format!("unexpected reply to pty: {other:?}")),
    }
}

async fn type_in(stream: &mut Stream, bytes: &[u8]) -> Kept {
    let written = frame::write_frame(stream, Kind::Data, bytes).await;
    written.map_err(|e| e.to_string())
}

/// Terminal output until `wanted` is in it.
async fn read_until(stream: &mut Stream, wanted: &str) -> Result<String, String> {
    let mut seen = Vec::new();
    let read = async {
        while let Some(frame) = frame::read_frame(stream).await.map_err(|e| e.to_string())? {
            if frame.kind == Kind::Data {
                seen.extend_from_slice(&frame.bytes);
            }
            if String::from_utf8_lossy(&seen).contains(wanted) {
                return Ok(());
            }
        }
        Err("the terminal's stream ended".to_owned())
    };
    let read = tokio::time::timeout(MOMENT, read).await;
    let text = String::from_utf8_lossy(&seen).into_owned();
    match read {
        Ok(Ok(())) => Ok(text),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(format!("no `{wanted}` in {text:?}")),
    }
}
