//! Sign-in by a real OpenID Connect provider: `oidc-provider` of npm, in `packaging/oidc-peer`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use labwright_server::OidcConfig;
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use url::Url;

use crate::world::{Browser, World};

const SECRET: &str = "a secret of the tests, long enough";

/// A provider that is a process of its own; it ends with the test. Its output stays open: it would end
/// at a line that nobody can read.
struct Provider {
    child: Child,
    _output: BufReader<ChildStdout>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Campus {
    world: World,
    issuer: String,
    _provider: Provider,
}

/// A browser of a person: it keeps cookies and follows redirects by hand.
struct Person {
    web: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Campus {
    async fn new(change: impl FnOnce(&mut OidcConfig)) -> Self {
        let (port, ours) = (free_port(), free_port());
        let issuer = format!("http://127.0.0.1:{port}");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/oidc-peer");
        let mut provider = Command::new("node")
            .args(["provider.mjs", &issuer, "labwright", SECRET])
            .arg(format!("http://127.0.0.1:{ours}/sign-in/oidc/back"))
            .current_dir(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(provider.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "listening\n", "packaging/setup.sh test installs it");
        let mut oidc = OidcConfig {
            name: "Campus".to_owned(),
            issuer: issuer.clone(),
            client_id: "labwright".to_owned(),
            client_secret: Some(SECRET.to_owned()),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            courses: vec!["nets".to_owned()],
            role_claim: None,
            teachers: Vec::new(),
            operators: Vec::new(),
            private_network: true,
        };
        change(&mut oidc);
        let world = World::with(|config| {
            config.listen = Some(([127, 0, 0, 1], ours).into());
            config.sign_in.oidc = Some(oidc);
        });
        Self {
            world: world.await,
            issuer,
            _provider: Provider {
                child: provider,
                _output: output,
            },
        }
    }

    fn here(&self, path: &str) -> String {
        format!("http://{}{path}", self.world.server.address)
    }

    /// Signs in at the provider, as far as the address that it sends the browser back to.
    async fn consent(&self, person: &mut Person, name: &str) -> Url {
        let began = person
            .get(&self.here("/sign-in/oidc?next=/labs/nets/tiny"))
            .await;
        assert_eq!(began.status(), StatusCode::SEE_OTHER);
        let mut at = to(&began, &self.issuer);
        let query: BTreeMap<_, _> = at.query_pairs().into_owned().collect();
        assert_eq!(query["code_challenge_method"], "S256");
        assert!(query.contains_key("nonce") && query.contains_key("state"));
        for _ in 0..12 {
            if at.path() == "/sign-in/oidc/back" {
                return at;
            }
            let answer = if at.path().starts_with("/interaction/") {
                let page = person.get(at.as_str()).await.text().await.unwrap();
                let form = if page.contains("name=\"login\"") {
                    [("prompt", "login"), ("login", name), ("password", "any")].to_vec()
                } else {
                    [("prompt", "consent")].to_vec()
                };
                person.post(at.as_str(), &form).await
            } else {
                person.get(at.as_str()).await
            };
            at = to(&answer, &self.issuer);
        }
        panic!("the provider leads nowhere: {at}");
    }

    /// The whole way: who is signed in, and where they go.
    async fn sign_in(&self, name: &str) -> (Browser, Value) {
        let mut person = Person::new();
        let back = self.consent(&mut person, name).await;
        let arrived = person.get(back.as_str()).await;
        let code = code_of(&arrived).expect("a code for the page");
        let nobody = self.world.stranger();
        let body = json!({ "code": code });
        let opened = nobody.post("/api/v1/lti/launches", body).await.ok();
        let browser = Browser {
            token: opened["token"].as_str().map(str::to_owned),
            ..nobody
        };
        (browser, opened)
    }
}

impl Person {
    fn new() -> Self {
        let web = reqwest::Client::builder().redirect(Policy::none());
        Self {
            web: web.build().unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    async fn get(&mut self, url: &str) -> Response {
        let request = self.web.get(url);
        self.send(request).await
    }

    async fn post(&mut self, url: &str, form: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let kind = "application/x-www-form-urlencoded";
        let request = self.web.post(url).header("content-type", kind).body(body);
        self.send(request).await
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let answer = request.header("cookie", cookies).send().await.unwrap();
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn to(answer: &Response, base: &str) -> Url {
    let to = answer
        .headers()
        .get("location")
        .unwrap_or_else(|| panic!("{answer:?}"));
    Url::parse(base)
        .unwrap()
        .join(to.to_str().unwrap())
        .unwrap()
}

fn code_of(answer: &Response) -> Option<String> {
    let to = answer.headers()["location"].to_str().unwrap();
    to.strip_prefix("/launched#code=").map(str::to_owned)
}

#[tokio::test]
async fn a_learner_signs_in_and_is_the_same_person_the_next_time() {
    let campus = Campus::new(|_| {}).await;
    let ways = campus
        .world
        .stranger()
        .get("/api/v1/sign-in/ways")
        .await
        .ok();
    assert_eq!(ways["provider"], "Campus");
    let (zoe, opened) = campus.sign_in("zoe").await;
    assert_eq!(
        (
            &opened["to"],
            &opened["confirm"],
            &opened["account"]["role"]
        ),
        (&json!("/labs/nets/tiny"), &json!(false), &json!("learner"))
    );
    let me = zoe.get("/api/v1/me").await.ok();
    assert_eq!(me["display_name"], "zoe of Campus");
    assert_eq!(zoe.get("/api/v1/courses").await.ok()[0]["id"], "nets");
    let (_, again) = campus.sign_in("zoe").await;
    assert_eq!(again["account"]["id"], me["id"]);
    // Ada is somebody here already; whoever calls themselves so there is somebody else.
    let ours = campus
        .world
        .browser("ada")
        .await
        .get("/api/v1/me")
        .await
        .ok();
    let (_, theirs) = campus.sign_in("ada").await;
    assert_ne!(theirs["account"]["id"], ours["id"]);
    assert!(
        theirs["account"]["name"]
            .as_str()
            .unwrap()
            .starts_with("oidc-")
    );
}

#[tokio::test]
async fn a_claim_makes_teachers_only_where_the_configuration_says_so() {
    let campus = Campus::new(|_| {}).await;
    let (_, plain) = campus.sign_in("tom-there").await;
    assert_eq!(plain["account"]["role"], "learner");
    drop(campus);
    let campus = Campus::new(|oidc| {
        oidc.role_claim = Some("groups".to_owned());
        oidc.teachers = vec!["staff".to_owned()];
        oidc.operators = vec!["nobody".to_owned()];
    })
    .await;
    let (_, tom) = campus.sign_in("tom-there").await;
    assert_eq!(tom["account"]["role"], "teacher");
    let (_, zoe) = campus.sign_in("zoe").await;
    assert_eq!(zoe["account"]["role"], "learner");
}

#[tokio::test]
async fn an_answer_is_good_once_in_the_browser_that_asked() {
    let campus = Campus::new(|_| {}).await;
    let mut person = Person::new();
    let back = campus.consent(&mut person, "zoe").await;
    // Another browser, to whom somebody sends the address: it is nobody's sign-in there.
    let stolen = Person::new().get(back.as_str()).await;
    assert_eq!(code_of(&stolen), None);
    assert_eq!(stolen.headers()["location"], "/sign-in?refused=launch_gone");
    // Another code for the same sign-in does not pass the provider.
    let mut forged = back.clone();
    let pairs: Vec<_> = back.query_pairs().into_owned().collect();
    forged
        .query_pairs_mut()
        .clear()
        .extend_pairs(pairs.iter().map(|(name, value)| {
            (
                name.as_str(),
                if name == "code" {
                    "forged"
                } else {
                    value.as_str()
                },
            )
        }));
    let cookies = person.cookies.clone();
    let refused = person.get(forged.as_str()).await;
    assert_eq!(refused.headers()["location"], "/sign-in?refused=provider");
    // That used the sign-in up.
    person.cookies = cookies;
    let late = person.get(back.as_str()).await;
    assert_eq!(late.headers()["location"], "/sign-in?refused=launch_gone");

    let mut person = Person::new();
    let back = campus.consent(&mut person, "zoe").await;
    let cookies = person.cookies.clone();
    assert!(code_of(&person.get(back.as_str()).await).is_some());
    person.cookies = cookies;
    assert_eq!(code_of(&person.get(back.as_str()).await), None, "once");
}

#[tokio::test]
async fn without_a_provider_there_is_none() {
    let world = World::new().await;
    let ways = world.stranger().get("/api/v1/sign-in/ways").await.ok();
    assert_eq!(ways["provider"], Value::Null);
    let answer = Person::new()
        .get(&format!("http://{}/sign-in/oidc", world.server.address))
        .await;
    assert_eq!(answer.headers()["location"], "/sign-in?refused=not_found");
}
