//! The records of a batch, both ways: `u8 kind`, `u32` number of the socket, `u32` length, bytes;
//! numbers are big-endian.

use axum::extract::ws::Utf8Bytes;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// Bytes of a record before its content.
const HEAD_BYTES: usize = 9;

const TEXT: u8 = 0;
const BINARY: u8 = 1;
const CLOSE: u8 = 2;
const OPEN: u8 = 3;

/// What one end tells the other about one socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its number, which the page chose.
    pub(crate) socket: u32,
    pub(crate) content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    Text(Utf8Bytes),
    Binary(Bytes),
    /// Closed, with a close code of a WebSocket.
    Close(u16),
    /// Of the page only: opens a socket to this.
    Open(Utf8Bytes),
}

impl Content {
    /// What it counts for in a bound.
    pub(crate) fn bytes(&self) -> usize {
        HEAD_BYTES
            + match self {
                Self::Text(text) | Self::Open(text) => text.len(),
                Self::Binary(bytes) => bytes.len(),
                Self::Close(_) => 2,
            }
    }
}

/// Appends a record to a batch.
pub(crate) fn write(batch: &mut BytesMut, socket: u32, content: &Content) {
    let code;
    let (kind, bytes): (u8, &[u8]) = match content {
        Content::Text(text) => (TEXT, text.as_bytes()),
        Content::Binary(bytes) => (BINARY, bytes),
        Content::Close(close) => {
            code = close.to_be_bytes();
            (CLOSE, &code)
        }
        Content::Open(to) => (OPEN, to.as_bytes()),
    };
    batch.put_u8(kind);
    batch.put_u32(socket);
    batch.put_u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    batch.put_slice(bytes);
}

/// The records of a batch; nothing when any of them is nonsense.
pub(crate) fn read(mut batch: Bytes) -> Option<Vec<Record>> {
    let mut records = Vec::new();
    while batch.has_remaining() {
        if batch.remaining() < HEAD_BYTES {
            return None;
        }
        let (kind, socket) = (batch.get_u8(), batch.get_u32());
        let length = usize::try_from(batch.get_u32()).ok()?;
        if batch.remaining() < length {
            return None;
        }
        let content = content(kind, batch.split_to(length))?;
        records.push(Record { socket, content });
    }
    Some(records)
}

fn content(kind: u8, mut bytes: Bytes) -> Option<Content> {
    match kind {
        TEXT => Utf8Bytes::try_from(bytes).ok().map(Content::Text),
        BINARY => Some(Content::Binary(bytes)),
        CLOSE if bytes.len() == 2 => Some(Content::Close(bytes.get_u16())),
        OPEN => Utf8Bytes::try_from(bytes).ok().map(Content::Open),
        _ => None,
    }
}
