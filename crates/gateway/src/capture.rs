//! A page's capture: packets one way; acknowledgements and the wish to stop the other.
//!
//! As a terminal's: a short queue, and every step waits for the next one. A stalled page stops
//! the reading, the stream's window fills, and the machine's kernel drops packets and counts
//! them; nothing grows here.

use bytes::Bytes;
use futures::{Sink, SinkExt, Stream};
use labwright_wire::Reply;
use labwright_wire::frame::{self, Frame, Kind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::drawn::Drawn;
use crate::life::{Life, rounds};
use crate::limits::FRAMES_WAITING;
use crate::pcapng::{Blocks, Counts};

/// What a page sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromPage {
    /// No more packets: what has passed so far, then the end.
    Stop,
    /// So many bytes of packets have been taken in.
    Ack(u64),
    /// A sign of life.
    Pong,
}

/// What a page is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToPage {
    /// It is under way; a section header follows.
    Started,
    /// Whole pcapng blocks.
    Packets(Bytes),
    /// How many packets passed, and how many were lost.
    Counts(Counts),
    /// All that was wanted has been sent.
    Stopped,
    /// Asks for a sign of life.
    Ping,
}

/// Why a capture's connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The page closed it or went silent.
    PageGone,
    /// The page wanted no more.
    Stopped,
    /// The agent, or what was captured on, is gone.
    NotReady,
    /// What the agent sends is no pcapng.
    Broken,
    /// The server is going away.
    GoingAway,
}

/// Carries a capture from the stream that the agent opened for it with `reply` to a page, until
/// one side ends.
pub async fn capture<S, P, Q>(
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
    if !matches!(reply, Reply::Done) {
        return End::NotReady;
    }
    if to_page.send(ToPage::Started).await.is_err() {
        return End::PageGone;
    }
    let (read, write) = tokio::io::split(stream);
    let (queue, frames) = mpsc::channel(FRAMES_WAITING);
    let drawn = Drawn::new();
    tokio::select! {
        // What was read still has to be sent: the end comes through the queue.
        () = read_frames(read, queue) => End::NotReady,
        end = send_packets(frames, &mut to_page, &drawn) => end,
        end = listen(&mut from_page, write, &drawn) => end,
        () = going_away.cancelled() => End::GoingAway,
    }
}

/// Reads the stream into the queue; returns only when nobody reads the queue any more.
async fn read_frames(mut stream: impl AsyncRead + Unpin, queue: mpsc::Sender<Frame>) {
    while let Ok(Some(frame)) = frame::read_frame(&mut stream).await {
        if queue.send(frame).await.is_err() {
            return;
        }
    }
    drop(queue);
    std::future::pending().await
}

/// Sends what comes from the queue to the page, and pings in between.
async fn send_packets<Q: Sink<ToPage> + Unpin>(
    mut frames: mpsc::Receiver<Frame>,
    to_page: &mut Q,
    drawn: &Drawn,
) -> End {
    let mut pings = rounds();
    let (mut blocks, mut offset) = (Blocks::default(), 0);
    loop {
        let frame = tokio::select! {
            biased;
            _ = pings.tick() => {
                if to_page.send(ToPage::Ping).await.is_err() {
                    return End::PageGone;
                }
                continue;
            }
            frame = next_frame(&mut frames, offset, drawn) => frame,
        };
        let sent = match frame {
            Some(frame) if frame.kind == Kind::Data => match blocks.push(&frame.bytes) {
                Ok(whole) => {
                    offset += whole.bytes.len() as u64;
                    send_whole(to_page, whole).await
                }
                Err(_) => return End::Broken,
            },
            Some(frame) if frame.kind == Kind::Eof => {
                let sent = to_page.send(ToPage::Stopped).await;
                return if sent.is_ok() {
                    End::Stopped
                } else {
                    End::PageGone
                };
            }
            Some(_) => Ok(()),
            None => return End::NotReady,
        };
        if sent.is_err() {
            return End::PageGone;
        }
    }
}

async fn send_whole<Q: Sink<ToPage> + Unpin>(
    to_page: &mut Q,
    whole: crate::pcapng::Whole,
) -> Result<(), Q::Error> {
    if !whole.bytes.is_empty() {
        to_page.send(ToPage::Packets(whole.bytes)).await?;
    }
    match whole.counts {
        Some(counts) => to_page.send(ToPage::Counts(counts)).await,
        None => Ok(()),
    }
}

async fn next_frame(
    frames: &mut mpsc::Receiver<Frame>,
    offset: u64,
    drawn: &Drawn,
) -> Option<Frame> {
    drawn.room(offset).await;
    frames.recv().await
}

/// Hears what the page says; a page that is silent for too long is gone.
async fn listen<P: Stream<Item = FromPage> + Unpin>(
    from_page: &mut P,
    mut stream: impl AsyncWrite + Unpin,
    drawn: &Drawn,
) -> End {
    let mut life = Life::new();
    while let Some(message) = life.next(from_page).await {
        match message {
            FromPage::Ack(offset) => drawn.advance(offset),
            FromPage::Pong => {}
            FromPage::Stop => {
                // A stream that is gone is seen by its reader.
                let _ = frame::write_frame(&mut stream, Kind::Eof, &[]).await;
            }
        }
    }
    End::PageGone
}
