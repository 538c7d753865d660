//! The upper end: opens streams to an agent.
//!
//! One task drives the multiplexer. It lives as long as the channel and any [`Client`] or
//! [`Stream`] of it; when the last of them is dropped it sends what they wrote and closes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};

use crate::frame::{self, FrameError};
use crate::limits::{MAX_STREAMS, MAX_WINDOWS_BYTES, PING_EVERY, SILENCE, SPARE_STREAMS};
use crate::message::{Failure, Open, Reply};
use crate::pulse::Pulse;

/// Why the agent could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The channel is gone.
    #[error("the channel to the agent is closed")]
    Closed,
    /// The multiplexer failed.
    #[error("the channel to the agent failed")]
    Channel(#[from] yamux::ConnectionError),
    /// [`MAX_STREAMS`] are open.
    #[error("{MAX_STREAMS} streams to the agent are open already")]
    TooManyStreams,
    /// A message could not be read or written.
    #[error("a message to or from the agent failed")]
    Frame(#[from] FrameError),
    /// The agent said no.
    #[error("the agent refused")]
    Refused(#[source] Failure),
}

type OpenRequest = oneshot::Sender<Result<yamux::Stream, yamux::ConnectionError>>;

/// A channel to one agent; cheap to clone.
#[derive(Clone)]
pub struct Client {
    requests: mpsc::Sender<OpenRequest>,
    permits: Arc<Semaphore>,
    closed: watch::Receiver<bool>,
}

/// One stream, after its header and reply: frames both ways.
pub struct Stream {
    // Dropped before what keeps the driver alive, so that the driver sees its end.
    inner: Compat<yamux::Stream>,
    _life: Option<Life>,
}

/// What a client's stream holds on to.
struct Life {
    _driver: mpsc::Sender<OpenRequest>,
    _permit: OwnedSemaphorePermit,
}

impl Client {
    /// Speaks yamux over `channel`. Spawns one task on the current runtime that drives it.
    pub fn new(channel: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let pulse = Pulse::new(channel);
        let heard = pulse.heard();
        let connection =
            yamux::Connection::new(pulse.compat(), yamux_config(), yamux::Mode::Client);
        let (requests, queue) = mpsc::channel(MAX_STREAMS);
        let (closing, closed) = watch::channel(false);
        tokio::spawn(async move {
            let mut pings = interval(PING_EVERY);
            pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let driver = Driver {
                connection,
                queue,
                waiting: None,
                pings,
                is_silent: Box::new(move || heard.elapsed() > SILENCE),
            };
            driver.run().await;
            let _ = closing.send(true);
        });
        Self {
            requests,
            permits: Arc::new(Semaphore::new(MAX_STREAMS)),
            closed,
        }
    }

    /// Opens a stream and waits for its reply; a refusal is an error.
    pub async fn open(&self, open: &Open) -> Result<(Reply, Stream), ClientError> {
        let mut stream = self.stream().await?;
        frame::write_header(&mut stream, open).await?;
        match frame::read_header::<Reply>(&mut stream).await? {
            Reply::Failed(failure) => Err(ClientError::Refused(failure)),
            reply => Ok((reply, stream)),
        }
    }

    /// Completes when the channel has closed, by whichever side.
    pub async fn closed(&self) {
        let mut closed = self.closed.clone();
        let _ = closed.wait_for(|closed| *closed).await;
    }

    async fn stream(&self) -> Result<Stream, ClientError> {
        let permit = Arc::clone(&self.permits)
            .try_acquire_owned()
            .map_err(|_| ClientError::TooManyStreams)?;
        let (sender, receiver) = oneshot::channel();
        self.requests
            .send(sender)
            .await
            .map_err(|_| ClientError::Closed)?;
        let stream = receiver.await.map_err(|_| ClientError::Closed)??;
        Ok(Stream {
            inner: stream.compat(),
            _life: Some(Life {
                _driver: self.requests.clone(),
                _permit: permit,
            }),
        })
    }
}

impl Stream {
    pub(crate) fn of_server(stream: yamux::Stream) -> Self {
        Self {
            inner: stream.compat(),
            _life: None,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

/// The multiplexer's bounds, the same at both ends. The windows suffice for every stream's first
/// 256 KiB exactly, so that none grows.
pub(crate) fn yamux_config() -> yamux::Config {
    let mut config = yamux::Config::default();
    config.set_max_num_streams(MAX_STREAMS + SPARE_STREAMS);
    config.set_max_connection_receive_window(Some(MAX_WINDOWS_BYTES));
    config
}

/// Makes all streams progress, and opens new ones on request.
struct Driver<T> {
    connection: yamux::Connection<T>,
    /// Ends when the last client and the last stream are gone.
    queue: mpsc::Receiver<OpenRequest>,
    waiting: Option<OpenRequest>,
    /// yamux sends its ping when it is polled.
    pings: Interval,
    is_silent: Box<dyn Fn() -> bool + Send>,
}

impl<T: futures::AsyncRead + futures::AsyncWrite + Unpin> Driver<T> {
    async fn run(mut self) {
        poll_fn(|context| self.poll(context)).await;
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.pings.poll_tick(context).is_ready() {
            if (self.is_silent)() {
                return Poll::Ready(());
            }
        }
        loop {
            if self.waiting.is_none() {
                match self.queue.poll_recv(context) {
                    Poll::Ready(Some(request)) => self.waiting = Some(request),
                    // A peer that takes nothing any more holds the rest of our bytes and this
                    // task; the silence ends both.
                    Poll::Ready(None) => return self.connection.poll_close(context).map(drop),
                    Poll::Pending => {}
                }
            }
            if self.waiting.is_some() {
                if let Poll::Ready(stream) = self.connection.poll_new_outbound(context) {
                    if let Some(request) = self.waiting.take() {
                        // Nobody waits any more: the stream is dropped, which resets it.
                        let _ = request.send(stream);
                    }
                    continue;
                }
            }
            return match self.connection.poll_next_inbound(context) {
                // The agent never opens a stream; one that it opens is dropped, which resets it.
                Poll::Ready(Some(Ok(_))) => continue,
                Poll::Ready(_) => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            };
        }
    }
}
