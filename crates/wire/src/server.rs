//! The lower end: accepts streams in an agent.

use std::future::Future;

use futures::future::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::compat::{FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};

use crate::client::{Stream, yamux_config};
use crate::frame;
use crate::message::Open;

/// Serves one channel until it closes: reads the header of every stream and hands both to
/// `handle`, each in a local task of its own. Call it inside a `LocalSet`.
pub async fn serve<F, Fut>(
    channel: impl AsyncRead + AsyncWrite + Unpin + 'static,
    handle: F,
) -> Result<(), yamux::ConnectionError>
where
    F: Fn(Open, Stream) -> Fut + Clone + 'static,
    Fut: Future<Output = ()> + 'static,
{
    let mut connection =
        yamux::Connection::new(channel.compat(), yamux_config(), yamux::Mode::Server);
    while let Some(stream) = poll_fn(|context| connection.poll_next_inbound(context)).await {
        let mut stream = stream?.compat();
        let handle = handle.clone();
        tokio::task::spawn_local(async move {
            // A header that cannot be read closes the stream; the opener sees the end of it.
            if let Ok(open) = frame::read_header::<Open>(&mut stream).await {
                handle(open, stream).await;
            }
        });
    }
    Ok(())
}
