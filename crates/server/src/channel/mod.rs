//! Sockets without WebSockets: where a page cannot open one, it asks for news by long polling and
//! sends by POST. One channel of a page carries all its sockets: a browser has few connections to
//! one server, and a question that waits takes one.
//!
//! Nothing is lost and nothing comes twice when a request or its reply is lost. A batch for the
//! page is kept until the page asks for what follows it; a batch of the page has a number, and one
//! that was taken in already is not taken in again. Everything is bounded: a slow page holds its
//! handlers back as the window of a WebSocket would, and handlers hold back the page.

mod record;
mod seat;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use axum::extract::ws::Message;
use bytes::{BufMut as _, Bytes, BytesMut};
use labwright_api::close;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::record::Content;
use self::seat::{Outlet, Seat};
use crate::limits::{
    BATCH_BYTES, CHANNEL_IDLE, MAX_CHANNELS_PER_SESSION, MAX_SOCKETS_PER_CHANNEL, POLL_WAIT,
    ROOM_TIMEOUT,
};
use crate::secrets;
use crate::socket::Socket;
use crate::words::Refusal;

/// All channels that are open.
#[derive(Clone, Default)]
pub(crate) struct Channels(Arc<Mutex<HashMap<String, Arc<Channel>>>>);

/// What carries the sockets of one page.
pub(crate) struct Channel {
    /// The session or look whose page it is.
    of: String,
    state: Mutex<State>,
    /// There is something for the page.
    news: Notify,
    /// Held while a batch of the page is taken in.
    taking: tokio::sync::Mutex<()>,
}

struct State {
    sockets: BTreeMap<u32, Seat>,
    /// The highest number that a socket had: none is used again.
    highest: u32,
    /// The socket whose record went last; the next ones are served before it.
    served: u32,
    /// The number of the last batch for the page, and the batch until the page has it.
    batch: u32,
    kept: Option<Bytes>,
    /// The last batch of the page that is taken in, and how many records of the next one.
    taken: u32,
    taken_of_next: usize,
    /// The last question: an older one that still waits is answered at once.
    turn: u64,
    asking: usize,
    seen: Instant,
    ended: bool,
}

impl Channels {
    /// Opens a channel; its id. It ends by itself when its page asks no more.
    pub(crate) fn open(&self, of: &str) -> Result<String, Refusal> {
        let id = secrets::fresh()?;
        let channel = Arc::new(Channel::new(of.to_owned()));
        {
            let mut all = self.all();
            let others = all.values().filter(|other| other.of == of);
            if others.count() >= MAX_CHANNELS_PER_SESSION {
                return Err(Refusal::Busy);
            }
            all.insert(id.clone(), channel.clone());
        }
        let (channels, watched, key) = (self.clone(), Arc::downgrade(&channel), id.clone());
        tokio::spawn(async move {
            idle(watched).await;
            channels.remove(&key);
        });
        Ok(id)
    }

    /// A channel of a session or look; another one's does not exist.
    pub(crate) fn find(&self, of: &str, id: &str) -> Result<Arc<Channel>, Refusal> {
        let found = self.all().get(id).cloned();
        found
            .filter(|channel| channel.of == of)
            .ok_or(Refusal::NotFound)
    }

    /// Ends a channel and all its sockets.
    pub(crate) fn close(&self, of: &str, id: &str) -> Result<(), Refusal> {
        self.find(of, id)?;
        self.remove(id);
        Ok(())
    }

    fn remove(&self, id: &str) {
        let removed = self.all().remove(id);
        if let Some(channel) = removed {
            channel.end();
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Channel>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Completes when nobody has asked for news for too long, or the channel is gone.
async fn idle(channel: Weak<Channel>) {
    let mut at = Instant::now() + CHANNEL_IDLE;
    loop {
        tokio::time::sleep_until(at).await;
        let Some(channel) = channel.upgrade() else {
            return;
        };
        let state = channel.state();
        at = match state.asking {
            0 => state.seen + CHANNEL_IDLE,
            _ => Instant::now() + CHANNEL_IDLE,
        };
        if at <= Instant::now() {
            return;
        }
    }
}

/// A question that waits.
struct Asking<'a>(&'a Channel);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.asking = state.asking.saturating_sub(1);
        state.seen = Instant::now();
    }
}

