//! A course's scores, for its teachers.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Query, State};
use labwright_api::{Comparison, Resend, Resent, Scores, SentScore};
use labwright_store::{AccountId, AuditEntry};
use serde::Deserialize;

use crate::access::{Caller, InCourse};
use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::lti;
use crate::reply::{Body, Reply};
use crate::scores;
use crate::words::Refusal;

/// `GET /api/v1/courses/{course}/scores`
pub(crate) async fn scores(
    State(app): State<Arc<App>>,
    Extension(InCourse(course)): Extension<InCourse>,
    wanted: Wanted,
) -> Reply<Json<Scores>> {
    let course = app.catalogue.course(&course).ok_or(Refusal::NotFound)?;
    scores::view(&app, &course, &wanted).await.map(Json)
}

#[derive(Deserialize)]
pub(crate) struct Whose {
    #[serde(default)]
    learner: String,
}

/// `GET /api/v1/courses/{course}/scores/history`
pub(crate) async fn history(
    State(app): State<Arc<App>>,
    Extension(InCourse(course)): Extension<InCourse>,
    Query(Whose { learner }): Query<Whose>,
) -> Reply<Json<Vec<SentScore>>> {
    let learner = AccountId::new(learner);
    let sent = app.store.score_history(&course, &learner).await?;
    Ok(Json(sent.into_iter().map(scores::sent).collect()))
}

/// `POST /api/v1/courses/{course}/scores/resend`
pub(crate) async fn resend(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Body(Resend { scores }): Body<Resend>,
) -> Reply<Json<Resent>> {
    let resent = app.store.resend_scores(&course, &scores, now()).await?;
    app.lti.send_now();
    let entry = AuditEntry {
        at_ms: now(),
        actor: account.id.to_string(),
        action: "scores.resend".to_owned(),
        object: course.to_string(),
        detail: resent.to_string(),
    };
    app.store.audit(&entry).await?;
    Ok(Json(Resent { scores: resent }))
}

/// `GET /api/v1/courses/{course}/scores/comparison`
pub(crate) async fn comparison(
    State(app): State<Arc<App>>,
    Extension(InCourse(course)): Extension<InCourse>,
) -> Reply<Json<Comparison>> {
    lti::compare(&app, &course).await.map(Json)
}
