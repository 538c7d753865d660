//! A course platform launches labs here, and gets the scores.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use url::Url;

use crate::apps::Site;
use crate::platform::{CLIENT, Fault, Platform, Ways, claim};
use crate::world::{Browser, World};

pub const LEARNER: &str = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner";
pub const TEACHER: &str = "Instructor";

pub struct Campus {
    pub world: World,
    pub platform: Platform,
    pub web: reqwest::Client,
}

/// A sign-in that was answered.
pub struct SignIn {
    pub state: String,
    pub nonce: String,
    pub cookie: String,
}

impl Campus {
    pub async fn new() -> Self {
        Self::with(Ways::OpenEdx).await
    }

    pub async fn with(ways: Ways) -> Self {
        Self::of(ways, |_| {}).await
    }

    async fn of(ways: Ways, change: impl FnOnce(&mut labwright_server::Config)) -> Self {
        let world = World::with(|config| {
            config.lti.private_networks = true;
            change(config);
        })
        .await;
        let platform = Platform::with(ways).await;
        let olga = world.browser("olga").await;
        let added = olga
            .post("/api/v1/operator/platforms", platform.registration())
            .await;
        assert_eq!(added.status, hyper::StatusCode::CREATED, "{}", added.text);
        let web = reqwest::Client::builder().redirect(Policy::none());
        Self {
            world,
            platform,
            web: web.build().unwrap(),
        }
    }

    pub fn tool(&self) -> String {
        format!("http://{}", self.world.server.address)
    }

    pub async fn restart(self) -> Self {
        let change = |config: &mut labwright_server::Config| config.lti.private_networks = true;
        Self {
            world: self.world.restart_with(change).await,
            ..self
        }
    }

