//! What a learner's page does from the click to the first prompt, over HTTP and WebSockets as a
//! browser would, without drawing anything.

use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::failure::{Failure, Outcome};

/// Longest wait for any answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a session that ends.
const LOOK: Duration = Duration::from_millis(50);

/// A WebSocket of the server.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A page without a screen, signed in.
#[derive(Clone)]
pub struct Browser {
    http: Client<HttpConnector, Full<Bytes>>,
    base: String,
    token: String,
}

/// A lab in that page: a terminal that has shown its prompt.
pub struct Tab {
    /// The session that it belongs to.
    pub session: String,
    socket: Socket,
}

impl Browser {
    /// A browser that speaks to `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: &str, token: String) -> Self {
        let http = Client::builder(TokioExecutor::new()).build_http();
        Self {
            http,
            base: base.to_owned(),
            token,
        }
    }

    /// Starts a lab and waits for the first prompt in its first terminal.
    pub async fn click(&self, course: &str, lab: &str) -> Outcome<Tab> {
        let (id, terminal) = self.start(course, lab).await?;
        let hello = json!({ "token": self.token, "cols": 80, "rows": 24, "since": null });
        let path = format!("/api/v1/sessions/{id}/terminals/{terminal}");
        let mut tab = Tab {
            session: id,
            socket: self.socket(&path, &hello).await?,
        };
        tab.read_until(|bytes| bytes.contains(&b'$') || bytes.contains(&b'#'))
            .await?;
        Ok(tab)
    }

    /// Starts a lab and waits until it is ready; its session, and its first terminal.
    pub async fn start(&self, course: &str, lab: &str) -> Outcome<(String, String)> {
        let wanted = json!({ "course": course, "lab": lab });
        let session = self.post("/api/v1/sessions", &wanted).await?;
        let id = text(&session, "id")?;
        let terminal = self.wait_ready(&id).await?;
        Ok((id, terminal))
    }

    /// Ends a session and waits until it is gone.
    pub async fn end(&self, id: &str) -> Outcome {
        let path = format!("/api/v1/sessions/{id}");
        self.post(&format!("{path}/end"), &json!({})).await?;
        while text(&self.ask(Method::GET, &path, "").await?, "state")? != "ended" {
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// The WebSocket of a desktop; RFB follows.
    pub async fn display(&self, id: &str, app: &str) -> Outcome<Socket> {
        let hello = json!({ "token": self.token });
        self.socket(&format!("/api/v1/sessions/{id}/displays/{app}"), &hello)
            .await
    }

    /// Milliseconds from opening a capture of `source` until its first packet is here.
    pub async fn first_packet_ms(&self, id: &str, source: &str) -> Outcome<f64> {
        let began = Instant::now();
        let hello = json!({ "token": self.token });
        let path = format!("/api/v1/sessions/{id}/captures/{source}");
        let mut socket = self.socket(&path, &hello).await?;
        loop {
            if let Message::Binary(blocks) = next(&mut socket).await?
                && has_packet(&blocks)
            {
                return Ok(super::ms(began));
            }
        }
    }

    /// Follows the session's events until it is ready; the id of its first terminal.
    async fn wait_ready(&self, id: &str) -> Outcome<String> {
        let hello = json!({ "token": self.token, "lang": "en" });
        let mut events = self
            .socket(&format!("/api/v1/sessions/{id}/events"), &hello)
            .await?;
        loop {
            let Message::Text(message) = next(&mut events).await? else {
                continue;
            };
            let event: Value = serde_json::from_str(&message)?;
            let Some(session) = event.get("session") else {
                continue;
            };
            let terminal = session.pointer("/terminals/0/id").and_then(Value::as_str);
            match (session.get("state").and_then(Value::as_str), terminal) {
                (Some("ready"), Some(terminal)) => return Ok(terminal.to_owned()),
                (Some("failed" | "ended"), _) => {
                    return Err(Failure::new(format!("session {id} did not become ready"))
                        .context(session["problem"].to_string()));
                }
                _ => {}
            }
        }
    }

    async fn socket(&self, path: &str, hello: &Value) -> Outcome<Socket> {
        let address = format!("{}{path}", self.base.replacen("http", "ws", 1));
        let (mut socket, _) = connect_async(address).await?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_nodelay(true)?;
        }
        socket.send(Message::text(hello.to_string())).await?;
        Ok(socket)
    }

    async fn post(&self, path: &str, body: &Value) -> Outcome<Value> {
        self.ask(Method::POST, path, &body.to_string()).await
    }

    async fn ask(&self, method: Method, path: &str, body: &str) -> Outcome<Value> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.token))
            .body(Full::new(Bytes::from(body.to_owned())))?;
        let response = self.http.request(request).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            let words = String::from_utf8_lossy(&bytes).into_owned();
            return Err(
                Failure::new(words).context(format!("the server answered {path} with {status}"))
            );
        }
        Ok(serde_json::from_slice(&bytes)?)
    }
}

impl Tab {
    /// Milliseconds from a typed byte to its echo.
    pub async fn echo_ms(&mut self) -> Outcome<f64> {
        let began = Instant::now();
        self.socket.send(Message::binary(b"x".as_slice())).await?;
        self.read_until(|bytes| bytes.contains(&b'x')).await?;
        Ok(began.elapsed().as_secs_f64() * 1000.0)
    }

    /// Types a line.
    pub async fn type_line(&mut self, line: &str) -> Outcome {
        let line = format!("{line}\n");
        Ok(self.socket.send(Message::binary(line.into_bytes())).await?)
    }

    async fn read_until(&mut self, found: impl Fn(&[u8]) -> bool) -> Outcome {
        loop {
            if let Message::Binary(bytes) = next(&mut self.socket).await?
                && found(&bytes)
            {
                return Ok(());
            }
        }
    }
}

/// Whether whole pcapng blocks hold an Enhanced Packet Block (draft-ietf-opsawg-pcapng §4.3).
fn has_packet(mut blocks: &[u8]) -> bool {
    const ENHANCED_PACKET: [u8; 4] = 6_u32.to_le_bytes();
    while let Some((kind, length)) = blocks.get(..4).zip(blocks.get(4..8)) {
        if kind == ENHANCED_PACKET {
            return true;
        }
        let length = length.try_into().map_or(0, u32::from_le_bytes) as usize;
        blocks = blocks.get(length.max(8)..).unwrap_or_default();
    }
    false
}

async fn next(socket: &mut Socket) -> Outcome<Message> {
    let message = tokio::time::timeout(PATIENCE, socket.next())
        .await
        .map_err(|_| Failure::new("the server sent nothing for a minute"))?;
    Ok(message.ok_or_else(|| Failure::new("the server closed a WebSocket"))??)
}

fn text(value: &Value, key: &str) -> Outcome<String> {
    let text = value.get(key).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| Failure::new(format!("the server's answer has no `{key}`")))
}
