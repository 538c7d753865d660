//! A server with the fake place, a lab, and people; and the browser that they use.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use labwright_place::fake::FakePlace;
use labwright_server::{
    AccountConfig, Catalogue, CatalogueCourse, CatalogueLab, Config, CourseConfig, Parts, Server,
    TitleConfig, boot,
};
use labwright_session::RunnableLab;
use labwright_store::CourseId;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";
/// Longest wait for anything.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A server, its place and its state.
pub struct World {
    pub server: Server,
    pub place: FakePlace,
    state: TempDir,
}

impl World {
    /// Ada and Bob learn in `nets`, Tom teaches it; Uma teaches `other`; Olga operates.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let state = tempfile::tempdir().unwrap();
        let place = FakePlace::new();
        let mut config = config();
        change(&mut config);
        let server = start(config, state.path(), &place).await;
        Self {
            server,
            place,
            state,
        }
    }

    /// Stops the server in order and starts another one on the same state, place and port.
    pub async fn restart(self) -> Self {
        let Self {
            server,
            place,
            state,
        } = self;
        let address = server.address;
        server.stop().await;
        let mut config = config();
        config.listen = Some(address);
        let server = start(config, state.path(), &place).await;
        Self {
            server,
            place,
            state,
        }
    }

    /// A browser of somebody who is signed in.
    pub async fn browser(&self, name: &str) -> Browser {
        let token = self.server.token_for(name).await.unwrap();
        Browser {
            token: Some(token),
            ..self.stranger()
        }
    }

    /// A browser of nobody.
    pub fn stranger(&self) -> Browser {
        Browser {
            address: self.server.address,
            token: None,
        }
    }

    pub fn state(&self) -> &Path {
        self.state.path()
    }
}

fn config() -> Config {
    let account = |name: &str| AccountConfig {
        name: name.to_owned(),
        display_name: Some(format!("{name} Somebody")),
        password: Some(PASSWORD.to_owned()),
        password_hash: None,
        operator: name == "olga",
        language: None,
    };
    let course = |id: &str, teacher: &str, learners: &[&str]| CourseConfig {
        id: id.to_owned(),
        title: TitleConfig::One(format!("Course {id}")),
        labs: Vec::new(),
        teachers: vec![teacher.to_owned()],
        learners: learners.iter().map(|&name| name.to_owned()).collect(),
    };
    Config {
        listen: Some(([127, 0, 0, 1], 0).into()),
        accounts: ["ada", "bob", "tom", "uma", "olga"].map(account).into(),
        courses: vec![
            course("nets", "tom", &["ada", "bob"]),
            course("other", "uma", &[]),
        ],
        ..Config::default()
    }
}

async fn start(config: Config, state: &Path, place: &FakePlace) -> Server {
    let courses = config.courses.iter().map(|course| CatalogueCourse {
        id: CourseId::new(&course.id),
        title: course.title.by_language(),
        labs: vec![lab()],
    });
    let parts = Parts {
        catalogue: Arc::new(Catalogue::new(courses.collect())),
        config,
        state: state.to_owned(),
        place: Arc::new(place.clone()),
        id_prefix: None,
    };
    boot(parts).await.unwrap()
}

/// The lab in `tests/data/lab`.
pub fn lab() -> CatalogueLab {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/lab");
    let loaded = labwright_manifest::load(&folder);
    let lab = loaded
        .lab
        .unwrap_or_else(|| panic!("{:?}", loaded.problems));
    let layers: BTreeMap<_, _> = lab
        .nodes
        .keys()
        .map(|node| (node.clone(), vec![PathBuf::from("/layer")]))
        .collect();
    CatalogueLab {
        runnable: Arc::new(RunnableLab { lab, layers }),
        assets: folder.join("assets"),
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: hyper::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The JSON of a success.
    pub fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }
}

/// Somebody's browser.
#[derive(Clone)]
pub struct Browser {
    pub address: std::net::SocketAddr,
    pub token: Option<String>,
}

