//! Files in and out of a node, from the agent's side.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

use super::control::{Control, InitError};
use super::message::{MAX_STATUS_BYTES, Work};
use super::program::Signaller;
use super::work::DONE;

/// Longest without a byte, or an end, before a transfer is given up: the learner's root may
/// have stopped what does it.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes that come out of a node.
pub struct Outward {
    bytes: pipe::Receiver,
    end: End,
}

/// Bytes that go into a node. Dropped before [`Inward::finish`], nothing changes there.
pub struct Inward {
    bytes: pipe::Sender,
    end: End,
}

struct End {
    outcome: Outcome,
    signaller: Signaller,
}

/// What a child of init says at its end.
pub(super) struct Outcome(pipe::Receiver);

impl Control {
    /// Starts to read a file, or to save what a node keeps.
    pub async fn outward(&self, work: Work) -> Result<Outward, InitError> {
        let ([status, bytes], signaller) = self.begin_work(work).await?;
        let bytes = pipe::Receiver::from_owned_fd(bytes)?;
        let outcome = Outcome::read_from(status)?;
        let end = End { outcome, signaller };
        Ok(Outward { bytes, end })
    }

    /// Starts to write a file, or to restore what a node kept.
    pub async fn inward(&self, work: Work) -> Result<Inward, InitError> {
        let ([status, bytes], signaller) = self.begin_work(work).await?;
        let bytes = pipe::Sender::from_owned_fd(bytes)?;
        let outcome = Outcome::read_from(status)?;
        let end = End { outcome, signaller };
        Ok(Inward { bytes, end })
    }
}

impl Outward {
    /// Reads some bytes; 0 is the end, and [`Outward::finish`] tells whether that was all.
    pub async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, InitError> {
        self.end.in_time(self.bytes.read(buffer)).await
    }

    /// Whether all came; an error holds the node's words.
    pub async fn finish(self) -> Result<(), InitError> {
        drop(self.bytes);
        self.end.finish().await
    }
}

impl Inward {
    /// Hands over some bytes. An error means that the node reads no more: `finish` tells why.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), InitError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let pipe = &mut self.bytes;
        let written = async {
            pipe.write_all(&length.to_be_bytes()).await?;
            pipe.write_all(bytes).await
        };
        self.end.in_time(written).await
    }

    /// Says that this was all, and waits until it is in its place.
    pub async fn finish(mut self) -> Result<(), InitError> {
        let end = 0_u32.to_be_bytes();
        match self.end.in_time(self.bytes.write_all(&end)).await {
            Err(InitError::Stalled) => Err(InitError::Stalled),
            // When the node has refused, its words matter, not that the pipe is closed.
            _ => self.end.finish().await,
        }
    }
}

impl End {
    async fn in_time<T>(&self, step: impl Future<Output = io::Result<T>>) -> Result<T, InitError> {
        match tokio::time::timeout(STALL_TIMEOUT, step).await {
            Ok(done) => Ok(done?),
            Err(_) => {
                self.signaller.signal(libc::SIGKILL).await?;
                Err(InitError::Stalled)
            }
        }
    }

    async fn finish(self) -> Result<(), InitError> {
        let Ok(text) = tokio::time::timeout(STALL_TIMEOUT, self.outcome.text()).await else {
            self.signaller.signal(libc::SIGKILL).await?;
            return Err(InitError::Stalled);
        };
        match text? {
            done if done == DONE => Ok(()),
            none if none.is_empty() => {
                Err(InitError::Refused("the transfer was killed".to_owned()))
            }
            words => Err(InitError::Refused(words)),
        }
    }
}

impl Outcome {
    pub(super) fn read_from(status: OwnedFd) -> io::Result<Self> {
        Ok(Self(pipe::Receiver::from_owned_fd(status)?))
    }

    /// All that it says until its end.
    pub(super) async fn text(self) -> Result<String, InitError> {
        let mut bytes = Vec::new();
        self.0
            .take(MAX_STATUS_BYTES)
            .read_to_end(&mut bytes)
            .await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
