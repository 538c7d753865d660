//! What machines ask: is it alive, can it work, how much does it do, how is it spoken to.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::reply::Reply;
use crate::words::Refusal;

/// `GET /healthz`
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Response {
    let database = app.store.ping().await;
    let place = app.sessions.place_answers().await;
    let words = |fine: bool| if fine { "ok" } else { "failed" };
    let body = format!(
        "database {}\nplace {}\n",
        words(database.is_ok()),
        words(place)
    );
    let fine = database.is_ok() && place && !app.going_away.is_cancelled();
    let status = if fine {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, body).into_response()
}

/// `GET /metrics`
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Reply<Response> {
    let open = app.store.open_sessions().await?;
    let text = app.metrics.encode(&open).ok_or(Refusal::Internal)?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}

/// `GET /api/openapi.json`
pub(crate) async fn openapi() -> Response {
    ([(CONTENT_TYPE, "application/json")], labwright_api::json()).into_response()
}
