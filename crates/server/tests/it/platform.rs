//! A small strict course platform: it signs launches, gives tokens, and keeps scores as LMSs do.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use labwright_lti::{ToolKey, key_set};
use serde_json::{Value, json};

pub const CLIENT: &str = "tool-at-campus";

/// What the platform does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fault {
    #[default]
    None,
    /// It is down.
    Down,
    /// A page of HTML, with a good status.
    Maintenance,
    /// It takes a score and dies before it answers.
    Forgetful,
    /// It has thrown all tokens away.
    TokensGone,
    /// The line item was deleted.
    NoLineItem,
}

#[derive(Default)]
pub struct Kept {
    pub fault: Fault,
    /// By user: points, maximum, timestamp.
    pub scores: BTreeMap<String, (f64, f64, String)>,
    /// How often a score had an effect.
    pub effects: u32,
    pub tokens: u32,
    pub good_token: u32,
    pub line_items: Vec<Value>,
}

#[derive(Clone)]
pub struct Platform {
    pub key: ToolKey,
    pub address: SocketAddr,
    pub kept: Arc<Mutex<Kept>>,
}

impl Platform {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let platform = Self {
            key: tokio::task::spawn_blocking(|| ToolKey::generate().unwrap())
                .await
                .unwrap(),
            address: listener.local_addr().unwrap(),
            kept: Arc::default(),
        };
        let router = Router::new()
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/items", get(items).post(make_item))
            .route("/items/{id}/scores", post(score))
            .route("/items/{id}/results", get(results))
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

    /// What an operator enters.
    pub fn registration(&self) -> Value {
        json!({
            "name": "Campus", "issuer": self.url(""), "client_id": CLIENT, "auth_url": self.url("/auth"),
            "token_url": self.url("/token"), "keyset_url": self.url("/keys"), "deployments": ["1"],
        })
    }

    /// A launch of somebody as something.
    pub fn claims(&self, tool: &str, user: &str, role: &str, nonce: &str) -> Value {
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        json!({
            "iss": self.url(""), "aud": CLIENT, "sub": user, "nonce": nonce, "iat": now, "exp": now + 60,
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
        })
    }
}

pub fn claim(name: &str) -> String {
    format!("https://purl.imsglobal.org/spec/lti/claim/{name}")
}

async fn keys(State(platform): State<Platform>) -> Json<Value> {
    Json(key_set([&platform.key]))
}

async fn token(State(platform): State<Platform>, body: Bytes) -> impl IntoResponse {
    let mut kept = platform.kept.lock().unwrap();
    let form = String::from_utf8_lossy(&body).into_owned();
    if kept.fault == Fault::Down {
        return (StatusCode::BAD_GATEWAY, Json(json!({})));
    }
    if !form.contains("client_assertion=ey") {
        return (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_client" })),
        );
    }
    kept.tokens += 1;
    kept.good_token = kept.tokens;
    if kept.fault == Fault::TokensGone {
        kept.fault = Fault::None;
    }
    let token = format!("token-{}", kept.tokens);
    (
        StatusCode::OK,
        Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 })),
    )
}

/// As Open edX: 403 and no more when the token is no good.
fn refuses(platform: &Platform, headers: &HeaderMap) -> bool {
    let kept = platform.kept.lock().unwrap();
    let good = format!("Bearer token-{}", kept.good_token);
    let given = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    given != Some(&good) || kept.fault == Fault::TokensGone
}

async fn items(
    State(platform): State<Platform>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> impl IntoResponse {
    if refuses(&platform, &headers) {
        return (StatusCode::FORBIDDEN, Json(Value::Null));
    }
    assert_eq!(
        query.as_deref(),
        Some("course=7&resource_link_id=link%2B1"),
        "the query is kept, and a plus is no space"
    );
    let kept = platform.kept.lock().unwrap();
    (StatusCode::OK, Json(json!(kept.line_items)))
}

async fn make_item(
    State(platform): State<Platform>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    if refuses(&platform, &headers) {
        return (StatusCode::FORBIDDEN, Json(Value::Null));
    }
    let mut item: Value = serde_json::from_slice(&body).unwrap();
    let whole = item["scoreMaximum"].is_u64();
    let kind = headers["content-type"] == "application/vnd.ims.lis.v2.lineitem+json";
    if !whole || !kind || item["resourceLinkId"] != "link+1" {
        return (StatusCode::BAD_REQUEST, Json(item));
    }
    let mut kept = platform.kept.lock().unwrap();
    let number = kept.line_items.len() + 1;
    item["id"] = json!(platform.url(&format!("/items/{number}?course=7")));
    kept.line_items.push(item.clone());
    if kept.fault == Fault::NoLineItem {
        kept.fault = Fault::None;
    }
    (StatusCode::CREATED, Json(item))
}

async fn score(
    State(platform): State<Platform>,
    Path(_): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let fault = platform.kept.lock().unwrap().fault;
    match fault {
        Fault::Down => return (StatusCode::BAD_GATEWAY, "down".to_owned()),
        Fault::Maintenance => {
            return (StatusCode::OK, "<!doctype html>Back soon".to_owned());
        }
        Fault::NoLineItem => return (StatusCode::NOT_FOUND, String::new()),
        _ => {}
    }
    if refuses(&platform, &headers) {
        return (StatusCode::FORBIDDEN, "<h1>Forbidden</h1>".to_owned());
    }
    assert_eq!(query.as_deref(), Some("course=7"));
    if headers["content-type"] != "application/vnd.ims.lis.v1.score+json" {
        return (StatusCode::BAD_REQUEST, "type".to_owned());
    }
    let score: Value = serde_json::from_slice(&body).unwrap();
    let (user, time) = (
        score["userId"].as_str().unwrap(),
        score["timestamp"].as_str().unwrap(),
    );
    let mut kept = platform.kept.lock().unwrap();
    if kept
        .scores
        .get(user)
        .is_some_and(|(_, _, last)| last.as_str() >= time)
    {
        return (
            StatusCode::BAD_REQUEST,
            "{\"timestamp\":[\"can only be updated to a later point\"]}".to_owned(),
        );
    }
    let points = |name: &str| score[name].as_f64().unwrap();
    let entry = (
        points("scoreGiven"),
        points("scoreMaximum"),
        time.to_owned(),
    );
    kept.scores.insert(user.to_owned(), entry);
    kept.effects += 1;
    if kept.fault == Fault::Forgetful {
        kept.fault = Fault::None;
        return (StatusCode::GATEWAY_TIMEOUT, String::new());
    }
    (StatusCode::OK, String::new())
}

async fn results(State(platform): State<Platform>, RawQuery(query): RawQuery) -> impl IntoResponse {
    let query = query.unwrap_or_default();
    let kept = platform.kept.lock().unwrap();
    let found: Vec<Value> = kept
        .scores
        .iter()
        .filter(|(user, _)| {
            !query.contains("user_id=") || query.ends_with(&format!("user_id={user}"))
        })
        .map(|(user, (given, maximum, _))| {
            json!({ "userId": user, "resultScore": given, "resultMaximum": maximum })
        })
        .collect();
    Json(json!(found))
}
