//! Displays: the WebSocket of a desktop app, RFB in binary messages.

use std::future::ready;
use std::sync::Arc;

use axum::extract::ws::{Message, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use futures::future::BoxFuture;
use futures::{SinkExt as _, Stream, StreamExt as _};
use labwright_api::{DisplayHello, DisplayServer, close};
use labwright_gateway::{End, FromViewer, ToViewer};
use labwright_model::SessionId;

use crate::app::App;
use crate::language::Wanted;
use crate::socket::{self, FromPage, Joined, Socket};

/// `GET /api/v1/sessions/{id}/displays/{app}`
pub(crate) async fn attach(
    State(app): State<Arc<App>>,
    Path((session, of)): Path<(String, String)>,
    wanted: Wanted,
    upgrade: WebSocketUpgrade,
) -> Response {
    let joined = Joined {
        app,
        session,
        of,
        wanted,
    };
    socket::upgrade(upgrade, joined, run)
}

/// Speaks to the page of a desktop.
pub(crate) fn run(joined: Joined, mut socket: Socket) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let served = serve(&joined, &mut socket).await;
        let code = served.map_or_else(|code| code, |end| close_code(&end));
        socket::close(&mut socket.to_page, code).await;
    })
}

async fn serve(joined: &Joined, socket: &mut Socket) -> Result<End, u16> {
    let app = &*joined.app;
    let Socket { to_page, from_page } = socket;
    let hello: DisplayHello = socket::hello(from_page).await?;
    let (_, session) = socket::admit(app, &hello.token, &joined.session).await?;
    let _open = app.sockets.open(&session.id)?;
    let stream = app
        .sessions
        .display(&session.id, &joined.of)
        .await
        .map_err(|refusal| socket::code(&refusal))?;
    let messages = messages(app, &session.id, from_page);
    let sink = to_page.with(|message| ready(to_message(message)));
    tokio::select! {
        end = labwright_gateway::display(stream, messages, sink, app.going_away.clone()) => Ok(end),
        () = socket::revoked(app, &hello.token) => Err(close::BAD_TOKEN),
    }
}

/// What the viewer sends; the stream ends where it closes, fails or talks nonsense.
fn messages<'a>(
    app: &'a App,
    session: &'a SessionId,
    from_page: &'a mut FromPage,
) -> impl Stream<Item = FromViewer> + Unpin + 'a {
    let heard = from_page.map(move |message| match message {
        Ok(Message::Binary(bytes)) => {
            app.sessions.touch(session);
            Some(FromViewer::Rfb(bytes))
        }
        Ok(Message::Ping(_) | Message::Pong(_)) => Some(FromViewer::Pong),
        Ok(Message::Text(_) | Message::Close(_)) | Err(_) => None,
    });
    heard
        .take_while(|message| ready(message.is_some()))
        .filter_map(ready)
}

fn to_message(message: ToViewer) -> Result<Message, axum::Error> {
    match message {
        ToViewer::Attached => {
            let json = serde_json::to_string(&DisplayServer::Attached);
            Ok(Message::Text(json.map_err(axum::Error::new)?.into()))
        }
        ToViewer::Rfb(bytes) => Ok(Message::Binary(bytes)),
        ToViewer::Ping => Ok(Message::Ping(bytes::Bytes::new())),
    }
}

fn close_code(end: &End) -> u16 {
    match end {
        End::PageGone | End::Exited => close::NORMAL,
        End::NotReady => close::NOT_READY,
        End::GoingAway => close::GOING_AWAY,
    }
}
