//! Files in and out of a node, each whole or not at all.

use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::limits::MAX_FRAME_BYTES;
use labwright_wire::{Control as Message, Exit, Failure, Reply, Stream};

use super::reply::{init_failure, reply};
use crate::init::{Control, InitError, Inward, Outward, Work};

/// Sends what the node gives.
pub(super) async fn send(
    control: Result<Control, Failure>,
    work: Work,
    mut stream: Stream,
) -> Result<(), FrameError> {
    let begun = match control {
        Ok(control) => control
            .outward(work)
            .await
            .map_err(|error| init_failure(&error)),
        Err(failure) => Err(failure),
    };
    let mut transfer = match begun {
        Ok(transfer) => transfer,
        Err(failure) => return reply(&mut stream, &Reply::Failed(failure)).await,
    };
    let mut buffer = vec![0; MAX_FRAME_BYTES];
    // The reply waits for the first bytes, so that a file that is not there is refused.
    let first = match transfer.read(&mut buffer).await {
        Ok(0) => return send_empty(transfer, stream).await,
        first => first,
    };
    reply(&mut stream, &Reply::Done).await?;
    match pump(first, &mut transfer, &mut buffer, &mut stream).await? {
        Ok(()) => {}
        Err(error) => return tell_failed(&mut stream, &error).await,
    }
    match transfer.finish().await {
        Ok(()) => {
            frame::write_frame(&mut stream, Kind::Eof, &[]).await?;
            tell_done(&mut stream).await
        }
        Err(error) => tell_failed(&mut stream, &error).await,
    }
}

/// Sends chunks to the end; outside the stream's own error, the node's.
async fn pump(
    first: Result<usize, InitError>,
    transfer: &mut Outward,
    buffer: &mut [u8],
    stream: &mut Stream,
) -> Result<Result<(), InitError>, FrameError> {
    let mut read = first;
    loop {
        match read {
            Ok(0) => return Ok(Ok(())),
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default();
                frame::write_frame(stream, Kind::Data, bytes).await?;
            }
            Err(error) => return Ok(Err(error)),
        }
        read = transfer.read(buffer).await;
    }
}

async fn send_empty(transfer: Outward, mut stream: Stream) -> Result<(), FrameError> {
    match transfer.finish().await {
        Ok(()) => {
            reply(&mut stream, &Reply::Done).await?;
            frame::write_frame(&mut stream, Kind::Eof, &[]).await?;
            tell_done(&mut stream).await
        }
        Err(error) => reply(&mut stream, &Reply::Failed(init_failure(&error))).await,
    }
}

/// Hands what comes to the node, and says whether it took it. A stream that ends before its `Eof`
/// changes nothing there.
pub(super) async fn receive(
    control: Result<Control, Failure>,
    work: Work,
    mut stream: Stream,
) -> Result<bool, FrameError> {
    let begun = match control {
        Ok(control) => control
            .inward(work)
            .await
            .map_err(|error| init_failure(&error)),
        Err(failure) => Err(failure),
    };
    let mut transfer = match begun {
        Ok(transfer) => transfer,
        Err(failure) => {
            reply(&mut stream, &Reply::Failed(failure)).await?;
            return Ok(false);
        }
    };
    reply(&mut stream, &Reply::Done).await?;
    let mut willing = true;
    loop {
        let Some(frame) = frame::read_frame(&mut stream).await? else {
            return Ok(false);
        };
        match frame.kind {
            // The rest of what the node refused is read, so that the peer hears why.
            Kind::Data if willing => willing = transfer.write(&frame.bytes).await.is_ok(),
            Kind::Data | Kind::Stderr | Kind::Control => {}
            Kind::Eof => break,
        }
    }
    finish(transfer, stream).await
}

async fn finish(transfer: Inward, mut stream: Stream) -> Result<bool, FrameError> {
    match transfer.finish().await {
        Ok(()) => tell_done(&mut stream).await.map(|()| true),
        Err(error) => tell_failed(&mut stream, &error).await.map(|()| false),
    }
}

async fn tell_done(stream: &mut Stream) -> Result<(), FrameError> {
    let exit = Exit::Code(0);
    frame::write_control(stream, &Message::Exit { exit }).await
}

async fn tell_failed(stream: &mut Stream, error: &InitError) -> Result<(), FrameError> {
    frame::write_control(stream, &Message::Failed(init_failure(error))).await
}
