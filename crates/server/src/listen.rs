//! Accepts connections: bounded in number, without delay, and ended in order.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use crate::apps::Apps;
use crate::limits::{GRACE, HEADER_TIMEOUT, MAX_CONNECTIONS};

/// Pause after a connection that could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What answers requests: the platform, or, for their own domain, pages that come out of labs.
#[derive(Clone)]
pub(crate) struct Front {
    apps: Option<Arc<Apps>>,
    router: Router,
}

impl Front {
    pub(crate) fn new(apps: Option<Apps>, router: Router) -> Self {
        Self {
            apps: apps.map(Arc::new),
            router,
        }
    }

    async fn answer(self, request: Request) -> Result<Response, Infallible> {
        let apps = self
            .apps
            .filter(|apps| apps.claims(request.uri(), request.headers()));
        match apps {
            Some(apps) => Ok(apps.answer(request).await),
            None => self.router.oneshot(request).await,
        }
    }
}

/// Serves until `going_away`, then lets open requests end for a while.
pub(crate) async fn serve(listener: TcpListener, front: Front, going_away: CancellationToken) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = TaskTracker::new();
    loop {
        let Ok(place) = room.clone().acquire_owned().await else {
            break;
        };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let connection = connection(stream, peer, front.clone(), going_away.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    // Out of descriptors, or a peer that left at once: neither is for ever.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            () = going_away.cancelled() => break,
        }
    }
    drop(listener);
    connections.close();
    let _ = tokio::time::timeout(GRACE, connections.wait()).await;
}

/// Serves one connection until it ends or becomes a WebSocket.
async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    front: Front,
    going_away: CancellationToken,
) {
    // A keystroke is one small packet: waiting for more would delay its echo.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        front.clone().answer(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        () = going_away.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
