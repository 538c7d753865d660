//! A small strict course platform: it signs launches, gives tokens, lists members and keeps scores as LMSs do,
//! in the ways of Open edX, Moodle or Canvas, and with their faults.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use labwright_lti::{ToolKey, key_set};
use serde_json::{Value, json};

pub const CLIENT: &str = "tool-at-campus";

/// Whose ways the platform has, as `docs/lti.md` says that they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ways {
    /// 403 without a good token; a time that is not newer is 400; an unknown learner is 500 for ever.
    #[default]
    OpenEdx,
    /// 401 without a good token, 409 for a time that is not newer, 400 for an unknown learner; media types
    /// letter by letter; registers tools by itself.
    Moodle,
    /// One issuer for all schools, tokens by a longer name of the token address, an answer with a body.
    Canvas,
}

/// What the platform does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    /// It is down.
    Down,
    /// Every score is an error.
    Error,
    /// It has too much to do, and says for how long.
    Busy,
    /// A page of HTML, with a good status.
    Maintenance,
    /// It takes a score and dies before it answers, once.
    Forgetful,
    /// It takes scores, and every connection is reset before the answer is whole.
    Reset,
    /// It answers late.
    Slow,
    /// It has thrown all tokens away.
    TokensGone,
    /// It takes no token at all.
    NoAccess,
    /// The line item was deleted.
    NoLineItem,
}

/// What stands where the key set should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keys {
    #[default]
    Good,
    Page,
    Nonsense,
    NoRsa,
    Missing,
}

/// At which step a request is held, after it had its effect: the tool hears nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Token,
    Items,
    MakeItem,
    Score,
    Results,
}

#[derive(Default)]
pub struct Kept {
    pub ways: Ways,
    pub fault: Fault,
    pub keys: Keys,
    /// How late it is there, in milliseconds ahead of the wall clock.
    pub ahead_ms: i64,
    pub hold: Option<Step>,
    /// A request was held.
    pub held: bool,
    /// By user, and `user@column` but in the first column: points, maximum, timestamp.
    pub scores: BTreeMap<String, (f64, f64, String)>,
    /// How often a score had an effect, and which: line item, user, points.
    pub effects: u32,
    pub told: Vec<(String, String, f64)>,
    pub requests: u32,
    pub tokens: u32,
    pub good_token: u32,
    /// `jti` of assertions: each is good once.
    assertions: BTreeSet<String>,
    pub line_items: Vec<Value>,
    /// Who is no learner here.
    pub unknown: Vec<String>,
    /// Who is in the course: id, role, name, status.
    pub members: Vec<(String, String, String, String)>,
    /// Members of a page.
    pub page: usize,
    /// The registration that a tool has sent.
    pub registered: Option<Value>,
}

#[derive(Clone)]
pub struct Platform {
    pub key: ToolKey,
    pub address: SocketAddr,
    pub kept: Arc<Mutex<Kept>>,
}

impl Platform {
    pub async fn start() -> Self {
        Self::with(Ways::OpenEdx).await
    }

    pub async fn with(ways: Ways) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let kept = Kept {
            ways,
            page: 50,
            ..Kept::default()
        };
        let platform = Self {
            key: tokio::task::spawn_blocking(|| ToolKey::generate().unwrap())
                .await
                .unwrap(),
            address: listener.local_addr().unwrap(),
            kept: Arc::new(Mutex::new(kept)),
        };
        let router = Router::new()
            .route("/keys", get(keys))
            .route("/auth", get(|| async { StatusCode::BAD_REQUEST }))
            .route("/token", post(token))
            .route("/items", get(items).post(make_item))
            .route("/items/{id}/scores", post(score))
            .route("/items/{id}/results", get(results))
            .route("/members", get(members))
            .route("/configuration", get(configuration))
            .route("/register", post(register))
            .with_state(platform.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        platform
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn fault(&self, fault: Fault) {
        self.kept.lock().unwrap().fault = fault;
    }

    pub fn score_of(&self, user: &str) -> Option<f64> {
        let kept = self.kept.lock().unwrap();
        kept.scores.get(user).map(|(given, ..)| *given)
    }

    fn ways(&self) -> Ways {
        self.kept.lock().unwrap().ways
    }

    /// `iss`: hosted Canvas has one for everybody.
    pub fn issuer(&self) -> String {
        match self.ways() {
            Ways::Canvas => "https://canvas.instructure.com".to_owned(),
            _ => self.url(""),
        }
    }

    /// What an operator enters.
    pub fn registration(&self) -> Value {
        let audience = (self.ways() == Ways::Canvas).then(|| self.url("/login/oauth2/token"));
        json!({
            "name": "Campus", "issuer": self.issuer(), "client_id": CLIENT, "auth_url": self.url("/auth"),
            "token_url": self.url("/token"), "keyset_url": self.url("/keys"), "deployments": ["1"],
            "token_audience": audience,
        })
    }

    /// A launch of somebody as something.
    pub fn claims(&self, tool: &str, user: &str, role: &str, nonce: &str) -> Value {
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        json!({
            "iss": self.issuer(), "aud": CLIENT, "sub": user, "nonce": nonce, "iat": now, "exp": now + 60,
            "name": format!("{user} of Campus"),
            claim("version"): "1.3.0", claim("message_type"): "LtiResourceLinkRequest", claim("deployment_id"): "1",
            claim("target_link_uri"): format!("{tool}/lti/launch"),
            claim("resource_link"): { "id": "link+1", "title": "Lab one" },
            claim("roles"): [role], claim("context"): { "id": "course 7", "title": "Networks at Campus" },
            claim("custom"): { "labwright": "nets/tiny" },
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/lineitem", "https://purl.imsglobal.org/spec/lti-ags/scope/score"],
                "lineitems": self.url("/items?course=7"),
            },
            "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
                "context_memberships_url": self.url("/members?course=7"), "service_versions": ["2.0"],
            },
        })
    }
}