impl Channel {
    fn new(of: String) -> Self {
        let state = State {
            sockets: BTreeMap::new(),
            highest: 0,
            served: 0,
            batch: 0,
            kept: None,
            taken: 0,
            taken_of_next: 0,
            turn: 0,
            asking: 0,
            seen: Instant::now(),
            ended: false,
        };
        Self {
            of,
            state: Mutex::new(state),
            news: Notify::new(),
            taking: tokio::sync::Mutex::new(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The batch that follows `after`, as soon as there is one; an empty one after a while.
    pub(crate) async fn news(
        &self,
        after: u32,
        going_away: &CancellationToken,
    ) -> Result<Bytes, Refusal> {
        let (_asking, turn) = self.ask(after)?;
        let until = Instant::now() + POLL_WAIT;
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if let Some(batch) = self.state().next_batch(turn, after)? {
                return Ok(batch);
            }
            tokio::select! {
                () = news => {}
                () = tokio::time::sleep_until(until) => return Ok(empty(after)),
                () = going_away.cancelled() => {
                    self.shut_all(close::GOING_AWAY);
                    return Ok(self.state().next_batch(turn, after)?.unwrap_or(empty(after)));
                }
            }
        }
    }

    /// Notes that the page asks, and that it has all up to batch `after`.
    fn ask(&self, after: u32) -> Result<(Asking<'_>, u64), Refusal> {
        let turn = {
            let mut state = self.state();
            if after == state.batch {
                state.kept = None;
            } else if state.kept.is_none() || after.checked_add(1) != Some(state.batch) {
                return Err(Refusal::BadRequest("there is no such batch".into()));
            }
            for inbox in state.sockets.values().filter_map(Seat::inbox) {
                inbox.sign_of_life();
            }
            state.asking += 1;
            state.turn += 1;
            state.turn
        };
        self.news.notify_waiters();
        Ok((Asking(self), turn))
    }

    /// Takes in a batch of the page. `open` is called for every socket that it opens.
    pub(crate) async fn take(
        self: &Arc<Self>,
        number: u32,
        batch: Bytes,
        open: impl Fn(&str, Socket),
    ) -> Result<(), Refusal> {
        let nonsense = |cause: &str| Refusal::BadRequest(cause.into());
        let records = record::read(batch).ok_or_else(|| nonsense("these are no records"))?;
        let _taking = self.taking.lock().await;
        let done = {
            let state = self.state();
            match number.checked_sub(state.taken) {
                Some(0) => return Ok(()),
                Some(1) => state.taken_of_next,
                _ => return Err(nonsense("this batch is not the next one")),
            }
        };
        for record in records.into_iter().skip(done) {
            self.take_record(record.socket, record.content, &open).await;
        }
        let mut state = self.state();
        (state.taken, state.taken_of_next) = (number, 0);
        state.seen = Instant::now();
        Ok(())
    }

    async fn take_record(
        self: &Arc<Self>,
        socket: u32,
        content: Content,
        open: &impl Fn(&str, Socket),
    ) {
        let message = match content {
            Content::Open(to) => return self.open_socket(socket, to.as_str(), open),
            Content::Close(_) => {
                let mut state = self.state();
                state.taken_of_next += 1;
                state.sockets.remove(&socket);
                return;
            }
            Content::Text(text) => Message::Text(text),
            Content::Binary(bytes) => Message::Binary(bytes),
        };
        let inbox = self.state().sockets.get(&socket).and_then(Seat::inbox);
        let put = async {
            match inbox {
                Some(inbox) => {
                    let taken = || self.state().taken_of_next += 1;
                    inbox.put(message, taken).await
                }
                None => false,
            }
        };
        match tokio::time::timeout(ROOM_TIMEOUT, put).await {
            Ok(true) => {}
            // What is said to a socket that is over is lost, as on a WebSocket.
            Ok(false) => self.state().taken_of_next += 1,
            Err(_) => {
                self.shut(socket, close::TOO_MANY);
                self.state().taken_of_next += 1;
            }
        }
    }

    fn open_socket(self: &Arc<Self>, socket: u32, to: &str, open: &impl Fn(&str, Socket)) {
        let from_page = {
            let mut state = self.state();
            state.taken_of_next += 1;
            if state.ended || socket <= state.highest {
                return;
            }
            state.highest = socket;
            let full = state.sockets.len() >= MAX_SOCKETS_PER_CHANNEL;
            let (mut seat, from_page) = Seat::new();
            if full {
                seat.shut(close::TOO_MANY);
            }
            state.sockets.insert(socket, seat);
            if full {
                return self.news.notify_waiters();
            }
            from_page
        };
        let outlet = Outlet {
            channel: self.clone(),
            socket,
        };
        let to_page = outlet.boxed();
        open(to, Socket { to_page, from_page });
    }

    fn shut(&self, socket: u32, code: u16) {
        if let Some(seat) = self.state().sockets.get_mut(&socket) {
            seat.shut(code);
        }
        self.news.notify_waiters();
    }

    fn shut_all(&self, code: u16) {
        for seat in self.state().sockets.values_mut() {
            seat.shut(code);
        }
    }

    fn end(&self) {
        let sockets = {
            let mut state = self.state();
            state.ended = true;
            std::mem::take(&mut state.sockets)
        };
        drop(sockets);
        self.news.notify_waiters();
    }
}

impl State {
    /// The batch for the question of this turn, if there is one already.
    fn next_batch(&mut self, turn: u64, after: u32) -> Result<Option<Bytes>, Refusal> {
        if self.ended {
            return Err(Refusal::NotFound);
        }
        if turn != self.turn {
            return Ok(Some(empty(after)));
        }
        if self.kept.is_none() {
            self.kept = self.gather();
        }
        Ok(self.kept.clone())
    }

    /// Makes a batch of what waits: a record of each socket in turn, so that none waits behind
    /// another one's flood.
    fn gather(&mut self) -> Option<Bytes> {
        let number = self.batch.checked_add(1)?;
        let mut batch = BytesMut::new();
        batch.put_u32(number);
        let head = batch.len();
        while batch.len() < BATCH_BYTES {
            let Some((socket, content)) = self.next_record() else {
                break;
            };
            record::write(&mut batch, socket, &content);
        }
        if batch.len() == head {
            return None;
        }
        self.batch = number;
        Some(batch.freeze())
    }

    fn next_record(&mut self) -> Option<(u32, Content)> {
        let later = self.sockets.range_mut(self.served.saturating_add(1)..);
        let found = later
            .map(|(&socket, seat)| (socket, seat.pop()))
            .find(|(_, content)| content.is_some());
        let found = found.or_else(|| {
            let all = self.sockets.iter_mut();
            all.map(|(&socket, seat)| (socket, seat.pop()))
                .find(|(_, content)| content.is_some())
        });
        let (socket, content) = found?;
        self.served = socket;
        if self.sockets.get(&socket).is_some_and(Seat::is_over) {
            self.sockets.remove(&socket);
        }
        content.map(|content| (socket, content))
    }
}

/// A batch of nothing: its number is that of the last one.
fn empty(number: u32) -> Bytes {
    Bytes::copy_from_slice(&number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_channel_lives_while_it_is_asked_and_no_longer() {
        let (channels, session) = (Channels::default(), "s1-abc");
        let going_away = CancellationToken::new();
        let id = channels.open(session).unwrap();
        for _ in 0..6 {
            let channel = channels.find(session, &id).unwrap();
            assert_eq!(channel.news(0, &going_away).await.unwrap(), empty(0));
            tokio::time::sleep(CHANNEL_IDLE / 2).await;
        }
        tokio::time::sleep(CHANNEL_IDLE).await;
        assert!(channels.find(session, &id).is_err());
        let id = channels.open("s2-abc").unwrap();
        assert!(
            channels.find(session, &id).is_err(),
            "it is another session's"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_takes_nothing_is_closed_and_the_others_go_on() {
        let channel = Arc::new(Channel::new("s1-abc".to_owned()));
        let kept = Mutex::new(Vec::new());
        let open = |_: &str, socket: Socket| kept.lock().unwrap().push(socket);
        let mut batch = BytesMut::new();
        for socket in [1, 2] {
            record::write(&mut batch, socket, &Content::Open("stuck".into()));
        }
        let message = Content::Binary(vec![0; 600 * 1024].into());
        record::write(&mut batch, 1, &message);
        channel.take(1, batch.freeze(), open).await.unwrap();
        let mut batch = BytesMut::new();
        record::write(&mut batch, 1, &message);
        record::write(&mut batch, 2, &Content::Text("hello".into()));
        channel.take(2, batch.freeze(), open).await.unwrap();
        let news = channel.news(0, &CancellationToken::new()).await.unwrap();
        assert_eq!(news[4..], [2, 0, 0, 0, 1, 0, 0, 0, 2, 17, 77]);
        let mut second = kept.lock().unwrap().pop().unwrap();
        let heard = futures::StreamExt::next(&mut second.from_page).await;
        assert!(matches!(heard, Some(Ok(Message::Text(text))) if text == "hello"));
    }
}
