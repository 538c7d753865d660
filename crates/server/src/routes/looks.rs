//! Looks over the shoulder: ask, see, and the sockets of what is seen.
//!
//! What a teacher may is decided here, message by message: nothing is shown before the learner has
//! allowed it and after the look is over, nothing that is typed goes on without the keyboard, and no
//! size of the teacher's screen ever does.

use std::future::ready;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::ws::Message;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode};
use futures::future::BoxFuture;
use futures::{SinkExt as _, Stream, StreamExt as _};
use labwright_api::{
    AskToLook, ChangeLook, DisplayHello, LookApp, LookView, TerminalClient, TerminalHello, close,
};
use labwright_gateway::rfb::Rights;
use labwright_gateway::{Counts, FromPage as Heard, FromViewer, View};
use labwright_model::{AppKind, LabName, app_id};
use labwright_store::{Account, AccountId, Learner};
use serde::Deserialize;
use tokio::time::Instant;

use super::{displays, terminals};
use crate::access::{self, Caller, InCourse, Looking};
use crate::app::App;
use crate::help::looks::{self, Look};
use crate::help::phase::Stage;
use crate::language::Wanted;
use crate::reply::{Body, Reply};
use crate::socket::{self, FromPage, Joined, Socket};
use crate::words::Refusal;

/// How long a page waits for news of a look.
const WAIT: Duration = Duration::from_secs(20);
/// Between two looks at a look while it waits: terminals come and go.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// Size of a terminal that no page of the learner's shows.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// `POST /api/v1/courses/{course}/looks`
pub(crate) async fn ask(
    State(app): State<Arc<App>>,
    Extension(Caller(teacher)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    headers: HeaderMap,
    wanted: Wanted,
    Body(body): Body<AskToLook>,
) -> Reply<(StatusCode, Json<LookView>)> {
    let token = access::bearer(&headers).ok_or(Refusal::NotSignedIn)?;
    let learner = Learner {
        account: AccountId::new(body.learner),
        course,
        lab: LabName::new(body.lab).map_err(|_| Refusal::NotFound)?,
    };
    let look = looks::ask(&app, &teacher, token, learner).await?;
    let view = seen(&app, &look, &wanted).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

#[derive(Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    after: i64,
}

/// `GET /api/v1/looks/{look}`
pub(crate) async fn view(
    State(app): State<Arc<App>>,
    Extension(Looking(look)): Extension<Looking>,
    Query(After { after }): Query<After>,
    wanted: Wanted,
) -> Reply<Json<LookView>> {
    let until = Instant::now() + WAIT;
    loop {
        look.sign_of_life(app.clock.now());
        let view = seen(&app, &look, &wanted).await?;
        let is_news = view.stamp != after || view.end.is_some();
        if is_news || Instant::now() >= until || app.going_away.is_cancelled() {
            return Ok(Json(view));
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = app.going_away.cancelled() => {}
        }
    }
}

/// `POST /api/v1/looks/{look}`
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Extension(Looking(look)): Extension<Looking>,
    wanted: Wanted,
    Body(body): Body<ChangeLook>,
) -> Reply<Json<LookView>> {
    looks::wish(&app, &look, body.wish).await?;
    seen(&app, &look, &wanted).await.map(Json)
}

/// A look as its teacher sees it.
async fn seen(app: &App, look: &Look, wanted: &Wanted) -> Reply<LookView> {
    let phase = look.phase();
    let (until, end) = match phase.stage {
        Stage::Asks { until } | Stage::Watches { until } => (until, None),
        Stage::Over(end) => (0, Some(end)),
    };
    let lab = app.catalogue.lab(&look.learner.course, &look.learner.lab);
    let mut view = LookView {
        id: look.id.clone(),
        course: look.learner.course.to_string(),
        lab: look.learner.lab.to_string(),
        title: lab.map_or_else(String::new, |found| {
            found.runnable.lab.title.get(&wanted.tag).to_owned()
        }),
        learner: look.learner.account.to_string(),
        name: look.name.clone(),
        watching: look.watches(),
        until,
        end,
        keys: phase.keys,
        exam: look.exam,
        apps: match look.watches() {
            true => shown(app, look, wanted).await?,
            false => Vec::new(),
        },
        at: 0,
        stamp: 0,
    };
    view.stamp = stamp(&view);
    view.at = app.clock.now();
    Ok(view)
}

/// Equal views have equal stamps. Small enough for a number of JavaScript's.
fn stamp(view: &LookView) -> i64 {
    let mut hasher = DefaultHasher::new();
    format!("{view:?}").hash(&mut hasher);
    i64::try_from(hasher.finish() >> 12).unwrap_or_default() + 1
}

/// The terminals that are open, and the desktops of the lab.
async fn shown(app: &App, look: &Look, wanted: &Wanted) -> Reply<Vec<LookApp>> {
    let snapshot = app.sessions.snapshot(&look.session).await?;
    let set = app.sessions.set(&look.session).await?;
    let terminals = snapshot.terminals.iter().map(|terminal| {
        let size = app.help.sizes.of(&look.session, &terminal.id);
        let (cols, rows) = size.unwrap_or(USUAL_SIZE);
        LookApp {
            id: terminal.id.clone(),
            desktop: false,
            label: terminal.title.clone(),
            cols,
            rows,
        }
    });
    let apps = set.lab().apps.iter().enumerate();
    let desktops = apps.filter_map(|(at, found)| match &found.kind {
        AppKind::Desktop { node, .. } => Some(LookApp {
            id: app_id(at),
            desktop: true,
            label: match &found.title {
                Some(title) => title.get(&wanted.tag).to_owned(),
                None => node.to_string(),
            },
            cols: 0,
            rows: 0,
        }),
        _ => None,
    });
    Ok(terminals.chain(desktops).collect())
}

