//! An operator sets up a platform: by hand, by its own registration, and finds out what is wrong.

use hyper::StatusCode;
use serde_json::{Value, json};
use url::Url;

use crate::lti::{Campus, LEARNER, TEACHER, arrived, refused};
use crate::platform::{CLIENT, Fault, Keys, Platform, Ways, claim};
use crate::world::Browser;

/// The findings of a self-test, as `level code`.
async fn findings(olga: &Browser, id: &str) -> Vec<String> {
    let path = format!("/api/v1/operator/platforms/{id}/test");
    let test = olga.post(&path, json!({})).await.ok();
    let found = test["findings"].as_array().unwrap();
    let line = |one: &Value| {
        let text = |name: &str| one[name].as_str().unwrap().to_owned();
        format!("{} {}", text("level"), text("code"))
    };
    found.iter().map(line).collect()
}

async fn the_one(olga: &Browser) -> Value {
    olga.get("/api/v1/operator/platforms").await.ok()["platforms"][0].clone()
}

#[tokio::test]
async fn a_self_test_says_what_is_wrong() {
    let campus = Campus::new().await;
    let olga = campus.world.browser("olga").await;
    let id = the_one(&olga).await["id"].as_str().unwrap().to_owned();
    assert_eq!(
        findings(&olga, &id).await,
        [
            "note own_local",
            "good keys",
            "good clock",
            "good auth",
            "good token",
            "note never_launched"
        ]
    );
    for (keys, code) in [
        (Keys::Page, "bad keys_html"),
        (Keys::Nonsense, "bad keys_not_json"),
        (Keys::NoRsa, "bad keys_no_rsa"),
        (Keys::Missing, "bad keys_status"),
    ] {
        campus.platform.kept.lock().unwrap().keys = keys;
        let found = findings(&olga, &id).await;
        assert!(found.contains(&code.to_owned()), "{found:?}");
    }
    campus.platform.kept.lock().unwrap().keys = Keys::Good;
    campus.platform.fault(Fault::Down);
    let found = findings(&olga, &id).await;
    assert!(found.contains(&"bad token_status".to_owned()), "{found:?}");
    // Its clock is an hour ahead: it takes our assertion for an old one.
    campus.platform.fault(Fault::None);
    campus.platform.kept.lock().unwrap().ahead_ms = 3_600_000;
    let found = findings(&olga, &id).await;
    assert!(found.contains(&"bad token_refused".to_owned()), "{found:?}");
    campus.platform.kept.lock().unwrap().ahead_ms = 0;

    refuse_some(&campus).await;
    let found = findings(&olga, &id).await;
    let last = &found[found.len() - 4..];
    let mut seen = last.to_vec();
    seen.sort();
    assert_eq!(
        seen,
        [
            "bad seen_client",
            "bad seen_clock",
            "bad seen_deployment",
            "bad seen_issuer"
        ]
    );
    // A launch that comes through ends them.
    let (page, _) = arrived(campus.launch_with("tom-7", TEACHER, |_| {}).await).await;
    assert!(page.ends_with("/launched"));
    let found = findings(&olga, &id).await;
    assert_eq!(found.last().unwrap(), "good launched");
}

/// Launches that are refused, each for something that an operator can mend.
async fn refuse_some(campus: &Campus) {
    let deployment = campus
        .launch_with("ada-7", LEARNER, |claims| {
            claims[claim("deployment_id")] = json!("9");
        })
        .await;
    refused(deployment, "deployment").await;
    let old = campus
        .launch_with("ada-7", LEARNER, |claims| claims["exp"] = json!(1))
        .await;
    refused(old, "clocks").await;
    for (name, value) in [("client_id", "another"), ("iss", "http://campus/")] {
        let mut url = Url::parse(&format!("{}/lti/login", campus.tool())).unwrap();
        let own = [
            ("iss", campus.platform.issuer()),
            ("client_id", CLIENT.to_owned()),
            ("login_hint", "7".to_owned()),
            ("target_link_uri", format!("{}/lti/launch", campus.tool())),
        ];
        for (key, own) in own {
            url.query_pairs_mut()
                .append_pair(key, if key == name { value } else { &own });
        }
        refused(campus.web.get(url).send().await.unwrap(), "not registered").await;
    }
}

