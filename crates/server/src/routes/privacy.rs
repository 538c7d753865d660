//! What is held on people: the notice, a person's export and erasure, an operator's dry run.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use labwright_api::{Erasure, OperatorPrivacy, PrivacyNotice};

use crate::access::Caller;
use crate::app::App;
use crate::privacy;
use crate::reply::Reply;

/// `GET /api/v1/privacy`
pub(crate) async fn notice(State(app): State<Arc<App>>) -> Json<PrivacyNotice> {
    Json(app.privacy.notice())
}

/// `GET /api/v1/me/data`
pub(crate) async fn data(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
) -> Reply<impl IntoResponse> {
    let zip = privacy::export(&app, &account).await?;
    let headers = [
        (CONTENT_TYPE, "application/zip"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"labwright.zip\"",
        ),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, zip))
}

/// `GET /api/v1/me/erasure`
pub(crate) async fn erasure(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
) -> Reply<Json<Erasure>> {
    privacy::erasure(&app, &account).await.map(Json)
}

/// `POST /api/v1/me/erasure`
pub(crate) async fn ask(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
) -> Reply<Json<Erasure>> {
    privacy::ask(&app, &account).await.map(Json)
}

/// `DELETE /api/v1/me/erasure`
pub(crate) async fn keep(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
) -> Reply<StatusCode> {
    privacy::keep(&app, &account).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/operator/privacy`
pub(crate) async fn view(State(app): State<Arc<App>>) -> Reply<Json<OperatorPrivacy>> {
    privacy::view(&app).await.map(Json)
}
