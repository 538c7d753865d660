//! The upper end: opens streams to an agent.

use std::sync::Arc;

use futures::future::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};

use crate::frame::{self, FrameError};
use crate::limits::{MAX_STREAMS, MAX_WINDOWS_BYTES};
use crate::message::{Failure, Open, Reply};

/// One stream, after its header and reply: frames both ways.
pub type Stream = Compat<yamux::Stream>;

/// Why the agent could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The channel is gone.
    #[error("the channel to the agent is closed")]
    Closed,
    /// The multiplexer failed.
    #[error("the channel to the agent failed")]
    Channel(#[from] yamux::ConnectionError),
    /// A message could not be read or written.
    #[error("a message to or from the agent failed")]
    Frame(#[from] FrameError),
    /// The agent said no.
    #[error("the agent refused")]
    Refused(#[source] Failure),
}

type OpenRequest = oneshot::Sender<Result<yamux::Stream, yamux::ConnectionError>>;

/// A channel to one agent; cheap to clone. The channel closes when the last clone is dropped.
#[derive(Clone)]
pub struct Client {
    requests: mpsc::Sender<OpenRequest>,
    closed: Arc<tokio::sync::watch::Receiver<bool>>,
}

impl Client {
    /// Speaks yamux over `channel`. Spawns one task on the current runtime that drives it.
    pub fn new(channel: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        let connection =
            yamux::Connection::new(channel.compat(), yamux_config(), yamux::Mode::Client);
        let (requests, queue) = mpsc::channel(MAX_STREAMS);
        let (closing, closed) = tokio::sync::watch::channel(false);
        tokio::spawn(async move {
            drive(connection, queue).await;
            let _ = closing.send(true);
        });
        Self {
            requests,
            closed: Arc::new(closed),
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

    /// Completes when the channel has closed.
    pub async fn closed(&self) {
        let mut closed = (*self.closed).clone();
        let _ = closed.wait_for(|closed| *closed).await;
    }

    async fn stream(&self) -> Result<Stream, ClientError> {
        let (sender, receiver) = oneshot::channel();
        self.requests
            .send(sender)
            .await
            .map_err(|_| ClientError::Closed)?;
        let stream = receiver.await.map_err(|_| ClientError::Closed)??;
        Ok(stream.compat())
    }
}

/// The multiplexer's bounds, the same at both ends.
pub(crate) fn yamux_config() -> yamux::Config {
    let mut config = yamux::Config::default();
    config.set_max_num_streams(MAX_STREAMS);
    config.set_max_connection_receive_window(Some(MAX_WINDOWS_BYTES));
    config
}

/// Polls the connection: it makes progress on all streams, and opens new ones on request.
async fn drive<T>(mut connection: yamux::Connection<T>, mut queue: mpsc::Receiver<OpenRequest>)
where
    T: futures::AsyncRead + futures::AsyncWrite + Unpin,
{
    let mut waiting: Option<OpenRequest> = None;
    let mut open = true;
    poll_fn(|context| {
        loop {
            if waiting.is_none() && open {
                match queue.poll_recv(context) {
                    std::task::Poll::Ready(Some(request)) => waiting = Some(request),
                    std::task::Poll::Ready(None) => open = false,
                    std::task::Poll::Pending => {}
                }
            }
            if waiting.is_some() {
                if let std::task::Poll::Ready(stream) = connection.poll_new_outbound(context) {
                    if let Some(request) = waiting.take() {
                        let _ = request.send(stream);
                    }
                    continue;
                }
            }
            if !open && connection.poll_close(context).is_ready() {
                return std::task::Poll::Ready(());
            }
            return match connection.poll_next_inbound(context) {
                // The agent never opens a stream; one that it opens is dropped, which resets it.
                std::task::Poll::Ready(Some(Ok(_))) => continue,
                std::task::Poll::Ready(_) => std::task::Poll::Ready(()),
                std::task::Poll::Pending => std::task::Poll::Pending,
            };
        }
    })
    .await;
}
