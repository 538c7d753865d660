//! Pages that come out of a lab: who may open them, and what the proxy takes from what passes.

use std::sync::{Arc, Mutex};

use hyper::{Method, StatusCode};
use labwright_place::fake::ConnectCall;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;

use crate::world::{Browser, World};

/// What an acted application was sent, a connection each.
type Heard = Arc<Mutex<Vec<String>>>;

/// Lets port 8000 of the client answer every connection with `answer` once it has read a head
/// (and `want` in it), and keep what it read.
fn answering(world: &World, answer: &'static str) -> Heard {
    let heard = Heard::default();
    let keep = heard.clone();
    let runtime = tokio::runtime::Handle::current();
    world.place.on_connect(move |call: &ConnectCall| {
        if (call.node.as_str(), call.port) != ("client", 8000) {
            return None;
        }
        let (ours, theirs) = tokio::io::duplex(16 * 1024);
        runtime.spawn(serve(ours, answer, keep.clone()));
        Some(theirs)
    });
    heard
}

async fn serve(mut io: DuplexStream, answer: &'static str, heard: Heard) {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&read).contains("\r\n\r\n") {
        match io.read(&mut buffer).await {
            Ok(length @ 1..) => read.extend_from_slice(&buffer[..length]),
            _ => return,
        }
    }
    let at = {
        let mut heard = heard.lock().unwrap();
        heard.push(String::from_utf8_lossy(&read).into_owned());
        heard.len() - 1
    };
    let _ = io.write_all(answer.as_bytes()).await;
    while let Ok(length @ 1..) = io.read(&mut buffer).await {
        heard.lock().unwrap()[at].push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
}

const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

/// An app's site as a browser has it: where it is, and its cookie.
pub struct Site {
    pub browser: Browser,
    pub host: String,
    pub cookie: String,
}

impl Site {
    pub async fn open(world: &World, who: &Browser, session: &str, app: &str) -> Self {
        let ticket = who.post(&ticket_path(session, app), json!({})).await.ok();
        let (host, path) = split(ticket["url"].as_str().unwrap());
        let browser = world.stranger();
        let opened = browser
            .send(Method::GET, &path, None, &[("host", &host)])
            .await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER, "{}", opened.text);
        let set = opened.headers["set-cookie"].to_str().unwrap();
        for part in [
            "Path=/",
            "HttpOnly",
            "Secure",
            "SameSite=None",
            "Partitioned",
        ] {
            assert!(set.contains(part), "{set}");
        }
        assert!(
            set.starts_with("__Host-") && !set.contains("Domain"),
            "{set}"
        );
        Self {
            cookie: set.split(';').next().unwrap().to_owned(),
            browser,
            host,
        }
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> labwright_testkit::Answer {
        let mut all = vec![
            ("host", self.host.as_str()),
            ("cookie", self.cookie.as_str()),
        ];
        all.extend_from_slice(headers);
        self.browser.send(Method::GET, path, None, &all).await
    }

    /// Sends bytes as they are, and reads all that comes back until the server closes. `@` stands for the first lines that
    /// every request needs.
    async fn raw(&self, request: &str) -> String {
        let lines = format!("Host: {}\r\nCookie: {}", self.host, self.cookie);
        let mut socket = TcpStream::connect(self.browser.address).await.unwrap();
        let request = request.replace('@', &lines);
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let read = socket.read_to_end(&mut answer);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(20), read).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn ticket_path(session: &str, app: &str) -> String {
    format!("{session}/apps/{app}/ticket")
}

/// Host and path of an address.
fn split(url: &str) -> (String, String) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    (host.to_owned(), format!("/{path}"))
}

