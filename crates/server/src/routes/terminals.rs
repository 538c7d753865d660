//! Terminals: open one more, close one, and the socket of one.

use std::future::ready;
use std::sync::Arc;

use axum::Json;
use axum::extract::ws::Message;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use futures::future::BoxFuture;
use futures::{SinkExt as _, Stream, StreamExt as _};
use labwright_api::{OpenTerminal, Terminal, TerminalClient, TerminalHello, TerminalServer, close};
use labwright_gateway::{End, FromPage as Heard, ToPage};
use labwright_model::{NodeName, SessionId};

use crate::access::Owned;
use crate::app::App;
use crate::help::pages::Sized;
use crate::reply::{Body, Reply};
use crate::socket::{self, FromPage, Joined, Socket};
use crate::view;
use crate::words::Refusal;

/// `POST /api/v1/sessions/{id}/terminals`
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    Body(body): Body<OpenTerminal>,
) -> Reply<(StatusCode, Json<Terminal>)> {
    let node = NodeName::new(body.node).map_err(|_| Refusal::NotFound)?;
    let terminal = app.sessions.add_terminal(&session.id, &node).await?;
    Ok((StatusCode::CREATED, Json(view::terminal(&terminal))))
}

/// `DELETE /api/v1/sessions/{id}/terminals/{terminal}`
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    Path((_, terminal)): Path<(String, String)>,
) -> Reply<StatusCode> {
    app.sessions.close_terminal(&session.id, &terminal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/sessions/{id}/terminals/{terminal}`: speaks to the page of a terminal.
pub(crate) fn run(joined: Joined, mut socket: Socket) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let code = match serve(&joined, &mut socket).await {
            Ok(end) => close_code(&end),
            Err(code) => code,
        };
        socket::close(&mut socket.to_page, code).await;
    })
}

async fn serve(joined: &Joined, socket: &mut Socket) -> Result<End, u16> {
    let app = &*joined.app;
    let Socket { to_page, from_page } = socket;
    let hello: TerminalHello = socket::hello(from_page).await?;
    let (_, session) = socket::admit(app, &hello.token, &joined.session).await?;
    let _open = app.sockets.open(&session.id)?;
    let refused = |refusal| socket::code(&refusal);
    let (size, since) = ((hello.cols, hello.rows), hello.since);
    let opened = app
        .sessions
        .attach(&session.id, &joined.of, size, since)
        .await
        .map_err(refused)?;
    let sized = app.help.sizes.shown(&session.id, &joined.of, size);
    let messages = messages(app, &session.id, &sized, from_page);
    let sink = to_page.with(|message| ready(to_message(message)));
    tokio::select! {
        end = labwright_gateway::terminal(opened, messages, sink, app.going_away.clone()) => Ok(end),
        () = socket::revoked(app, &hello.token) => Err(close::BAD_TOKEN),
    }
}

/// What the page sends; the stream ends where it closes, fails or talks nonsense.
fn messages<'a>(
    app: &'a App,
    session: &'a SessionId,
    sized: &'a Sized,
    from_page: &'a mut FromPage,
) -> impl Stream<Item = Heard> + Unpin + 'a {
    let heard = from_page.map(move |message| match message {
        Ok(Message::Binary(bytes)) => {
            app.sessions.touch(session);
            Some(Heard::Input(bytes))
        }
        Ok(Message::Text(text)) => match serde_json::from_str(text.as_str()) {
            Ok(TerminalClient::Resize { cols, rows }) => {
                sized.resized((cols, rows));
                Some(Heard::Resize { cols, rows })
            }
            Ok(TerminalClient::Ack { offset }) => Some(Heard::Ack(offset)),
            Err(_) => None,
        },
        Ok(Message::Ping(_) | Message::Pong(_)) => Some(Heard::Pong),
        Ok(Message::Close(_)) | Err(_) => None,
    });
    heard
        .take_while(|message| ready(message.is_some()))
        .filter_map(ready)
}

pub(super) fn to_message(message: ToPage) -> Result<Message, axum::Error> {
    let text = |message: &TerminalServer| {
        let json = serde_json::to_string(message).map_err(axum::Error::new)?;
        Ok(Message::Text(json.into()))
    };
    match message {
        ToPage::Attached { offset, end, lost } => {
            text(&TerminalServer::Attached { offset, end, lost })
        }
        ToPage::Exit(status) => text(&TerminalServer::Exit { status }),
        ToPage::Output(bytes) => Ok(Message::Binary(bytes)),
        ToPage::Ping => Ok(Message::Ping(bytes::Bytes::new())),
    }
}

pub(super) fn close_code(end: &End) -> u16 {
    match end {
        End::PageGone | End::Exited => close::NORMAL,
        End::NotReady => close::NOT_READY,
        End::GoingAway => close::GOING_AWAY,
    }
}
