//! The RFB stream of a desktop: bytes both ways, untouched. What they mean is the gateway's matter.

use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::limits::MAX_FRAME_BYTES;
use labwright_wire::{Failure, Reply, Stream};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::Notify;

use super::reply::reply;

/// Carries bytes between the X server and the stream until either ends; `stirred` is told of all that
/// the viewer does.
pub(super) async fn run(
    display: Result<TcpStream, Failure>,
    mut stream: Stream,
    stirred: &Notify,
) -> Result<(), FrameError> {
    let display = match display {
        Ok(display) => display,
        Err(failure) => return reply(&mut stream, &Reply::Failed(failure)).await,
    };
    reply(&mut stream, &Reply::Done).await?;
    let (mut read, mut write) = tokio::io::split(stream);
    let (from_server, mut to_server) = display.into_split();
    let down = async {
        pass_down(from_server, &mut write).await?;
        frame::write_frame(&mut write, Kind::Eof, &[]).await
    };
    let up = async {
        while let Some(frame) = frame::read_frame(&mut read).await? {
            stirred.notify_one();
            let passed = match frame.kind {
                Kind::Data => to_server.write_all(&frame.bytes).await,
                Kind::Eof => return Ok(()),
                Kind::Stderr | Kind::Control => Ok(()),
            };
            if passed.is_err() {
                // The other way sees the same end, and tells it.
                std::future::pending::<()>().await;
            }
        }
        Ok(())
    };
    tokio::select! {
        ended = down => ended,
        ended = up => ended,
    }
}

/// An idle display holds no buffer: one is made when there is something to read.
async fn pass_down(
    display: OwnedReadHalf,
    write: &mut (impl AsyncWrite + Unpin),
) -> Result<(), FrameError> {
    loop {
        display.readable().await?;
        let mut buffer = Vec::with_capacity(MAX_FRAME_BYTES);
        match display.try_read_buf(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(_) => frame::write_frame(write, Kind::Data, &buffer).await?,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return Ok(()),
        }
    }
}