#[tokio::test]
async fn a_nodes_web_server_is_opened_by_a_ticket_and_shown() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let view = ada.get(&session).await.ok();
    assert_eq!(
        (&view["apps"][1]["kind"], &view["apps"][1]["port"]),
        (&json!("web"), &json!(8000))
    );

    let heard = answering(&world, HELLO);
    let ticket = ada
        .post(&ticket_path(&session, "app-2"), json!({}))
        .await
        .ok();
    let (host, path) = split(ticket["url"].as_str().unwrap());
    let browser = world.stranger();
    let at = |path: String, host: String| {
        let browser = browser.clone();
        async move {
            browser
                .send(Method::GET, &path, None, &[("host", &host)])
                .await
        }
    };
    // Without a cookie there is a page that says how to get one.
    let shut = at("/".into(), host.clone()).await;
    assert_eq!(shut.status, StatusCode::FORBIDDEN);
    let opened = at(path.clone(), host.clone()).await;
    assert_eq!(opened.headers["location"], "/start?x=1");
    assert_eq!(opened.headers["cache-control"], "no-store");
    // It was good once.
    assert_eq!(at(path, host).await.status, StatusCode::FORBIDDEN);
    assert!(heard.lock().unwrap().is_empty());

    let site = Site::open(&world, &ada, &session, "app-2").await;
    let shown = site.get("/start?x=1", &[]).await;
    assert_eq!(
        (shown.status, shown.text.as_str()),
        (StatusCode::OK, "hello")
    );
    let ours = format!("frame-ancestors 'self' http://{}", world.server.address);
    assert_eq!(shown.headers["content-security-policy"], ours);
    assert!(heard.lock().unwrap()[0].starts_with("GET /start?x=1 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_pass_is_for_one_app_of_one_session_and_one_sign_in() {
    let world = World::new().await;
    let (ada, bob) = (world.browser("ada").await, world.browser("bob").await);
    let session = ada.launch("nets", "tiny").await;
    let other = bob.launch("nets", "tiny").await;
    answering(&world, HELLO);
    let site = Site::open(&world, &ada, &session, "app-2").await;
    let of_bob = Site::open(&world, &bob, &other, "app-2").await;
    let page = Site::open(&world, &ada, &session, "app-3").await;

    // Another's ticket is refused before this route is reached; a ticket is for its own host.
    let refused = bob.post(&ticket_path(&session, "app-2"), json!({})).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let ticket = ada
        .post(&ticket_path(&session, "app-2"), json!({}))
        .await
        .ok();
    let (_, path) = split(ticket["url"].as_str().unwrap());
    for host in [&of_bob.host, &page.host] {
        let opened = world
            .stranger()
            .send(Method::GET, &path, None, &[("host", host)])
            .await;
        assert_eq!(opened.status, StatusCode::FORBIDDEN, "{host}");
    }
    // So is a cookie.
    for (cookie, host) in [
        (&site.cookie, &of_bob.host),
        (&of_bob.cookie, &site.host),
        (&page.cookie, &site.host),
        (&site.cookie.replace("=7", "=6"), &site.host),
        (&format!("{}0", site.cookie), &site.host),
        (&"__Host-labwright-app=".to_owned(), &site.host),
    ] {
        let headers = [("host", host.as_str()), ("cookie", cookie.as_str())];
        let answer = world
            .stranger()
            .send(Method::GET, "/", None, &headers)
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{cookie} at {host}");
    }
    // What is no app of this kind has none.
    for app in ["app-1", "app-4", "app-0", "app-x", "app-02"] {
        let refused = ada.post(&ticket_path(&session, app), json!({})).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{app}");
    }

    assert_eq!(site.get("/", &[]).await.status, StatusCode::OK);
    ada.post("/api/v1/sign-out", json!({})).await.ok();
    assert_eq!(site.get("/", &[]).await.status, StatusCode::FORBIDDEN);
    // The end of a session ends its pages.
    assert_eq!(of_bob.get("/", &[]).await.status, StatusCode::OK);
    bob.post(&format!("{other}/end"), json!({})).await.ok();
    bob.wait(&other, "ended").await;
    assert_eq!(of_bob.get("/", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn neither_side_serves_the_other() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let heard = answering(&world, HELLO);
    let site = Site::open(&world, &ada, &session, "app-2").await;
    let token = format!("Bearer {}", ada.token.clone().unwrap());
    // The API's paths are the application's own there, and a token of ours does not reach it.
    for path in ["/api/v1/me", "/healthz", "/metrics", "/api/openapi.json"] {
        let answer = site.get(path, &[("authorization", &token)]).await;
        assert_eq!(answer.text, "hello", "{path}");
    }
    assert!(
        heard
            .lock()
            .unwrap()
            .iter()
            .all(|head| !head.to_lowercase().contains("bearer"))
    );
    // Hosts below the domain that are no app, and every spelling of one: never the platform.
    for host in [
        "apps.localhost",
        "APPS.localhost.",
        "x.apps.localhost:1",
        "a.b.apps.localhost",
        "-app-2.apps.localhost",
        "s-app-2.apps.localhost:80:80",
    ] {
        let answer = ada
            .send(Method::GET, "/api/v1/me", None, &[("host", host)])
            .await;
        assert!(answer.status.is_client_error(), "{host}: {}", answer.text);
        assert!(!answer.text.contains("ada"), "{host}: {}", answer.text);
    }
    // The platform's host has no pages of labs.
    let answer = ada
        .send(Method::GET, "/", None, &[("cookie", &site.cookie)])
        .await;
    assert_ne!(answer.text, "hello");
    let open = ada.get("/.labwright/open?ticket=x").await;
    assert!(!open.headers.contains_key("set-cookie"));
}

/// Check 41: nothing that a client says chooses what is connected to.
#[tokio::test]
async fn a_client_names_no_target() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let calls: Arc<Mutex<Vec<(String, u16)>>> = Arc::default();
    let (kept, runtime) = (calls.clone(), tokio::runtime::Handle::current());
    world.place.on_connect(move |call| {
        kept.lock()
            .unwrap()
            .push((call.node.to_string(), call.port));
        let (ours, theirs) = tokio::io::duplex(16 * 1024);
        runtime.spawn(serve(ours, HELLO, Heard::default()));
        Some(theirs)
    });
    let site = Site::open(&world, &ada, &session, "app-2").await;
    for target in [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://judge:8000/",
        "//judge/",
        "/%0d%0aHost:%20judge",
        "/@judge:1/",
        "/../../etc/passwd",
        "*",
        "judge:8000",
        "http://judge:8000@client/",
        "/\\\\judge\\x",
        "/?to=http://judge/",
    ] {
        for line in ["GET", "OPTIONS"] {
            site.raw(&format!(
                "{line} {target} HTTP/1.1\r\n@\r\nConnection: close\r\n\r\n"
            ))
            .await;
        }
    }
    for more in [
        "Host: judge",
        "X-Forwarded-Host: judge",
        "Forwarded: host=judge",
        "X-Host: judge:1",
        "X-Original-URL: http://judge/",
        "Proxy-Connection: keep-alive",
        "X-Forwarded-Server: judge",
    ] {
        site.raw(&format!(
            "GET / HTTP/1.1\r\n@\r\nConnection: close\r\n{more}\r\n\r\n"
        ))
        .await;
    }
    site.raw("CONNECT judge:8000 HTTP/1.1\r\n@\r\nConnection: close\r\n\r\n")
        .await;
    let calls = calls.lock().unwrap();
    assert!(!calls.is_empty());
    assert!(
        calls
            .iter()
            .all(|call| *call == ("client".to_owned(), 8000)),
        "{calls:?}"
    );
}

#[tokio::test]
async fn what_a_browser_sends_is_cleaned() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let heard = answering(&world, HELLO);
    let site = Site::open(&world, &ada, &session, "app-2").await;
    let cookies = format!("a=1; {}; b=2", site.cookie);
    site.browser
        .send(
            Method::GET,
            "/",
            None,
            &[
                ("host", &site.host),
                ("cookie", &cookies),
                ("connection", "keep-alive, X-Secret-Hop"),
                ("x-secret-hop", "1"),
                ("keep-alive", "timeout=5"),
                ("te", "trailers"),
                ("proxy-authorization", "Basic eA=="),
                ("x-forwarded-for", "203.0.113.9"),
                ("x-forwarded-user", "root"),
                ("forwarded", "for=203.0.113.9"),
                ("authorization", "Basic dXNlcjpwYXNz"),
                ("x-app", "kept"),
            ],
        )
        .await;
    let head = heard.lock().unwrap()[0].to_lowercase();
    for kept in [
        "cookie: a=1; b=2\r\n",
        "authorization: basic dxnlcjpwyxnz\r\n",
        "x-app: kept\r\n",
        "x-forwarded-for: 127.0.0.1\r\n",
        "x-forwarded-proto: http\r\n",
        &format!("host: {}\r\n", site.host),
        &format!("x-forwarded-host: {}\r\n", site.host),
    ] {
        assert!(head.contains(kept), "{kept} in {head}");
    }
    for gone in [
        "labwright",
        "secret-hop",
        "keep-alive",
        "te:",
        "proxy-",
        "203.0.113",
        "x-forwarded-user",
        "\r\nforwarded",
    ] {
        assert!(!head.contains(gone), "{gone} in {head}");
    }
}

#[tokio::test]
async fn what_an_application_answers_is_cleaned() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    answering(
        &world,
        "HTTP/1.1 302 Found\r\nLocation: http://client:8000/next#part\r\nContent-Length: 0\r\n\
        Set-Cookie: id=1; Domain=apps.localhost; Path=/x; SameSite=Lax; HttpOnly\r\n\
        Set-Cookie: __Host-labwright-app=stolen; Path=/; Secure\r\n\
        Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n\
        X-Frame-Options: DENY\r\nStrict-Transport-Security: max-age=1\r\n\
        Cache-Control: public, max-age=9\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-App: kept\r\n\r\n",
    );
    let site = Site::open(&world, &ada, &session, "app-2").await;
    let answer = site.get("/", &[]).await;
    let field = |name: &str| {
        answer
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(
        field("location").unwrap(),
        format!("http://{}/next#part", site.host)
    );
    let set: Vec<_> = answer.headers.get_all("set-cookie").into_iter().collect();
    assert_eq!(
        set,
        ["id=1; Path=/x; HttpOnly; Secure; SameSite=None; Partitioned"]
    );
    let policies: Vec<_> = answer
        .headers
        .get_all("content-security-policy")
        .into_iter()
        .collect();
    let ours = format!("frame-ancestors 'self' http://{}", world.server.address);
    assert_eq!(policies, ["default-src 'self'", &ours]);
    assert_eq!(field("cache-control").unwrap(), "private, max-age=9");
    assert_eq!(field("x-app").unwrap(), "kept");
    for gone in [
        "x-frame-options",
        "strict-transport-security",
        "x-hop",
        "keep-alive",
    ] {
        assert_eq!(field(gone), None, "{gone}");
    }
}

/// Two readers of one request must see one request: what is doubtful is refused, and the rest is
/// written anew.
#[tokio::test]
async fn smuggled_requests_stay_one_or_none() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let heard = answering(&world, HELLO);
    let site = Site::open(&world, &ada, &session, "app-2").await;
    let smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    for fields in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        "Content-Length: 0\r\nContent-Length: 44",
        "Content-Length: +4",
        "Content-Length: 4, 44",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: \x0bchunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X: y\r\n\tz",
        "X: y\rZ: z",
        "X: \0",
        "Content-Length: 99999999999999999999",
    ] {
        let answer = site
            .raw(&format!(
                "POST / HTTP/1.1\r\n@\r\n{fields}\r\n\r\n0\r\n\r\n{smuggled}"
            ))
            .await;
        // With two lengths the chunks count, and nothing is read after the answer.
        let doubtful = fields.contains("Content-Length: 4\r") || fields.ends_with("Length: 4");
        let refused = answer.starts_with("HTTP/1.1 400") || answer.is_empty();
        assert!(refused || doubtful, "{fields}: {answer}");
        assert!(
            answer.matches("HTTP/1.1 ").count() <= 1,
            "{fields}: {answer}"
        );
    }
    // Bare line feeds are read as ends of lines, and written as RFC 9112 has them.
    site.raw("GET /bare HTTP/1.1\n@\nConnection: close\nX: 1\nY: 2\n\n")
        .await;
    // A chunk extension, and a body that looks like a request.
    let body = format!("2b;x=y\r\n{smuggled}\r\n0\r\n\r\n");
    site.raw(&format!(
        "POST /chunks HTTP/1.1\r\n@\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{body}"
    ))
    .await;
    for heard in heard.lock().unwrap().iter() {
        let head = heard.split("\r\n\r\n").next().unwrap();
        assert!(!heard.starts_with("GET /smuggled"), "{heard}");
        assert!(
            !head.replace("\r\n", "").contains(['\r', '\n']),
            "{heard:?}"
        );
        let lengths = head.to_lowercase().matches("content-length").count()
            + head.to_lowercase().matches("transfer-encoding").count();
        assert!(lengths <= 1, "{heard}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_told_in_words() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let site = Site::open(&world, &ada, &session, "app-2").await;
    let page = [("accept", "text/html"), ("accept-language", "fr")];
    // Nobody listens yet: a page that tries again and names node and port.
    let waiting = site.get("/", &page).await;
    assert_eq!(
        (waiting.status, &waiting.headers["refresh"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"2".parse().unwrap())
    );
    assert!(
        waiting.text.contains("sur le port 8000 de client"),
        "{}",
        waiting.text
    );
    let english = site.get("/", &[("accept", "text/html")]).await;
    assert!(
        english.text.contains("port 8000 of client"),
        "{}",
        english.text
    );
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(200_000));
    for answer in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nX: y\r\n folded\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        Box::leak(long.into_boxed_str()),
    ] {
        let runtime = tokio::runtime::Handle::current();
        world.place.on_connect(move |_| {
            let (mut ours, theirs) = tokio::io::duplex(16 * 1024);
            runtime.spawn(async move {
                let mut head = [0; 64];
                let _ = ours.read(&mut head).await;
                let _ = ours.write_all(answer.as_bytes()).await;
            });
            Some(theirs)
        });
        let broken = site.get("/", &page).await;
        assert_eq!(
            broken.status,
            StatusCode::BAD_GATEWAY,
            "{answer:.40}: {}",
            broken.text
        );
    }
    // The lab itself is none the worse.
    answering(&world, HELLO);
    assert_eq!(site.get("/", &[]).await.text, "hello");
}

