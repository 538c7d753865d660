//! A capture: frames of a network or of one node's link, as a pcapng stream.
//!
//! Nothing is kept here: what the peer does not take in time waits in the kernel, which drops
//! what is too much, and the stream says how much that was.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::limits::{MAX_CAPTURES, MAX_SNAP_BYTES};
use labwright_wire::{Failure, Reply, Stream};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{MissedTickBehavior, interval};

use super::pcapng;
use super::reply::{failure, reply};
use crate::machine::Packets;

/// Bytes of blocks that go into one frame; one more packet may still be added.
const BATCH_BYTES: usize = 32 * 1024;
/// After a full batch the reader pauses, so that a flood of packets does not keep the machine's
/// one thread from its terminals. What comes meanwhile waits in the kernel.
const FLOOD_PAUSE: Duration = Duration::from_millis(1);
/// How often it is looked for dropped packets.
const COUNT_EVERY: Duration = Duration::from_secs(1);
const APPLICATION: &str = concat!("Labwright ", env!("CARGO_PKG_VERSION"));

/// Captures of a machine under way.
#[derive(Default)]
pub(super) struct Captures(Rc<Cell<usize>>);

/// What to capture.
pub(super) struct Wanted<'a> {
    /// The machine's interface.
    pub interface: Result<String, Failure>,
    /// What the stream calls it.
    pub name: &'a str,
    /// Bytes to keep of each packet.
    pub snap: Option<u32>,
}

impl Captures {
    /// Captures until the peer closes the stream or its half of it.
    pub(super) async fn run(
        &self,
        wanted: Wanted<'_>,
        mut stream: Stream,
    ) -> Result<(), FrameError> {
        let snap = wanted
            .snap
            .unwrap_or(MAX_SNAP_BYTES)
            .clamp(1, MAX_SNAP_BYTES);
        let opened = self.count().and_then(|counted| {
            let interface = wanted.interface?;
            let packets = Packets::open(&interface, snap as usize).map_err(|error| {
                failure("failed", format!("capturing on {}: {error}", wanted.name))
            })?;
            Ok((counted, packets))
        });
        let (_counted, mut packets) = match opened {
            Ok(opened) => opened,
            Err(failure) => return reply(&mut stream, &Reply::Failed(failure)).await,
        };
        reply(&mut stream, &Reply::Done).await?;
        let (read, mut write) = tokio::io::split(stream);
        let beginning = pcapng::beginning(APPLICATION, wanted.name, snap);
        frame::write_frame(&mut write, Kind::Data, &beginning).await?;
        if pump(&mut packets, until_end(read), &mut write).await? == Ended::Gone {
            return Ok(write.shutdown().await?);
        }
        rest(&mut packets, &mut write).await?;
        frame::write_frame(&mut write, Kind::Eof, &[]).await?;
        Ok(write.shutdown().await?)
    }

    fn count(&self) -> Result<Counted, Failure> {
        let captures = self.0.get();
        if captures >= MAX_CAPTURES {
            let why = format!("{MAX_CAPTURES} captures of this machine are open already");
            return Err(failure("limit", why));
        }
        self.0.set(captures + 1);
        Ok(Counted(self.0.clone()))
    }
}

/// One capture under way; counted until it is dropped.
struct Counted(Rc<Cell<usize>>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// Why a capture ended.
#[derive(PartialEq, Eq)]
enum Ended {
    /// The peer wants no more.
    Asked,
    /// The interface is gone.
    Gone,
}

/// Sends packets until `end` comes or the interface is gone.
async fn pump(
    packets: &mut Packets,
    end: impl Future<Output = ()>,
    write: &mut (impl AsyncWrite + Unpin),
) -> Result<Ended, FrameError> {
    tokio::pin!(end);
    let mut looks = interval(COUNT_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = 0;
    let mut blocks = Vec::with_capacity(2 * BATCH_BYTES);
    loop {
        blocks.clear();
        // A frame that is half written must not be given up: only the waiting may be.
        tokio::select! {
            biased;
            () = &mut end => return Ok(Ended::Asked),
            _ = looks.tick() => {
                let dropped = count(packets, &mut blocks);
                if dropped == told {
                    continue;
                }
                told = dropped;
            }
            read = packets.read(|packet| {
                pcapng::packet(&mut blocks, packet.at, packet.length, packet.bytes);
                blocks.len() < BATCH_BYTES
            }) => if read.is_err() {
                return Ok(Ended::Gone);
            },
        }
        send(write, &blocks).await?;
        if blocks.len() >= BATCH_BYTES {
            tokio::time::sleep(FLOOD_PAUSE).await;
        }
    }
}

/// Sends what passed before now and waits in the kernel, then the statistics.
async fn rest(
    packets: &mut Packets,
    write: &mut (impl AsyncWrite + Unpin),
) -> Result<(), FrameError> {
    let end = now();
    let mut blocks = Vec::with_capacity(2 * BATCH_BYTES);
    let mut more = true;
    while more {
        let reading = packets.read(|packet| {
            pcapng::packet(&mut blocks, packet.at, packet.length, packet.bytes);
            more = packet.at < end;
            more && blocks.len() < BATCH_BYTES
        });
        let read = tokio::time::timeout(Duration::ZERO, reading).await;
        more &= matches!(read, Ok(Ok(())));
        send(write, &blocks).await?;
        blocks.clear();
    }
    count(packets, &mut blocks);
    send(write, &blocks).await
}

/// The last packet may make the blocks longer than a frame.
async fn send(write: &mut (impl AsyncWrite + Unpin), blocks: &[u8]) -> Result<(), FrameError> {
    for part in blocks.chunks(labwright_wire::limits::MAX_FRAME_BYTES) {
        frame::write_frame(write, Kind::Data, part).await?;
    }
    Ok(())
}

/// Appends the statistics so far; how many were dropped.
fn count(packets: &mut Packets, blocks: &mut Vec<u8>) -> u64 {
    let counts = packets.counts();
    pcapng::statistics(blocks, now(), counts.passed, counts.dropped);
    counts.dropped
}

fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}

/// Returns when the peer has closed its half, or the stream.
async fn until_end(mut stream: impl AsyncRead + Unpin) {
    while let Ok(Some(frame)) = frame::read_frame(&mut stream).await {
        if frame.kind == Kind::Eof {
            return;
        }
    }
}
