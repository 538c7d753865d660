//! Signing in and out; invitations.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, StatusCode};
use labwright_api::{Account, Invitation, Join, SignIn, SignedIn};

use crate::access::{self, Caller};
use crate::accounts;
use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::listen::Peer;
use crate::reply::{Body, Reply};
use crate::secrets;
use crate::words::Refusal;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// `POST /api/v1/sign-in`
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    Body(body): Body<SignIn>,
) -> Reply<Json<SignedIn>> {
    app.limiter
        .count(&body.name, client_address(&app, peer.ip(), &headers))?;
    let account = app.store.account_named(&body.name).await?;
    let stored = account
        .as_ref()
        .and_then(|account| account.password.as_deref());
    let opens = app.passwords.verify(body.password, stored).await?;
    app.metrics.sign_in(opens);
    match account {
        Some(account) if opens => accounts::signed_in(&app, &account).await.map(Json),
        _ => Err(Refusal::SignInFailed),
    }
}

/// `POST /api/v1/sign-out`
pub(crate) async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Reply<StatusCode> {
    if let Some(token) = access::bearer(&headers) {
        app.store.remove_token(&secrets::hash(token)).await?;
        app.sign_ins.changed();
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /api/v1/me`
pub(crate) async fn me(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
) -> Reply<Json<Account>> {
    accounts::view(&app, &account).await.map(Json)
}

/// `GET /api/v1/invitations/{code}`
pub(crate) async fn invitation(
    State(app): State<Arc<App>>,
    wanted: Wanted,
    Path(code): Path<String>,
) -> Reply<Json<Invitation>> {
    let hash = secrets::hash(&secrets::typed(&code));
    let found = app.store.invitation(&hash, now()).await?;
    let invitation = found.ok_or(Refusal::InvitationGone)?;
    let course = app
        .catalogue
        .course(&invitation.course)
        .ok_or(Refusal::InvitationGone)?;
    Ok(Json(Invitation {
        course: course.id.to_string(),
        title: accounts::title(&course.title, &wanted),
        role: accounts::role(invitation.role),
        expires_at: invitation.expires_ms,
        name: match &invitation.account {
            Some(id) => app.store.account(id).await?.map(|account| account.name),
            None => None,
        },
    }))
}

/// `POST /api/v1/invitations/{code}`
pub(crate) async fn join(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    wanted: Wanted,
    headers: HeaderMap,
    Path(code): Path<String>,
    body: Result<Body<Join>, Refusal>,
) -> Reply<(StatusCode, Json<SignedIn>)> {
    let code = secrets::typed(&code);
    // The code stands where a name stands at sign-in: guessing codes is limited by address.
    app.limiter
        .count(&code, client_address(&app, peer.ip(), &headers))?;
    let account = match access::bearer(&headers) {
        Some(token) => accounts::join(&app, &code, access::account(&app, token).await?).await?,
        None => accounts::register(&app, &code, body?.0, &wanted).await?,
    };
    let signed_in = accounts::signed_in(&app, &account).await?;
    Ok((StatusCode::CREATED, Json(signed_in)))
}

/// The address that tries are counted for. Only our own proxy is believed, and of its list only
/// the entry that it made itself: the last one.
pub(crate) fn client_address(app: &App, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !app.behind_proxy {
        return peer;
    }
    headers
        .get_all(FORWARDED_FOR)
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok())
        .unwrap_or(peer)
}
