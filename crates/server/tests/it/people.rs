//! Signing in and out, invitations, and how often one may try.

use hyper::StatusCode;
use serde_json::json;

use crate::world::{Browser, PASSWORD, World};

#[tokio::test]
async fn a_password_gives_a_token_until_sign_out() {
    let world = World::new().await;
    let nobody = world.stranger();
    let body = json!({ "name": "ada", "password": PASSWORD });
    let signed_in = nobody.post("/api/v1/sign-in", body).await.ok();
    assert_eq!(signed_in["account"]["role"], "learner");
    let token = signed_in["token"].as_str().unwrap();
    let ada = Browser {
        token: Some(token.to_owned()),
        ..nobody.clone()
    };
    assert_eq!(ada.get("/api/v1/me").await.ok()["name"], "ada");
    ada.post("/api/v1/sign-out", json!({})).await.ok();
    assert_eq!(ada.get("/api/v1/me").await.status, StatusCode::UNAUTHORIZED);

    let database = std::fs::read(world.state().join("labwright.db")).unwrap();
    let journal = std::fs::read(world.state().join("labwright.db-wal")).unwrap_or_default();
    for bytes in [database, journal] {
        assert!(
            !bytes
                .windows(token.len())
                .any(|part| part == token.as_bytes())
        );
        assert!(
            !bytes
                .windows(PASSWORD.len())
                .any(|part| part == PASSWORD.as_bytes())
        );
    }
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_look_the_same() {
    let world = World::new().await;
    let nobody = world.stranger();
    let wrong = nobody
        .post(
            "/api/v1/sign-in",
            json!({ "name": "ada", "password": "wrong password" }),
        )
        .await;
    let unknown = nobody
        .post(
            "/api/v1/sign-in",
            json!({ "name": "zoe", "password": "wrong password" }),
        )
        .await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.text, unknown.text);
    assert_eq!(wrong.code(), "sign_in_failed");
    let french = nobody.send(
        hyper::Method::POST,
        "/api/v1/sign-in",
        Some(json!({ "name": "ada", "password": "x" }).to_string()),
        &[("accept-language", "fr-CA,fr;q=0.9,en;q=0.8")],
    );
    assert!(
        french.await.json()["error"]["message"]
            .as_str()
            .unwrap()
            .starts_with("Ce nom")
    );
}

#[tokio::test]
async fn guessing_is_slowed_down_per_name() {
    let world = World::new().await;
    let nobody = world.stranger();
    let try_as = |name: &str| {
        let (nobody, body) = (
            nobody.clone(),
            json!({ "name": name, "password": "guess guess" }),
        );
        async move { nobody.post("/api/v1/sign-in", body).await }
    };
    let mut refused = None;
    for _ in 0..12 {
        let answer = try_as("ada").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(answer);
        }
    }
    let refused = refused.expect("the eleventh guess is refused");
    assert_eq!(refused.code(), "too_many");
    let seconds: u64 = refused.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&seconds));
    assert!(
        refused.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains(&seconds.to_string())
    );
    // Somebody else on the same address is not in the way.
    let bob = nobody
        .post(
            "/api/v1/sign-in",
            json!({ "name": "bob", "password": PASSWORD }),
        )
        .await;
    assert_eq!(bob.status, StatusCode::OK);
}

