//! Who may use a route. Every row of the router names one rule; the guard applies it before the
//! handler runs, so that no handler can forget it.

use std::sync::Arc;

use axum::extract::{RawPathParams, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use labwright_model::SessionId;
use labwright_store::{Account, AccountRole, CourseId, CourseRole, SessionRecord};

use crate::app::App;
use crate::clock::now;
use crate::help::looks::{self, Look};
use crate::secrets;
use crate::words::Refusal;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Everybody, signed in or not.
    Anyone,
    /// Everybody with a token.
    SignedIn,
    /// Everybody in the course `{course}`; for all others it does not exist.
    CourseMember,
    /// Teachers of the course `{course}`.
    CourseTeacher,
    /// The owner of the session `{id}`; for all others it does not exist.
    SessionOwner,
    /// The same, by a token header or a ticket in the address.
    SessionFile,
    /// The same, but the token is the first message of the WebSocket: the handler asks.
    SessionOwnerInSocket,
    /// The teacher whose look `{look}` is; for all others it does not exist.
    Looker,
    /// The same, but the token is the first message of the WebSocket: the handler asks.
    LookerInSocket,
    /// Operators.
    Operator,
}

/// Who sent the request; there for handlers behind every rule that asks for a token.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Arc<Account>);

/// The session `{id}`, which is the caller's.
#[derive(Clone)]
pub(crate) struct Owned(pub(crate) Arc<SessionRecord>);

/// The look `{look}`, which is the caller's.
#[derive(Clone)]
pub(crate) struct Looking(pub(crate) Arc<Look>);

/// What a polled channel belongs to.
#[derive(Clone)]
pub(crate) enum Base {
    /// A session of the caller's.
    Session(Arc<SessionRecord>),
    /// A look of the caller's.
    Look(Arc<Look>),
}

impl Base {
    /// Its id.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Session(session) => session.id.as_str(),
            Self::Look(look) => &look.id,
        }
    }

    /// Its id among those of all kinds: ids of sessions have no blank.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Session(session) => session.id.to_string(),
            Self::Look(look) => format!("look {}", look.id),
        }
    }
}

/// The course `{course}`, in which the caller may do what the rule says.
#[derive(Clone)]
pub(crate) struct InCourse(pub(crate) CourseId);

/// Middleware of one route: applies its rule.
pub(crate) async fn guard(
    State((app, access)): State<(Arc<App>, Access)>,
    params: RawPathParams,
    mut request: Request,
    next: Next,
) -> Response {
    let param = |name: &str| {
        params
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    };
    let allowed = match access {
        Access::Anyone | Access::SessionOwnerInSocket | Access::LookerInSocket => Ok(()),
        Access::SignedIn => signed_in(&app, &mut request).await.map(|_| ()),
        Access::CourseMember => course_member(&app, &mut request, param("course")).await,
        Access::CourseTeacher => course_teacher(&app, &mut request, param("course")).await,
        Access::SessionOwner => session_owner(&app, &mut request, param("id")).await,
        Access::Looker => looker(&app, &mut request, param("look")).await,
        Access::SessionFile => session_file(&app, &mut request, param("id")).await,
        Access::Operator => operator(&app, &mut request).await,
    };
    match allowed {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// The bearer token of a request (RFC 6750 §2.1).
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The account that a token stands for.
pub(crate) async fn account(app: &App, token: &str) -> Result<Arc<Account>, Refusal> {
    let found = app
        .store
        .account_of_token(&secrets::hash(token), now())
        .await?;
    found.map(Arc::new).ok_or(Refusal::NotSignedIn)
}

/// The session of this id, if it is the account's: somebody else's does not exist.
pub(crate) async fn owned(
    app: &App,
    account: &Account,
    id: Option<&str>,
) -> Result<Arc<SessionRecord>, Refusal> {
    let id = SessionId::new(id.unwrap_or_default()).map_err(|_| Refusal::NotFound)?;
    match app.store.session(&id).await? {
        Some(session) if session.account == account.id => Ok(Arc::new(session)),
        _ => Err(Refusal::NotFound),
    }
}

async fn signed_in(app: &App, request: &mut Request) -> Result<Arc<Account>, Refusal> {
    let token = bearer(request.headers()).ok_or(Refusal::NotSignedIn)?;
    let account = account(app, token).await?;
    request.extensions_mut().insert(Caller(account.clone()));
    Ok(account)
}

async fn operator(app: &App, request: &mut Request) -> Result<(), Refusal> {
    let account = signed_in(app, request).await?;
    match account.role {
        AccountRole::Operator => Ok(()),
        AccountRole::Member => Err(Refusal::Forbidden),
    }
}

async fn course_member(
    app: &App,
    request: &mut Request,
    course: Option<&str>,
) -> Result<(), Refusal> {
    let account = signed_in(app, request).await?;
    let course = CourseId::new(course.unwrap_or_default());
    let role = app.store.role_in(&course, &account.id).await?;
    role.ok_or(Refusal::NotFound)?;
    request.extensions_mut().insert(InCourse(course));
    Ok(())
}

async fn course_teacher(
    app: &App,
    request: &mut Request,
    course: Option<&str>,
) -> Result<(), Refusal> {
    let account = signed_in(app, request).await?;
    let course = CourseId::new(course.unwrap_or_default());
    match app.store.role_in(&course, &account.id).await? {
        Some(CourseRole::Teacher) => {
            request.extensions_mut().insert(InCourse(course));
            Ok(())
        }
        Some(CourseRole::Learner) => Err(Refusal::Forbidden),
        None => Err(Refusal::NotFound),
    }
}

async fn session_owner(app: &App, request: &mut Request, id: Option<&str>) -> Result<(), Refusal> {
    let account = signed_in(app, request).await?;
    let session = owned(app, &account, id).await?;
    request
        .extensions_mut()
        .insert(Base::Session(session.clone()));
    request.extensions_mut().insert(Owned(session));
    Ok(())
}

async fn looker(app: &App, request: &mut Request, look: Option<&str>) -> Result<(), Refusal> {
    let account = signed_in(app, request).await?;
    let look = looks::of_teacher(app, &account, look.unwrap_or_default()).await?;
    request.extensions_mut().insert(Base::Look(look.clone()));
    request.extensions_mut().insert(Looking(look));
    Ok(())
}

async fn session_file(app: &App, request: &mut Request, id: Option<&str>) -> Result<(), Refusal> {
    let query = request.uri().query().unwrap_or_default();
    let Some(ticket) = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("ticket="))
    else {
        return session_owner(app, request, id).await;
    };
    let id = SessionId::new(id.unwrap_or_default()).map_err(|_| Refusal::NotFound)?;
    if !app.tickets.check(ticket, &id, now() / 1000) {
        return Err(Refusal::NotSignedIn);
    }
    let session = app.store.session(&id).await?.ok_or(Refusal::NotFound)?;
    request.extensions_mut().insert(Owned(Arc::new(session)));
    Ok(())
}