#[tokio::test]
async fn pages_of_elsewhere_cannot_use_the_cookie() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    answering(&world, HELLO);
    let site = Site::open(&world, &ada, &session, "app-2").await;
    let own = format!("http://{}", site.host);
    let sibling = own.replace("-app-2.", "-app-3.");
    let stranger = own.replace("http://s", "http://t");
    let platform = format!("http://{}", world.server.address);
    for (headers, status) in [
        (
            vec![("origin", own.as_str()), ("sec-fetch-site", "same-origin")],
            200,
        ),
        (
            vec![
                ("origin", sibling.as_str()),
                ("sec-fetch-site", "same-site"),
            ],
            200,
        ),
        (
            vec![
                ("origin", stranger.as_str()),
                ("sec-fetch-site", "same-site"),
            ],
            403,
        ),
        (vec![("origin", platform.as_str())], 403),
        (vec![("origin", "https://evil.example")], 403),
        (
            vec![("origin", "null"), ("sec-fetch-site", "same-origin")],
            200,
        ),
        (
            vec![("origin", "null"), ("sec-fetch-site", "cross-site")],
            403,
        ),
        (
            vec![
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "no-cors"),
            ],
            403,
        ),
        (
            vec![
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
            ],
            200,
        ),
    ] {
        let answer = site.get("/", &headers).await;
        assert_eq!(answer.status.as_u16(), status, "{headers:?}");
    }
}

