//! What all sockets have in common: the first message, the close codes, an end when the token
//! does, and a bound on how many there are.
//!
//! A handler speaks to a [`Socket`] and need not know what carries it: a WebSocket, or the polled
//! channel of a page that cannot open one (see [`crate::channel`]).

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{Sink, SinkExt as _, StreamExt as _};
use labwright_api::close;
use labwright_model::SessionId;
use labwright_store::{Account, SessionRecord};
use serde::de::DeserializeOwned;

use crate::access;
use crate::app::App;
use crate::language::Wanted;
use crate::limits::{
    GRACE, HELLO_TIMEOUT, MAX_SOCKET_MESSAGE_BYTES, MAX_SOCKETS_PER_SESSION, SOCKET_BUFFER_BYTES,
    SOCKET_READ_BYTES,
};
use crate::secrets;
use crate::words::Refusal;

/// What the page says.
pub(crate) type FromPage = BoxStream<'static, Result<Message, axum::Error>>;
/// What it is told. Full, it is not ready: whoever sends waits.
pub(crate) type ToPage = Pin<Box<dyn Sink<Message, Error = axum::Error> + Send>>;

/// A socket that a page has opened.
pub(crate) struct Socket {
    pub(crate) to_page: ToPage,
    pub(crate) from_page: FromPage,
}

/// A socket, and what it was opened to.
pub(crate) struct Joined {
    pub(crate) app: Arc<App>,
    /// The session in its address; nobody has looked whether there is one.
    pub(crate) session: String,
    /// What follows the handler's name in its address: a terminal's id.
    pub(crate) of: String,
    pub(crate) wanted: Wanted,
}

/// Speaks to a page until one side ends, and says the close code.
pub(crate) type Handler = fn(Joined, Socket) -> BoxFuture<'static, ()>;

/// Hands WebSockets to their handler. In its address are the session and, for most, what it is
/// opened to.
pub(crate) fn route(handler: Handler) -> MethodRouter<Arc<App>> {
    let answer = async move |State(app): State<Arc<App>>,
                             Path(named): Path<Vec<(String, String)>>,
                             wanted: Wanted,
                             request: WebSocketUpgrade| {
        let mut named = named.into_iter().map(|(_, value)| value);
        let session = named.next().unwrap_or_default();
        let of = named.next().unwrap_or_default();
        let joined = Joined {
            app,
            session,
            of,
            wanted,
        };
        upgrade(request, joined, handler)
    };
    get(answer)
}

fn upgrade(upgrade: WebSocketUpgrade, joined: Joined, handler: Handler) -> Response {
    let bounded = upgrade
        .max_message_size(MAX_SOCKET_MESSAGE_BYTES)
        .max_frame_size(MAX_SOCKET_MESSAGE_BYTES)
        .read_buffer_size(SOCKET_READ_BYTES)
        .max_write_buffer_size(SOCKET_BUFFER_BYTES + MAX_SOCKET_MESSAGE_BYTES)
        .write_buffer_size(SOCKET_BUFFER_BYTES);
    bounded.on_upgrade(move |socket| {
        let (to_page, from_page) = socket.split();
        let (to_page, from_page) = (Box::pin(to_page), from_page.boxed());
        handler(joined, Socket { to_page, from_page })
    })
}

/// Reads the first message; the close code when it does not come or is nothing.
pub(crate) async fn hello<T: DeserializeOwned>(stream: &mut FromPage) -> Result<T, u16> {
    let first = async {
        loop {
            match stream.next().await {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => return other,
            }
        }
    };
    match tokio::time::timeout(HELLO_TIMEOUT, first).await {
        Ok(Some(Ok(Message::Text(text)))) => {
            serde_json::from_str(text.as_str()).map_err(|_| close::BAD_MESSAGE)
        }
        _ => Err(close::BAD_MESSAGE),
    }
}

/// The session of a socket, if its token's owner has it.
pub(crate) async fn admit(
    app: &App,
    token: &str,
    session: &str,
) -> Result<(Arc<Account>, Arc<SessionRecord>), u16> {
    let account = access::account(app, token)
        .await
        .map_err(|refusal| code(&refusal))?;
    let session = access::owned(app, &account, Some(session))
        .await
        .map_err(|refusal| code(&refusal))?;
    Ok((account, session))
}

/// The close code that stands for a refusal.
pub(crate) fn code(refusal: &Refusal) -> u16 {
    match refusal {
        Refusal::NotSignedIn => close::BAD_TOKEN,
        Refusal::Forbidden => close::FORBIDDEN,
        Refusal::NotFound => close::NOT_FOUND,
        Refusal::NotReady => close::NOT_READY,
        Refusal::TooMany { .. } => close::TOO_MANY,
        // A fault that may pass: connect again.
        _ => close::GOING_AWAY,
    }
}

/// Says the close code. A page that reads nothing is not waited for: it would keep its connection
/// for ever, and nobody counts that any more.
pub(crate) async fn close(to_page: &mut ToPage, code: u16) {
    let last = Message::Close(Some(CloseFrame {
        code,
        reason: "".into(),
    }));
    let _ = tokio::time::timeout(GRACE, to_page.send(last)).await;
}

/// Completes when the token is worth nothing any more: a sign-out ends open sockets too.
pub(crate) async fn revoked(app: &App, token: &str) {
    app.sign_ins.ended(&secrets::hash(token)).await;
}

/// Open sockets per session.
#[derive(Clone, Default)]
pub(crate) struct Sockets(Arc<Mutex<HashMap<SessionId, usize>>>);

/// One open socket; counted until it is dropped.
pub(crate) struct OpenSocket {
    sockets: Sockets,
    session: SessionId,
}

impl Sockets {
    /// Counts one more; the close code when the session has too many.
    pub(crate) fn open(&self, session: &SessionId) -> Result<OpenSocket, u16> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(session.clone()).or_default();
        if *count >= MAX_SOCKETS_PER_SESSION {
            return Err(close::TOO_MANY);
        }
        *count += 1;
        Ok(OpenSocket {
            sockets: self.clone(),
            session: session.clone(),
        })
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .sum()
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        let mut counts = self
            .sockets
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.session) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_page_that_reads_nothing_is_not_waited_for() {
        let full = futures::sink::unfold((), |(), _: Message| {
            std::future::pending::<Result<(), axum::Error>>()
        });
        let mut to_page: ToPage = Box::pin(full);
        super::close(&mut to_page, close::NORMAL).await;
    }
}
