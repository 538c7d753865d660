//! One socket of a channel: what waits for its page, and what waits for its handler.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use axum::extract::ws::Message;
use bytes::Bytes;
use futures::{Sink, stream};
use labwright_api::close;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::Channel;
use super::record::Content;
use crate::limits::{MAX_SOCKET_MESSAGE_BYTES, MESSAGES_WAITING, SOCKET_BUFFER_BYTES};
use crate::socket::{FromPage, ToPage};

/// A message of the page, and its part of the room that all of them have.
type Kept = (Message, Option<OwnedSemaphorePermit>);

/// A socket of a channel.
pub(super) struct Seat {
    records: VecDeque<Content>,
    bytes: usize,
    waker: Option<Waker>,
    inbox: Option<Inbox>,
    /// The last record says that it is closed.
    closing: bool,
}

/// Where the page's messages go.
#[derive(Clone)]
pub(super) struct Inbox {
    queue: mpsc::Sender<Kept>,
    room: Arc<Semaphore>,
}

impl Seat {
    /// A socket, and the handler's stream of what the page says on it.
    pub(super) fn new() -> (Self, FromPage) {
        let (queue, mut messages) = mpsc::channel::<Kept>(MESSAGES_WAITING);
        let inbox = Inbox {
            queue,
            room: Arc::new(Semaphore::new(MAX_SOCKET_MESSAGE_BYTES)),
        };
        let seat = Self {
            records: VecDeque::new(),
            bytes: 0,
            waker: None,
            inbox: Some(inbox),
            closing: false,
        };
        let heard = stream::poll_fn(move |context| {
            let message = messages.poll_recv(context);
            message.map(|kept| kept.map(|(message, _)| Ok(message)))
        });
        (seat, Box::pin(heard))
    }

    pub(super) fn inbox(&self) -> Option<Inbox> {
        self.inbox.clone()
    }

    fn push(&mut self, content: Content) {
        self.closing |= matches!(content, Content::Close(_));
        self.bytes += content.bytes();
        self.records.push_back(content);
    }

    /// The next record for the page; its room is free from now on.
    pub(super) fn pop(&mut self) -> Option<Content> {
        let content = self.records.pop_front()?;
        self.bytes = self.bytes.saturating_sub(content.bytes());
        self.wake();
        Some(content)
    }

    /// Nothing more will come from here.
    pub(super) fn is_over(&self) -> bool {
        self.closing && self.records.is_empty()
    }

    /// Forgets what waits and closes it, whatever its handler is at.
    pub(super) fn shut(&mut self, code: u16) {
        self.inbox = None;
        if !self.closing {
            self.records.clear();
            self.bytes = 0;
            self.push(Content::Close(code));
        }
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn is_ready(&mut self, context: &Context<'_>) -> Poll<Result<(), axum::Error>> {
        if self.closing {
            return Poll::Ready(Err(gone()));
        }
        if self.bytes < SOCKET_BUFFER_BYTES {
            return Poll::Ready(Ok(()));
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Seat {
    /// Whoever waits for room finds that the socket is gone.
    fn drop(&mut self) {
        self.wake();
    }
}

impl Inbox {
    /// Waits for room; then `sent` is called just before the message is there. False: its handler
    /// takes no more.
    pub(super) async fn put(&self, message: Message, sent: impl FnOnce()) -> bool {
        let bytes = match &message {
            Message::Text(text) => text.len(),
            Message::Binary(bytes) => bytes.len(),
            _ => 0,
        };
        let bytes = u32::try_from(bytes.min(MAX_SOCKET_MESSAGE_BYTES)).unwrap_or(u32::MAX);
        let Ok(room) = self.room.clone().acquire_many_owned(bytes).await else {
            return false;
        };
        let Ok(place) = self.queue.reserve().await else {
            return false;
        };
        sent();
        place.send((message, Some(room)));
        true
    }

    /// The page has asked for news, so it is alive. Full of messages, the queue says so itself.
    pub(super) fn sign_of_life(&self) {
        let _ = self.queue.try_send((Message::Pong(Bytes::new()), None));
    }
}

fn gone() -> axum::Error {
    axum::Error::new(std::io::Error::from(std::io::ErrorKind::BrokenPipe))
}

/// The handler's end of one socket.
pub(super) struct Outlet {
    pub(super) channel: Arc<Channel>,
    pub(super) socket: u32,
}

impl Outlet {
    pub(super) fn boxed(self) -> ToPage {
        Box::pin(self)
    }

    fn with<T>(&self, seen: impl FnOnce(&mut Seat) -> T) -> Option<T> {
        self.channel.state().sockets.get_mut(&self.socket).map(seen)
    }
}

impl Sink<Message> for Outlet {
    type Error = axum::Error;

    fn poll_ready(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), axum::Error>> {
        self.with(|seat| seat.is_ready(context))
            .unwrap_or_else(|| Poll::Ready(Err(gone())))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), axum::Error> {
        let content = match message {
            Message::Text(text) => Content::Text(text),
            Message::Binary(bytes) => Content::Binary(bytes),
            Message::Close(frame) => Content::Close(frame.map_or(1005, |frame| frame.code)),
            // The page gives its signs of life by itself: it asks for news.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
        };
        self.with(|seat| seat.push(content)).ok_or_else(gone)?;
        self.channel.news.notify_waiters();
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), axum::Error>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for Outlet {
    /// A handler that went without a word, as one that panicked.
    fn drop(&mut self) {
        self.with(|seat| {
            seat.inbox = None;
            if !seat.closing {
                seat.push(Content::Close(close::GOING_AWAY));
            }
        });
        self.channel.news.notify_waiters();
    }
}
