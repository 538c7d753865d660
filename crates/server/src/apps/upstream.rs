//! Connections to applications: a stream of the session's agent each, bounded per session.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};

use axum::http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use labwright_model::{NodeName, SessionId};
use labwright_wire::{Pipe, Stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::limits::{APP_CONNECTION_WAIT, MAX_APP_CONNECTIONS};
use crate::words::Refusal;

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("nothing listens there")]
    Refused,
    #[error("the machine does not run")]
    NotReady,
    #[error("too many connections into the session are open")]
    Busy,
    #[error("the machine did not answer")]
    NoAnswer,
}

/// Names a port of a session's node to the HTTP client. Only [`Connector`] reads it; no name is
/// looked up anywhere.
pub(super) fn authority(session: &SessionId, node: &NodeName, port: u16) -> String {
    format!("{session}.{node}:{port}")
}

fn parse(uri: &Uri) -> Option<(SessionId, NodeName, u16)> {
    let (session, node) = uri.host()?.split_once('.')?;
    let session = SessionId::new(session).ok()?;
    Some((session, NodeName::new(node).ok()?, uri.port_u16()?))
}

/// Connects.
#[derive(Clone)]
pub(super) struct Connector {
    app: Arc<App>,
    rooms: Arc<Mutex<HashMap<SessionId, Weak<Semaphore>>>>,
}

impl Connector {
    pub(super) fn new(app: Arc<App>) -> Self {
        Self {
            app,
            rooms: Arc::default(),
        }
    }

    async fn connect(self, uri: Uri) -> Result<Upstream, ConnectError> {
        let (session, node, port) = parse(&uri).ok_or(ConnectError::NoAnswer)?;
        let room = self.room(&session);
        let place = tokio::time::timeout(APP_CONNECTION_WAIT, room.acquire_owned()).await;
        let place = place
            .map_err(|_| ConnectError::Busy)?
            .map_err(|_| ConnectError::Busy)?;
        let stream = self.app.sessions.connect(&session, &node, port).await;
        let stream = stream.map_err(|refusal| match refusal {
            Refusal::NobodyListens => ConnectError::Refused,
            Refusal::NotReady | Refusal::NotFound => ConnectError::NotReady,
            Refusal::Busy => ConnectError::Busy,
            _ => ConnectError::NoAnswer,
        })?;
        Ok(Upstream {
            io: TokioIo::new(Pipe::new(stream)),
            _place: place,
        })
    }

    fn room(&self, session: &SessionId) -> Arc<Semaphore> {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(room) = rooms.get(session).and_then(Weak::upgrade) {
            return room;
        }
        rooms.retain(|_, room| room.strong_count() > 0);
        let room = Arc::new(Semaphore::new(MAX_APP_CONNECTIONS));
        rooms.insert(session.clone(), Arc::downgrade(&room));
        room
    }
}

impl tower::Service<Uri> for Connector {
    type Response = Upstream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Upstream, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

/// A connection to an application.
pub(super) struct Upstream {
    io: TokioIo<Pipe<Stream>>,
    _place: OwnedSemaphorePermit,
}

impl Connection for Upstream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Upstream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Upstream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
