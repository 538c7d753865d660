//! What both WebSockets have in common: the first message, the close codes, an end when the
//! token does, and a bound on how many there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use futures::StreamExt as _;
use futures::stream::SplitStream;
use labwright_api::close;
use labwright_gateway::limits::PING_EVERY;
use labwright_model::SessionId;
use labwright_store::{Account, SessionRecord};
use serde::de::DeserializeOwned;

use crate::access;
use crate::app::App;
use crate::limits::{
    HELLO_TIMEOUT, MAX_SOCKET_MESSAGE_BYTES, MAX_SOCKETS_PER_SESSION, SOCKET_BUFFER_BYTES,
};
use crate::words::Refusal;

/// Sets the bounds of a WebSocket before it is opened.
pub(crate) fn bounded(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .max_message_size(MAX_SOCKET_MESSAGE_BYTES)
        .max_frame_size(MAX_SOCKET_MESSAGE_BYTES)
        .max_write_buffer_size(SOCKET_BUFFER_BYTES + MAX_SOCKET_MESSAGE_BYTES)
        .write_buffer_size(SOCKET_BUFFER_BYTES)
}

/// Reads the first message; the close code when it does not come or is nothing.
pub(crate) async fn hello<T: DeserializeOwned>(
    stream: &mut SplitStream<WebSocket>,
) -> Result<T, u16> {
    let first = tokio::time::timeout(HELLO_TIMEOUT, stream.next()).await;
    match first {
        Ok(Some(Ok(Message::Text(text)))) => {
            serde_json::from_str(text.as_str()).map_err(|_| close::BAD_MESSAGE)
        }
        _ => Err(close::BAD_MESSAGE),
    }
}

/// The session of a WebSocket, if its token's owner has it.
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

/// The message that closes a WebSocket with a code.
pub(crate) fn closing(code: u16) -> Message {
    Message::Close(Some(CloseFrame {
        code,
        reason: "".into(),
    }))
}

/// Completes when the token is worth nothing any more: a sign-out ends open sockets too.
pub(crate) async fn revoked(app: &App, token: &str) {
    loop {
        tokio::time::sleep(PING_EVERY).await;
        if matches!(access::account(app, token).await, Err(Refusal::NotSignedIn)) {
            return;
        }
    }
}

/// Open WebSockets per session.
#[derive(Clone, Default)]
pub(crate) struct Sockets(Arc<Mutex<HashMap<SessionId, usize>>>);

/// One open WebSocket; counted until it is dropped.
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
