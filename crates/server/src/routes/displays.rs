//! Displays: the WebSocket of a desktop app, RFB in binary messages.

use std::future::ready;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::ws::Message;
use futures::future::BoxFuture;
use futures::{SinkExt as _, Stream, StreamExt as _};
use labwright_api::{DisplayHello, DisplayServer, close};
use labwright_gateway::rfb::Rights;
use labwright_gateway::{Counts, DisplayEnd, FromViewer, ToViewer, View};
use labwright_model::SessionId;

use crate::app::App;
use crate::socket::{self, FromPage, Joined, Socket};

/// `GET /api/v1/sessions/{id}/displays/{app}`: speaks to the page of a desktop.
pub(crate) fn run(joined: Joined, mut socket: Socket) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let served = serve(&joined, &mut socket).await;
        let code = served.map_or_else(|code| code, |end| close_code(&end));
        socket::close(&mut socket.to_page, code).await;
    })
}

async fn serve(joined: &Joined, socket: &mut Socket) -> Result<DisplayEnd, u16> {
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
    let counts = Arc::new(Counts::of(app.metrics.displays.clone()));
    let rights = if hello.read_only {
        Rights::ReadOnly
    } else {
        Rights::Full
    };
    let recording = match rights {
        // The others see the same.
        Rights::ReadOnly | Rights::Keys => None,
        Rights::Full => app.recordings.begin(&session.id, &joined.of),
    };
    let recorded = recording.is_some();
    let view = View {
        rights,
        counts: counts.clone(),
        recording,
    };
    let began = Instant::now();
    let messages = messages(app, &session.id, from_page);
    let sink = to_page.with(move |message| ready(to_message(message, recorded)));
    let ended = tokio::select! {
        end = labwright_gateway::display(stream, messages, sink, view, app.going_away.clone()) => Ok(end),
        () = socket::revoked(app, &hello.token) => Err(close::BAD_TOKEN),
    };
    tell(joined, &counts, began, ended.as_ref().ok());
    ended
}

/// Into the log: what passed, and what was wrong with it.
fn tell(joined: &Joined, counts: &Counts, began: Instant, end: Option<&DisplayEnd>) {
    let (session, app) = (joined.session.as_str(), joined.of.as_str());
    if let Some(DisplayEnd::BadServer(error) | DisplayEnd::BadViewer(error)) = end {
        let error = error as &dyn std::error::Error;
        tracing::warn!(session.id = session, app, error, "a display was cut off");
    }
    let seconds = began.elapsed().as_secs_f64();
    tracing::info!(
        session.id = session,
        app,
        seconds,
        updates = counts.updates(),
        updates_per_s = counts.updates() as f64 / seconds.max(1.0),
        rectangles = counts.rectangles(),
        to_viewer_bytes = counts.to_viewer_bytes(),
        from_viewer_bytes = counts.from_viewer_bytes(),
        inputs = counts.inputs(),
        clipboards = counts.clipboards(),
        left_out = counts.left_out(),
        "a display was looked at"
    );
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
        Ok(Message::Ping(_)) => Some(FromViewer::Pong(bytes::Bytes::new())),
        Ok(Message::Pong(bytes)) => Some(FromViewer::Pong(bytes)),
        Ok(Message::Text(_) | Message::Close(_)) | Err(_) => None,
    });
    heard
        .take_while(|message| ready(message.is_some()))
        .filter_map(ready)
}

pub(super) fn to_message(message: ToViewer, recorded: bool) -> Result<Message, axum::Error> {
    match message {
        ToViewer::Attached => {
            let json = serde_json::to_string(&DisplayServer::Attached { recorded });
            Ok(Message::Text(json.map_err(axum::Error::new)?.into()))
        }
        ToViewer::Rfb(bytes) => Ok(Message::Binary(bytes)),
        ToViewer::Ping(bytes) => Ok(Message::Ping(bytes)),
    }
}

pub(super) fn close_code(end: &DisplayEnd) -> u16 {
    match end {
        DisplayEnd::PageGone => close::NORMAL,
        // An X server that talks nonsense is as good as none; the page tries again later.
        DisplayEnd::NotReady | DisplayEnd::BadServer(_) => close::NOT_READY,
        DisplayEnd::BadViewer(_) => close::BAD_MESSAGE,
        DisplayEnd::GoingAway => close::GOING_AWAY,
    }
}
