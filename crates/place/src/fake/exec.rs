//! What an acted agent does on each kind of stream.

use std::rc::Rc;
use std::time::Duration;

use indexmap::IndexMap;
use labwright_model::NodeName;
use labwright_wire::frame::{self, Frame, FrameError, Kind};
use labwright_wire::limits::{MAX_FRAME_BYTES, MAX_TERMINALS};
use labwright_wire::{
    CheckOutput, Control, Event, Exit, Failure, KeepOp, Open, Reply, Stream, VERSION,
};
use tokio::io::AsyncWrite;
use tokio::sync::broadcast::error::RecvError;

use super::agent::{Shared, failure};
use super::disk::Files;
use super::terminal::{Terminal, Typed};
use super::{CheckCall, connect, lock, shell};
use shell::{Call, Output};

/// The signal that cannot be caught.
const SIGKILL: i32 = 9;

/// Serves one stream. A channel that breaks ends it; there is nobody left to tell.
pub(crate) async fn serve(shared: Rc<Shared>, open: Open, mut stream: Stream) {
    let served = match open {
        Open::Status { version } => status(&shared, &mut stream, version).await,
        Open::Exec {
            node,
            argv,
            env,
            user,
            ..
        } => exec(&shared, &mut stream, call(node, argv, env, user)).await,
        Open::Pty { .. } => pty(&shared, &mut stream, open).await,
        Open::PtyClose { terminal } => pty_close(&shared, &mut stream, &terminal).await,
        Open::Check { .. } | Open::Script { .. } => check(&shared, &mut stream, open).await,
        Open::FileRead { node, path } => file_read(&shared, &mut stream, &node, &path).await,
        Open::FileWrite { node, path, .. } => file_write(&shared, &mut stream, &node, &path).await,
        Open::Keep { node, op } => keep(&shared, &mut stream, &node, op).await,
        Open::Reset { node } => reset(&shared, &mut stream, node).await,
        Open::Link { .. } | Open::Shape { .. } | Open::Wake { .. } => {
            frame::write_header(&mut stream, &Reply::Done).await
        }
        Open::Stop => {
            let done = frame::write_header(&mut stream, &Reply::Done).await;
            // Lets the multiplexer send the reply before the machine is gone.
            tokio::time::sleep(Duration::from_millis(20)).await;
            shared.stop.notify_one();
            done
        }
        Open::Connect { node, port } => connect::serve(&shared, stream, node, port).await,
        Open::Capture { network, .. } => {
            super::capture::capture(&shared, &mut stream, &network).await
        }
        Open::Display { node, .. } => display(&shared, &mut stream, &node).await,
        Open::Ethernet { .. } => {
            let why = failure("unsupported", "the fake place does not act this");
            refuse(&mut stream, why).await
        }
    };
    drop(served);
}

fn call(
    node: NodeName,
    argv: Vec<String>,
    env: IndexMap<String, String>,
    user: Option<String>,
) -> Call {
    Call {
        node,
        argv,
        env,
        user: user.unwrap_or_else(|| "root".to_owned()),
    }
}

async fn refuse(stream: &mut Stream, why: Failure) -> Result<(), FrameError> {
    frame::write_header(stream, &Reply::Failed(why)).await
}

async fn status(shared: &Shared, stream: &mut Stream, version: u32) -> Result<(), FrameError> {
    if version != VERSION {
        let why = format!("version {version} is not spoken here, {VERSION} is");
        return refuse(stream, failure("version", why)).await;
    }
    let mut events = shared.events.subscribe();
    frame::write_header(stream, &Reply::Status(shared.report())).await?;
    let (mut reader, mut writer) = tokio::io::split(stream);
    let tell = async {
        loop {
            match events.recv().await {
                Ok(event) => frame::write_control(&mut writer, &event).await?,
                Err(RecvError::Lagged(_) | RecvError::Closed) => return Ok(()),
            }
        }
    };
    let until_gone = async {
        while frame::read_frame(&mut reader).await?.is_some() {}
        Ok(())
    };
    tokio::select! {
        told = tell => told,
        gone = until_gone => gone,
    }
}

