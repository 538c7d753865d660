//! Pages of other sites: what they send is refused, on every route that changes something.

use hyper::{Method, StatusCode};
use labwright_server::routes;

use crate::world::World;

const FOREIGN: [&str; 5] = [
    "https://evil.example",
    "null",
    "http://127.0.0.1:1",
    "http://127.0.0.1.evil.example",
    "file://",
];

/// Pages of course platforms send these: what they carry is signed, or is not believed.
const FROM_PLATFORMS: [&str; 2] = ["/lti/login", "/lti/launch"];

#[tokio::test]
async fn cross_site_requests_and_sockets_are_refused() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let others = routes()
        .into_iter()
        .filter(|(_, path, _)| !FROM_PLATFORMS.contains(path));
    for (method, path, _) in others {
        let path = path
            .replace("/api/v1/sessions/{id}", &session)
            .replace(['{', '}', '*'], "");
        for origin in FOREIGN {
            if path.ends_with("/events") || path.ends_with("/terminal") && method == Method::GET {
                let refused = ada.dial(&path, Some(origin)).await.err();
                assert_eq!(refused, Some(StatusCode::FORBIDDEN), "{path} from {origin}");
            } else if method != Method::GET {
                let body = Some("{}".to_owned());
                let answer = ada
                    .send(method.clone(), &path, body, &[("origin", origin)])
                    .await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} from {origin}");
                assert_eq!(answer.code(), "cross_site");
            }
        }
    }
}

#[tokio::test]
async fn our_own_pages_and_programs_may() {
    let world =
        World::with(|config| config.public_url = Some("https://labs.example.org".into())).await;
    let ada = world.browser("ada").await;
    let own = format!("http://{}", world.server.address);
    for origin in [
        own.as_str(),
        "https://labs.example.org",
        "https://labs.example.org:443",
    ] {
        let answer = ada
            .send(
                Method::POST,
                "/api/v1/sign-out",
                None,
                &[("origin", origin)],
            )
            .await;
        assert_ne!(answer.status, StatusCode::FORBIDDEN, "{origin}");
    }
    let session = world.browser("bob").await.launch("nets", "tiny").await;
    assert!(
        ada.dial(&format!("{session}/events"), Some(&own))
            .await
            .is_ok()
    );
    // A browser that hides the origin still tells where the request came from.
    let hidden = ada.send(
        Method::POST,
        "/api/v1/sign-out",
        None,
        &[("sec-fetch-site", "cross-site")],
    );
    assert_eq!(hidden.await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_host_name_that_is_not_ours_is_no_origin_of_ours() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let headers = [
        ("origin", "http://rebound.example"),
        ("host", "rebound.example"),
    ];
    let answer = ada
        .send(Method::POST, "/api/v1/sign-out", None, &headers)
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}
