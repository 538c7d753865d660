//! Notices that somebody uses an upgraded connection, without reading it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// First byte of a pong (RFC 6455 §5.5.3): the browser's own answer, nobody's doing.
const PONG: u8 = 0x8a;

/// A browser's end whose bytes are noticed.
pub(super) struct Watched<T, F> {
    inner: T,
    used: F,
}

impl<T, F> Watched<T, F> {
    pub(super) fn new(inner: T, used: F) -> Self {
        Self { inner, used }
    }
}

impl<T: AsyncRead + Unpin, F: Fn() + Unpin> AsyncRead for Watched<T, F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if buffer
            .filled()
            .get(before)
            .is_some_and(|first| *first != PONG)
        {
            (self.used)();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin, F: Unpin> AsyncWrite for Watched<T, F> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