async fn exec(shared: &Shared, stream: &mut Stream, call: Call) -> Result<(), FrameError> {
    if let Err(why) = shared.node_ready(&call.node) {
        return refuse(stream, why).await;
    }
    frame::write_header(stream, &Reply::Done).await?;
    let scripted = lock(&shared.behaviour).exec.clone();
    let output = scripted.and_then(|answer| answer(&call));
    if output.is_none() && call.argv == ["cat"] {
        return echo(stream).await;
    }
    let output = output.unwrap_or_else(|| shell::run(&call, &shared.disk));
    let exit = interruptible(stream, output.took, output.exit).await?;
    send(stream, Kind::Data, output.stdout.as_bytes()).await?;
    send(stream, Kind::Stderr, output.stderr.as_bytes()).await?;
    frame::write_control(stream, &Control::Exit { exit }).await
}

/// Waits until the program would have ended, or until it is sent a signal.
async fn interruptible(
    stream: &mut Stream,
    took: Duration,
    exit: Exit,
) -> Result<Exit, FrameError> {
    if took.is_zero() {
        return Ok(exit);
    }
    let end = tokio::time::sleep(took);
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => return Ok(exit),
            frame = frame::read_frame(stream) => match control(frame?)? {
                Some(Control::Signal { signal }) => return Ok(Exit::Signal(signal)),
                Some(Control::Failed(_)) => return Ok(Exit::Signal(SIGKILL)),
                _ => {}
            },
        }
    }
}

/// The control message in a frame; the end of the stream counts as a failed one.
fn control(frame: Option<Frame>) -> Result<Option<Control>, FrameError> {
    match frame {
        None => Ok(Some(Control::Failed(failure("failed", "stream closed")))),
        Some(frame) if frame.kind == Kind::Control => {
            Ok(Some(serde_json::from_slice(&frame.bytes)?))
        }
        Some(_) => Ok(None),
    }
}

/// The program `cat`: standard input comes back.
async fn echo(stream: &mut Stream) -> Result<(), FrameError> {
    while let Some(frame) = frame::read_frame(stream).await? {
        match frame.kind {
            Kind::Data => send(stream, Kind::Data, &frame.bytes).await?,
            Kind::Eof => break,
            Kind::Stderr | Kind::Control => {}
        }
    }
    let exit = Exit::Code(0);
    frame::write_control(stream, &Control::Exit { exit }).await
}

async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    kind: Kind,
    bytes: &[u8],
) -> Result<(), FrameError> {
    for part in bytes.chunks(MAX_FRAME_BYTES) {
        frame::write_frame(stream, kind, part).await?;
    }
    Ok(())
}

async fn pty(shared: &Shared, stream: &mut Stream, open: Open) -> Result<(), FrameError> {
    let Open::Pty {
        node,
        terminal: id,
        since,
        existing,
        user,
        ..
    } = open
    else {
        return Ok(());
    };
    if let Err(why) = terminal(shared, node, &id, existing, user) {
        return refuse(stream, why).await;
    }
    let Some((mut sent, end, lost, mut grown)) = shared.terminals.borrow().get(&id).map(|t| {
        let wanted = since.unwrap_or(t.begin());
        let from = wanted.clamp(t.begin(), t.end());
        (from, t.end(), from > wanted, t.watch())
    }) else {
        return Ok(());
    };
    let reply = Reply::Terminal {
        offset: sent,
        end,
        lost,
    };
    frame::write_header(stream, &reply).await?;
    let (mut reader, mut writer) = tokio::io::split(stream);
    let print = async {
        loop {
            let output = shared.terminals.borrow().get(&id).map(|t| t.output(sent));
            let Some(output) = output else {
                let exit = Exit::Code(0);
                return frame::write_control(&mut writer, &Control::Exit { exit }).await;
            };
            sent += output.len() as u64;
            send(&mut writer, Kind::Data, &output).await?;
            // An error means that the terminal ended; the next turn finds it gone.
            let _ = grown.changed().await;
        }
    };
    let read = async {
        while let Some(frame) = frame::read_frame(&mut reader).await? {
            if frame.kind == Kind::Data {
                typed(shared, &id, &frame.bytes);
            }
        }
        Ok(())
    };
    tokio::select! {
        printed = print => printed,
        read = read => read,
    }
}

