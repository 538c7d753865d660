//! A session: start, look, more time, reset, end.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use labwright_api::{Reset, SessionView, StartSession};
use labwright_model::{LabName, NodeName};
use labwright_session::Snapshot;
use labwright_store::CourseId;

use crate::access::{Caller, Owned};
use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::reply::{Body, Reply};
use crate::view;
use crate::words::Refusal;

/// `POST /api/v1/sessions`
pub(crate) async fn start(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    wanted: Wanted,
    Body(body): Body<StartSession>,
) -> Reply<(StatusCode, Json<SessionView>)> {
    let course = CourseId::new(body.course);
    let lab = LabName::new(body.lab).map_err(|_| Refusal::NotFound)?;
    // Who is not in a course does not learn which labs it has.
    let enrolled = app.store.role_in(&course, &account.id).await?.is_some();
    if !enrolled || app.catalogue.lab(&course, &lab).is_none() {
        return Err(Refusal::NotFound);
    }
    let (snapshot, created) = app.sessions.launch(&account, &course, &lab).await?;
    app.watch_start(&snapshot.id);
    let status = if created {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, show(&app, &snapshot, &wanted).await?))
}

/// `GET /api/v1/sessions/{id}`
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
) -> Reply<Json<SessionView>> {
    let snapshot = app.sessions.snapshot(&session.id).await?;
    show(&app, &snapshot, &wanted).await
}

/// `POST /api/v1/sessions/{id}/extend`
pub(crate) async fn extend(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
) -> Reply<Json<SessionView>> {
    let snapshot = app.sessions.extend(&session.id).await?;
    show(&app, &snapshot, &wanted).await
}

/// `POST /api/v1/sessions/{id}/reset`
pub(crate) async fn reset(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
    Body(body): Body<Reset>,
) -> Reply<Json<SessionView>> {
    let node = body
        .node
        .map(NodeName::new)
        .transpose()
        .map_err(|_| Refusal::NotFound)?;
    let snapshot = app.sessions.reset(&session.id, node).await?;
    show(&app, &snapshot, &wanted).await
}

/// `POST /api/v1/sessions/{id}/end`
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
) -> Reply<Json<SessionView>> {
    let snapshot = app.sessions.end(&session.id).await?;
    show(&app, &snapshot, &wanted).await
}

async fn show(app: &App, snapshot: &Snapshot, wanted: &Wanted) -> Reply<Json<SessionView>> {
    let set = app.sessions.set(&snapshot.id).await?;
    Ok(Json(view::session(snapshot, &set.scene(wanted), now())))
}
