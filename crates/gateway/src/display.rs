//! A page's desktop: RFB both ways between a viewer and the X server of a node.
//!
//! Two loops run side by side, X server to page and page to X server, in one task and without a queue:
//! what is read is sent before more is read. A stalled page stops the reading, the X server's socket
//! fills, and the X server, which then has an update unsent, draws no more of them.
//!
//! Both streams are taken apart (see [`crate::rfb`]). An X server writes an update rectangle by
//! rectangle, and a page shows it when it is whole: its small pieces go on together, a large one's
//! as they come. What makes no sense ends this viewer's connection, and no other.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::ready;

use bytes::{Bytes, BytesMut};
use futures::future::poll_fn;
use futures::{Sink, SinkExt, Stream};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::counts::Counts;
use crate::life::{Life, rounds};
use crate::limits::{HELD_BYTES, HELD_FOR, READ_BYTES};
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

/// Carries RFB between a viewer and the X server at the end of `stream`, until one side ends.
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
    let mut server = ServerStream::default();
    if view.rights != Rights::Full {
        server.leave_out_clipboards();
    }
    let shared = Shared {
        server: Mutex::new(server),
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
        end = pass_updates(read, &mut to_viewer, &shared) => end,
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

    /// What the X server has sent so far is of use to a page without what follows.
    fn is_whole(&self) -> bool {
        !lock(&self.server).is_inside_update()
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

/// Passes on what the X server sends, and asks for signs of life in between.
async fn pass_updates<Q: Sink<ToViewer> + Unpin>(
    mut server: impl AsyncRead + Unpin,
    to_viewer: &mut Q,
    shared: &Shared,
) -> DisplayEnd {
    let mut pings = rounds();
    let mut held = Held::default();
    loop {
        let sent = tokio::select! {
            biased;
            _ = pings.tick() => to_viewer.send(ToViewer::Ping(Bytes::new())).await,
            came = some_of(&mut server) => {
                let parts = match came {
                    Ok(bytes) if !bytes.is_empty() => shared.apart(bytes),
                    _ => return DisplayEnd::NotReady,
                };
                match parts {
                    Ok(parts) => held.hold(parts),
                    Err(error) => return DisplayEnd::BadServer(error),
                }
                match held.is_enough() || shared.is_whole() {
                    true => send(held.take(), to_viewer, shared).await,
                    false => Ok(()),
                }
            }
            () = held.due() => send(held.take(), to_viewer, shared).await,
        };
        if sent.is_err() {
            return DisplayEnd::PageGone;
        }
    }
}

/// The beginning of an update that is not whole yet. An end of the X server finds it of no use.
#[derive(Default)]
struct Held {
    parts: Vec<Bytes>,
    bytes: usize,
    since: Option<Instant>,
}

impl Held {
    fn hold(&mut self, parts: Vec<Bytes>) {
        if self.since.is_none() && !parts.is_empty() {
            self.since = Some(Instant::now());
        }
        self.bytes += parts.iter().map(Bytes::len).sum::<usize>();
        self.parts.extend(parts);
    }

    fn is_enough(&self) -> bool {
        self.bytes >= HELD_BYTES
    }

    /// Returns when what is held has waited long enough; never, where nothing is.
    async fn due(&self) {
        match self.since {
            Some(since) => tokio::time::sleep_until(since + HELD_FOR).await,
            None => std::future::pending().await,
        }
    }

    fn take(&mut self) -> Bytes {
        let held = std::mem::take(self);
        joined(held.parts)
    }
}

/// What has come, as soon as something has; empty at the end. One that waits holds no room for it, and
/// nothing is lost when it is dropped.
async fn some_of(server: &mut (impl AsyncRead + Unpin)) -> io::Result<Bytes> {
    poll_fn(|context| {
        let mut room = [MaybeUninit::uninit(); READ_BYTES];
        let mut room = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut *server).poll_read(context, &mut room))?;
        Ok(Bytes::copy_from_slice(room.filled())).into()
    })
    .await
}

async fn send<Q: Sink<ToViewer> + Unpin>(
    bytes: Bytes,
    to_viewer: &mut Q,
    shared: &Shared,
) -> Result<(), Q::Error> {
    let sent = bytes.len();
    if sent == 0 {
        return Ok(());
    }
    shared.record(&bytes).await;
    to_viewer.send(ToViewer::Rfb(bytes)).await?;
    shared.counts.told(sent);
    let question = lock(&shared.line).sent(sent, Instant::now());
    if let Some(number) = question {
        let ping = ToViewer::Ping(Bytes::copy_from_slice(&number.to_be_bytes()));
        to_viewer.send(ping).await?;
    }
    Ok(())
}

/// Passes on what the viewer sends; one that is silent for too long is gone.
async fn pass_input<P: Stream<Item = FromViewer> + Unpin>(
    from_viewer: &mut P,
    mut viewer: ViewerStream,
    mut server: impl AsyncWrite + Unpin,
    shared: &Shared,
) -> DisplayEnd {
    let mut life = Life::new();
    while let Some(said) = life.next(from_viewer).await {
        let mut parts = match said {
            FromViewer::Rfb(bytes) => {
                shared.counts.heard(bytes.len());
                match viewer.push(bytes, |asked| shared.asked(asked)) {
                    Ok(parts) => parts,
                    Err(error) => return DisplayEnd::BadViewer(error),
                }
            }
            FromViewer::Pong(answer) => {
                let mut line = lock(&shared.line);
                if let Ok(number) = <[u8; 8]>::try_from(&answer[..]) {
                    line.answered(u64::from_be_bytes(number), Instant::now());
                }
                viewer.set_speed(line.speed());
                Vec::new()
            }
        };
        parts.extend(viewer.news());
        let all = joined(parts);
        if all.is_empty() {
            continue;
        }
        if server.write_all(&all).await.is_err() || server.flush().await.is_err() {
            // The X server is gone; who reads from it sees the same.
            std::future::pending::<()>().await;
        }
    }
    DisplayEnd::PageGone
}

/// Several small messages go in one.
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