/// Finds or makes a terminal.
fn terminal(
    shared: &Shared,
    node: NodeName,
    id: &str,
    existing: bool,
    user: Option<String>,
) -> Result<(), Failure> {
    shared.node_ready(&node)?;
    let mut terminals = shared.terminals.borrow_mut();
    if terminals.contains_key(id) {
        return Ok(());
    }
    if existing {
        return Err(failure("failed", format!("there is no terminal {id}")));
    }
    if terminals.len() >= MAX_TERMINALS {
        return Err(failure(
            "limit",
            format!("{MAX_TERMINALS} terminals are open"),
        ));
    }
    let default = shared.spec.nodes.iter().find(|n| n.name == node);
    let user = user.or_else(|| default.map(|n| n.user.clone()));
    let user = user.unwrap_or_else(|| "root".to_owned());
    terminals.insert(id.to_owned(), Terminal::new(node, user));
    Ok(())
}

fn typed(shared: &Shared, id: &str, bytes: &[u8]) {
    for byte in bytes {
        let mut terminals = shared.terminals.borrow_mut();
        let Some(terminal) = terminals.get_mut(id) else {
            return;
        };
        let Typed::Line(line) = terminal.type_byte(*byte) else {
            continue;
        };
        if line.trim() == "exit" {
            terminals.remove(id);
            shared.tell(Event::TerminalEnded {
                terminal: id.to_owned(),
                exit: Exit::Code(0),
            });
            return;
        }
        let user = Some(terminal.user().to_owned());
        let call = call(
            terminal.node.clone(),
            vec!["sh".to_owned(), "-c".to_owned(), line],
            IndexMap::new(),
            user,
        );
        let output = run_now(shared, &call);
        let text = format!("{}{}", output.stdout, output.stderr).replace('\n', "\r\n");
        terminal.print(text.as_bytes());
        terminal.prompt();
    }
}

fn run_now(shared: &Shared, call: &Call) -> Output {
    let scripted = lock(&shared.behaviour).exec.clone();
    scripted
        .and_then(|answer| answer(call))
        .unwrap_or_else(|| shell::run(call, &shared.disk))
}

async fn pty_close(shared: &Shared, stream: &mut Stream, id: &str) -> Result<(), FrameError> {
    let ended = shared.terminals.borrow_mut().remove(id).is_some();
    if ended {
        shared.tell(Event::TerminalEnded {
            terminal: id.to_owned(),
            exit: Exit::Signal(1),
        });
    }
    frame::write_header(stream, &Reply::Done).await
}

async fn check(shared: &Shared, stream: &mut Stream, open: Open) -> Result<(), FrameError> {
    let is_check = matches!(open, Open::Check { .. });
    let (Open::Check {
        node,
        script,
        env,
        user,
        timeout_ms,
    }
    | Open::Script {
        node,
        script,
        env,
        user,
        timeout_ms,
    }) = open
    else {
        return Ok(());
    };
    if let Err(why) = shared.node_ready(&node) {
        return refuse(stream, why).await;
    }
    let asked = CheckCall {
        session: shared.spec.session.clone(),
        node,
        script,
        env,
        user,
    };
    let scripted = lock(&shared.behaviour).check.clone().filter(|_| is_check);
    let output = match scripted.and_then(|answer| answer(&asked)) {
        Some(output) => output,
        None => acted_check(shared, asked, Duration::from_millis(timeout_ms)).await,
    };
    frame::write_header(stream, &Reply::Check(output)).await
}

async fn acted_check(shared: &Shared, asked: CheckCall, timeout: Duration) -> CheckOutput {
    let run = call(asked.node, Vec::new(), asked.env, Some(asked.user));
    let output = shell::script_output(&run, &asked.script, &shared.disk);
    tokio::time::sleep(output.took.min(timeout)).await;
    CheckOutput {
        exit: (output.took < timeout).then_some(output.exit),
        stdout: output.stdout,
        stderr: output.stderr,
        took_ms: u64::try_from(output.took.min(timeout).as_millis()).unwrap_or(u64::MAX),
    }
}