pub fn claim(name: &str) -> String {
    format!("https://purl.imsglobal.org/spec/lti/claim/{name}")
}

/// Waits for ever at the step that is held, after its effect.
async fn hold(platform: &Platform, step: Step) {
    let is_held = {
        let mut kept = platform.kept.lock().unwrap();
        let is_held = kept.hold == Some(step);
        if is_held {
            // Only this one: whoever comes after the crash is served.
            kept.hold = None;
            kept.held = true;
        }
        is_held
    };
    if is_held {
        std::future::pending::<()>().await;
    }
}

async fn keys(State(platform): State<Platform>) -> Response {
    let kept = platform.kept.lock().unwrap();
    let json = |value: Value| Json(value).into_response();
    match kept.keys {
        Keys::Good => json(key_set([&platform.key])),
        Keys::Page => Html("<!doctype html><p>Please sign in").into_response(),
        Keys::Nonsense => "keys: none".into_response(),
        Keys::NoRsa => json(json!({ "keys": [{ "kty": "EC", "kid": "1" }] })),
        Keys::Missing => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn token(State(platform): State<Platform>, body: Bytes) -> Response {
    let answer = give_token(&platform, &body);
    hold(&platform, Step::Token).await;
    answer
}

fn give_token(platform: &Platform, body: &[u8]) -> Response {
    let mut kept = platform.kept.lock().unwrap();
    kept.requests += 1;
    if kept.fault == Fault::Down {
        return (StatusCode::BAD_GATEWAY, Json(json!({}))).into_response();
    }
    if !is_good_assertion(platform, &mut kept, body) {
        let refused = json!({ "error": "invalid_client" });
        return (StatusCode::BAD_REQUEST, Json(refused)).into_response();
    }
    kept.tokens += 1;
    kept.good_token = kept.tokens;
    if kept.fault == Fault::TokensGone {
        kept.fault = Fault::None;
    }
    let token = format!("token-{}", kept.tokens);
    Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }))
        .into_response()
}

/// What a strict platform looks at; the signature is looked at by the real ones that tests launch from.
fn is_good_assertion(platform: &Platform, kept: &mut Kept, body: &[u8]) -> bool {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(body).into_owned().collect();
    let Some(payload) = form
        .get("client_assertion")
        .and_then(|jwt| jwt.split('.').nth(1))
    else {
        return false;
    };
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let bytes = base64::Engine::decode(&engine, payload).unwrap();
    let claims: Value = serde_json::from_slice(&bytes).unwrap();
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = i64::try_from(now).unwrap() + kept.ahead_ms / 1000;
    let time = |name: &str| claims[name].as_i64().unwrap();
    let audience = match kept.ways {
        Ways::Canvas => platform.url("/login/oauth2/token"),
        _ => platform.url("/token"),
    };
    form["grant_type"] == "client_credentials"
        && claims["iss"] == CLIENT
        && claims["sub"] == CLIENT
        && claims["aud"] == audience
        && time("exp") > now
        && time("iat") <= now + 60
        && kept
            .assertions
            .insert(claims["jti"].as_str().unwrap().to_owned())
}