#[tokio::test]
async fn an_authors_page_has_its_files_and_nothing_else() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let site = Site::open(&world, &ada, &session, "app-3").await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/index.html", "text/html; charset=utf-8"),
        ("/site.js", "text/javascript; charset=utf-8"),
        ("/add.wasm", "application/wasm"),
    ] {
        let answer = site.get(path, &[]).await;
        assert_eq!(
            (
                answer.status,
                answer.headers["content-type"].to_str().unwrap()
            ),
            (StatusCode::OK, kind),
            "{path}"
        );
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'self' data:")
                && policy.contains(&world.server.address.to_string()),
            "{policy}"
        );
    }
    // It is opened in the learner's language; what is no language is English.
    for (lang, opened) in [("fr", "fr"), ("de-CH", "de"), ("%3Cscript", "en")] {
        let path = format!("{}?lang={lang}", ticket_path(&session, "app-3"));
        let ticket = ada.post(&path, json!({})).await.ok();
        let (host, path) = split(ticket["url"].as_str().unwrap());
        let answer = world
            .stranger()
            .send(Method::GET, &path, None, &[("host", &host)])
            .await;
        assert_eq!(
            answer.headers["location"],
            format!("/index.html?lang={opened}")
        );
    }
    for path in [
        "/data.bin",
        "/../data.bin",
        "/%2e%2e/data.bin",
        "/..%2fdata.bin",
        "//etc/passwd",
        "/none",
        "/%ff",
        "/%00",
    ] {
        assert_eq!(
            site.get(path, &[]).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_server_without_a_domain_for_apps_says_so() {
    let world =
        World::with(|config| config.public_url = Some("https://labs.example.org".into())).await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let refused = ada.post(&ticket_path(&session, "app-2"), json!({})).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "no_apps_domain".into())
    );
    let csp = |answer: &labwright_testkit::Answer| {
        answer.headers["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned()
    };
    assert!(!csp(&ada.get("/").await).contains("frame-src"));

    let world = world
        .restart_with(|config| {
            config.public_url = Some("https://labs.example.org".into());
            config.apps_domain = Some("labs-apps.example.net".into());
        })
        .await;
    let ada = world.browser("ada").await;
    let ticket: Value = ada
        .post(&ticket_path(&session, "app-2"), json!({}))
        .await
        .ok();
    let id = session.rsplit('/').next().unwrap();
    assert_eq!(
        ticket["origin"],
        format!("https://{id}-app-2.labs-apps.example.net")
    );
    assert!(
        csp(&ada.get("/").await).ends_with("frame-src 'self' https://*.labs-apps.example.net:*")
    );

    let world = world.restart_with(|_| {}).await;
    let ada = world.browser("ada").await;
    // By another name than this machine's own, `*.localhost` would be the learner's machine.
    let away = ada
        .send(
            Method::POST,
            &ticket_path(&session, "app-2"),
            Some("{}".into()),
            &[("host", "labs.lan")],
        )
        .await;
    assert_ne!(away.status, StatusCode::OK);
}