/// An X server that greets (RFC 6143 §7.1.1) and then says back whatever it hears.
async fn display(shared: &Shared, stream: &mut Stream, node: &NodeName) -> Result<(), FrameError> {
    if let Err(why) = shared.node_ready(node) {
        return refuse(stream, why).await;
    }
    frame::write_header(stream, &Reply::Done).await?;
    send(stream, Kind::Data, b"RFB 003.008\n").await?;
    echo(stream).await
}

async fn file_read(
    shared: &Shared,
    stream: &mut Stream,
    node: &NodeName,
    path: &str,
) -> Result<(), FrameError> {
    if let Err(why) = shared.node_ready(node) {
        return refuse(stream, why).await;
    }
    let Some(bytes) = shared.disk.read(node, path) else {
        let why = format!("node {node} has no file {path}");
        return refuse(stream, failure("failed", why)).await;
    };
    frame::write_header(stream, &Reply::Done).await?;
    send(stream, Kind::Data, &bytes).await?;
    frame::write_frame(stream, Kind::Eof, &[]).await
}

async fn file_write(
    shared: &Shared,
    stream: &mut Stream,
    node: &NodeName,
    path: &str,
) -> Result<(), FrameError> {
    if let Err(why) = shared.node_ready(node) {
        return refuse(stream, why).await;
    }
    frame::write_header(stream, &Reply::Done).await?;
    let bytes = until_eof(stream).await?;
    shared.disk.write(node, path, &bytes);
    let exit = Exit::Code(0);
    frame::write_control(stream, &Control::Exit { exit }).await
}

async fn until_eof(stream: &mut Stream) -> Result<Vec<u8>, FrameError> {
    let mut bytes = Vec::new();
    while let Some(frame) = frame::read_frame(stream).await? {
        match frame.kind {
            Kind::Data => bytes.extend_from_slice(&frame.bytes),
            Kind::Eof => break,
            Kind::Stderr | Kind::Control => {}
        }
    }
    Ok(bytes)
}

/// The acted archive is JSON: whoever is above must not look into an archive anyway.
async fn keep(
    shared: &Shared,
    stream: &mut Stream,
    node: &NodeName,
    op: KeepOp,
) -> Result<(), FrameError> {
    if let Err(why) = shared.node_ready(node) {
        return refuse(stream, why).await;
    }
    frame::write_header(stream, &Reply::Done).await?;
    match op {
        KeepOp::Save => {
            let kept: Files = shared
                .disk
                .files(node)
                .into_iter()
                .filter(|(path, _)| is_kept(&shared.spec.keep, path))
                .collect();
            send(stream, Kind::Data, &serde_json::to_vec(&kept)?).await?;
            frame::write_frame(stream, Kind::Eof, &[]).await?;
        }
        KeepOp::Restore | KeepOp::Bring => {
            let files: Files = serde_json::from_slice(&until_eof(stream).await?)?;
            for (path, bytes) in files {
                shared.disk.write(node, &path, &bytes);
            }
        }
    }
    let exit = Exit::Code(0);
    frame::write_control(stream, &Control::Exit { exit }).await
}

fn is_kept(keep: &[String], path: &str) -> bool {
    keep.iter().any(|folder| {
        path.strip_prefix(folder.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

async fn reset(
    shared: &Shared,
    stream: &mut Stream,
    node: Option<NodeName>,
) -> Result<(), FrameError> {
    if let Some(Err(why)) = node.as_ref().map(|node| shared.node_exists(node)) {
        return refuse(stream, why).await;
    }
    shared.disk.clear(node.as_ref());
    let ended: Vec<String> = {
        let mut terminals = shared.terminals.borrow_mut();
        let gone: Vec<String> = terminals
            .iter()
            .filter(|(_, t)| node.as_ref().is_none_or(|n| t.node == *n))
            .map(|(id, _)| id.clone())
            .collect();
        terminals.retain(|id, _| !gone.contains(id));
        gone
    };
    for terminal in ended {
        shared.tell(Event::TerminalEnded {
            terminal,
            exit: Exit::Signal(SIGKILL),
        });
    }
    let delay = lock(&shared.behaviour).ready_delay;
    tokio::time::sleep(delay).await;
    frame::write_header(stream, &Reply::Done).await
}
