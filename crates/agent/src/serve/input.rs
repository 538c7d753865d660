//! Input of a stream into a program or a terminal that may not read it.
//!
//! What is not read yet waits here, up to a bound, so that control messages and the end of the
//! stream are seen meanwhile: a peer that went away is not kept by a program that sleeps.

use std::io;

use labwright_wire::Control as Message;
use labwright_wire::frame::{self, Frame, FrameError, Kind};
use tokio::io::AsyncRead;

/// Bytes that wait before the stream is no longer read; its own window holds the peer back then.
const MAX_WAITING_BYTES: usize = 256 * 1024;

/// Where input goes.
pub(super) trait Sink {
    /// Waits until [`Sink::try_write`] may succeed.
    async fn ready(&self) -> io::Result<()>;
    /// Writes what it takes now.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;
}

/// Passes input on until the peer is gone; `control` gets the control messages. An `Eof` closes
/// the sink once all is written.
pub(super) async fn pass<S: Sink>(
    stream: impl AsyncRead + Unpin,
    sink: S,
    mut control: impl AsyncFnMut(Message),
) {
    let mut sink = Some(sink);
    let mut waiting: Vec<u8> = Vec::new();
    let mut ended = false;
    // Reading goes on across the writes: a frame that is half read must not be lost.
    let reading = next(stream);
    tokio::pin!(reading);
    loop {
        let taker = sink.as_ref().filter(|_| !waiting.is_empty());
        let written = tokio::select! {
            (stream, frame) = &mut reading, if waiting.len() < MAX_WAITING_BYTES => {
                let Ok(Some(frame)) = frame else {
                    return write_rest(sink.as_ref(), &waiting);
                };
                reading.set(next(stream));
                match frame.kind {
                    Kind::Data if sink.is_some() && !ended => waiting.extend(frame.bytes),
                    Kind::Eof => ended = true,
                    Kind::Control => {
                        if let Ok(message) = serde_json::from_slice(&frame.bytes) {
                            control(message).await;
                        }
                    }
                    Kind::Data | Kind::Stderr => {}
                }
                Ok(0)
            }
            written = write(taker, &waiting), if taker.is_some() => written,
        };
        match written {
            Ok(length) => drop(waiting.drain(..length)),
            // It reads no more: it is not to be told more.
            Err(_) => {
                sink = None;
                waiting.clear();
            }
        }
        if ended && waiting.is_empty() {
            sink = None;
        }
    }
}

/// The last words of a peer that is gone: as much as is taken without waiting.
fn write_rest(sink: Option<&impl Sink>, mut rest: &[u8]) {
    while let (Some(sink), false) = (sink, rest.is_empty()) {
        match sink.try_write(rest) {
            Ok(length @ 1..) => rest = rest.get(length..).unwrap_or_default(),
            Ok(0) | Err(_) => return,
        }
    }
}

async fn next<R: AsyncRead + Unpin>(mut stream: R) -> (R, Result<Option<Frame>, FrameError>) {
    let frame = frame::read_frame(&mut stream).await;
    (stream, frame)
}

async fn write<S: Sink>(sink: Option<&S>, bytes: &[u8]) -> io::Result<usize> {
    let Some(sink) = sink else { return Ok(0) };
    sink.ready().await?;
    match sink.try_write(bytes) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        written => written,
    }
}
