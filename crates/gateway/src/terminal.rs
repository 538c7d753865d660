//! A page's terminal: input, sizes and pings one way, output the other.
//!
//! Three loops run side by side, so that Ctrl-C reaches a node whose output floods a page that
//! does not read: agent to queue, queue to page, page to agent. The queue is short and every
//! step waits for the next one: a stalled page stops the reading, the stream's window fills, and
//! the agent keeps what its scrollback holds. Nothing is batched and nothing waits for a timer.

use bytes::Bytes;
use futures::{Sink, SinkExt, Stream};
use labwright_wire::frame::{self, Frame, Kind};
use labwright_wire::{Control, Exit, Reply};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::drawn::Drawn;
use crate::life::{Life, rounds};
use crate::limits::{FRAMES_WAITING, INPUT_FRAME_BYTES, size};

/// What a page sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromPage {
    /// Typed bytes.
    Input(Bytes),
    /// The new size.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// Output was drawn up to this offset.
    Ack(u64),
    /// A sign of life.
    Pong,
}

/// What a page is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToPage {
    /// Attached; output follows.
    Attached {
        /// Offset of the first byte that follows.
        offset: u64,
        /// Offset after the last byte so far.
        end: u64,
        /// Bytes that were asked for are gone.
        lost: bool,
    },
    /// Output of the terminal.
    Output(Bytes),
    /// Its program ended with this status; 128 + n for signal n.
    Exit(i32),
    /// Asks for a sign of life.
    Ping,
}

/// Why a terminal's connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The page closed it or went silent.
    PageGone,
    /// The terminal's program ended.
    Exited,
    /// The agent is gone.
    NotReady,
    /// The server is going away.
    GoingAway,
}

/// Carries a terminal's bytes between a page and the stream that the agent opened for it with
/// `reply`, until one side ends.
pub async fn terminal<S, P, Q>(
    (reply, stream): (Reply, S),
    mut from_page: P,
    mut to_page: Q,
    going_away: CancellationToken,
) -> End
where
    S: AsyncRead + AsyncWrite,
    P: Stream<Item = FromPage> + Unpin,
    Q: Sink<ToPage> + Unpin,
{
    let Reply::Terminal { offset, end, lost } = reply else {
        return End::NotReady;
    };
    let attached = ToPage::Attached { offset, end, lost };
    if to_page.send(attached).await.is_err() {
        return End::PageGone;
    }
    let (read, write) = tokio::io::split(stream);
    let (queue, outputs) = mpsc::channel(FRAMES_WAITING);
    let drawn = Drawn::new();
    tokio::select! {
        // What was read still has to be sent: the end comes through the queue.
        () = read_output(read, queue) => End::NotReady,
        end = send_output(offset, outputs, &mut to_page, &drawn) => end,
        end = pass_input(&mut from_page, write, &drawn) => end,
        () = going_away.cancelled() => End::GoingAway,
    }
}

/// What waits to be sent to the page.
enum Output {
    Bytes(Bytes),
    /// The agent's scrollback has run over: what comes begins at this offset.
    Skipped(u64),
    Ended(i32),
}

/// Reads the stream into the queue; returns only when nobody reads the queue any more.
async fn read_output(mut stream: impl AsyncRead + Unpin, queue: mpsc::Sender<Output>) {
    while let Ok(Some(frame)) = frame::read_frame(&mut stream).await {
        let Some(output) = output(frame) else {
            continue;
        };
        if queue.send(output).await.is_err() {
            return;
        }
    }
    drop(queue);
    std::future::pending().await
}

fn output(frame: Frame) -> Option<Output> {
    match frame.kind {
        Kind::Data | Kind::Stderr => Some(Output::Bytes(frame.bytes.into())),
        Kind::Control => match serde_json::from_slice(&frame.bytes) {
            Ok(Control::Exit { exit }) => Some(Output::Ended(status(exit))),
            Ok(Control::Skipped { offset }) => Some(Output::Skipped(offset)),
            _ => None,
        },
        Kind::Eof => None,
    }
}

/// The exit status as a shell reports it.
fn status(exit: Exit) -> i32 {
    match exit {
        Exit::Code(code) => code,
        Exit::Signal(signal) => 128 + signal,
    }
}

/// Sends the queue to the page, and pings in between.
async fn send_output<Q: Sink<ToPage> + Unpin>(
    mut offset: u64,
    mut outputs: mpsc::Receiver<Output>,
    to_page: &mut Q,
    drawn: &Drawn,
) -> End {
    let mut pings = rounds();
    loop {
        let message = tokio::select! {
            biased;
            _ = pings.tick() => ToPage::Ping,
            output = next_output(&mut outputs, offset, drawn) => match output {
                Some(Output::Bytes(bytes)) => {
                    offset += bytes.len() as u64;
                    ToPage::Output(bytes)
                }
                Some(Output::Skipped(to)) => {
                    drawn.skip(to.saturating_sub(offset));
                    offset = to;
                    ToPage::Attached { offset, end: offset, lost: true }
                }
                Some(Output::Ended(status)) => {
                    let sent = to_page.send(ToPage::Exit(status)).await;
                    return if sent.is_ok() { End::Exited } else { End::PageGone };
                }
                None => return End::NotReady,
            },
        };
        if to_page.send(message).await.is_err() {
            return End::PageGone;
        }
    }
}

async fn next_output(
    outputs: &mut mpsc::Receiver<Output>,
    offset: u64,
    drawn: &Drawn,
) -> Option<Output> {
    drawn.room(offset).await;
    outputs.recv().await
}

/// Passes on what the page sends; a page that is silent for too long is gone.
async fn pass_input<P: Stream<Item = FromPage> + Unpin>(
    from_page: &mut P,
    mut stream: impl AsyncWrite + Unpin,
    drawn: &Drawn,
) -> End {
    let mut life = Life::new();
    while let Some(message) = life.next(from_page).await {
        let written = match message {
            FromPage::Input(bytes) => write_input(&mut stream, &bytes).await,
            FromPage::Resize { cols, rows } => {
                let resize = Control::Resize {
                    cols: size(cols),
                    rows: size(rows),
                };
                frame::write_control(&mut stream, &resize).await
            }
            FromPage::Ack(offset) => {
                drawn.advance(offset);
                Ok(())
            }
            FromPage::Pong => Ok(()),
        };
        if written.is_err() {
            // The stream is gone; its reader sees the same and knows whether it ended in order.
            std::future::pending::<()>().await;
        }
    }
    End::PageGone
}

async fn write_input(
    stream: &mut (impl AsyncWrite + Unpin),
    bytes: &Bytes,
) -> Result<(), frame::FrameError> {
    for part in bytes.chunks(INPUT_FRAME_BYTES) {
        frame::write_frame(stream, Kind::Data, part).await?;
    }
    Ok(())
}