/// As Open edX: 403 and no more when the token is no good; Moodle says 401.
fn refuses(platform: &Platform, headers: &HeaderMap) -> Option<StatusCode> {
    let mut kept = platform.kept.lock().unwrap();
    kept.requests += 1;
    let good = format!("Bearer token-{}", kept.good_token);
    let given = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let gone = matches!(kept.fault, Fault::TokensGone | Fault::NoAccess);
    let status = match kept.ways {
        Ways::Moodle => StatusCode::UNAUTHORIZED,
        _ => StatusCode::FORBIDDEN,
    };
    (given != Some(&good) || gone).then_some(status)
}

async fn items(
    State(platform): State<Platform>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if let Some(status) = refuses(&platform, &headers) {
        return status.into_response();
    }
    assert_eq!(
        query.as_deref(),
        Some("course=7&resource_link_id=link%2B1"),
        "the query is kept, and a plus is no space"
    );
    let answer = {
        let kept = platform.kept.lock().unwrap();
        match kept.fault {
            Fault::Down => StatusCode::BAD_GATEWAY.into_response(),
            Fault::Maintenance => Html("<!doctype html>Back soon").into_response(),
            _ => Json(json!(kept.line_items)).into_response(),
        }
    };
    hold(&platform, Step::Items).await;
    answer
}

async fn make_item(State(platform): State<Platform>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(status) = refuses(&platform, &headers) {
        return status.into_response();
    }
    let mut item: Value = serde_json::from_slice(&body).unwrap();
    let whole = item["scoreMaximum"].is_u64();
    let kind = headers["content-type"] == "application/vnd.ims.lis.v2.lineitem+json";
    if !whole || !kind || item["resourceLinkId"] != "link+1" {
        return (StatusCode::BAD_REQUEST, Json(item)).into_response();
    }
    {
        let mut kept = platform.kept.lock().unwrap();
        let number = kept.line_items.len() + 1;
        item["id"] = json!(platform.url(&format!("/items/{number}?course=7")));
        kept.line_items.push(item.clone());
        if kept.fault == Fault::NoLineItem {
            kept.fault = Fault::None;
        }
    }
    hold(&platform, Step::MakeItem).await;
    (StatusCode::CREATED, Json(item)).into_response()
}

async fn score(
    State(platform): State<Platform>,
    Path(item): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fault = {
        let mut kept = platform.kept.lock().unwrap();
        kept.requests += 1;
        kept.fault
    };
    match fault {
        Fault::Down => return (StatusCode::BAD_GATEWAY, "down").into_response(),
        Fault::Error => {
            return (StatusCode::INTERNAL_SERVER_ERROR, Html("<h1>Oh</h1>")).into_response();
        }
        Fault::Busy => {
            return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "30")]).into_response();
        }
        Fault::Maintenance => return Html("<!doctype html>Back soon").into_response(),
        Fault::NoLineItem => return StatusCode::NOT_FOUND.into_response(),
        Fault::Slow => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        _ => {}
    }
    if let Some(status) = refuses(&platform, &headers) {
        return (status, Html("<h1>Forbidden</h1>")).into_response();
    }
    assert_eq!(query.as_deref(), Some("course=7"));
    if headers["content-type"] != "application/vnd.ims.lis.v1.score+json" {
        return (StatusCode::BAD_REQUEST, "type").into_response();
    }
    let score: Value = serde_json::from_slice(&body).unwrap();
    let answer = take(&platform, &item, &score);
    hold(&platform, Step::Score).await;
    answer
}

fn key(user: &str, item: &str) -> String {
    match item {
        "1" => user.to_owned(),
        _ => format!("{user}@{item}"),
    }
}

