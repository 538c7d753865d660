//! LTI: what platforms and their pages ask, and what our page asks after a launch.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use labwright_api as api;
use url::form_urlencoded;

use crate::app::App;
use crate::language::Wanted;
use crate::lti::{self, Begun, STATE_MS, storage, tell};
use crate::origin::{self, Framed};
use crate::reply::{Body, Reply};
use crate::words::Refusal;

const FORM: &str = "application/x-www-form-urlencoded";

/// `GET /lti/login`
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    wanted: Wanted,
    RawQuery(query): RawQuery,
) -> Response {
    begin(&app, &pairs(query.unwrap_or_default().as_bytes()), &wanted).await
}

/// `POST /lti/login`
pub(crate) async fn login_form(
    State(app): State<Arc<App>>,
    wanted: Wanted,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    begin(&app, &form(&headers, &body), &wanted).await
}

async fn begin(app: &App, pairs: &[(String, String)], wanted: &Wanted) -> Response {
    match lti::begin(app, pairs).await {
        Ok(Begun {
            to,
            cookie,
            storage,
        }) => {
            // Partitioned: the only kind that a browser keeps for a frame of another site.
            let seconds = STATE_MS / 1000;
            let cookie = format!(
                "{cookie}=1; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=None; Partitioned"
            );
            match storage {
                None => {
                    let headers = [(LOCATION, String::from(to)), (SET_COOKIE, cookie)];
                    (StatusCode::FOUND, headers).into_response()
                }
                Some((place, framed_by)) => {
                    let page = storage::leave(&place, &to, &framed_by, wanted.language);
                    ([(SET_COOKIE, cookie)], page).into_response()
                }
            }
        }
        Err(trouble) => tell::trouble(&trouble, wanted.language),
    }
}

/// `POST /lti/launch`
pub(crate) async fn launch(
    State(app): State<Arc<App>>,
    wanted: Wanted,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let cookies: Vec<&str> = headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    match lti::finish(&app, &form(&headers, &body), &cookies.join(";")).await {
        Ok(arrived) => {
            // The code stands in the fragment: it reaches no log and no other server.
            let lti::Arrived {
                registration,
                page,
                code,
            } = arrived;
            let to = format!("/in/{registration}/{page}#code={code}");
            (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
        }
        Err(trouble) => tell::trouble(&trouble, wanted.language),
    }
}

/// `GET /lti/jwks`
pub(crate) async fn jwks(State(app): State<Arc<App>>) -> Reply<Json<serde_json::Value>> {
    let keys = app.lti.tool_keys(&app.store).await?;
    Ok(Json(labwright_lti::key_set(keys.iter())))
}

/// `GET /lti/register/{code}`
pub(crate) async fn register(
    State(app): State<Arc<App>>,
    wanted: Wanted,
    Path(code): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let pairs = pairs(query.unwrap_or_default().as_bytes());
    let find = |name: &str| {
        let mut found = pairs.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    };
    let (configuration, token) = (find("openid_configuration"), find("registration_token"));
    match lti::register(&app, &code, configuration, token).await {
        Ok(registration) => tell::registered(&registration.name, wanted.language),
        Err(trouble) => tell::not_registered(&trouble, wanted.language),
    }
}

/// `GET /in/{registration}/{*path}`: our page, where that platform may frame it.
pub(crate) async fn framed(
    State(app): State<Arc<App>>,
    Path((registration, _)): Path<(String, String)>,
    request: Request,
) -> Reply<Response> {
    let known = app.store.registration(&registration).await?;
    let known = known.ok_or(Refusal::NotFound)?;
    let policy = origin::framed_policy(app.apps_domain.as_ref(), &lti::origins(&known));
    let policy = HeaderValue::from_str(&policy).map_err(|_| Refusal::Internal)?;
    let mut response = crate::page::fallback(request).await;
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    response.extensions_mut().insert(Framed);
    Ok(response)
}

/// `POST /api/v1/lti/launches`
pub(crate) async fn redeem(
    State(app): State<Arc<App>>,
    wanted: Wanted,
    Body(body): Body<api::LaunchCode>,
) -> Reply<Json<api::Launched>> {
    lti::redeem(&app, &body.code, &wanted).await.map(Json)
}

/// `POST /api/v1/lti/choices`
pub(crate) async fn choices(
    State(app): State<Arc<App>>,
    wanted: Wanted,
    Body(body): Body<api::LaunchCode>,
) -> Reply<Json<api::PickChoices>> {
    lti::choices(&app, &body.code, &wanted).await.map(Json)
}

/// `POST /api/v1/lti/picks`
pub(crate) async fn pick(
    State(app): State<Arc<App>>,
    wanted: Wanted,
    Body(body): Body<api::PickLink>,
) -> Reply<Json<api::Picked>> {
    lti::pick(&app, body, &wanted).await.map(Json)
}

/// The pairs of a form; of another kind of body none.
fn form(headers: &HeaderMap, body: &[u8]) -> Vec<(String, String)> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() == FORM {
        pairs(body)
    } else {
        Vec::new()
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}
