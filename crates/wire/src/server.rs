//! The lower end: accepts streams in an agent.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;

use futures::future::poll_fn;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::VERSION;
use crate::client::{Stream, yamux_config};
use crate::frame::{self, FrameError};
use crate::limits::{HEADER_TIMEOUT, MAX_STREAMS};
use crate::message::{Failure, Open, Reply};

/// Serves one channel until it closes: reads the header of every stream and hands both to
/// `handle`, each in a local task of its own. Call it inside a `LocalSet`.
///
/// A header that is no request of this version, another major version, and a stream beyond
/// [`MAX_STREAMS`] are refused here, in words.
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
    let living = Rc::new(Cell::new(0));
    while let Some(stream) = poll_fn(|context| connection.poll_next_inbound(context)).await {
        let mut stream = Stream::of_server(stream?);
        let handle = handle.clone();
        let place = Place::take(&living);
        tokio::task::spawn_local(async move {
            match admit(&mut stream, place.as_ref()).await {
                Ok(open) => handle(open, stream).await,
                Err(Some(failure)) => {
                    let _ = frame::write_header(&mut stream, &Reply::Failed(failure)).await;
                }
                Err(None) => {}
            }
            drop(place);
        });
    }
    Ok(())
}

/// One of the streams that are served at once.
struct Place(Rc<Cell<usize>>);

impl Place {
    fn take(living: &Rc<Cell<usize>>) -> Option<Self> {
        if living.get() >= MAX_STREAMS {
            return None;
        }
        living.set(living.get() + 1);
        Some(Self(Rc::clone(living)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

/// The request, or what to refuse it with; nothing when there is nobody to tell.
async fn admit(stream: &mut Stream, place: Option<&Place>) -> Result<Open, Option<Failure>> {
    let header = tokio::time::timeout(HEADER_TIMEOUT, frame::read_header::<Open>(stream));
    let refuse = |code: &str, message: String| {
        let code = code.to_owned();
        Err(Some(Failure { code, message }))
    };
    if place.is_none() {
        return refuse(
            "limit",
            format!("{MAX_STREAMS} streams of this channel are open"),
        );
    }
    match header.await {
        Ok(Ok(Open::Status { version })) if version != VERSION => refuse(
            "version",
            format!("the agent speaks version {VERSION} of the protocol, not {version}"),
        ),
        Ok(Ok(open)) => Ok(open),
        Ok(Err(FrameError::Json(error))) => refuse(
            "unsupported",
            format!("the agent does not know this request: {error}"),
        ),
        Ok(Err(error @ FrameError::TooLong { .. })) => refuse("limit", error.to_string()),
        Ok(Err(_)) | Err(_) => Err(None),
    }
}