#[tokio::test]
async fn an_invitation_lets_somebody_in() {
    let world = World::new().await;
    let tom = world.browser("tom").await;
    let made = tom
        .post("/api/v1/courses/nets/invitations", json!({}))
        .await
        .ok();
    let code = made["code"].as_str().unwrap();
    assert!(
        made["url"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/invitations/{code}"))
    );
    let path = format!("/api/v1/invitations/{code}");
    let nobody = world.stranger();
    assert_eq!(nobody.get(&path).await.ok()["title"], "Course nets");

    let join = |name: &str, password: &str| json!({ "name": name, "display_name": "Zoe Z", "password": password });
    assert_eq!(
        nobody.post(&path, join("zoe", "short")).await.code(),
        "bad_password"
    );
    assert_eq!(
        nobody.post(&path, join("z o e", PASSWORD)).await.code(),
        "bad_name"
    );
    assert_eq!(
        nobody.post(&path, join("ada", PASSWORD)).await.code(),
        "name_taken"
    );
    let joined = nobody.post(&path, join("zoe", PASSWORD)).await.ok();
    let zoe = Browser {
        token: joined["token"].as_str().map(str::to_owned),
        ..nobody.clone()
    };
    assert_eq!(zoe.get("/api/v1/courses").await.ok()[0]["id"], "nets");

    // Who has an account joins with it; a teacher does not become a learner by it.
    let olga = world.browser("olga").await;
    olga.post(&path, json!({})).await.ok();
    assert_eq!(olga.get("/api/v1/courses").await.ok()[0]["role"], "learner");
    tom.post(&path, json!({})).await.ok();
    assert_eq!(tom.get("/api/v1/courses").await.ok()[0]["role"], "teacher");
    assert_eq!(
        nobody.get("/api/v1/invitations/none").await.code(),
        "invitation_gone"
    );

    let progress = tom.get("/api/v1/courses/nets/progress").await.ok();
    let names: Vec<_> = progress["learners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["display_name"])
        .collect();
    assert!(names.contains(&&json!("Zoe Z")), "{names:?}");
}

#[tokio::test]
async fn a_sign_out_ends_open_sockets() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    let mut events = ada
        .socket(&format!("{path}/events"), json!({ "token": ada.token }))
        .await;
    events.text().await;
    ada.post("/api/v1/sign-out", json!({})).await.ok();
    assert_eq!(events.closed().await, 4401);
}

#[tokio::test]
async fn the_configuration_changes_passwords_and_roles_of_those_who_are_there() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let olga = world.browser("olga").await;
    assert_eq!(
        olga.get("/api/v1/operator/sessions").await.status,
        StatusCode::OK
    );
    let world = world.restart_with(|config| {
        config.accounts[0].password = Some("another good password".into());
        config.accounts[4].operator = false;
    });
    let world = world.await;
    let olga = Browser {
        address: world.server.address,
        ..olga
    };
    assert_eq!(
        olga.get("/api/v1/operator/sessions").await.status,
        StatusCode::FORBIDDEN
    );
    // The old sign-in ends as soon as the new password is known to be another one.
    let ada = Browser {
        address: world.server.address,
        ..ada
    };
    let began = std::time::Instant::now();
    while ada.get("/api/v1/me").await.status != StatusCode::UNAUTHORIZED {
        assert!(began.elapsed() < std::time::Duration::from_secs(20));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let sign_in = |password: &str| {
        let (nobody, body) = (
            world.stranger(),
            json!({ "name": "ada", "password": password }),
        );
        async move { nobody.post("/api/v1/sign-in", body).await.status }
    };
    assert_eq!(sign_in(PASSWORD).await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in("another good password").await, StatusCode::OK);
}

#[tokio::test]
async fn a_short_code_is_typed_counted_and_closed() {
    let world = World::new().await;
    let (tom, nobody) = (world.browser("tom").await, world.stranger());
    let body = json!({ "short": true, "uses": 2, "days": 1 });
    let made = tom
        .post("/api/v1/courses/nets/invitations", body)
        .await
        .ok();
    let code = made["code"].as_str().unwrap();
    assert_eq!((code.len(), code.as_bytes()[4]), (9, b'-'));
    let typed = code.replace('-', "").to_uppercase();
    let path = format!("/api/v1/invitations/{typed}");
    assert_eq!(nobody.get(&path).await.ok()["course"], "nets");
    for name in ["zoe", "yan"] {
        let join = json!({ "name": name, "display_name": name, "password": PASSWORD });
        nobody.post(&path, join).await.ok();
    }
    assert_eq!(nobody.get(&path).await.code(), "invitation_gone");

    let people = || async { tom.get("/api/v1/courses/nets/people").await.ok() };
    let open = |people: &serde_json::Value| people["invitations"].as_array().unwrap().len();
    assert_eq!(open(&people().await), 0);
    tom.post("/api/v1/courses/nets/invitations", json!({ "short": true }))
        .await
        .ok();
    let listed = people().await;
    assert_eq!(open(&listed), 1);
    assert_eq!(listed["invitations"][0]["hint"].as_str().unwrap().len(), 2);
    let id = listed["invitations"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/courses/nets/invitations/{id}");
    tom.send(hyper::Method::DELETE, &path, None, &[]).await;
    assert_eq!(open(&people().await), 0);
}

/// Two people and two faults, as Excel saves them.
fn class_list() -> String {
    let list =
        "Courriel;Prénom;Nom;Groupe\nzoe@x.org;Zoé;Müller;A\nyan@x.org;Yan;Ho;B\nada;;;\nbad@;;;\n";
    let bytes: Vec<u8> = list
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
}

#[tokio::test]
async fn a_class_list_is_read_applied_again_and_undone() {
    let world = World::new().await;
    let (tom, nobody) = (world.browser("tom").await, world.stranger());
    let file = class_list();
    let send = |apply: bool| {
        let (tom, body) = (tom.clone(), json!({ "file": file, "apply": apply }));
        async move { tom.post("/api/v1/courses/nets/class-list", body).await.ok() }
    };
    let read = send(false).await;
    assert_eq!(read["encoding"], "Windows-1252");
    assert_eq!(read["people"].as_array().unwrap().len(), 2);
    assert_eq!(read["people"][0]["display_name"], "Zoé Müller");
    assert_eq!(
        read["faults"],
        json!([{ "line": 4, "fault": "bad_email" }, { "line": 5, "fault": "bad_email" }])
    );
    let people = || async { tom.get("/api/v1/courses/nets/people").await.ok() };
    let count = |people: &serde_json::Value| people["people"].as_array().unwrap().len();
    let before = count(&people().await);

    let applied = send(true).await;
    let code = |roster: &serde_json::Value, n: usize| {
        roster["people"][n]["code"].as_str().unwrap().to_owned()
    };
    let first = code(&applied, 0);
    assert_eq!(count(&people().await), before + 2);
    // Again: new codes, the old ones are worth nothing, nobody is there twice.
    let again = send(true).await;
    assert_eq!(
        (count(&people().await), &again["people"][0]["change"]),
        (before + 2, &json!("stays"))
    );
    assert_eq!(
        nobody
            .get(&format!("/api/v1/invitations/{first}"))
            .await
            .code(),
        "invitation_gone"
    );
    let path = format!("/api/v1/invitations/{}", code(&again, 0));
    assert_eq!(nobody.get(&path).await.ok()["name"], "zoe@x.org");
    let join = json!({ "name": "", "display_name": "", "password": PASSWORD });
    let joined = nobody.post(&path, join.clone()).await.ok();
    assert_eq!(joined["account"]["name"], "zoe@x.org");
    assert_eq!(nobody.post(&path, join).await.code(), "invitation_gone");
    let zoe = Browser {
        token: joined["token"].as_str().map(str::to_owned),
        ..nobody.clone()
    };
    zoe.launch("nets", "tiny").await;
    // Whoever has a password gets no code that would give another.
    let third = send(true).await;
    assert_eq!(third["people"][0]["code"], serde_json::Value::Null);

    // The first list is undone last: Zoe has worked and stays, Yan and his account are gone.
    for _ in 0..3 {
        tom.post("/api/v1/courses/nets/class-list/undo", json!({}))
            .await
            .ok();
    }
    let left = people().await;
    assert_eq!(count(&left), before + 1);
    assert!(left.to_string().contains("zoe@x.org") && !left.to_string().contains("yan@x.org"));
    assert_eq!(zoe.get("/api/v1/courses").await.ok()[0]["id"], "nets");
}
