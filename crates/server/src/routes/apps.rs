//! Pages that come out of a lab: the ticket that opens one. The pages themselves are in `apps`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use labwright_api::AppTicket;

use crate::access::{self, Owned};
use crate::app::App;
use crate::apps::{Grant, OPEN_PATH, find_target, site};
use crate::language::Wanted;
use crate::lti;
use crate::reply::Reply;
use crate::secrets;
use crate::words::Refusal;

/// `POST /api/v1/sessions/{id}/apps/{app}/ticket`
pub(crate) async fn ticket(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    Path((_, id)): Path<(String, String)>,
    wanted: Wanted,
    headers: HeaderMap,
) -> Reply<Json<AppTicket>> {
    find_target(&app, &session, &id).await?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(&HOST).unwrap_or_default();
    let site = site(&session, &id);
    let domain = app.apps_domain.as_ref().ok_or(Refusal::NoAppsDomain)?;
    let origin = domain.origin(&site, host).ok_or(Refusal::NoAppsDomain)?;
    let token = access::bearer(&headers).ok_or(Refusal::NotSignedIn)?;
    // Who may send this from a browser has been found to be a page of ours.
    let ours = text(&ORIGIN).map_or_else(|| app.platform_origin(host), str::to_owned);
    // A browser asks every frame around a page, and a course platform's may be around ours.
    let platforms = app.store.registrations_at(&session.course).await?;
    let mut framers: Vec<_> = platforms.iter().flat_map(lti::origins).collect();
    framers.sort();
    framers.dedup();
    framers.insert(0, ours);
    let grant = Grant {
        session: site.session.to_string(),
        app: site.app,
        token: secrets::hash(token),
        platform: framers.join(" "),
    };
    let ticket = app.door.ticket(grant)?;
    let lang = wanted.tag;
    Ok(Json(AppTicket {
        url: format!("{origin}{OPEN_PATH}?ticket={ticket}&lang={lang}"),
        origin,
    }))
}
