//! Limits, odd requests, headers, figures.

use hyper::{Method, StatusCode};
use labwright_server::Config;
use serde_json::json;

use crate::world::{PASSWORD, World};

#[test]
fn the_manuals_configuration_is_read_and_slips_are_refused() {
    let manual = include_str!("../../../../docs/server.md");
    let example = manual
        .split("```toml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path)
    };
    let config = read(example).unwrap();
    assert_eq!(config.courses[0].title.by_language()["fr"], "Réseaux");
    assert_eq!(config.limits.keep_days, Some(90));
    for (slip, told) in [
        ("lissten = \"x\"", "lissten"),
        (
            "[[courses]]\nid = \"a\"\ntitle = \"A\"\nteachers = [\"zoe\"]",
            "zoe",
        ),
        ("[[courses]]\nid = \"A b\"\ntitle = \"A\"", "A b"),
        (
            "[[accounts]]\nname = \"a\"\npassword = \"x\"\npassword_hash = \"y\"",
            "both",
        ),
        ("listen = 80", "listen"),
    ] {
        let error = read(slip).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let text = format!("{error} {}", source.unwrap_or_default());
        assert!(
            text.contains(told) && text.contains("config.toml"),
            "{slip}: {text}"
        );
    }
}

#[tokio::test]
async fn odd_requests_get_clear_refusals() {
    let world = World::new().await;
    let nobody = world.stranger();
    let sign_in = "/api/v1/sign-in";
    let post = |body: String| nobody.send(Method::POST, sign_in, Some(body), &[]);
    assert_eq!(post("{".into()).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(post("{\"name\":1}".into()).await.code(), "bad_request");
    assert_eq!(
        post(format!("\"{}\"", "x".repeat(300_000))).await.code(),
        "too_large"
    );
    assert_eq!(
        nobody.get(sign_in).await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(nobody.get("/api/v1/nothing").await.code(), "not_found");
    assert_eq!(nobody.get("/api").await.code(), "not_found");
    let long = "x".repeat(100_000);
    let answer = nobody
        .post(sign_in, json!({ "name": long, "password": long }))
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn every_reply_bears_the_safety_headers() {
    let world = World::new().await;
    for path in ["/", "/healthz", "/api/v1/me", "/nothing.js", "/labs/a/b"] {
        let answer = world.stranger().get(path).await;
        let header = |name: &str| {
            answer
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap())
                .unwrap_or_default()
        };
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self'") && !policy.contains(" 'unsafe-eval'"),
            "{path}: {policy}"
        );
        assert!(
            !policy.contains("script-src 'self' 'unsafe-inline'"),
            "{path}: {policy}"
        );
    }
}

#[tokio::test]
async fn the_page_answers_every_address_of_its_own() {
    let world = World::new().await;
    let page = world.stranger().get("/sessions/anything").await;
    // Built or not, it is a page and never an error of the API.
    assert!(matches!(
        page.status,
        StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE
    ));
    assert!(
        page.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/html")
    );
    assert_eq!(
        world.stranger().get("/missing.js").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn health_readiness_and_figures_without_names() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    ada.post(&format!("{path}/tasks/made/check"), json!({}))
        .await
        .ok();
    let nobody = world.stranger();
    nobody
        .post(
            "/api/v1/sign-in",
            json!({ "name": "ada", "password": PASSWORD }),
        )
        .await
        .ok();
    assert_eq!(nobody.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(nobody.get("/readyz").await.status, StatusCode::OK);
    let figures = nobody.get("/metrics").await.text;
    for line in [
        "labwright_sessions{state=\"ready\"} 1",
        "labwright_checks_total{outcome=\"not_yet\"} 1",
        "labwright_sign_ins_total{outcome=\"opened\"} 1",
        "labwright_start_seconds_count 1",
        "labwright_starts_total{outcome=\"ready\"} 1",
    ] {
        assert!(figures.contains(line), "{line} is not in\n{figures}");
    }
    for secret in ["ada", "tiny", "nets", "127.0.0.1"] {
        assert!(!figures.contains(secret), "{secret} is in\n{figures}");
    }
    world.place.behave(|behaviour| behaviour.unreachable = true);
    assert_eq!(
        nobody.get("/readyz").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn a_socket_that_talks_nonsense_is_closed() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    let events = format!("{path}/events");
    for ada in ada.both_ways() {
        let mut nonsense = ada.socket(&events, json!({ "hello": 1 })).await;
        assert_eq!(nonsense.closed().await, 4400);
        let mut bytes = ada.dial(&events, None).await.unwrap();
        bytes.type_in(b"\xff\x00").await;
        assert_eq!(bytes.closed().await, 4400);
    }
    let mut large = ada.dial(&events, None).await.unwrap();
    large.type_in(&vec![0; 2 * 1024 * 1024]).await;
    assert!(matches!(large.closed().await, 1006 | 1009 | 4400));
}

#[tokio::test]
async fn a_session_has_so_many_sockets_and_no_more() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = format!("{}/events", ada.launch("nets", "tiny").await);
    let mut open = Vec::new();
    for _ in 0..96 {
        let mut socket = ada.socket(&path, json!({ "token": ada.token })).await;
        socket.text().await;
        open.push(socket);
    }
    let mut one_more = ada.socket(&path, json!({ "token": ada.token })).await;
    assert_eq!(one_more.closed().await, 4429);
    open.truncate(90);
    for _ in 0..50 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let mut again = ada.socket(&path, json!({ "token": ada.token })).await;
        if let crate::world::Heard::Text(_) = again.next().await {
            return;
        }
    }
    panic!("closed sockets are still counted");
}

#[tokio::test]
async fn a_locked_database_is_told_and_passes() {
    let world = World::new().await;
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(world.state().join("labwright.db"));
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE")
        .execute(&mut other)
        .await
        .unwrap();
    let nobody = world.stranger();
    let body = json!({ "name": "ada", "password": PASSWORD });
    let busy = nobody.post("/api/v1/sign-in", body.clone()).await;
    assert_eq!(
        (busy.status, busy.code()),
        (StatusCode::SERVICE_UNAVAILABLE, "busy".into())
    );
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    nobody.post("/api/v1/sign-in", body).await.ok();
}
