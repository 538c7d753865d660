//! A program whose streams are the stream.

use std::time::Duration;

use indexmap::IndexMap;
use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::{Control as Message, Failure, Reply, Stream};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::unix::pipe;

use super::input::{self, Sink};
use super::reply::{init_failure, reply};
use crate::init::{Control, Signaller, Spawn, Stdio, StdioKind};

/// Bytes of output that go into one frame at most.
const CHUNK_BYTES: usize = 32 * 1024;

/// How long after a program's end its output is still read: what it left running may hold the
/// pipes open.
const OUTPUT_GRACE: Duration = Duration::from_millis(50);

/// A program whose peer went away is hung up on, and killed when it does not care.
const HANG_UP_GRACE: Duration = Duration::from_secs(2);

/// What to run.
pub struct Program {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Over the node's environment.
    pub env: IndexMap<String, String>,
    /// Working directory.
    pub cwd: Option<String>,
    /// Who; empty is root.
    pub user: String,
}

/// Runs the program until it ends or the peer goes away.
pub async fn run(
    control: Result<Control, Failure>,
    program: Program,
    mut stream: Stream,
) -> Result<(), FrameError> {
    let control = match control {
        Ok(control) => control,
        Err(failure) => return reply(&mut stream, &Reply::Failed(failure)).await,
    };
    let spawn = Spawn {
        argv: program.argv,
        env: control.environment(&program.env),
        cwd: program.cwd,
        user: program.user,
        stdio: StdioKind::Pipes,
        script: false,
    };
    let mut child = match control.spawn(spawn).await {
        Ok(child) => child,
        Err(error) => return reply(&mut stream, &Reply::Failed(init_failure(&error))).await,
    };
    let Stdio::Pipes {
        stdin,
        stdout,
        stderr,
    } = std::mem::replace(&mut child.stdio, Stdio::None)
    else {
        return Ok(());
    };
    reply(&mut stream, &Reply::Done).await?;
    let (read, mut write) = tokio::io::split(stream);
    let signaller = child.signaller();
    let mut outputs = Outputs::new(stdout, stderr);
    let served = tokio::select! {
        served = async {
            let exit = outputs.pump_until(child.wait(), &mut write).await?;
            let _ = tokio::time::timeout(OUTPUT_GRACE, outputs.pump_rest(&mut write)).await;
            frame::write_control(&mut write, &Message::Exit { exit }).await?;
            write.shutdown().await?;
            Ok(true)
        } => served,
        () = input(read, stdin, &signaller) => Ok(false),
    };
    if !matches!(served, Ok(true)) {
        hang_up(&signaller, child).await;
    }
    served.map(|_| ())
}

/// Passes input and signals on; returns when the peer is gone.
async fn input(stream: impl AsyncRead + Unpin, stdin: pipe::Sender, signaller: &Signaller) {
    let control = async |message| {
        if let Message::Signal { signal } = message {
            let _ = signaller.signal(signal).await;
        }
    };
    input::pass(stream, stdin, control).await;
}

impl Sink for pipe::Sender {
    async fn ready(&self) -> std::io::Result<()> {
        self.writable().await
    }

    fn try_write(&self, bytes: &[u8]) -> std::io::Result<usize> {
        self.try_write(bytes)
    }
}

async fn hang_up(signaller: &Signaller, mut child: crate::init::Child) {
    let _ = signaller.signal(libc::SIGHUP).await;
    if tokio::time::timeout(HANG_UP_GRACE, child.wait())
        .await
        .is_err()
    {
        let _ = signaller.signal(libc::SIGKILL).await;
    }
}

/// Both outputs of a program, into frames.
struct Outputs {
    stdout: Option<pipe::Receiver>,
    stderr: Option<pipe::Receiver>,
    buffers: [Vec<u8>; 2],
}

impl Outputs {
    fn new(stdout: pipe::Receiver, stderr: pipe::Receiver) -> Self {
        Self {
            stdout: Some(stdout),
            stderr: Some(stderr),
            buffers: [Vec::new(), Vec::new()],
        }
    }

    /// Writes outputs until `end` comes.
    async fn pump_until<T>(
        &mut self,
        end: impl Future<Output = T>,
        write: &mut (impl AsyncWrite + Unpin),
    ) -> Result<T, FrameError> {
        tokio::pin!(end);
        loop {
            tokio::select! {
                biased;
                // Not while a frame is half written: only the reading may be given up.
                chunk = self.next() => match chunk {
                    Some(kind) => self.write(kind, write).await?,
                    None => return Ok(end.await),
                },
                ended = &mut end => return Ok(ended),
            }
        }
    }

    /// Writes outputs to their ends.
    async fn pump_rest(&mut self, write: &mut (impl AsyncWrite + Unpin)) -> Result<(), FrameError> {
        while let Some(kind) = self.next().await {
            self.write(kind, write).await?;
        }
        Ok(())
    }

    /// Reads what comes next into its buffer; `None` when both are at their ends.
    async fn next(&mut self) -> Option<Kind> {
        loop {
            let [out, error] = &mut self.buffers;
            let (kind, length) = tokio::select! {
                length = read(&mut self.stdout, out), if self.stdout.is_some() =>
                    (Kind::Data, length),
                length = read(&mut self.stderr, error), if self.stderr.is_some() =>
                    (Kind::Stderr, length),
                else => return None,
            };
            match (kind, length) {
                (kind, 1..) => return Some(kind),
                (Kind::Stderr, 0) => self.stderr = None,
                (_, 0) => self.stdout = None,
            }
        }
    }

    async fn write(
        &mut self,
        kind: Kind,
        write: &mut (impl AsyncWrite + Unpin),
    ) -> Result<(), FrameError> {
        let [out, error] = &self.buffers;
        let bytes = if kind == Kind::Stderr { error } else { out };
        frame::write_frame(write, kind, bytes).await
    }
}

/// Reads a chunk in place of the last one; 0 is the end. Nothing is lost when it is given up.
async fn read(pipe: &mut Option<pipe::Receiver>, buffer: &mut Vec<u8>) -> usize {
    let Some(pipe) = pipe else { return 0 };
    while pipe.readable().await.is_ok() {
        buffer.resize(CHUNK_BYTES, 0);
        match pipe.try_read(buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return length;
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    0
}
