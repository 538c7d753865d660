//! The socket that tells a page how its session is.

use axum::extract::ws::Message;
use futures::SinkExt as _;
use futures::future::BoxFuture;
use labwright_api::{EventsClient, EventsHello, HelpState, ServerEvent, close};
use labwright_gateway::life::{Life, rounds};
use labwright_session::{Notice, Snapshot};
use labwright_store::SessionRecord;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Interval;

use crate::app::App;
use crate::clock::now;
use crate::help::feed::Feed;
use crate::language::Wanted;
use crate::sessions::Watch;
use crate::socket::{self, FromPage, Joined, Socket, ToPage};
use crate::view;
use crate::words::Refusal;

/// `GET /api/v1/sessions/{id}/events`: speaks to a page that wants to know.
pub(crate) fn run(joined: Joined, mut socket: Socket) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let code = serve(&joined, &mut socket).await;
        socket::close(&mut socket.to_page, code).await;
    })
}

/// The close code is the result: this ends only by somebody's wish.
async fn serve(joined: &Joined, socket: &mut Socket) -> u16 {
    let app = &*joined.app;
    let Socket { to_page, from_page } = socket;
    let admitted = async {
        let hello: EventsHello = socket::hello(from_page).await?;
        let (_, session) = socket::admit(app, &hello.token, &joined.session).await?;
        let open = app.sockets.open(&session.id)?;
        Ok::<_, u16>((hello, session, open))
    };
    let (hello, session, _open) = match admitted.await {
        Ok(admitted) => admitted,
        Err(code) => return code,
    };
    let _page = app.help.pages.open(&session.id);
    let wanted = hello
        .lang
        .as_deref()
        .map_or_else(|| joined.wanted.clone(), Wanted::of_tag);
    tokio::select! {
        ended = send(app, &session, &wanted, to_page) => ended.err().unwrap_or(close::GOING_AWAY),
        () = listen(app, &session, from_page) => close::GOING_AWAY,
        () = socket::revoked(app, &hello.token) => close::BAD_TOKEN,
        () = app.going_away.cancelled() => close::GOING_AWAY,
    }
}

/// Reads what the page says (pongs, and how its line is) until it is gone or silent. What it says otherwise is
/// of a later version.
async fn listen(app: &App, session: &SessionRecord, from_page: &mut FromPage) {
    let mut life = Life::new();
    while let Some(Ok(message)) = life.next(from_page).await {
        match message {
            Message::Close(_) => return,
            Message::Text(text) => {
                if let Ok(EventsClient { line }) = serde_json::from_str(text.as_str()) {
                    app.measures.lines.note(&session.id, line);
                }
            }
            _ => {}
        }
    }
}

/// Sends the session whenever it changes. One that ended, or that slept over a restart, has
/// nobody that moves it: it is sent once, and followed again when a launch has brought it back.
async fn send(
    app: &App,
    session: &SessionRecord,
    wanted: &Wanted,
    to_page: &mut ToPage,
) -> Result<(), u16> {
    let mut pings = rounds();
    let mut feed = Feed::new(app);
    loop {
        match app.sessions.watch(&session.id) {
            Ok(watch) => {
                let news = (watch, &mut feed);
                follow(app, session, wanted, to_page, news, &mut pings).await?;
            }
            Err(Refusal::NotFound) => {}
            Err(refusal) => return Err(socket::code(&refusal)),
        }
        let snapshot = app.sessions.snapshot(&session.id).await;
        let snapshot = snapshot.map_err(|refusal| socket::code(&refusal))?;
        push(to_page, &describe(app, session, &snapshot, wanted).await?).await?;
        let mut arrivals = app.sessions.arrivals();
        while app.sessions.watch(&session.id).is_err() {
            tokio::select! {
                _ = arrivals.changed() => {}
                help = feed.next(app, session, wanted) => push(to_page, &told(help)).await?,
                _ = pings.tick() => ping(to_page).await?,
            }
        }
    }
}

/// Follows a session until its task ends.
async fn follow(
    app: &App,
    session: &SessionRecord,
    wanted: &Wanted,
    to_page: &mut ToPage,
    ((mut snapshots, mut notices), feed): (Watch, &mut Feed),
    pings: &mut Interval,
) -> Result<(), u16> {
    snapshots.mark_changed();
    loop {
        let event = tokio::select! {
            // The session comes first: help without it says nothing.
            biased;
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                // Only the newest counts: a slow page skips what is already past.
                let snapshot = snapshots.borrow_and_update().clone();
                describe(app, session, &snapshot, wanted).await?
            }
            notice = notices.recv() => match notice {
                Ok(Notice::Warning { minutes }) => ServerEvent::Warning { minutes },
                Ok(Notice::Reload) => ServerEvent::Reload,
                Ok(Notice::TerminalEnded { .. }) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return Ok(()),
            },
            help = feed.next(app, session, wanted) => told(help),
            _ = pings.tick() => {
                ping(to_page).await?;
                continue;
            }
        };
        push(to_page, &event).await?;
    }
}

fn told(help: HelpState) -> ServerEvent {
    ServerEvent::Help {
        help: Box::new(help),
    }
}

async fn ping(to_page: &mut ToPage) -> Result<(), u16> {
    let ping = Message::Ping(bytes::Bytes::new());
    to_page.send(ping).await.map_err(|_| close::GOING_AWAY)
}

async fn describe(
    app: &App,
    session: &SessionRecord,
    snapshot: &Snapshot,
    wanted: &Wanted,
) -> Result<ServerEvent, u16> {
    let set = app
        .sessions
        .set(&session.id)
        .await
        .map_err(|refusal| socket::code(&refusal))?;
    let view = view::session(snapshot, &set.scene(wanted), now());
    Ok(ServerEvent::Session {
        session: Box::new(view),
    })
}

async fn push(to_page: &mut ToPage, event: &ServerEvent) -> Result<(), u16> {
    let json = serde_json::to_string(event).map_err(|_| close::GOING_AWAY)?;
    to_page
        .send(Message::Text(json.into()))
        .await
        .map_err(|_| close::GOING_AWAY)
}
