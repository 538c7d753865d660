//! What operators do: look at every session, stop one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use labwright_api::OperatorSession;
use labwright_model::SessionId;
use labwright_store::AuditEntry;

use crate::access::Caller;
use crate::app::App;
use crate::clock::now;
use crate::reply::Reply;
use crate::view;
use crate::words::Refusal;

/// `GET /api/v1/operator/sessions`
pub(crate) async fn sessions(State(app): State<Arc<App>>) -> Reply<Json<Vec<OperatorSession>>> {
    let mut all = Vec::new();
    for session in app.store.open_sessions().await? {
        let account = app.store.account(&session.account).await?;
        all.push(OperatorSession {
            id: session.id.to_string(),
            account: session.account.to_string(),
            display_name: account
                .map(|account| account.display_name)
                .unwrap_or_default(),
            course: session.course.to_string(),
            lab: session.lab.to_string(),
            state: view::state(session.state),
            created_at: session.created_ms,
            ends_at: session.ends_ms,
        });
    }
    Ok(Json(all))
}

/// `POST /api/v1/operator/sessions/{id}/stop`
pub(crate) async fn stop(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Path(id): Path<String>,
) -> Reply<StatusCode> {
    let id = SessionId::new(id).map_err(|_| Refusal::NotFound)?;
    app.store.session(&id).await?.ok_or(Refusal::NotFound)?;
    app.sessions.end(&id).await?;
    let entry = AuditEntry {
        at_ms: now(),
        actor: account.id.to_string(),
        action: "session.stop".to_owned(),
        object: id.to_string(),
        detail: String::new(),
    };
    app.store.audit(&entry).await?;
    Ok(StatusCode::NO_CONTENT)
}
