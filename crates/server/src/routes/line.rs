//! What a page measures its line with before a course: open to everybody, and therefore small, bounded and counted.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::ws::Message;
use axum::extract::{Extension, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{SinkExt as _, StreamExt as _, stream};
use labwright_api::close;
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::people::client_address;
use crate::app::App;
use crate::limits::{
    BODY_TIMEOUT, LINE_BYTES, LINE_ECHO_BYTES, LINE_ECHO_TIME, LINE_ECHOES, LINE_HELD,
};
use crate::listen::Peer;
use crate::reply::Reply;
use crate::socket::{self, Joined, Socket};
use crate::words::Refusal;

/// Parts that an answer is sent in.
const PART_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    n: usize,
}

/// `GET /api/v1/line/bytes`
pub(crate) async fn down(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Query(Wanted { n }): Query<Wanted>,
    headers: HeaderMap,
) -> Reply<impl IntoResponse> {
    if n > LINE_BYTES {
        return Err(Refusal::BadRequest("`n` is too large".into()));
    }
    let address = client_address(&app, peer.ip(), &headers);
    let turn = app.measures.begin(address, n)?;
    let noise = app.measures.noise();
    let parts = (0..n).step_by(PART_BYTES).map(move |from| {
        // Who takes it slowly keeps the turn as long.
        let _held = &turn;
        Ok::<_, std::convert::Infallible>(noise.slice(..PART_BYTES.min(n - from)))
    });
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CACHE_CONTROL, "no-store, no-transform".to_owned()),
        (CONTENT_ENCODING, "identity".to_owned()),
        (CONTENT_LENGTH, n.to_string()),
    ];
    Ok((headers, Body::from_stream(stream::iter(parts))))
}

/// `POST /api/v1/line/bytes`
pub(crate) async fn up(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    request: Request,
) -> Reply<StatusCode> {
    let address = client_address(&app, peer.ip(), &headers);
    let _turn = app.measures.begin(address, PART_BYTES)?;
    let read = axum::RequestExt::extract::<Bytes, _>(request);
    match timeout(BODY_TIMEOUT, read).await {
        Ok(Ok(_)) => Ok(StatusCode::NO_CONTENT),
        Ok(Err(_)) => Err(Refusal::TooLarge),
        Err(_) => Err(Refusal::BadRequest(
            "the body did not arrive in time".into(),
        )),
    }
}

/// `GET /api/v1/line/held`
pub(crate) async fn held(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Reply<StatusCode> {
    let address = client_address(&app, peer.ip(), &headers);
    let _turn = app.measures.begin(address, 0)?;
    tokio::select! {
        () = sleep(LINE_HELD) => {}
        () = app.going_away.cancelled() => {}
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/line/socket`: says back what it hears, for a while.
pub(crate) fn echo(joined: Joined, mut socket: Socket) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let app = &joined.app;
        let code = match app.measures.turn() {
            Ok(_turn) => tokio::select! {
                code = say_back(&mut socket) => code,
                () = app.going_away.cancelled() => close::GOING_AWAY,
            },
            Err(_) => close::TOO_MANY,
        };
        socket::close(&mut socket.to_page, code).await;
    })
}

async fn say_back(socket: &mut Socket) -> u16 {
    let until = Instant::now() + LINE_ECHO_TIME;
    for _ in 0..LINE_ECHOES {
        let Ok(Some(Ok(message))) = timeout_at(until, socket.from_page.next()).await else {
            return close::GOING_AWAY;
        };
        match &message {
            Message::Text(text) if text.len() <= LINE_ECHO_BYTES => {}
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return close::GOING_AWAY,
            _ => return close::BAD_MESSAGE,
        }
        let said = timeout_at(until, socket.to_page.send(message)).await;
        if !matches!(said, Ok(Ok(()))) {
            return close::GOING_AWAY;
        }
    }
    close::GOING_AWAY
}
