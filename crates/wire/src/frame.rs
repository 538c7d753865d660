//! Length-prefixed messages on one stream: a JSON header first, then frames.
//!
//! header: u32 big-endian length, JSON. frame: u8 kind, u32 big-endian length, bytes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::limits::{MAX_FRAME_BYTES, MAX_HEADER_BYTES};

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Bytes: standard input or output, terminal bytes, file content.
    Data = 0,
    /// Bytes of standard error.
    Stderr = 1,
    /// A JSON message.
    Control = 2,
    /// No more data this way; empty.
    Eof = 3,
}

/// A frame that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it carries.
    pub kind: Kind,
    /// Its payload.
    pub bytes: Vec<u8>,
}

/// Why a message could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The channel failed.
    #[error("reading or writing the stream failed")]
    Io(#[from] std::io::Error),
    /// It says that it is longer than allowed.
    #[error("a message of {length} bytes is over the limit of {limit}")]
    TooLong {
        /// Announced length.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// A frame of a kind that does not exist.
    #[error("frame kind {0} does not exist")]
    UnknownKind(u8),
    /// It is not the JSON that it should be.
    #[error("the message is not valid JSON of its kind")]
    Json(#[from] serde_json::Error),
}

/// Reads a JSON header.
pub async fn read_header<T: DeserializeOwned>(
    io: &mut (impl AsyncRead + Unpin),
) -> Result<T, FrameError> {
    let length = io.read_u32().await? as usize;
    let bytes = read_bytes(io, length, MAX_HEADER_BYTES).await?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Writes a JSON header.
pub async fn write_header(
    io: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> Result<(), FrameError> {
    let json = serde_json::to_vec(message)?;
    let mut bytes = Vec::with_capacity(4 + json.len());
    bytes.extend_from_slice(&length_prefix(json.len(), MAX_HEADER_BYTES)?);
    bytes.extend_from_slice(&json);
    io.write_all(&bytes).await?;
    io.flush().await?;
    Ok(())
}

/// Reads a frame; `None` when the stream ended between two frames.
pub async fn read_frame(io: &mut (impl AsyncRead + Unpin)) -> Result<Option<Frame>, FrameError> {
    let kind = match io.read_u8().await {
        Ok(0) => Kind::Data,
        Ok(1) => Kind::Stderr,
        Ok(2) => Kind::Control,
        Ok(3) => Kind::Eof,
        Ok(other) => return Err(FrameError::UnknownKind(other)),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let length = io.read_u32().await? as usize;
    let bytes = read_bytes(io, length, MAX_FRAME_BYTES).await?;
    Ok(Some(Frame { kind, bytes }))
}

/// Writes a frame and flushes it.
pub async fn write_frame(
    io: &mut (impl AsyncWrite + Unpin),
    kind: Kind,
    bytes: &[u8],
) -> Result<(), FrameError> {
    let mut message = Vec::with_capacity(5 + bytes.len());
    message.push(kind as u8);
    message.extend_from_slice(&length_prefix(bytes.len(), MAX_FRAME_BYTES)?);
    message.extend_from_slice(bytes);
    io.write_all(&message).await?;
    io.flush().await?;
    Ok(())
}

/// Writes a JSON message as a `Control` frame.
pub async fn write_control(
    io: &mut (impl AsyncWrite + Unpin),
    message: &impl Serialize,
) -> Result<(), FrameError> {
    write_frame(io, Kind::Control, &serde_json::to_vec(message)?).await
}

async fn read_bytes(
    io: &mut (impl AsyncRead + Unpin),
    length: usize,
    limit: usize,
) -> Result<Vec<u8>, FrameError> {
    if length > limit {
        return Err(FrameError::TooLong { length, limit });
    }
    let mut bytes = vec![0; length];
    io.read_exact(&mut bytes).await?;
    Ok(bytes)
}

fn length_prefix(length: usize, limit: usize) -> Result<[u8; 4], FrameError> {
    match u32::try_from(length) {
        Ok(short) if length <= limit => Ok(short.to_be_bytes()),
        _ => Err(FrameError::TooLong { length, limit }),
    }
}
