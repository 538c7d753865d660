//! A stream of `Data` frames as plain bytes, both ways: what a `connect` stream carries.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::frame::Kind;
use crate::limits::MAX_FRAME_BYTES;

/// Bytes of a frame before its payload.
const HEAD_BYTES: usize = 5;
/// Bytes that go into one frame at most.
const CHUNK_BYTES: usize = 32 * 1024;

/// Bytes in frames. `Eof` is the end of the bytes; a stream that ends without one broke.
pub struct Pipe<S> {
    stream: S,
    head: [u8; HEAD_BYTES],
    /// Bytes of `head` that are here.
    have: usize,
    /// Bytes of the frame's payload that are not read yet.
    left: usize,
    ended: bool,
    /// What is not written yet: never more than one frame.
    out: Vec<u8>,
    written: usize,
    closed: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pipe<S> {
    /// The bytes in a stream's frames.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            head: [0; HEAD_BYTES],
            have: 0,
            left: 0,
            ended: false,
            out: Vec::new(),
            written: 0,
            closed: false,
        }
    }

    /// Reads the head of the next frame that holds bytes; false at the end.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while !self.ended && self.left == 0 {
            let room = self.head.get_mut(self.have..).unwrap_or_default();
            let mut room = ReadBuf::new(room);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut room))?;
            match room.filled().len() {
                0 => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                read => self.have += read,
            }
            if self.have == HEAD_BYTES {
                self.have = 0;
                self.begin_frame()?;
            }
        }
        Poll::Ready(Ok(!self.ended))
    }

    fn begin_frame(&mut self) -> io::Result<()> {
        let [kind, length @ ..] = self.head;
        let length = u32::from_be_bytes(length) as usize;
        if kind == Kind::Data as u8 && length <= MAX_FRAME_BYTES {
            self.left = length;
            return Ok(());
        }
        if kind == Kind::Eof as u8 && length == 0 {
            self.ended = true;
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("frame kind {kind} of {length} bytes does not belong here"),
        ))
    }

    /// Writes what waits.
    fn poll_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        self.out.clear();
        self.written = 0;
        Poll::Ready(Ok(()))
    }

    fn put(&mut self, kind: Kind, bytes: &[u8]) {
        // No chunk is longer than a frame may be.
        let length = u32::try_from(bytes.len()).unwrap_or_default();
        self.out.push(kind as u8);
        self.out.extend_from_slice(&length.to_be_bytes());
        self.out.extend_from_slice(bytes);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Pipe<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !ready!(self.poll_head(context))? {
            return Poll::Ready(Ok(()));
        }
        let limit = self.left.min(buffer.remaining());
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(limit));
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut part))?;
        let read = part.filled().len();
        if read == 0 && limit > 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        buffer.advance(read);
        self.left -= read;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Pipe<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_out(context))?;
        if self.closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let part = bytes.get(..CHUNK_BYTES).unwrap_or(bytes);
        self.put(Kind::Data, part);
        // What is not taken now waits for the next write or flush.
        match self.poll_out(context) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(part.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(context))?;
        if !self.closed {
            self.closed = true;
            self.put(Kind::Eof, &[]);
        }
        self.poll_flush(context)
    }
}
