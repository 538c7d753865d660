//! Sockets by HTTPS long polling, for pages that cannot open a WebSocket: a learner's, and that of a
//! teacher who looks.

use std::sync::Arc;

use axum::Json;
use axum::extract::{DefaultBodyLimit, Extension, Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{self, MethodRouter};
use bytes::Bytes;
use labwright_api::{Channel, close as code};
use serde::Deserialize;

use super::{captures, displays, events, looks, terminals};
use crate::access::Base;
use crate::app::App;
use crate::language::Wanted;
use crate::limits::{BODY_TIMEOUT, MAX_BATCH_BYTES, POLL_WAIT};
use crate::reply::Reply;
use crate::socket::{self, Handler, Joined, Socket};
use crate::words::Refusal;

/// What a socket can be opened to: the first word of its address below the session. A line here
/// makes a handler work by long polling; its WebSocket has a row in the router.
const HANDLERS: [(&str, Handler); 4] = [
    ("captures", captures::run),
    ("displays", displays::run),
    ("events", events::run),
    ("terminals", terminals::run),
];

/// The same of a look.
const LOOKS: [(&str, Handler); 2] = [("displays", looks::display), ("terminals", looks::terminal)];

/// `POST …/channels`
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
) -> Reply<(StatusCode, Json<Channel>)> {
    let id = app.channels.open(&base.key())?;
    let wait_ms = u64::try_from(POLL_WAIT.as_millis()).unwrap_or(u64::MAX);
    Ok((StatusCode::CREATED, Json(Channel { id, wait_ms })))
}

#[derive(Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    after: u32,
}

/// `GET …/channels/{channel}`
pub(crate) async fn news(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    Path((_, channel)): Path<(String, String)>,
    Query(After { after }): Query<After>,
) -> Reply<impl IntoResponse> {
    let channel = app.channels.find(&base.key(), &channel)?;
    let batch = channel.news(after, &app.going_away).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], batch))
}

#[derive(Deserialize)]
pub(crate) struct Number {
    seq: u32,
}

/// The route of [`take`], whose bodies may be as long as messages of WebSockets are.
pub(crate) fn post() -> MethodRouter<Arc<App>> {
    routing::post(take).layer(DefaultBodyLimit::max(MAX_BATCH_BYTES))
}

/// `POST …/channels/{channel}`
async fn take(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    Path((_, channel)): Path<(String, String)>,
    Query(Number { seq }): Query<Number>,
    wanted: Wanted,
    request: Request,
) -> Reply<StatusCode> {
    let channel = app.channels.find(&base.key(), &channel)?;
    let batch = whole(request).await?;
    let handlers: &[(&str, Handler)] = match base {
        Base::Session(_) => &HANDLERS,
        Base::Look(_) => &LOOKS,
    };
    let open = |to: &str, socket: Socket| {
        let (name, of) = to.split_once('/').unwrap_or((to, ""));
        let joined = Joined {
            app: app.clone(),
            session: base.id().to_owned(),
            of: of.to_owned(),
            wanted: wanted.clone(),
        };
        join(handlers, name, joined, socket);
    };
    channel.take(seq, batch, open).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/channels/{channel}`
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    Extension(base): Extension<Base>,
    Path((_, channel)): Path<(String, String)>,
) -> Reply<StatusCode> {
    app.channels.close(&base.key(), &channel)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a socket to its handler.
fn join(handlers: &[(&str, Handler)], name: &str, joined: Joined, mut socket: Socket) {
    let found = handlers.iter().find(|(known, _)| *known == name);
    match found {
        Some((_, handler)) => {
            tokio::spawn(handler(joined, socket));
        }
        None => {
            tokio::spawn(async move {
                socket::close(&mut socket.to_page, code::NOT_FOUND).await;
            });
        }
    }
}

/// The whole body, if it comes in time.
async fn whole(request: Request) -> Reply<Bytes> {
    let read = axum::RequestExt::extract::<Bytes, _>(request);
    match tokio::time::timeout(BODY_TIMEOUT, read).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Refusal::TooLarge)
        }
        Ok(Err(rejection)) => Err(Refusal::BadRequest(rejection.body_text())),
        Err(_) => Err(Refusal::BadRequest(
            "the body did not arrive in time".into(),
        )),
    }
}