#[tokio::test]
async fn a_registration_is_changed_and_gets_deployments() {
    let campus = Campus::new().await;
    let olga = campus.world.browser("olga").await;
    let id = the_one(&olga).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/operator/platforms/{id}");
    let second = json!({ "deployment": " 2 " });
    let more = olga.post(&format!("{path}/deployments"), second).await.ok();
    assert_eq!(more["deployments"], json!(["1", "2"]));
    let none = json!({ "deployment": " " });
    let none = olga.post(&format!("{path}/deployments"), none).await;
    assert_eq!(none.code(), "bad_request");
    let answer = campus
        .launch_with("ada-7", LEARNER, |claims| {
            claims[claim("deployment_id")] = json!("2");
        })
        .await;
    arrived(answer).await;
    let mut changed = campus.platform.registration();
    changed["name"] = json!("Campus two");
    let shown = olga.post(&path, changed.clone()).await.ok();
    assert_eq!(
        (&shown["name"], &shown["deployments"]),
        (&json!("Campus two"), &json!(["1"]))
    );
    assert!(shown["launched_at"].is_i64());
    changed["token_url"] = json!("nonsense");
    assert_eq!(olga.post(&path, changed).await.code(), "bad_request");
    let other = "/api/v1/operator/platforms/none";
    let gone = olga.post(other, campus.platform.registration()).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn moodle_registers_itself_and_launches() {
    let campus = Campus::with(Ways::Moodle).await;
    let olga = campus.world.browser("olga").await;
    // Another site of the same school, of which nothing is known yet.
    let site = Platform::with(Ways::Moodle).await;
    let link = olga
        .post("/api/v1/operator/platforms/links", json!({}))
        .await
        .ok();
    let mut url = Url::parse(link["url"].as_str().unwrap()).unwrap();
    url.query_pairs_mut()
        .append_pair("openid_configuration", &site.url("/configuration"))
        .append_pair("registration_token", "once");
    // 40: whoever has no token gets nowhere, and the link is still good.
    let bare = format!(
        "{}?openid_configuration={}",
        link["url"].as_str().unwrap(),
        site.url("/configuration")
    );
    refused(
        campus.web.get(bare).send().await.unwrap(),
        "was not registered",
    )
    .await;
    let done = campus.web.get(url.clone()).send().await.unwrap();
    assert_eq!(done.status(), reqwest::StatusCode::OK);
    assert!(done.text().await.unwrap().contains("activate the tool"));
    refused(campus.web.get(url).send().await.unwrap(), "link is unknown").await;
    let sent = site.kept.lock().unwrap().registered.clone().unwrap();
    assert_eq!(
        sent["redirect_uris"],
        json!([format!("{}/lti/launch", campus.tool())])
    );
    let all = olga.get("/api/v1/operator/platforms").await.ok();
    let known = all["platforms"].as_array().unwrap();
    let ours = known
        .iter()
        .find(|known| known["issuer"] == json!(site.url("")))
        .unwrap();
    assert_eq!(
        (&ours["client_id"], &ours["deployments"]),
        (&json!(CLIENT), &json!(["4"]))
    );
    // What it registered works: its launches come through.
    let campus = Campus {
        platform: site,
        ..campus
    };
    let answer = campus
        .launch_with("3", "Learner", |claims| {
            claims[claim("deployment_id")] = json!("4");
        })
        .await;
    arrived(answer).await;
}

#[tokio::test]
async fn scores_arrive_in_the_ways_of_every_platform() {
    for ways in [Ways::Moodle, Ways::Canvas] {
        let campus = Campus::with(ways).await;
        let (ada, to) = campus.enter("7", LEARNER).await;
        campus.answer(&ada, &to, "3").await;
        campus.until("7", 0.0).await;
        campus.platform.fault(Fault::Forgetful);
        campus.answer(&ada, &to, "4").await;
        campus.until("7", 1.0).await;
    }
}

#[tokio::test]
async fn a_teacher_sees_learners_who_never_came() {
    let campus = Campus::with(Ways::Canvas).await;
    {
        let mut kept = campus.platform.kept.lock().unwrap();
        kept.page = 2;
        let member = |id: &str, role: &str, status: &str| {
            [id, role, &format!("{id} of Campus"), status]
                .map(str::to_owned)
                .into()
        };
        kept.members = vec![
            member("ada-7", LEARNER, "Active"),
            member("bob-7", "Learner", "Active"),
            member("tom-7", TEACHER, "Active"),
            member("eve-7", LEARNER, "Inactive"),
            member("zoe-7", LEARNER, "Active"),
        ];
    }
    let (_, to) = campus.enter("ada-7", LEARNER).await;
    let (tom, _) = campus.enter("tom-7", TEACHER).await;
    let course = to.split('/').nth(2).unwrap();
    let roster = format!("/api/v1/courses/{course}/roster");
    let names = || async {
        let progress = tom
            .get(&format!("/api/v1/courses/{course}/progress"))
            .await
            .ok();
        let rows = progress["learners"].as_array().unwrap().clone();
        let mut names: Vec<String> = rows
            .iter()
            .map(|row| row["display_name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    let shown = tom.post(&roster, json!({})).await.ok();
    assert_eq!(
        (&shown["listed"], &shown["learners"], &shown["said"]),
        (&json!(true), &json!(3), &json!("read"))
    );
    let three = ["ada-7 of Campus", "bob-7 of Campus", "zoe-7 of Campus"];
    assert_eq!(names().await, three);
    // Bob comes by himself, Zoe leaves the course.
    campus.enter("bob-7", LEARNER).await;
    campus.platform.kept.lock().unwrap().members.truncate(1);
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    assert_eq!(
        tom.post(&roster, json!({})).await.ok()["learners"],
        json!(1)
    );
    assert_eq!(names().await, three[..2]);
    // Nobody else asks.
    let tom_here = campus.world.browser("tom").await;
    assert_eq!(
        tom_here.post(&roster, json!({})).await.status,
        StatusCode::NOT_FOUND
    );
}
