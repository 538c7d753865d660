//! Raised hands: of the learner, and in the queue of the teachers.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use labwright_api::{
    AnswerHand, AnswerLook, AnswerTask, Answered, HelpQueue, HelpState, HelpWords, LookLine,
    RaiseHand, TakeHand,
};
use serde::Deserialize;

use crate::access::{self, Caller, InCourse, Owned};
use crate::app::App;
use crate::help::{hands, looks, queue as queues, state};
use crate::language::Wanted;
use crate::reply::{Body, Reply};
use crate::words::Refusal;

/// `GET /api/v1/sessions/{id}/help`
pub(crate) async fn help(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
) -> Reply<Json<HelpState>> {
    state::help(&app, &session, &wanted).await.map(Json)
}

/// `POST /api/v1/sessions/{id}/hand`
pub(crate) async fn raise(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
    Body(body): Body<RaiseHand>,
) -> Reply<(StatusCode, Json<HelpState>)> {
    hands::raise(&app, &session, body).await?;
    let state = state::help(&app, &session, &wanted).await?;
    Ok((StatusCode::CREATED, Json(state)))
}

/// `DELETE /api/v1/sessions/{id}/hand`
pub(crate) async fn lower(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
) -> Reply<Json<HelpState>> {
    hands::lower(&app, &session).await?;
    state::help(&app, &session, &wanted).await.map(Json)
}

/// `POST /api/v1/sessions/{id}/hand/words`
pub(crate) async fn say_more(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
    Body(body): Body<HelpWords>,
) -> Reply<Json<HelpState>> {
    hands::say_more(&app, &session, &body.words).await?;
    state::help(&app, &session, &wanted).await.map(Json)
}

/// `POST /api/v1/sessions/{id}/looks/{look}`
pub(crate) async fn answer_look(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    Path((_, look)): Path<(String, String)>,
    headers: HeaderMap,
    wanted: Wanted,
    Body(body): Body<AnswerLook>,
) -> Reply<Json<HelpState>> {
    let token = access::bearer(&headers).ok_or(Refusal::NotSignedIn)?;
    looks::answer(&app, &session, token, &look, body.answer).await?;
    state::help(&app, &session, &wanted).await.map(Json)
}

/// `GET /api/v1/sessions/{id}/looks`
pub(crate) async fn log(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
) -> Reply<Json<Vec<LookLine>>> {
    state::log(&app, &session, &wanted).await.map(Json)
}

#[derive(Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    after: i64,
}

/// `GET /api/v1/courses/{course}/help`
pub(crate) async fn queue(
    State(app): State<Arc<App>>,
    Extension(Caller(teacher)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Query(After { after }): Query<After>,
    wanted: Wanted,
) -> Reply<Json<HelpQueue>> {
    let queue = queues::queue(&app, &teacher, &course, after, &wanted).await?;
    Ok(Json(queue))
}

/// `POST /api/v1/courses/{course}/hands/{hand}/take`
pub(crate) async fn take(
    State(app): State<Arc<App>>,
    Extension(Caller(teacher)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Path((_, hand)): Path<(String, String)>,
    Body(body): Body<TakeHand>,
) -> Reply<StatusCode> {
    hands::take(&app, &teacher, &course, &hand, body.over).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/courses/{course}/hands/{hand}/answer`
pub(crate) async fn answer(
    State(app): State<Arc<App>>,
    Extension(Caller(teacher)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Path((_, hand)): Path<(String, String)>,
    Body(body): Body<AnswerHand>,
) -> Reply<Json<Answered>> {
    let learners = hands::answer(&app, &teacher, &course, &hand, body).await?;
    Ok(Json(Answered { learners }))
}

/// `POST /api/v1/courses/{course}/hands/{hand}/close`
pub(crate) async fn close(
    State(app): State<Arc<App>>,
    Extension(InCourse(course)): Extension<InCourse>,
    Path((_, hand)): Path<(String, String)>,
) -> Reply<StatusCode> {
    hands::close(&app, &course, &hand).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/courses/{course}/answers`
pub(crate) async fn answer_task(
    State(app): State<Arc<App>>,
    Extension(Caller(teacher)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Body(body): Body<AnswerTask>,
) -> Reply<Json<Answered>> {
    let learners = hands::answer_task(&app, &teacher, &course, body).await?;
    Ok(Json(Answered { learners }))
}