fn take(platform: &Platform, item: &str, score: &Value) -> Response {
    let (user, time) = (
        score["userId"].as_str().unwrap(),
        score["timestamp"].as_str().unwrap(),
    );
    let mut kept = platform.kept.lock().unwrap();
    let ways = kept.ways;
    if kept.unknown.iter().any(|unknown| unknown == user) {
        return match ways {
            Ways::OpenEdx => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Html("<h1>Server Error (500)</h1>"),
            )
                .into_response(),
            Ways::Moodle => (StatusCode::BAD_REQUEST, "unknown user").into_response(),
            Ways::Canvas => {
                (StatusCode::UNPROCESSABLE_ENTITY, "user not found in course").into_response()
            }
        };
    }
    let key = key(user, item);
    let last = kept.scores.get(&key);
    if last.is_some_and(|(_, _, last)| last.as_str() >= time) {
        let words = "{\"timestamp\":[\"can only be updated to a later point\"]}";
        return match ways {
            Ways::Moodle => (StatusCode::CONFLICT, "").into_response(),
            _ => (StatusCode::BAD_REQUEST, words).into_response(),
        };
    }
    let points = |name: &str| score[name].as_f64().unwrap();
    let given = points("scoreGiven");
    let entry = (given, points("scoreMaximum"), time.to_owned());
    kept.scores.insert(key, entry);
    kept.effects += 1;
    kept.told.push((item.to_owned(), user.to_owned(), given));
    match kept.fault {
        Fault::Forgetful => {
            kept.fault = Fault::None;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Fault::Reset => {
            let broken = std::io::Error::other("reset");
            let parts = futures::stream::iter([Ok(Bytes::from_static(b"{")), Err(broken)]);
            Body::from_stream(parts).into_response()
        }
        _ if ways == Ways::Canvas => {
            Json(json!({ "resultUrl": platform.url("/items/1/results/1") })).into_response()
        }
        _ => StatusCode::OK.into_response(),
    }
}

async fn results(
    State(platform): State<Platform>,
    Path(item): Path<String>,
    RawQuery(query): RawQuery,
) -> Json<Value> {
    let query = query.unwrap_or_default();
    let found: Vec<Value> = {
        let mut kept = platform.kept.lock().unwrap();
        kept.requests += 1;
        kept.scores
            .iter()
            .filter_map(|(kept, score)| {
                let user = kept.split('@').next().unwrap();
                (*kept == key(user, &item)).then_some((user, score))
            })
            .filter(|(user, _)| {
                !query.contains("user_id=") || query.ends_with(&format!("user_id={user}"))
            })
            .map(|(user, (given, maximum, _))| {
                json!({ "userId": user, "resultScore": given, "resultMaximum": maximum })
            })
            .collect()
    };
    hold(&platform, Step::Results).await;
    Json(json!(found))
}

/// Page by page; a page that is not the last has a `Link`.
async fn members(
    State(platform): State<Platform>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if let Some(status) = refuses(&platform, &headers) {
        return status.into_response();
    }
    let wanted = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json";
    if headers["accept"] != wanted {
        return StatusCode::NOT_ACCEPTABLE.into_response();
    }
    let query = query.unwrap_or_default();
    let from = query
        .split_once("from=")
        .map_or(0, |(_, from)| from.parse().unwrap());
    let kept = platform.kept.lock().unwrap();
    if kept.fault == Fault::Down {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let page: Vec<Value> = kept
        .members
        .iter()
        .skip(from)
        .take(kept.page)
        .map(|(id, role, name, status)| {
            json!({ "user_id": id, "roles": [role], "name": name, "status": status })
        })
        .collect();
    let body = json!({ "id": platform.url("/members?course=7"), "context": { "id": "course 7" }, "members": page });
    let next = from + kept.page;
    let mut response = Json(body).into_response();
    if next < kept.members.len() {
        let link = format!(
            "<{}>; rel=\"next\"",
            platform.url(&format!("/members?course=7&from={next}"))
        );
        response.headers_mut().insert("link", link.parse().unwrap());
    }
    response
}

/// Moodle's document: `issuer` is the site, the rest its own.
async fn configuration(State(platform): State<Platform>, headers: HeaderMap) -> Response {
    if headers
        .get("authorization")
        .is_none_or(|token| token != "Bearer once")
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(json!({
        "issuer": platform.url(""), "authorization_endpoint": platform.url("/auth"),
        "token_endpoint": platform.url("/token"), "jwks_uri": platform.url("/keys"),
        "registration_endpoint": platform.url("/register"),
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    }))
    .into_response()
}

/// Takes a tool, once, and gives it a deployment at once.
async fn register(
    State(platform): State<Platform>,
    headers: HeaderMap,
    Json(mut tool): Json<Value>,
) -> Response {
    let mut kept = platform.kept.lock().unwrap();
    let good = headers
        .get("authorization")
        .is_some_and(|token| token == "Bearer once");
    if !good || kept.registered.is_some() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    kept.registered = Some(tool.clone());
    tool["client_id"] = json!(CLIENT);
    tool["https://purl.imsglobal.org/spec/lti-tool-configuration"]["deployment_id"] = json!("4");
    (StatusCode::CREATED, Json(tool)).into_response()
}
