//! One terminal: its output, its viewers, its end.
//!
//! One task reads its output into a [`Ring`], whether anybody looks or not. Each viewer copies
//! from the ring at its own pace: one that stalls holds up nobody and costs no memory; what was
//! overwritten meanwhile it skips, and is told so.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use labwright_model::NodeName;
use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::limits::SCROLLBACK_BYTES;
use labwright_wire::{Control as Message, Exit, Stream};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, watch};

use super::input::{self, Sink};
use super::ring::Ring;
use crate::init::{self, Child, Signaller};

/// Bytes of output that go into one frame at most.
const CHUNK_BYTES: usize = 32 * 1024;

/// Bytes that are read before viewers are told.
const BATCH_BYTES: usize = 64 * 1024;

/// A batch of so many bytes is no echo: the reader pauses, so that a program that floods its
/// terminal waits for it, instead of keeping a processor busy with reading.
const FLOOD_BYTES: usize = 2048;
const FLOOD_PAUSE: Duration = Duration::from_millis(2);

/// How long after its program's end a terminal is still read, when something holds it open.
const END_GRACE: Duration = Duration::from_millis(500);

/// Viewers of one terminal at once.
pub(super) const MAX_VIEWERS: usize = 16;

/// One terminal.
pub(super) struct Terminal {
    pub id: String,
    pub node: NodeName,
    ring: RefCell<Ring>,
    progress: watch::Sender<Progress>,
    master: AsyncFd<OwnedFd>,
    signaller: Signaller,
    viewers: Cell<usize>,
}

/// What viewers wait for.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    end: u64,
    exit: Option<Exit>,
}

impl Terminal {
    /// A terminal by its master.
    pub(super) fn new(
        id: String,
        node: NodeName,
        master: AsyncFd<OwnedFd>,
        signaller: Signaller,
    ) -> Self {
        Self {
            id,
            node,
            ring: RefCell::new(Ring::new(SCROLLBACK_BYTES)),
            progress: watch::Sender::default(),
            master,
            signaller,
            viewers: Cell::default(),
        }
    }

    /// Reads the output until its program has ended; how that ended. `stirred` is told of output.
    pub(super) async fn read_until_end(&self, mut child: Child, stirred: &Notify) -> Exit {
        let mut buffer = vec![0; BATCH_BYTES];
        tokio::select! {
            exit = child.wait() => {
                let rest = self.read_all(&mut buffer, Duration::ZERO, stirred);
                let _ = tokio::time::timeout(END_GRACE, rest).await;
                exit
            }
            () = self.read_all(&mut buffer, FLOOD_PAUSE, stirred) => child.wait().await,
        }
    }

    /// Tells viewers, after the last output, that its program ended.
    pub(super) fn end(&self, exit: Exit) {
        self.progress
            .send_modify(|progress| progress.exit = Some(exit));
    }

    /// Completes when its program has ended.
    pub(super) async fn ended(&self) {
        let mut progress = self.progress.subscribe();
        let _ = progress.wait_for(|progress| progress.exit.is_some()).await;
    }

    /// Sends a signal to its program.
    pub(super) async fn signal(&self, signal: i32) {
        let _ = self.signaller.signal(signal).await;
    }

    /// Shows it on the stream from `offset` on, until one of them ends.
    pub(super) async fn show(&self, offset: u64, stream: Stream) -> Result<(), FrameError> {
        let (read, write) = tokio::io::split(stream);
        tokio::select! {
            shown = self.send_output(offset, write) => shown,
            () = self.take_input(read) => Ok(()),
        }
    }

    /// Output to the viewer, from `offset` on, until the terminal ends.
    async fn send_output(
        &self,
        mut offset: u64,
        mut stream: impl AsyncWrite + Unpin,
    ) -> Result<(), FrameError> {
        let mut progress = self.progress.subscribe();
        loop {
            let exit = progress.borrow_and_update().exit;
            let (from, bytes) = self.ring.borrow().copy_from(offset, CHUNK_BYTES);
            if from != offset {
                frame::write_control(&mut stream, &Message::Skipped { offset: from }).await?;
            }
            offset = from.saturating_add(bytes.len() as u64);
            match exit {
                _ if !bytes.is_empty() => {
                    frame::write_frame(&mut stream, Kind::Data, &bytes).await?;
                }
                Some(exit) => {
                    frame::write_control(&mut stream, &Message::Exit { exit }).await?;
                    return Ok(stream.shutdown().await?);
                }
                None => {
                    let _ = progress.changed().await;
                }
            }
        }
    }

    /// What the viewer types; returns when it is gone.
    async fn take_input(&self, stream: impl AsyncRead + Unpin) {
        let control = async |message| {
            if let Message::Resize { cols, rows } = message {
                self.resize(cols, rows);
            }
        };
        input::pass(stream, self, control).await;
    }

    /// Where a viewer begins, where the output is, and whether what it wanted is gone.
    pub(super) fn position(&self, since: Option<u64>) -> (u64, u64, bool) {
        let ring = self.ring.borrow();
        match since {
            None => (ring.start(), ring.end(), false),
            Some(since) if (ring.start()..=ring.end()).contains(&since) => {
                (since, ring.end(), false)
            }
            Some(_) => (ring.start(), ring.end(), true),
        }
    }

    pub(super) fn resize(&self, cols: u16, rows: u16) {
        // A size of nothing is a viewer that does not know its own yet.
        if cols > 0 && rows > 0 {
            let _ = init::resize(self.master.get_ref(), cols, rows);
        }
    }

    /// Reads until the terminal is hung up.
    async fn read_all(&self, buffer: &mut [u8], flood_pause: Duration, stirred: &Notify) {
        while let Ok(mut ready) = self.master.readable().await {
            stirred.notify_one();
            let mut length = 0;
            let more = loop {
                let room = buffer.get_mut(length..).unwrap_or_default();
                if room.is_empty() {
                    break true;
                }
                match ready.try_io(|master| Ok(rustix::io::read(master, room)?)) {
                    Ok(Ok(0)) => break false,
                    Ok(Ok(read)) => length += read,
                    Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                    // EIO: nobody has it open any more.
                    Ok(Err(_)) => break false,
                    Err(_would_block) => break true,
                }
            };
            self.add(buffer.get(..length).unwrap_or_default());
            if !more {
                return;
            }
            if length >= FLOOD_BYTES && !flood_pause.is_zero() {
                tokio::time::sleep(flood_pause).await;
            }
        }
    }

    fn add(&self, output: &[u8]) {
        if output.is_empty() {
            return;
        }
        let end = {
            let mut ring = self.ring.borrow_mut();
            ring.push(output);
            ring.end()
        };
        self.progress.send_modify(|progress| progress.end = end);
    }
}

impl Sink for &Terminal {
    async fn ready(&self) -> io::Result<()> {
        // Kept until a write finds that there is no more room.
        let mut ready = self.master.writable().await?;
        ready.retain_ready();
        Ok(())
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.master.try_io(tokio::io::Interest::WRITABLE, |master| {
            Ok(rustix::io::write(master, bytes)?)
        })
    }
}

/// Counts a viewer while it looks.
pub(super) struct Viewer<'a>(&'a Terminal);

impl<'a> Viewer<'a> {
    pub(super) fn of(terminal: &'a Terminal) -> Option<Self> {
        let viewers = terminal.viewers.get();
        (viewers < MAX_VIEWERS).then(|| {
            terminal.viewers.set(viewers + 1);
            Self(terminal)
        })
    }
}

impl Drop for Viewer<'_> {
    fn drop(&mut self) {
        self.0.viewers.set(self.0.viewers.get().saturating_sub(1));
    }
}
