//! Files in and out of a node, from the agent's side.

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe;

use super::control::{Control, InitError};
use super::message::{MAX_STATUS_BYTES, Work};
use super::work::DONE;

/// Bytes that come out of a node.
pub struct Outward {
    /// Read them to their end, then ask [`Outward::finish`] whether that was all.
    pub bytes: pipe::Receiver,
    outcome: Outcome,
}

/// Bytes that go into a node. Dropped before [`Inward::finish`], nothing changes there.
pub struct Inward {
    bytes: pipe::Sender,
    outcome: Outcome,
}

/// What a child of init says at its end.
pub(super) struct Outcome(pipe::Receiver);

impl Control {
    /// Starts to read a file, or to save what a node keeps.
    pub async fn outward(&self, work: Work) -> Result<Outward, InitError> {
        let [status, bytes] = self.begin_work(work).await?;
        Ok(Outward {
            bytes: pipe::Receiver::from_owned_fd(bytes)?,
            outcome: Outcome::read_from(status)?,
        })
    }

    /// Starts to write a file, or to restore what a node kept.
    pub async fn inward(&self, work: Work) -> Result<Inward, InitError> {
        let [status, bytes] = self.begin_work(work).await?;
        Ok(Inward {
            bytes: pipe::Sender::from_owned_fd(bytes)?,
            outcome: Outcome::read_from(status)?,
        })
    }
}

impl Outward {
    /// Whether all came; an error holds the node's words.
    pub async fn finish(self) -> Result<(), InitError> {
        drop(self.bytes);
        self.outcome.finish().await
    }
}

impl Inward {
    /// Hands over some bytes. An error means that the node reads no more: `finish` tells why.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.bytes.write_all(&length.to_be_bytes()).await?;
        self.bytes.write_all(bytes).await
    }

    /// Says that this was all, and waits until it is in its place.
    pub async fn finish(mut self) -> Result<(), InitError> {
        // When the node has refused, its words matter, not that the pipe is closed.
        let _ = self.bytes.write_all(&0_u32.to_be_bytes()).await;
        self.outcome.finish().await
    }
}

impl Outcome {
    pub(super) fn read_from(status: OwnedFd) -> io::Result<Self> {
        Ok(Self(pipe::Receiver::from_owned_fd(status)?))
    }

    async fn finish(self) -> Result<(), InitError> {
        let text = self.text().await?;
        match text.as_str() {
            DONE => Ok(()),
            "" => Err(InitError::Refused("the transfer was killed".to_owned())),
            _ => Err(InitError::Refused(text)),
        }
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
