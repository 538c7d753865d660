//! The state of the machine, then what changes.

use labwright_wire::frame::{self, FrameError};
use labwright_wire::{Reply, Stream};
use tokio::io::AsyncReadExt;
use tokio::sync::broadcast::error::RecvError;

use super::dispatch::Service;

pub(super) async fn run(service: &Service, stream: Stream) -> Result<(), FrameError> {
    let (mut read, mut write) = tokio::io::split(stream);
    // Subscribed before the report, so that nothing falls between the two.
    let mut events = service.machine.events();
    let mut report = service.machine.report();
    report.terminals = service.terminals.reports();
    frame::write_header(&mut write, &Reply::Status(report)).await?;
    let mut ignored = [0; 64];
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(event) => frame::write_control(&mut write, &event).await?,
                // Who fell behind opens a new stream and reads the whole state again.
                Err(RecvError::Lagged(_) | RecvError::Closed) => return Ok(()),
            },
            closed = read.read(&mut ignored) => if !matches!(closed, Ok(1..)) {
                return Ok(());
            },
        }
    }
}
