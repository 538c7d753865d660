//! A page's desktop: RFB both ways between a viewer and the X server of a node.
//!
//! Three loops run side by side, as for a terminal: agent to queue, queue to page, page to agent.
//! The queue is short and every step waits for the next one: a stalled page stops the reading, the
//! stream's window fills, and the X server, which then has an update unsent, draws no more of them.
//!
//! Both streams are taken apart (see [`crate::rfb`]): an update goes on as it comes, in slices of
//! what was read, and nothing waits for its end. What makes no sense ends this viewer's
//! connection, and no other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use futures::{Sink, SinkExt, Stream, StreamExt};
use labwright_wire::frame::{self, Kind};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};
use tokio_util::sync::CancellationToken;

use crate::counts::Counts;
use crate::limits::{FRAMES_WAITING, INPUT_FRAME_BYTES, PING_EVERY, SILENCE};
use crate::line::Line;
use crate::recording::{Part, Recorder};
use crate::rfb::{Asked, RfbError, Rights, ServerStream, ViewerStream};

/// What a viewer sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromViewer {
    /// RFB of the client.
    Rfb(Bytes),
    /// A sign of life, with what its question bore; empty when nobody asked.
    Pong(Bytes),
}

/// What a viewer is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToViewer {
    /// RFB of the server follows.
    Attached,
    /// RFB of the server.
    Rfb(Bytes),
    /// Asks for a sign of life that bears the same.
    Ping(Bytes),
}

/// Who looks.
#[derive(Debug)]
pub struct View {
    /// What it may do.
    pub rights: Rights,
    /// What passes is counted here.
    pub counts: Arc<Counts>,
    /// What the X server sends is recorded here; whoever reads it stores it. Full, it is waited
    /// for; closed, it is done without.
    pub recording: Option<mpsc::Sender<Part>>,
}

/// Why a viewer's connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisplayEnd {
    /// The page closed it or went silent.
    PageGone,
    /// The agent or the X server is gone.
    NotReady,
    /// What the X server sent cannot be passed on.
    BadServer(RfbError),
    /// What the page sent cannot be passed on.
    BadViewer(RfbError),
    /// The server is going away.
    GoingAway,
}

/// Carries RFB between a viewer and the stream that the agent opened for it, until one side ends.
pub async fn display<S, P, Q>(
    stream: S,
    mut from_viewer: P,
    mut to_viewer: Q,
    view: View,
    going_away: CancellationToken,
) -> DisplayEnd
where
    S: AsyncRead + AsyncWrite,
    P: Stream<Item = FromViewer> + Unpin,
    Q: Sink<ToViewer> + Unpin,
{
    if to_viewer.send(ToViewer::Attached).await.is_err() {
        return DisplayEnd::PageGone;
    }
    let (read, write) = tokio::io::split(stream);
    let (queue, updates) = mpsc::channel(FRAMES_WAITING);
    let shared = Shared {
        server: Mutex::default(),
        line: Mutex::default(),
        recorder: view
            .recording
            .as_ref()
            .map(|_| Mutex::new(Recorder::new(Instant::now()))),
        recording: view.recording,
        counts: view.counts,
    };
    let viewer = ViewerStream::new(view.rights);
    tokio::select! {
        // What was read still has to be sent: the end comes through the queue.
        () = read_updates(read, queue, &shared) => DisplayEnd::NotReady,
        end = send_updates(updates, &mut to_viewer, &shared) => end,
        end = pass_input(&mut from_viewer, viewer, write, &shared) => end,
        () = going_away.cancelled() => DisplayEnd::GoingAway,
    }
}

/// What the loops share. None of them holds a lock while it waits.
struct Shared {
    server: Mutex<ServerStream>,
    line: Mutex<Line>,
    recorder: Option<Mutex<Recorder>>,
    recording: Option<mpsc::Sender<Part>>,
    counts: Arc<Counts>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn apart(&self, bytes: Bytes) -> Result<Vec<Bytes>, RfbError> {
        lock(&self.server).push(bytes, |seen| self.counts.seen(&seen))
    }

    fn asked(&self, asked: Asked) {
        let recorder = self.recorder.as_ref().map(lock);
        match (asked, recorder) {
            (Asked::Format(format), recorder) => {
                lock(&self.server).set_format(format);
                if let Some(mut recorder) = recorder {
                    recorder.chosen(format);
                }
            }
            (Asked::Update | Asked::ContinuousUpdates, Some(mut recorder)) => {
                recorder.asked_for_updates();
            }
            _ => {}
        }
        self.counts.asked(&asked);
    }

