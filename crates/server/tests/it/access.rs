//! Every route of the router, tried by everybody. A new route is in here by being in the router;
//! a new rule does not compile without a row.

use hyper::{Method, StatusCode};
use labwright_server::{Access, routes};
use labwright_testkit::Polled;
use serde_json::json;

use crate::world::{Browser, World};

/// A route with its parameters filled in for Ada's session in course `nets`.
struct Route {
    method: Method,
    path: String,
    access: Access,
}

/// Who tries.
const PEOPLE: [&str; 7] = ["nobody", "forger", "ada", "bob", "tom", "uma", "olga"];

#[tokio::test]
async fn every_route_is_tried_by_everybody() {
    let world = World::new().await;
    let all = routes();
    assert!(all.len() >= 33);
    for (method, path, access) in all {
        // Afresh for every route: some of them end the session, or its terminal.
        let ada = world.browser("ada").await;
        let session = ada.launch("nets", "tiny").await;
        let view = ada.get(&session).await.ok();
        let terminal = view["terminals"][0]["id"].as_str().unwrap();
        let mut events = Polled::open(&ada, &format!("{session}/events"))
            .await
            .unwrap();
        events.say(&json!({ "token": ada.token })).await;
        let channel = events.path.rsplit('/').next().unwrap();
        let (hand, look) = match path.contains("{hand}") || path.contains("{look}") {
            true => helped(&world, &ada, &session).await,
            false => Default::default(),
        };
        let mut looked = None;
        if path.contains("/looks/{look}/channels/") {
            let tom = world.browser("tom").await;
            let path = format!("/api/v1/looks/{look}/terminals/{terminal}");
            let mut polled = Polled::open(&tom, &path).await.unwrap();
            polled
                .say(&json!({ "token": tom.token, "cols": 80, "rows": 24 }))
                .await;
            looked = Some(polled.path.rsplit('/').next().unwrap().to_owned());
        }
        let channel = looked.as_deref().unwrap_or(channel);
        let mut path = fill(path, &session, terminal)
            .replace("{channel}", channel)
            .replace("{hand}", &hand)
            .replace("{look}", &look);
        if path.contains("{platform}") {
            path = path.replace("{platform}", &platform(&world).await);
        }
        let path = match method {
            Method::POST if path.contains("/channels/") => format!("{path}?seq=2"),
            _ => path,
        };
        assert!(
            !path.contains('{'),
            "{path} has a parameter that this test does not know"
        );
        let route = Route {
            method,
            path,
            access,
        };
        let mut people = PEOPLE;
        // Those who may come last.
        people.sort_by_key(|who| expected(access, who).is_none());
        for who in people {
            try_route(&world, &route, who).await;
        }
        let ada = world.browser("ada").await;
        ada.send(Method::DELETE, &events.path, None, &[]).await;
    }
}

/// A raised hand of Ada's, and a look of Tom's that she has allowed; their ids.
async fn helped(world: &World, ada: &Browser, session: &str) -> (String, String) {
    // It may be up from the route before, and he may still look.
    ada.post(&format!("{session}/hand"), json!({ "step": 1 }))
        .await;
    let help = ada.get(&format!("{session}/help")).await.ok();
    let hand = help["hand"]["id"].as_str().unwrap().to_owned();
    if let Some(look) = help["look"]["id"].as_str() {
        return (hand, look.to_owned());
    }
    let learner = ada.get("/api/v1/me").await.ok()["id"].clone();
    let tom = world.browser("tom").await;
    let body = json!({ "lab": "tiny", "learner": learner });
    let look = tom.post("/api/v1/courses/nets/looks", body).await.ok();
    let look = look["id"].as_str().unwrap().to_owned();
    let allow = json!({ "answer": "allow" });
    ada.post(&format!("{session}/looks/{look}"), allow)
        .await
        .ok();
    (hand, look)
}

