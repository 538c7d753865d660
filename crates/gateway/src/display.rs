//! A page's desktop: RFB both ways between a viewer and the X server of a node.
//!
//! Three loops run side by side, as for a terminal: agent to queue, queue to page, page to agent.
//! The queue is short and every step waits for the next one: a stalled page stops the reading, the
//! stream's window fills, and the X server, which then has an update unsent, draws no more of them.

use bytes::Bytes;
use futures::{Sink, SinkExt, Stream, StreamExt};
use labwright_wire::frame::{self, Kind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;

use crate::limits::{FRAMES_WAITING, INPUT_FRAME_BYTES, PING_EVERY, SILENCE};
use crate::terminal::End;

/// What a viewer sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromViewer {
    /// RFB of the client.
    Rfb(Bytes),
    /// A sign of life.
    Pong,
}

/// What a viewer is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToViewer {
    /// RFB of the server follows.
    Attached,
    /// RFB of the server.
    Rfb(Bytes),
    /// Asks for a sign of life.
    Ping,
}

/// Carries RFB between a viewer and the stream that the agent opened for it, until one side ends.
pub async fn display<S, P, Q>(
    stream: S,
    mut from_viewer: P,
    mut to_viewer: Q,
    going_away: CancellationToken,
) -> End
where
    S: AsyncRead + AsyncWrite,
    P: Stream<Item = FromViewer> + Unpin,
    Q: Sink<ToViewer> + Unpin,
{
    if to_viewer.send(ToViewer::Attached).await.is_err() {
        return End::PageGone;
    }
    let (read, write) = tokio::io::split(stream);
    let (queue, updates) = mpsc::channel(FRAMES_WAITING);
    tokio::select! {
        // What was read still has to be sent: the end comes through the queue.
        () = read_updates(read, queue) => End::NotReady,
        end = send_updates(updates, &mut to_viewer) => end,
        end = pass_input(&mut from_viewer, write) => end,
        () = going_away.cancelled() => End::GoingAway,
    }
}

/// Reads the stream into the queue; returns only when nobody reads the queue any more.
async fn read_updates(mut stream: impl AsyncRead + Unpin, queue: mpsc::Sender<Bytes>) {
    while let Ok(Some(frame)) = frame::read_frame(&mut stream).await {
        match frame.kind {
            Kind::Data if queue.send(frame.bytes.into()).await.is_err() => return,
            Kind::Eof => break,
            Kind::Data | Kind::Stderr | Kind::Control => {}
        }
    }
    drop(queue);
    std::future::pending().await
}

/// Sends the queue to the viewer, and pings in between.
async fn send_updates<Q: Sink<ToViewer> + Unpin>(
    mut updates: mpsc::Receiver<Bytes>,
    to_viewer: &mut Q,
) -> End {
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            biased;
            _ = pings.tick() => ToViewer::Ping,
            update = updates.recv() => match update {
                Some(bytes) => ToViewer::Rfb(bytes),
                None => return End::NotReady,
            },
        };
        if to_viewer.send(message).await.is_err() {
            return End::PageGone;
        }
    }
}

/// Passes on what the viewer sends; one that is silent for too long is gone.
async fn pass_input<P: Stream<Item = FromViewer> + Unpin>(
    from_viewer: &mut P,
    mut stream: impl AsyncWrite + Unpin,
) -> End {
    loop {
        let bytes = match timeout(SILENCE, from_viewer.next()).await {
            Ok(Some(FromViewer::Rfb(bytes))) => bytes,
            Ok(Some(FromViewer::Pong)) => continue,
            Ok(None) | Err(_) => return End::PageGone,
        };
        for part in bytes.chunks(INPUT_FRAME_BYTES) {
            if frame::write_frame(&mut stream, Kind::Data, part)
                .await
                .is_err()
            {
                // The stream is gone; its reader sees the same.
                std::future::pending::<()>().await;
            }
        }
    }
}