impl Browser {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string()), &[])
            .await
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.address.to_string());
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request
            .body(Full::new(Bytes::from(body.unwrap_or_default())))
            .unwrap();
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        let sent = tokio::time::timeout(PATIENCE, sender.send_request(request));
        let response = sent.await.unwrap().unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    /// Starts the lab and waits until it is ready; the session's path.
    pub async fn launch(&self) -> String {
        let body = json!({ "course": "nets", "lab": "tiny" });
        let session = self.post("/api/v1/sessions", body).await.ok();
        let path = format!("/api/v1/sessions/{}", session["id"].as_str().unwrap());
        self.wait(&path, "ready").await;
        path
    }

    /// Waits for a state of a session; the view.
    pub async fn wait(&self, path: &str, state: &str) -> Value {
        let began = std::time::Instant::now();
        loop {
            let view = self.get(path).await.ok();
            if view["state"] == state {
                return view;
            }
            assert!(began.elapsed() < PATIENCE, "still not {state}: {view}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Opens a WebSocket and says the first message.
    pub async fn socket(&self, path: &str, hello: Value) -> Socket {
        self.dial(path, None).await.unwrap().hello(hello).await
    }

    /// Opens a WebSocket, perhaps from a page of some site.
    pub async fn dial(&self, path: &str, origin: Option<&str>) -> Result<Socket, StatusCode> {
        let mut request = format!("ws://{}{path}", self.address)
            .into_client_request()
            .unwrap();
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert(header::ORIGIN, origin.parse().unwrap());
        }
        let stream = TcpStream::connect(self.address).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Attaches to a terminal.
    pub async fn terminal(&self, path: &str, since: Option<u64>) -> Socket {
        let hello = json!({ "token": self.token, "cols": 80, "rows": 24, "since": since });
        self.socket(path, hello).await
    }
}

/// An open WebSocket.
pub struct Socket(WebSocketStream<TcpStream>);

/// What came out of one.
#[derive(Debug)]
pub enum Heard {
    Text(Value),
    Bytes(Vec<u8>),
    Closed(u16),
}

impl Socket {
    pub async fn hello(mut self, hello: Value) -> Self {
        self.say(hello).await;
        self
    }

    pub async fn say(&mut self, message: Value) {
        self.0
            .send(Message::Text(message.to_string().into()))
            .await
            .unwrap();
    }

    pub async fn type_in(&mut self, bytes: &[u8]) {
        self.0
            .send(Message::Binary(bytes.to_vec().into()))
            .await
            .unwrap();
    }

    pub async fn next(&mut self) -> Heard {
        loop {
            match tokio::time::timeout(PATIENCE, self.0.next())
                .await
                .expect("a message in time")
            {
                Some(Ok(Message::Text(text))) => {
                    return Heard::Text(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Binary(bytes))) => return Heard::Bytes(bytes.to_vec()),
                Some(Ok(Message::Close(frame))) => {
                    return Heard::Closed(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(1006),
            }
        }
    }

    pub async fn text(&mut self) -> Value {
        match self.next().await {
            Heard::Text(value) => value,
            other => panic!("expected text, heard {other:?}"),
        }
    }

    /// Waits for the close code.
    pub async fn closed(&mut self) -> u16 {
        loop {
            if let Heard::Closed(code) = self.next().await {
                return code;
            }
        }
    }

    /// Reads output until it holds `text`.
    pub async fn until(&mut self, text: &str) -> String {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Heard::Bytes(bytes) => all.extend_from_slice(&bytes),
                other => panic!(
                    "expected {text:?}, heard {other:?} after {:?}",
                    String::from_utf8_lossy(&all)
                ),
            }
            let so_far = String::from_utf8_lossy(&all).into_owned();
            if so_far.contains(text) {
                return so_far;
            }
        }
    }

    /// Waits for an event of a session that fits.
    pub async fn event(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let event = self.text().await;
            if fits(&event) {
                return event;
            }
        }
    }
}
