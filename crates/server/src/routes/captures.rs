//! Captures: the socket of one.

use std::future::ready;

use axum::extract::ws::Message;
use futures::future::BoxFuture;
use futures::{SinkExt as _, Stream, StreamExt as _};
use labwright_api::{CaptureClient, CaptureHello, CaptureServer, close};
use labwright_gateway::capture::{self, End, FromPage as Heard, ToPage};

use crate::socket::{self, FromPage, Joined, Socket};

/// RFC 6455 §7.4.1: it did what it was for.
const NORMAL: u16 = 1000;

/// `GET /api/v1/sessions/{id}/captures/{source}`: speaks to the page of a capture.
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
    let hello: CaptureHello = socket::hello(from_page).await?;
    let (_, session) = socket::admit(app, &hello.token, &joined.session).await?;
    let _open = app.sockets.open(&session.id)?;
    let opened = app
        .sessions
        .capture(&session.id, &joined.of, hello.snap)
        .await
        .map_err(|refusal| socket::code(&refusal))?;
    let sink = to_page.with(|message| ready(to_message(message)));
    let carried = capture::capture(opened, messages(from_page), sink, app.going_away.clone());
    tokio::select! {
        end = carried => Ok(end),
        () = socket::revoked(app, &hello.token) => Err(close::BAD_TOKEN),
    }
}

/// What the page sends; the stream ends where it closes, fails or talks nonsense.
fn messages(from_page: &mut FromPage) -> impl Stream<Item = Heard> + Unpin {
    let heard = from_page.map(|message| match message {
        Ok(Message::Text(text)) => match serde_json::from_str(text.as_str()) {
            Ok(CaptureClient::Stop) => Some(Heard::Stop),
            Ok(CaptureClient::Ack { offset }) => Some(Heard::Ack(offset)),
            Err(_) => None,
        },
        Ok(Message::Ping(_) | Message::Pong(_)) => Some(Heard::Pong),
        Ok(Message::Binary(_) | Message::Close(_)) | Err(_) => None,
    });
    heard
        .take_while(|message| ready(message.is_some()))
        .filter_map(ready)
}

fn to_message(message: ToPage) -> Result<Message, axum::Error> {
    let text = |message: &CaptureServer| {
        let json = serde_json::to_string(message).map_err(axum::Error::new)?;
        Ok(Message::Text(json.into()))
    };
    match message {
        ToPage::Started => text(&CaptureServer::Started),
        ToPage::Counts(counts) => text(&CaptureServer::Counts {
            passed: counts.passed,
            dropped: counts.dropped,
        }),
        ToPage::Stopped => text(&CaptureServer::Stopped),
        ToPage::Packets(bytes) => Ok(Message::Binary(bytes)),
        ToPage::Ping => Ok(Message::Ping(bytes::Bytes::new())),
    }
}

fn close_code(end: &End) -> u16 {
    match end {
        End::PageGone | End::Stopped => NORMAL,
        End::NotReady => close::NOT_READY,
        // Connecting again begins a new section.
        End::Broken | End::GoingAway => close::GOING_AWAY,
    }
}