fn fill(path: &str, session: &str, terminal: &str) -> String {
    path.replace("displays/{app}", "displays/app-4")
        .replace("/api/v1/sessions/{id}", session)
        .replace("{id}", session.rsplit('/').next().unwrap())
        .replace("{terminal}", terminal)
        .replace("{source}", "lan")
        .replace("{file}", "bundle.json")
        .replace("{app}", "app-2")
        .replace("{task}", "made")
        .replace("{n}", "1")
        .replace("{*path}", "data.bin")
        .replace("{course}", "nets")
        .replace("{lab}", "tiny")
        .replace("{node}", "client")
        .replace("{code}", "unknown")
        .replace("{invitation}", "none")
        .replace("{registration}", "none")
}

/// A course platform that is nowhere.
async fn platform(world: &World) -> String {
    let new = json!({
        "name": "Campus", "issuer": "http://127.0.0.1:1", "client_id": labwright_store::random_id().unwrap(),
        "auth_url": "http://127.0.0.1:1/a", "token_url": "http://127.0.0.1:1/t",
        "keyset_url": "http://127.0.0.1:1/k", "deployments": ["1"],
    });
    let olga = world.browser("olga").await;
    let added = olga.post("/api/v1/operator/platforms", new).await;
    added.json()["id"].as_str().unwrap().to_owned()
}

/// Which refusal somebody gets; `None`: none.
fn expected(access: Access, who: &str) -> Option<StatusCode> {
    let unknown = matches!(who, "nobody" | "forger");
    match access {
        Access::Anyone => None,
        Access::SignedIn => unknown.then_some(StatusCode::UNAUTHORIZED),
        Access::CourseMember => match who {
            _ if unknown => Some(StatusCode::UNAUTHORIZED),
            "ada" | "bob" | "tom" => None,
            _ => Some(StatusCode::NOT_FOUND),
        },
        Access::CourseTeacher => match who {
            _ if unknown => Some(StatusCode::UNAUTHORIZED),
            "tom" => None,
            "ada" | "bob" => Some(StatusCode::FORBIDDEN),
            _ => Some(StatusCode::NOT_FOUND),
        },
        Access::SessionOwner | Access::SessionFile | Access::SessionOwnerInSocket => match who {
            _ if unknown => Some(StatusCode::UNAUTHORIZED),
            "ada" => None,
            _ => Some(StatusCode::NOT_FOUND),
        },
        Access::Looker | Access::LookerInSocket => match who {
            _ if unknown => Some(StatusCode::UNAUTHORIZED),
            "tom" => None,
            _ => Some(StatusCode::NOT_FOUND),
        },
        Access::Operator => match who {
            _ if unknown => Some(StatusCode::UNAUTHORIZED),
            "olga" => None,
            _ => Some(StatusCode::FORBIDDEN),
        },
    }
}

async fn browser(world: &World, who: &str) -> Browser {
    match who {
        "nobody" => world.stranger(),
        "forger" => Browser {
            token: Some("0".repeat(64)),
            ..world.stranger()
        },
        // A fresh token each time: one of the routes signs out.
        name => world.browser(name).await,
    }
}