    /// Records what passes.
    async fn record(&self, bytes: &Bytes) {
        let (Some(recorder), Some(recording)) = (&self.recorder, &self.recording) else {
            return;
        };
        let parts = lock(recorder).passed(bytes, Instant::now());
        for part in parts {
            // Nobody stores it any more; who did has said why.
            let _ = recording.send(part).await;
        }
    }
}

/// Reads the stream into the queue; returns only when nobody reads the queue any more.
async fn read_updates(
    mut stream: impl AsyncRead + Unpin,
    queue: mpsc::Sender<Result<Bytes, RfbError>>,
    shared: &Shared,
) {
    while let Ok(Some(frame)) = frame::read_frame(&mut stream).await {
        match frame.kind {
            Kind::Data => {
                let (parts, error) = match shared.apart(frame.bytes.into()) {
                    Ok(parts) => (parts, None),
                    Err(error) => (Vec::new(), Some(error)),
                };
                let parts = parts.into_iter().map(Ok).chain(error.map(Err));
                for part in parts {
                    if let Ok(bytes) = &part {
                        shared.record(bytes).await;
                    }
                    if queue.send(part).await.is_err() {
                        return;
                    }
                }
                if error.is_some() {
                    break;
                }
            }
            Kind::Eof => break,
            Kind::Stderr | Kind::Control => {}
        }
    }
    drop(queue);
    std::future::pending().await
}

/// Sends the queue to the viewer, and asks for signs of life in between.
async fn send_updates<Q: Sink<ToViewer> + Unpin>(
    mut updates: mpsc::Receiver<Result<Bytes, RfbError>>,
    to_viewer: &mut Q,
    shared: &Shared,
) -> DisplayEnd {
    let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (message, bytes) = tokio::select! {
            biased;
            _ = pings.tick() => (ToViewer::Ping(Bytes::new()), 0),
            update = updates.recv() => match update {
                Some(Ok(bytes)) => {
                    let length = bytes.len();
                    (ToViewer::Rfb(bytes), length)
                }
                Some(Err(error)) => return DisplayEnd::BadServer(error),
                None => return DisplayEnd::NotReady,
            },
        };
        if to_viewer.send(message).await.is_err() {
            return DisplayEnd::PageGone;
        }
        if bytes == 0 {
            continue;
        }
        shared.counts.told(bytes);
        let question = lock(&shared.line).sent(bytes, Instant::now());
        if let Some(number) = question {
            let ping = ToViewer::Ping(Bytes::copy_from_slice(&number.to_be_bytes()));
            if to_viewer.send(ping).await.is_err() {
                return DisplayEnd::PageGone;
            }
        }
    }
}

/// Passes on what the viewer sends; one that is silent for too long is gone.
async fn pass_input<P: Stream<Item = FromViewer> + Unpin>(
    from_viewer: &mut P,
    mut viewer: ViewerStream,
    mut stream: impl AsyncWrite + Unpin,
    shared: &Shared,
) -> DisplayEnd {
    loop {
        let mut parts = match timeout(SILENCE, from_viewer.next()).await {
            Ok(Some(FromViewer::Rfb(bytes))) => {
                shared.counts.heard(bytes.len());
                match viewer.push(bytes, |asked| shared.asked(asked)) {
                    Ok(parts) => parts,
                    Err(error) => return DisplayEnd::BadViewer(error),
                }
            }
            Ok(Some(FromViewer::Pong(answer))) => {
                let mut line = lock(&shared.line);
                if let Ok(number) = <[u8; 8]>::try_from(&answer[..]) {
                    line.answered(u64::from_be_bytes(number), Instant::now());
                }
                viewer.set_speed(line.speed());
                Vec::new()
            }
            Ok(None) | Err(_) => return DisplayEnd::PageGone,
        };
        parts.extend(viewer.news());
        for part in joined(parts).chunks(INPUT_FRAME_BYTES) {
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

/// Several small messages go in one frame.
fn joined(mut parts: Vec<Bytes>) -> Bytes {
    match parts.len() {
        0 => Bytes::new(),
        1 => parts.pop().unwrap_or_default(),
        _ => {
            let mut all = BytesMut::with_capacity(parts.iter().map(Bytes::len).sum());
            parts.iter().for_each(|part| all.extend_from_slice(part));
            all.freeze()
        }
    }
}