    pub async fn sign_in(&self) -> SignIn {
        let mut url = Url::parse(&format!("{}/lti/login", self.tool())).unwrap();
        url.query_pairs_mut()
            .append_pair("iss", &self.platform.issuer())
            .append_pair("client_id", CLIENT)
            .append_pair("login_hint", "7")
            .append_pair("target_link_uri", &format!("{}/lti/launch", self.tool()));
        let answer = self.web.get(url).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FOUND);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.starts_with("__Host-lti-"), "{cookie}");
        assert!(
            cookie.ends_with("Path=/; Max-Age=600; Secure; HttpOnly; SameSite=None; Partitioned")
        );
        let to = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        assert!(to.as_str().starts_with(&self.platform.url("/auth?")));
        let find = |name: &str| {
            let mut pairs = to.query_pairs();
            pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
        };
        SignIn {
            state: find("state"),
            nonce: find("nonce"),
            cookie: cookie.split(';').next().unwrap().to_owned(),
        }
    }

    pub async fn post(&self, state: &str, token: &str, cookie: &str) -> reqwest::Response {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("state", state)
            .append_pair("id_token", token)
            .finish();
        let request = self
            .web
            .post(format!("{}/lti/launch", self.tool()))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", self.platform.url(""))
            .header("cookie", cookie)
            .body(body);
        request.send().await.unwrap()
    }

    pub async fn launch_with(
        &self,
        user: &str,
        role: &str,
        change: impl FnOnce(&mut Value),
    ) -> reqwest::Response {
        let sign_in = self.sign_in().await;
        let mut claims = self
            .platform
            .claims(&self.tool(), user, role, &sign_in.nonce);
        change(&mut claims);
        let token = self.platform.key.sign(&claims).unwrap();
        self.post(&sign_in.state, &token, &sign_in.cookie).await
    }

    /// Launches and redeems: who came, and where the launch leads.
    pub async fn enter(&self, user: &str, role: &str) -> (Browser, String) {
        let answer = self.launch_with(user, role, |_| {}).await;
        let (page, code) = arrived(answer).await;
        assert!(page.ends_with("/launched"), "{page}");
        let nobody = self.world.stranger();
        let launched = nobody
            .post("/api/v1/lti/launches", json!({ "code": code }))
            .await
            .ok();
        assert_eq!(launched["confirm"], false);
        let browser = Browser {
            token: launched["token"].as_str().map(str::to_owned),
            ..nobody
        };
        (browser, launched["to"].as_str().unwrap().to_owned())
    }

    /// A learner answers the lab's question, which is worth a point.
    pub async fn answer(&self, browser: &Browser, to: &str, answer: &str) -> Value {
        let [course, lab] = to
            .strip_prefix("/labs/")
            .unwrap()
            .split('/')
            .collect::<Vec<_>>()[..]
        else {
            panic!("{to}")
        };
        let path = browser.launch(course, lab).await;
        let body = json!({ "answer": answer });
        browser
            .post(&format!("{path}/tasks/count/check"), body)
            .await
            .ok()
    }

    pub async fn until(&self, user: &str, points: f64) {
        let began = Instant::now();
        while self.platform.score_of(user) != Some(points) {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "no score of {points} for {user}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The page and the code that a launch leads to.
pub async fn arrived(answer: reqwest::Response) -> (String, String) {
    let status = answer.status();
    let location = answer.headers().get("location").cloned();
    assert_eq!(
        status,
        StatusCode::SEE_OTHER,
        "{}",
        answer.text().await.unwrap()
    );
    let location = location.unwrap().to_str().unwrap().to_owned();
    let (page, code) = location.split_once("#code=").unwrap();
    (page.to_owned(), code.to_owned())
}

pub async fn refused(answer: reqwest::Response, words: &str) {
    assert!(answer.status().is_client_error(), "{}", answer.status());
    assert!(
        answer.headers().get("x-frame-options").is_none(),
        "it is read in the platform's frame"
    );
    let text = answer.text().await.unwrap();
    assert!(text.contains(words), "{text}");
}

#[tokio::test]
async fn a_learner_is_launched_and_the_score_arrives() {
    let campus = Campus::new().await;
    let (ada, to) = campus.enter("ada-7", LEARNER).await;
    let me = ada.get("/api/v1/me").await.ok();
    assert_eq!(
        (&me["display_name"], &me["role"]),
        (&json!("ada-7 of Campus"), &json!("learner"))
    );
    let courses = ada.get("/api/v1/courses").await.ok();
    assert_eq!(courses[0]["title"], "Networks at Campus");
    assert_eq!(courses.as_array().unwrap().len(), 1);
    campus.answer(&ada, &to, "3").await;
    campus.until("ada-7", 0.0).await;
    campus.answer(&ada, &to, "4").await;
    campus.until("ada-7", 1.0).await;
    let kept = campus.platform.kept.lock().unwrap();
    assert_eq!(kept.line_items.len(), 1);
    assert_eq!(
        (
            &kept.line_items[0]["scoreMaximum"],
            &kept.line_items[0]["label"]
        ),
        (&json!(5), &json!("Lab one"))
    );
}

#[tokio::test]
async fn platforms_courses_are_apart_and_a_teacher_sees_theirs() {
    let campus = Campus::new().await;
    let (ada, to) = campus.enter("ada-7", LEARNER).await;
    campus.answer(&ada, &to, "4").await;
    let (tom, _) = campus.enter("tom-7", TEACHER).await;
    let course = to.split('/').nth(2).unwrap();
    let progress = tom
        .get(&format!("/api/v1/courses/{course}/progress"))
        .await
        .ok();
    let names: Vec<_> = progress["learners"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["display_name"])
        .collect();
    assert_eq!(names, [&json!("ada-7 of Campus")]);
    assert_eq!(
        ada.get(&format!("/api/v1/courses/{course}/progress"))
            .await
            .status,
        hyper::StatusCode::FORBIDDEN
    );
    // The teacher of the configured course is none of theirs, and they none of his.
    assert_eq!(
        tom.get("/api/v1/courses/nets/progress").await.status,
        hyper::StatusCode::NOT_FOUND
    );
    // Another course of the same platform is another course here, with the same person.
    let other = campus
        .launch_with("ada-7", LEARNER, |claims| {
            claims[claim("context")] = json!({ "id": "course 8" });
            claims[claim("resource_link")]["id"] = json!("link 8");
        })
        .await;
    let (_, code) = arrived(other).await;
    let launched = ada
        .post("/api/v1/lti/launches", json!({ "code": code }))
        .await
        .ok();
    assert_ne!(launched["to"].as_str().unwrap(), to);
    assert_eq!(
        launched["account"]["id"],
        ada.get("/api/v1/me").await.ok()["id"]
    );
}

#[tokio::test]
async fn a_sign_in_is_good_once_and_in_one_browser() {
    let campus = Campus::new().await;
    let sign_in = campus.sign_in().await;
    let claims = campus
        .platform
        .claims(&campus.tool(), "ada-7", LEARNER, &sign_in.nonce);
    let token = campus.platform.key.sign(&claims).unwrap();
    // 27: the same token many times at once: one gets in.
    let tries = (0..8).map(|_| campus.post(&sign_in.state, &token, &sign_in.cookie));
    let answers = futures::future::join_all(tries).await;
    let taken = answers
        .iter()
        .filter(|answer| answer.status() == StatusCode::SEE_OTHER)
        .count();
    assert_eq!(taken, 1);
    // 28: another browser's state, whose own cookie shows that it keeps them.
    let (mine, theirs) = (campus.sign_in().await, campus.sign_in().await);
    let claims = campus
        .platform
        .claims(&campus.tool(), "ada-7", LEARNER, &theirs.nonce);
    let token = campus.platform.key.sign(&claims).unwrap();
    refused(
        campus.post(&theirs.state, &token, &mine.cookie).await,
        "This sign-in is over",
    )
    .await;
    refused(
        campus.post("unknown", &token, "").await,
        "This sign-in is over",
    )
    .await;
    // 26: a nonce of another sign-in.
    let other = campus.sign_in().await;
    refused(
        campus.post(&other.state, &token, &other.cookie).await,
        "nonce",
    )
    .await;
    // Without cookies it works, but a person says who they are.
    let plain = campus.sign_in().await;
    let claims = campus
        .platform
        .claims(&campus.tool(), "ada-7", LEARNER, &plain.nonce);
    let token = campus.platform.key.sign(&claims).unwrap();
    let (_, code) = arrived(campus.post(&plain.state, &token, "").await).await;
    let nobody = campus.world.stranger();
    let launched = nobody
        .post("/api/v1/lti/launches", json!({ "code": code }))
        .await
        .ok();
    assert_eq!(launched["confirm"], true);
    let again = nobody
        .post("/api/v1/lti/launches", json!({ "code": code }))
        .await;
    assert_eq!(again.code(), "launch_gone");
}

#[tokio::test]
async fn a_platform_that_keeps_things_is_given_the_mark_beside_the_cookie() {
    let campus = Campus::new().await;
    let ask = format!(
        "{}/lti/login?iss={}&client_id={CLIENT}&login_hint=7&lti_storage_target=_parent&target_link_uri={}/lti/launch",
        campus.tool(),
        campus.platform.issuer(),
        campus.tool(),
    );
    let sign_in = async || {
        let page = campus.web.get(&ask).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        let cookie = page.headers()["set-cookie"].to_str().unwrap().to_owned();
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        let origin = campus.platform.url("");
        assert!(
            policy.contains(&format!("frame-ancestors 'self' {origin}")),
            "{policy}"
        );
        let text = page.text().await.unwrap().replace("&amp;", "&");
        let data = |name: &str| {
            let from = text.split_once(&format!("data-{name}=\"")).unwrap().1;
            from.split_once('"').unwrap().0.to_owned()
        };
        assert_eq!(
            (data("target"), data("origin")),
            ("_parent".to_owned(), origin)
        );
        let to = Url::parse(&data("to")).unwrap();
        let nonce = to
            .query_pairs()
            .find(|(key, _)| key == "nonce")
            .unwrap()
            .1
            .into_owned();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        assert_eq!(cookie, format!("{}=1", data("key")));
        (data("key"), data("value"), nonce, cookie)
    };
    for keeps_cookies in [false, true] {
        let (key, state, nonce, cookie) = sign_in().await;
        let claims = campus
            .platform
            .claims(&campus.tool(), "ada-7", LEARNER, &nonce);
        let token = campus.platform.key.sign(&claims).unwrap();
        let brought = if keeps_cookies { cookie.as_str() } else { "" };
        let (_, code) = arrived(campus.post(&state, &token, brought).await).await;
        let nobody = campus.world.stranger();
        let launched = nobody
            .post("/api/v1/lti/launches", json!({ "code": code }))
            .await
            .ok();
        let storage = match keeps_cookies {
            true => Value::Null,
            false => {
                json!({ "target": "_parent", "origin": campus.platform.url(""), "key": key, "value": state })
            }
        };
        assert_eq!(
            (&launched["confirm"], &launched["storage"]),
            (&json!(!keeps_cookies), &storage)
        );
    }
}

#[tokio::test]
async fn messages_that_are_not_right_are_refused_in_words() {
    let campus = Campus::new().await;
    let launch = |change: fn(&mut Value)| campus.launch_with("ada-7", LEARNER, change);
    refused(
        launch(|claims| claims[claim("deployment_id")] = json!("9")).await,
        "deployment",
    )
    .await;
    refused(launch(|claims| claims["exp"] = json!(1)).await, "clocks").await;
    refused(
        launch(|claims| claims[claim("custom")]["labwright"] = json!("nets/none")).await,
        "lab of this link",
    )
    .await;
    refused(
        launch(|claims| claims[claim("custom")]["labwright"] = json!("nets/tiny/9")).await,
        "lab of this link",
    )
    .await;
    refused(
        launch(|claims| claims[claim("custom")] = json!({})).await,
        "No lab has been chosen",
    )
    .await;
    // 33: the platform says no, and means it kindly.
    let sign_in = campus.sign_in().await;
    let body = format!("error=login_required&state={}", sign_in.state);
    let url = format!("{}/lti/launch", campus.tool());
    let request = campus
        .web
        .post(&url)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("accept-language", "fr");
    refused(request.body(body).send().await.unwrap(), "Reconnectez-vous").await;
    // 42: never by GET.
    let by_get = campus.web.get(&url).send().await.unwrap();
    assert_eq!(by_get.status(), StatusCode::METHOD_NOT_ALLOWED);
    // 32
    let unknown = format!(
        "{}/lti/login?iss=https://x&login_hint=1&target_link_uri={url}",
        campus.tool()
    );
    refused(
        campus.web.get(unknown).send().await.unwrap(),
        "not registered",
    )
    .await;
    // 34: another key: the set is read again once, not for every token.
    let sign_in = campus.sign_in().await;
    let claims = campus
        .platform
        .claims(&campus.tool(), "ada-7", LEARNER, &sign_in.nonce);
    let stranger = tokio::task::spawn_blocking(|| labwright_lti::ToolKey::generate().unwrap())
        .await
        .unwrap();
    let token = stranger.sign(&claims).unwrap();
    refused(
        campus.post(&sign_in.state, &token, &sign_in.cookie).await,
        "no key of this id",
    )
    .await;
}

#[tokio::test]
async fn a_teacher_picks_and_the_link_leads_there() {
    let campus = Campus::new().await;
    let dl = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings";
    let return_url = campus.platform.url("/return");
    let request = campus
        .launch_with("tom-7", TEACHER, |claims| {
            claims[claim("message_type")] = json!("LtiDeepLinkingRequest");
            claims[dl] = json!({ "deep_link_return_url": return_url, "accept_types": ["ltiResourceLink"], "data": "d" });
        })
        .await;
    let (page, code) = arrived(request).await;
    assert!(page.ends_with("/pick"));
    let nobody = campus.world.stranger();
    let choices = nobody
        .post("/api/v1/lti/choices", json!({ "code": code }))
        .await
        .ok();
    assert_eq!(choices["labs"][0]["title"], "A tiny lab");
    assert_eq!(
        (
            &choices["new_link"],
            &choices["labs"][0]["steps"][1]["points"]
        ),
        (&json!(true), &json!(1.0))
    );
    let pick = json!({ "code": code, "course": "nets", "lab": "tiny", "step": 1, "points": 10, "due_at": 1_800_000_000_000_i64 });
    let picked = nobody.post("/api/v1/lti/picks", pick.clone()).await.ok();
    assert_eq!(picked["return_url"], json!(return_url));
    let payload = picked["jwt"]
        .as_str()
        .unwrap()
        .split('.')
        .nth(1)
        .unwrap()
        .to_owned();
    let payload =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    let item = &claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"][0];
    assert_eq!(
        (
            &item["custom"]["labwright"],
            &item["lineItem"]["scoreMaximum"]
        ),
        (&json!("nets/tiny/1"), &json!(10))
    );
    assert_eq!(
        nobody.post("/api/v1/lti/picks", pick).await.code(),
        "launch_gone",
        "once"
    );
    // The platform makes a link of it; its launch leads to the step.
    let answer = campus
        .launch_with("ada-7", LEARNER, |claims| {
            claims[claim("custom")]["labwright"] = json!("nets/tiny/1")
        })
        .await;
    let (_, code) = arrived(answer).await;
    let launched = nobody
        .post("/api/v1/lti/launches", json!({ "code": code }))
        .await
        .ok();
    assert!(
        launched["to"].as_str().unwrap().ends_with("/tiny#step-1"),
        "{launched}"
    );
}

#[tokio::test]
async fn a_bare_link_gets_its_lab_from_the_first_teacher() {
    let campus = Campus::new().await;
    let nobody = campus.world.stranger();
    let plain = |user: &'static str, role: &'static str| {
        campus.launch_with(user, role, |claims| {
            claims[claim("custom")] = json!({});
            claims[claim("resource_link")]["id"] = json!("bare");
        })
    };
    refused(plain("ada-7", LEARNER).await, "No lab has been chosen").await;
    let (page, code) = arrived(plain("tom-7", TEACHER).await).await;
    assert!(page.ends_with("/pick"));
    let pick = json!({ "code": code, "course": "nets", "lab": "tiny" });
    assert_eq!(
        nobody.post("/api/v1/lti/picks", pick).await.ok()["return_url"],
        json!(null)
    );
    let (page, _) = arrived(plain("ada-7", LEARNER).await).await;
    assert!(page.ends_with("/launched"));
}

#[tokio::test]
async fn a_labs_own_pages_may_be_framed_by_its_platform_too() {
    let campus = Campus::new().await;
    let (ada, to) = campus.enter("ada-7", LEARNER).await;
    let (course, lab) = to.strip_prefix("/labs/").unwrap().split_once('/').unwrap();
    let session = ada.launch(course, lab).await;
    let site = Site::open(&campus.world, &ada, &session, "app-3").await;
    let shown = site.get("/index.html", &[]).await;
    assert_eq!(shown.status, hyper::StatusCode::OK, "{}", shown.text);
    let policy = shown.headers["content-security-policy"].to_str().unwrap();
    let expected = format!(
        "frame-ancestors 'self' {} {}",
        campus.tool(),
        campus.platform.url("")
    );
    assert!(policy.contains(&expected), "{policy}");
}

#[tokio::test]
async fn the_page_may_be_framed_by_its_platform_alone() {
    let campus = Campus::new().await;
    let (page, _) = arrived(campus.launch_with("ada-7", LEARNER, |_| {}).await).await;
    let framed = campus
        .web
        .get(format!("{}{page}", campus.tool()))
        .send()
        .await
        .unwrap();
    let policy = framed.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    let platform = campus.platform.url("");
    assert!(
        policy.contains(&format!("frame-ancestors 'self' {platform}")),
        "{policy}"
    );
    assert!(policy.contains(&format!("form-action 'self' {platform}")));
    assert!(framed.headers().get("x-frame-options").is_none());
    let plain = campus
        .web
        .get(format!("{}/", campus.tool()))
        .send()
        .await
        .unwrap();
    assert!(
        !plain.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains(&platform)
    );
    assert_eq!(plain.headers()["x-frame-options"], "SAMEORIGIN");
}

#[tokio::test]
async fn scores_survive_every_trouble_of_a_platform() {
    let campus = Campus::new().await;
    let (ada, to) = campus.enter("ada-7", LEARNER).await;
    campus.answer(&ada, &to, "3").await;
    campus.until("ada-7", 0.0).await;
    let effects = campus.platform.kept.lock().unwrap().effects;
    // A dead token: a fresh one is taken at once.
    campus.platform.fault(Fault::TokensGone);
    campus.answer(&ada, &to, "4").await;
    campus.until("ada-7", 1.0).await;
    assert_eq!(campus.platform.kept.lock().unwrap().effects, effects + 1);
    // It takes the score and dies: the score is sent again, and has no second effect.
    let (bob, to) = campus.enter("bob-7", LEARNER).await;
    campus.platform.fault(Fault::Forgetful);
    campus.answer(&bob, &to, "4").await;
    campus.until("bob-7", 1.0).await;
    let effects = campus.platform.kept.lock().unwrap().effects;
    // It is down, and the server is restarted meanwhile; a page of HTML is no answer.
    let (eve, to) = campus.enter("eve-7", LEARNER).await;
    campus.platform.fault(Fault::Maintenance);
    campus.answer(&eve, &to, "4").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(campus.platform.score_of("eve-7"), None);
    let campus = campus.restart().await;
    campus.platform.fault(Fault::None);
    campus.until("eve-7", 1.0).await;
    // Bob's was found to be there by then.
    assert_eq!(campus.platform.kept.lock().unwrap().effects, effects + 1);
}

#[tokio::test]
async fn a_deleted_line_item_is_made_again() {
    let campus = Campus::new().await;
    let (ada, to) = campus.enter("ada-7", LEARNER).await;
    campus.answer(&ada, &to, "3").await;
    campus.until("ada-7", 0.0).await;
    {
        let mut kept = campus.platform.kept.lock().unwrap();
        kept.line_items.clear();
        kept.scores.clear();
        kept.fault = Fault::NoLineItem;
    }
    campus.answer(&ada, &to, "4").await;
    campus.until("ada-7", 1.0).await;
}

#[tokio::test]
async fn operators_register_platforms_and_nobody_else() {
    let campus = Campus::new().await;
    let olga = campus.world.browser("olga").await;
    let all = olga.get("/api/v1/operator/platforms").await.ok();
    assert_eq!(all["login_url"], format!("{}/lti/login", campus.tool()));
    assert_eq!(all["platforms"][0]["client_id"], CLIENT);
    let again = olga
        .post("/api/v1/operator/platforms", campus.platform.registration())
        .await;
    assert_eq!(again.code(), "platform_known");
    for (name, value) in [
        ("issuer", " "),
        ("auth_url", "nonsense"),
        ("keyset_url", "file:///etc/passwd"),
    ] {
        let mut wrong = campus.platform.registration();
        wrong[name] = json!(value);
        assert_eq!(
            olga.post("/api/v1/operator/platforms", wrong).await.code(),
            "bad_request",
            "{name}"
        );
    }
    let keys = campus
        .web
        .get(format!("{}/lti/jwks", campus.tool()))
        .send()
        .await
        .unwrap();
    let keys: Value = serde_json::from_str(&keys.text().await.unwrap()).unwrap();
    assert_eq!(
        (keys["keys"][0]["kty"].as_str(), keys["keys"][0].get("d")),
        (Some("RSA"), None)
    );
    let id = all["platforms"][0]["id"].as_str().unwrap();
    let gone = olga
        .send(
            hyper::Method::DELETE,
            &format!("/api/v1/operator/platforms/{id}"),
            None,
            &[],
        )
        .await;
    assert_eq!(gone.status, hyper::StatusCode::NO_CONTENT);
    assert_eq!(
        olga.get("/api/v1/operator/platforms").await.ok()["platforms"],
        json!([])
    );
}

#[tokio::test]
async fn a_teacher_sees_what_was_sent_compares_it_and_sends_it_again() {
    let campus = Campus::new().await;
    let (ada, to) = campus.enter("ada-7", LEARNER).await;
    let course = to.split('/').nth(2).unwrap();
    let (tom, _) = campus.enter("tom-7", TEACHER).await;
    let path = format!("/api/v1/courses/{course}/scores");
    let scores = tom.get(&path).await.ok();
    assert_eq!(scores["learners"][0]["sent"], json!([]));
    assert_eq!(
        (&scores["links"][0]["platform"], &scores["links"][0]["lab"]),
        (&json!("Campus"), &json!("tiny"))
    );

    campus.platform.fault(Fault::Down);
    campus.answer(&ada, &to, "4").await;
    let sent = || async { tom.get(&path).await.ok()["learners"][0]["sent"][0].clone() };
    let began = Instant::now();
    while sent().await["tries"] == json!(0) {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let waiting = sent().await;
    assert_eq!(
        (&waiting["state"], &waiting["score"], &waiting["subject"]),
        (&json!("waiting"), &json!(1.0), &json!("ada-7"))
    );
    assert!(!waiting["said"].as_str().unwrap().is_empty());
    let compare =
        || async { tom.get(&format!("{path}/comparison")).await.ok()["links"][0].clone() };
    assert_eq!(compare().await["outcome"], "no_column");

    // Asked for again, it goes at once.
    campus.platform.fault(Fault::None);
    let again = tom.post(&format!("{path}/resend"), json!({})).await.ok();
    assert_eq!(again["scores"], 1);
    campus.until("ada-7", 1.0).await;
    while sent().await["state"] != json!("sent") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let taken = sent().await;
    assert_eq!(
        (&taken["said"], &taken["status"]),
        (&json!("taken"), &json!(200))
    );
    let compared = compare().await;
    assert_eq!(
        (
            &compared["outcome"],
            &compared["same"],
            &compared["differences"]
        ),
        (&json!("read"), &json!(1), &json!([]))
    );
}

#[tokio::test]
async fn a_grade_that_was_changed_there_is_seen_and_sent_again() {
    let campus = Campus::new().await;
    let (ada, to) = campus.enter("ada-7", LEARNER).await;
    let course = to.split('/').nth(2).unwrap();
    let (tom, _) = campus.enter("tom-7", TEACHER).await;
    let path = format!("/api/v1/courses/{course}/scores");
    campus.answer(&ada, &to, "4").await;
    campus.until("ada-7", 1.0).await;
    // Somebody changes it in the grade book: the teacher sees it, and sends ours again.
    {
        let mut kept = campus.platform.kept.lock().unwrap();
        kept.scores.get_mut("ada-7").unwrap().0 = 0.5;
    }
    let compared = tom.get(&format!("{path}/comparison")).await.ok();
    let difference = compared["links"][0]["differences"][0].clone();
    assert_eq!(
        (&difference["score"], &difference["theirs"]),
        (&json!(1.0), &json!(0.5))
    );
    let one = json!({ "scores": [difference["score_id"]] });
    tom.post(&format!("{path}/resend"), one).await.ok();
    campus.until("ada-7", 1.0).await;
    let unknown = json!({ "scores": ["none"] });
    let none = tom.post(&format!("{path}/resend"), unknown).await.ok();
    assert_eq!(none["scores"], 0);
    let learner = difference["learner"].as_str().unwrap();
    let history = tom
        .get(&format!("{path}/history?learner={learner}"))
        .await
        .ok();
    assert_eq!(history.as_array().unwrap().len(), 2);
    assert_eq!(history[1]["state"], "sent");
}

#[tokio::test]
async fn a_score_that_was_sent_follows_the_rule_and_more_time() {
    let campus = Campus::new().await;
    let (ada, to) = campus.enter("ada-7", LEARNER).await;
    let course = to.split('/').nth(2).unwrap();
    let (tom, _) = campus.enter("tom-7", TEACHER).await;
    campus.answer(&ada, &to, "4").await;
    campus.until("ada-7", 1.0).await;
    let rule = json!({ "due_at": 1_000_000, "late": "counts_not" });
    tom.post(&format!("/api/v1/courses/{course}/labs/tiny/rule"), rule)
        .await;
    campus.until("ada-7", 0.0).await;
    let id = ada.get("/api/v1/me").await.ok()["id"].clone();
    let more = json!({ "learner": id, "until": 4_000_000_000_000_i64 });
    tom.post(
        &format!("/api/v1/courses/{course}/labs/tiny/extensions"),
        more,
    )
    .await;
    campus.until("ada-7", 1.0).await;
}

/// Launches somebody by a link whose tasks are to have columns, and redeems the code.
async fn enter_by_tasks(campus: &Campus, scopes: &[&str]) -> (Browser, String) {
    let scopes: Vec<_> = scopes
        .iter()
        .map(|scope| format!("https://purl.imsglobal.org/spec/lti-ags/scope/{scope}"))
        .collect();
    let change = |claims: &mut Value| {
        claims[claim("custom")]["labwright"] = json!("nets/tiny/tasks");
        claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]["scope"] = json!(scopes);
    };
    let answer = campus.launch_with("ada-7", LEARNER, change).await;
    let nobody = campus.world.stranger();
    let code = json!({ "code": arrived(answer).await.1 });
    let launched = nobody.post("/api/v1/lti/launches", code).await.ok();
    let browser = Browser {
        token: launched["token"].as_str().map(str::to_owned),
        ..nobody
    };
    (browser, launched["to"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn every_task_has_its_own_column_in_the_grade_book() {
    let campus = Campus::with(Ways::Moodle).await;
    let scopes = ["lineitem", "score", "result.readonly"];
    let (ada, to) = enter_by_tasks(&campus, &scopes).await;
    campus.answer(&ada, &to, "4").await;
    campus.until("ada-7", 1.0).await;
    let path = ada.launch(to.split('/').nth(2).unwrap(), "tiny").await;
    ada.post(&format!("{path}/tasks/made/check"), json!({}))
        .await
        .ok();
    campus.until("ada-7@2", 0.0).await;
    // The wrong answer changes nothing, and a restart sends nothing again.
    campus.answer(&ada, &to, "5").await;
    let campus = campus.restart().await;
    {
        let kept = campus.platform.kept.lock().unwrap();
        let columns: Vec<_> = kept
            .line_items
            .iter()
            .map(|item| {
                (
                    &item["resourceId"],
                    &item["tag"],
                    &item["label"],
                    &item["scoreMaximum"],
                )
            })
            .collect();
        let tag = &json!("labwright-task");
        assert_eq!(
            columns,
            [
                (
                    &json!("tiny#count"),
                    tag,
                    &json!("Lab one: How many?"),
                    &json!(1)
                ),
                (
                    &json!("tiny#made"),
                    tag,
                    &json!("Lab one: Make the file"),
                    &json!(3)
                ),
            ]
        );
        assert_eq!(kept.effects, 2);
    }
    let course = to.split('/').nth(2).unwrap();
    let (tom, _) = campus.enter("tom-7", TEACHER).await;
    let compared = tom
        .get(&format!("/api/v1/courses/{course}/scores/comparison"))
        .await
        .ok();
    let links = compared["links"].as_array().unwrap();
    let same: i64 = links.iter().filter_map(|link| link["same"].as_i64()).sum();
    assert_eq!(same, 2, "{compared}");
}

#[tokio::test]
async fn a_platform_that_lets_us_make_no_column_has_one_for_the_lab() {
    let campus = Campus::new().await;
    let item = json!({ "id": campus.platform.url("/items/1?course=7"), "resourceLinkId": "link+1", "label": "Lab one" });
    campus.platform.kept.lock().unwrap().line_items.push(item);
    let (ada, to) = enter_by_tasks(&campus, &["score"]).await;
    campus.answer(&ada, &to, "4").await;
    campus.until("ada-7", 1.0).await;
    let course = to.split('/').nth(2).unwrap();
    let (tom, _) = campus.enter("tom-7", TEACHER).await;
    let _ = enter_by_tasks(&campus, &["score"]).await;
    let scores = tom
        .get(&format!("/api/v1/courses/{course}/scores"))
        .await
        .ok();
    assert_eq!(scores["links"].as_array().unwrap().len(), 1);
    assert_eq!(scores["links"][0]["no_task_columns"], true);
    assert_eq!(campus.platform.kept.lock().unwrap().scores["ada-7"].1, 5.0);
}

#[tokio::test]
async fn a_platforms_course_has_the_exam_rules_of_the_one_that_its_labs_come_from() {
    let campus = Campus::of(Ways::OpenEdx, |config| config.courses[0].exam = true).await;
    let (ada, to) = campus.enter("ada-7", LEARNER).await;
    let course = to.split('/').nth(2).unwrap();
    let session = ada.launch(course, "tiny").await;
    assert_eq!(ada.get(&format!("{session}/help")).await.ok()["exam"], true);
    let hello = json!({ "token": ada.token });
    let mut page = ada.socket(&format!("{session}/events"), hello).await;
    page.event(|event| event["session"]["state"] == "ready")
        .await;
    let (tom, _) = campus.enter("tom-7", TEACHER).await;
    let body = json!({ "learner": ada.get("/api/v1/me").await.ok()["id"], "lab": "tiny" });
    let look = tom
        .post(&format!("/api/v1/courses/{course}/looks"), body)
        .await
        .ok();
    assert_eq!(
        (&look["watching"], &look["exam"]),
        (&json!(true), &json!(true))
    );
}