/// The label of something that a look shows; it does not exist for the look otherwise.
async fn label(joined: &Joined, look: &Look, desktop: bool) -> Result<String, u16> {
    let shown = shown(&joined.app, look, &joined.wanted).await;
    let shown = shown.map_err(|refusal| socket::code(&refusal))?;
    let mut shown = shown.into_iter();
    let found = shown.find(|shown| shown.desktop == desktop && shown.id == joined.of);
    found.map(|found| found.label).ok_or(close::NOT_FOUND)
}

/// The look of a socket, if its token's owner has it and the learner has allowed it.
async fn admit(app: &App, token: &str, look: &str) -> Result<(Arc<Account>, Arc<Look>), u16> {
    let admitted = async {
        let account = access::account(app, token).await?;
        let look = looks::of_teacher(app, &account, look).await?;
        match look.watches() {
            true => Ok((account, look)),
            false => Err(Refusal::Forbidden),
        }
    };
    admitted.await.map_err(|refusal| socket::code(&refusal))
}

/// `GET /api/v1/looks/{look}/terminals/{terminal}`: speaks to the page of a teacher who looks.
pub(crate) fn terminal(joined: Joined, mut socket: Socket) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let code = serve_terminal(&joined, &mut socket).await;
        let code = code.unwrap_or_else(|code| code);
        socket::close(&mut socket.to_page, code).await;
    })
}

async fn serve_terminal(joined: &Joined, socket: &mut Socket) -> Result<u16, u16> {
    let app = &*joined.app;
    let Socket { to_page, from_page } = socket;
    let hello: TerminalHello = socket::hello(from_page).await?;
    let (_, look) = admit(app, &hello.token, &joined.session).await?;
    let _open = app.sockets.open(&look.session)?;
    let label = label(joined, &look, false).await?;
    let refused = |refusal| socket::code(&refusal);
    looks::saw(app, &look, &label).await.map_err(refused)?;
    let opened = app
        .sessions
        .look_at(&look.session, &joined.of, hello.since)
        .await
        .map_err(refused)?;
    let messages = typed(&look, from_page);
    let sink = to_page.with(|message| ready(terminals::to_message(message)));
    tokio::select! {
        biased;
        () = look.over() => Err(close::FORBIDDEN),
        () = socket::revoked(app, &hello.token) => Err(close::BAD_TOKEN),
        end = labwright_gateway::terminal(opened, messages, sink, app.going_away.clone()) => Ok(terminals::close_code(&end)),
    }
}

/// What the teacher's page sends. Keys go on while the teacher has the keyboard; sizes never do.
fn typed<'a>(
    look: &'a Look,
    from_page: &'a mut FromPage,
) -> impl Stream<Item = Heard> + Unpin + 'a {
    let heard = from_page.map(move |message| match message {
        Ok(Message::Binary(bytes)) if look.has_keys() => Some(Heard::Input(bytes)),
        Ok(Message::Binary(_)) => Some(Heard::Pong),
        Ok(Message::Text(text)) => match serde_json::from_str(text.as_str()) {
            Ok(TerminalClient::Resize { .. }) => Some(Heard::Pong),
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

/// `GET /api/v1/looks/{look}/displays/{app}`: speaks to the page of a teacher who looks.
pub(crate) fn display(joined: Joined, mut socket: Socket) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        let code = serve_display(&joined, &mut socket).await;
        let code = code.unwrap_or_else(|code| code);
        socket::close(&mut socket.to_page, code).await;
    })
}

async fn serve_display(joined: &Joined, socket: &mut Socket) -> Result<u16, u16> {
    let app = &*joined.app;
    let Socket { to_page, from_page } = socket;
    let hello: DisplayHello = socket::hello(from_page).await?;
    let (_, look) = admit(app, &hello.token, &joined.session).await?;
    let _open = app.sockets.open(&look.session)?;
    let label = label(joined, &look, true).await?;
    let refused = |refusal| socket::code(&refusal);
    looks::saw(app, &look, &label).await.map_err(refused)?;
    let stream = app
        .sessions
        .display(&look.session, &joined.of)
        .await
        .map_err(refused)?;
    let keys = look.has_keys();
    let view = View {
        rights: if keys { Rights::Keys } else { Rights::ReadOnly },
        counts: Arc::new(Counts::of(app.metrics.displays.clone())),
        // The learner's own tab is recorded, where that is on; it shows the same.
        recording: None,
    };
    let messages = heard(from_page);
    let sink = to_page.with(|message| ready(displays::to_message(message, false)));
    tokio::select! {
        biased;
        () = look.over() => Err(close::FORBIDDEN),
        // The page comes back, and what it may is decided anew.
        () = look.keys_change(keys) => Err(close::GOING_AWAY),
        () = socket::revoked(app, &hello.token) => Err(close::BAD_TOKEN),
        end = labwright_gateway::display(stream, messages, sink, view, app.going_away.clone()) => Ok(displays::close_code(&end)),
    }
}

fn heard(from_page: &mut FromPage) -> impl Stream<Item = FromViewer> + Unpin + '_ {
    let heard = from_page.map(|message| match message {
        Ok(Message::Binary(bytes)) => Some(FromViewer::Rfb(bytes)),
        Ok(Message::Ping(_)) => Some(FromViewer::Pong(bytes::Bytes::new())),
        Ok(Message::Pong(bytes)) => Some(FromViewer::Pong(bytes)),
        Ok(Message::Text(_) | Message::Close(_)) | Err(_) => None,
    });
    heard
        .take_while(|message| ready(message.is_some()))
        .filter_map(ready)
}
