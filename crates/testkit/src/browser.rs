//! Somebody's browser: what tests of the server send over HTTP and sockets.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::polled::Polled;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// The close code of a session that is not ready.
const NOT_READY: u16 = 4409;

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: hyper::HeaderMap,
    /// Its body.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The code of a refusal.
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
    /// The server's address.
    pub address: std::net::SocketAddr,
    /// Signed in with it.
    pub token: Option<String>,
    /// It opens sockets by long polling, as where WebSockets are blocked.
    pub polled: bool,
}

impl Browser {
    /// The same person's, where WebSockets work, and where they are blocked.
    pub fn both_ways(&self) -> [Self; 2] {
        [false, true].map(|polled| Self {
            polled,
            ..self.clone()
        })
    }

    /// Sends a GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// Sends a POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string()), &[])
            .await
    }

    /// Sends a POST to a server that may not be there, or may die before it answers.
    pub async fn try_post(&self, path: &str, body: Value) -> Option<Value> {
        let body = Some(Bytes::from(body.to_string()));
        let request = self.request(Method::POST, path, body, &[]);
        let stream = TcpStream::connect(self.address).await.ok()?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .ok()?;
        tokio::spawn(connection);
        let response = tokio::time::timeout(PATIENCE, sender.send_request(request)).await;
        let body = response.ok()?.ok()?.into_body().collect().await.ok()?;
        serde_json::from_slice(&body.to_bytes()).ok()
    }

    /// Sends a request; a body is JSON.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let body = body.map(Bytes::from);
        self.ask(self.request(method, path, body, headers)).await
    }

    async fn ask(&self, request: Request<Full<Bytes>>) -> Answer {
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

    /// Sends a body that is no JSON; its kind is among the headers.
    pub async fn send_as(
        &self,
        method: Method,
        path: &str,
        body: String,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.request(method, path, None, headers);
        *request.body_mut() = Full::new(Bytes::from(body));
        self.ask(request).await
    }

    /// Sends bytes to a server that may go away meanwhile, and reads bytes.
    pub async fn octets(&self, method: Method, path: &str, bytes: &[u8]) -> (StatusCode, Vec<u8>) {
        let headers = [("content-type", "application/octet-stream")];
        let mut request = self.request(method, path, None, &headers);
        *request.body_mut() = Full::new(Bytes::copy_from_slice(bytes));
        let sent = async {
            let stream = TcpStream::connect(self.address).await.ok()?;
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream))
                    .await
                    .ok()?;
            tokio::spawn(connection);
            let response = sender.send_request(request).await.ok()?;
            let status = response.status();
            let bytes = response.into_body().collect().await.ok()?.to_bytes();
            Some((status, bytes.to_vec()))
        };
        let answer = tokio::time::timeout(PATIENCE, sent)
            .await
            .expect("an answer in time");
        answer.unwrap_or((StatusCode::SERVICE_UNAVAILABLE, Vec::new()))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<Bytes>,
        headers: &[(&str, &str)],
    ) -> Request<Full<Bytes>> {
        let mut request = Request::builder().method(method).uri(path);
        // A request has one host: another one replaces the server's address.
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(header::HOST, self.address.to_string());
        }
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Full::new(body.unwrap_or_default())).unwrap()
    }

    /// Starts a lab and waits until it is ready; the session's path.
    pub async fn launch(&self, course: &str, lab: &str) -> String {
        let body = json!({ "course": course, "lab": lab });
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

    /// Opens a socket and says the first message.
    pub async fn socket(&self, path: &str, hello: Value) -> Socket {
        self.dial(path, None).await.unwrap().hello(hello).await
    }

    /// Opens a socket; a WebSocket perhaps from a page of some site.
    pub async fn dial(&self, path: &str, origin: Option<&str>) -> Result<Socket, StatusCode> {
        if self.polled {
            return Polled::open(self, path).await.map(Socket::Polled);
        }
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
            Ok((socket, _)) => Ok(Socket::Web(Box::new(socket))),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Attaches to a terminal.
    pub async fn terminal(&self, path: &str, since: Option<u64>) -> Socket {
        let hello = json!({ "token": self.token, "cols": 80, "rows": 24, "since": since });
        self.socket(path, hello).await
    }

    /// Attaches to a terminal as a page does: a server that has just started says "not ready" until it has found the
    /// machine, and the page tries again. Also what `attached` said.
    pub async fn attach(&self, path: &str, since: Option<u64>) -> (Socket, Value) {
        let began = std::time::Instant::now();
        loop {
            let mut socket = self.terminal(path, since).await;
            match socket.next().await {
                Heard::Text(attached) => return (socket, attached),
                Heard::Closed(NOT_READY) if began.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                other => panic!("{path}: {other:?}"),
            }
        }
    }
}

/// An open socket.
pub enum Socket {
    /// A WebSocket.
    Web(Box<WebSocketStream<TcpStream>>),
    /// One that is polled.
    Polled(Polled),
}

/// What came out of one.
#[derive(Debug)]
pub enum Heard {
    /// A JSON message.
    Text(Value),
    /// A binary message.
    Bytes(Vec<u8>),
    /// It was closed with this code; 1006 when it broke.
    Closed(u16),
}

impl Socket {
    /// Says the first message.
    pub async fn hello(mut self, hello: Value) -> Self {
        self.say(hello).await;
        self
    }

    /// Sends a JSON text message.
    pub async fn say(&mut self, message: Value) {
        match self {
            Self::Web(socket) => {
                let message = Message::Text(message.to_string().into());
                socket.send(message).await.unwrap();
            }
            Self::Polled(polled) => polled.say(&message).await,
        }
    }

    /// Sends bytes.
    pub async fn type_in(&mut self, bytes: &[u8]) {
        match self {
            Self::Web(socket) => {
                let message = Message::Binary(bytes.to_vec().into());
                socket.send(message).await.unwrap();
            }
            Self::Polled(polled) => polled.type_in(bytes).await,
        }
    }

    /// The next message that is no ping or pong.
    pub async fn next(&mut self) -> Heard {
        // Pings do not make it patient for ever.
        let limit = tokio::time::Instant::now() + PATIENCE;
        let socket = match self {
            Self::Web(socket) => socket,
            Self::Polled(polled) => {
                let message = tokio::time::timeout_at(limit, polled.next()).await;
                return message.expect("a message in time");
            }
        };
        loop {
            let message = tokio::time::timeout_at(limit, socket.next()).await;
            match message.expect("a message in time") {
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

    /// The next message, which must be JSON.
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

    /// Reads output until it holds `text`. A reader that was too slow is told where the output that is left begins.
    pub async fn until(&mut self, text: &str) -> String {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Heard::Bytes(bytes) => all.extend_from_slice(&bytes),
                Heard::Text(skipped) if skipped["lost"] == true => all.clear(),
                other => {
                    let last = &all[all.len().saturating_sub(400)..];
                    let last = String::from_utf8_lossy(last);
                    panic!("expected {text:?}, heard {other:?} after {last:?}");
                }
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
