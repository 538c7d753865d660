//! Sign-in by an OpenID Connect provider: there and back. A browser comes here, so a refusal is a page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use labwright_api::SignInWays;
use serde::Deserialize;

use crate::app::App;
use crate::oidc::{self, SIGN_IN_MS};
use crate::reply::Reply;
use crate::words::Refusal;

#[derive(Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
}

/// `GET /api/v1/sign-in/ways`
pub(crate) async fn ways(State(app): State<Arc<App>>) -> Json<SignInWays> {
    Json(SignInWays {
        provider: app.oidc.as_ref().map(oidc::Oidc::name),
    })
}

/// `GET /sign-in/oidc`
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    Query(Next { next }): Query<Next>,
) -> Response {
    let begun = async {
        let provider = app.oidc.as_ref().ok_or(Refusal::NotFound)?;
        oidc::begin(&app, provider, &next).await
    };
    match begun.await {
        Ok(begun) => {
            let cookie = cookie(&app, &begun.state, SIGN_IN_MS / 1000);
            go(&begun.url, &cookie)
        }
        Err(refusal) => sorry(&app, &refusal),
    }
}

/// `GET /sign-in/oidc/back`
pub(crate) async fn back(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(Back { state, code }): Query<Back>,
) -> Response {
    let finished = finish(&app, &headers, &state, &code).await;
    match finished {
        Ok(code) => go(&format!("/launched#code={code}"), &cookie(&app, "", 0)),
        Err(refusal) => sorry(&app, &refusal),
    }
}

async fn finish(app: &App, headers: &HeaderMap, state: &str, code: &str) -> Reply<String> {
    let provider = app.oidc.as_ref().ok_or(Refusal::NotFound)?;
    // Another browser's answer: somebody may want this person to work in their account.
    if state.is_empty() || !ours(app, headers, state) {
        return Err(Refusal::LaunchGone);
    }
    if code.is_empty() {
        return Err(Refusal::Provider);
    }
    let (account, to) = oidc::finish(app, provider, state, code).await?;
    app.metrics.sign_in(true);
    oidc::open(app, &account, &to).await
}

/// The cookie that ties a sign-in to a browser. `__Host-` needs https.
fn cookie_name(app: &App) -> &'static str {
    if app.link.starts_with("https:") {
        "__Host-oidc"
    } else {
        "oidc"
    }
}

fn cookie(app: &App, state: &str, seconds: i64) -> String {
    let secure = if app.link.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    let name = cookie_name(app);
    format!("{name}={state}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn ours(app: &App, headers: &HeaderMap, state: &str) -> bool {
    let name = cookie_name(app);
    let cookies = headers.get_all(COOKIE).into_iter();
    cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .any(|(known, value)| known == name && value == state)
}

fn go(to: &str, cookie: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let (Ok(to), Ok(cookie)) = (HeaderValue::from_str(to), HeaderValue::from_str(cookie)) {
        headers.insert(LOCATION, to);
        headers.insert(SET_COOKIE, cookie);
    }
    response
}

/// Back to the sign-in page, which says why in the reader's language.
fn sorry(app: &App, refusal: &Refusal) -> Response {
    let code = refusal.tell(crate::words::Language::English).code;
    go(&format!("/sign-in?refused={code}"), &cookie(app, "", 0))
}