async fn try_route(world: &World, route: &Route, who: &str) {
    let browser = browser(world, who).await;
    let expected = expected(route.access, who);
    let what = format!("{} {} as {who}", route.method, route.path);
    let in_socket = [Access::SessionOwnerInSocket, Access::LookerInSocket];
    if in_socket.contains(&route.access) {
        for browser in browser.both_ways() {
            try_socket(&browser, route, expected, &what).await;
        }
        return;
    }
    let body = (route.method == Method::POST).then(|| body(&route.path));
    let answer = browser
        .send(route.method.clone(), &route.path, body, &[])
        .await;
    match expected {
        Some(status) => {
            assert_eq!(answer.status, status, "{what}: {}", answer.text);
            // The refusal tells nothing about what is there.
            let ghost = route.path.replace(&session_of(&route.path), "s00000-none");
            if status == StatusCode::NOT_FOUND && ghost != route.path {
                let body = (route.method == Method::POST).then(|| self::body(&ghost));
                let absent = browser.send(route.method.clone(), &ghost, body, &[]).await;
                assert_eq!(
                    (answer.status, answer.text),
                    (absent.status, absent.text),
                    "{what}"
                );
            }
        }
        None if route.access == Access::Anyone => {
            assert!(
                !matches!(answer.status, StatusCode::FORBIDDEN),
                "{what}: {}",
                answer.text
            );
        }
        None => {
            let mut refused = vec![StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
            // Who is signed in may ask for anything; what is in the body, or saved, may not be there for all.
            if !matches!(route.access, Access::SignedIn | Access::CourseMember) {
                refused.push(StatusCode::NOT_FOUND);
            }
            assert!(
                !refused.contains(&answer.status),
                "{what}: {} {}",
                answer.status,
                answer.text
            );
            assert!(
                !answer.status.is_server_error(),
                "{what}: {} {}",
                answer.status,
                answer.text
            );
        }
    }
}

async fn try_socket(browser: &Browser, route: &Route, expected: Option<StatusCode>, what: &str) {
    let hello =
        json!({ "token": browser.token.clone().unwrap_or_default(), "cols": 80, "rows": 24 });
    // The channel itself is refused, before anything is said in it.
    let socket = match browser.dial(&route.path, None).await {
        Ok(socket) => socket,
        Err(status) => return assert_eq!(Some(status), expected, "{what}"),
    };
    let mut socket = socket.hello(hello).await;
    match expected {
        Some(status) => {
            let code = if status == StatusCode::UNAUTHORIZED {
                4401
            } else {
                4404
            };
            assert_eq!(socket.closed().await, code, "{what}");
        }
        None => {
            let first = socket.text().await;
            let known = ["session", "attached", "started"];
            assert!(
                known.iter().any(|known| first["type"] == *known),
                "{what}: {first}"
            );
        }
    }
}

fn session_of(path: &str) -> String {
    let mut parts = path
        .split('/')
        .skip_while(|part| !matches!(*part, "sessions" | "looks"))
        .skip(1);
    parts
        .next()
        .filter(|id| id.contains('-') || id.len() == 64)
        .unwrap_or("no session")
        .to_owned()
}

/// A body that the route understands.
fn body(path: &str) -> String {
    let body = match path.rsplit('/').next().unwrap_or_default() {
        "sign-in" => json!({ "name": "ada", "password": "wrong password" }),
        "sessions" => json!({ "course": "nets", "lab": "tiny" }),
        "terminals" => json!({ "node": "client" }),
        "unknown" => json!({ "name": "zoe", "display_name": "Zoe", "password": "long enough" }),
        _ => json!({}),
    };
    body.to_string()
}

#[test]
fn the_description_and_the_router_name_the_same_routes() {
    let mut described: Vec<String> = labwright_api::operations()
        .iter()
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    let mut routed: Vec<String> = routes()
        .iter()
        .map(|(method, path, _)| format!("{method} {}", path.replace("{*path}", "{path}")))
        .collect();
    described.sort();
    routed.sort();
    assert_eq!(described, routed);
    for operation in labwright_api::operations() {
        let (_, _, access) = routes()
            .into_iter()
            .find(|(method, path, _)| {
                *method == operation.method && path.replace("{*path}", "{path}") == operation.path
            })
            .unwrap();
        let open = matches!(
            access,
            Access::Anyone | Access::SessionOwnerInSocket | Access::LookerInSocket
        );
        assert_eq!(open, !operation.token, "{}", operation.path);
    }
}

#[tokio::test]
async fn a_course_that_one_is_not_in_has_no_labs_for_one() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let other = ada
        .post(
            "/api/v1/sessions",
            json!({ "course": "other", "lab": "tiny" }),
        )
        .await;
    let absent = ada
        .post(
            "/api/v1/sessions",
            json!({ "course": "none", "lab": "tiny" }),
        )
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    assert_eq!(other.text, absent.text);
}
