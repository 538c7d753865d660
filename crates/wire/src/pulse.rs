//! Notes when bytes last came from the other end.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// A channel whose life can be watched.
pub(crate) struct Pulse<T> {
    channel: T,
    heard: Heard,
}

/// When the other end was last heard; cheap to clone.
#[derive(Clone)]
pub(crate) struct Heard {
    born: Instant,
    after_ms: Arc<AtomicU64>,
}

impl Heard {
    /// How long ago.
    pub(crate) fn elapsed(&self) -> Duration {
        let heard = Duration::from_millis(self.after_ms.load(Ordering::Relaxed));
        self.born.elapsed().saturating_sub(heard)
    }

    fn now(&self) {
        let now = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.after_ms.store(now, Ordering::Relaxed);
    }
}

impl<T> Pulse<T> {
    pub(crate) fn new(channel: T) -> Self {
        let heard = Heard {
            born: Instant::now(),
            after_ms: Arc::default(),
        };
        Self { channel, heard }
    }

    pub(crate) fn heard(&self) -> Heard {
        self.heard.clone()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Pulse<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.channel).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.heard.now();
        }
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Pulse<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.channel).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.channel).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.channel).poll_shutdown(context)
    }
}
