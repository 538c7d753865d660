//! What a browser needs to restore a machine, served to it alone: a page, the emulator, the machine's
//! folder, and a WebSocket for the bytes of its console.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use labwright_image::browser::{Folder, MACHINE_FILE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::emulator::{Ear, Installed};
use super::line::Line;
use super::random;
use crate::failure::{Explain as _, Outcome};

/// What Node imports as well.
pub const RESTORED: &str = include_str!("../../../../web/machine/restored.mjs");
const PAGE: &str = include_str!("../../../../web/machine/page.html");
const WORKER: &str = include_str!("../../../../web/machine/worker.mjs");
/// What of the emulator's package a page loads.
const EMULATOR: [&str; 3] = ["libv86.mjs", "v86.wasm", "v86-fallback.wasm"];
/// Bytes that wait between the WebSocket and the line, each way.
const WAITING_BYTES: usize = 64 * 1024;
const READ_BYTES: usize = 16 * 1024;
/// Bytes of the word in the address: whoever does not know it gets nothing.
const WORD_BYTES: usize = 16;

/// A page that is served until this is dropped.
pub struct Page {
    /// Its address.
    pub address: String,
    sent: Arc<AtomicU64>,
    server: JoinHandle<()>,
}

struct Served {
    installed: Installed,
    files: BTreeSet<String>,
    ear: Ear,
    /// Bytes of files, so far.
    sent: Arc<AtomicU64>,
    /// For the first WebSocket; there is one page.
    device: std::sync::Mutex<Option<DuplexStream>>,
}

impl Page {
    /// Serves a machine on a free port of this host, to whoever knows the address.
    pub async fn serve(installed: &Installed, ear: Ear) -> Outcome<(Self, Line)> {
        let folder = Folder::read(&installed.machine)?;
        let (device, socket) = tokio::io::duplex(WAITING_BYTES);
        let sent = Arc::new(AtomicU64::default());
        let listed = folder.files.into_iter().map(|file| file.file);
        let served = Arc::new(Served {
            installed: installed.clone(),
            files: listed.chain([MACHINE_FILE.to_owned()]).collect(),
            ear,
            sent: sent.clone(),
            device: std::sync::Mutex::new(Some(socket)),
        });
        let word = random(WORD_BYTES)?;
        let routes = Router::new()
            .route(
                "/",
                get(|| async { text("text/html; charset=utf-8", PAGE) }),
            )
            .route("/worker.mjs", get(|| async { text(SCRIPT, WORKER) }))
            .route("/restored.mjs", get(|| async { text(SCRIPT, RESTORED) }))
            .route("/v86/{file}", get(emulator))
            .route("/machine/{*file}", get(machine))
            .route("/line", get(line))
            .with_state(served);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("listening on a port of this host")?;
        let address = format!("http://{}/{word}/", listener.local_addr()?);
        let app = Router::new().nest(&format!("/{word}/"), routes);
        let server = tokio::spawn(async move {
            // It ends with the page.
            let _ = axum::serve(listener, app).await;
        });
        let page = Self {
            address,
            sent,
            server,
        };
        Ok((page, Line::over(device)))
    }

    /// Bytes of the emulator and the machine that the page has loaded.
    pub fn sent_bytes(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.server.abort();
    }
}

const SCRIPT: &str = "text/javascript";

fn text(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn emulator(State(served): State<Arc<Served>>, Path(file): Path<String>) -> Response {
    if !EMULATOR.contains(&file.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let kind = if file.ends_with(".wasm") {
        "application/wasm"
    } else {
        SCRIPT
    };
    send(&served, served.installed.v86.join("build").join(file), kind).await
}

async fn machine(State(served): State<Arc<Served>>, Path(file): Path<String>) -> Response {
    if !served.files.contains(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let kind = if file.ends_with(".json") {
        "application/json"
    } else {
        "application/octet-stream"
    };
    send(&served, served.installed.machine.join(file), kind).await
}

async fn send(served: &Served, path: PathBuf, kind: &'static str) -> Response {
    match tokio::fs::read(path).await {
        // Nothing of it is to stay in a cache of a browser that goes.
        Ok(bytes) => {
            served.sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, bytes).into_response()
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn line(State(served): State<Arc<Served>>, upgrade: WebSocketUpgrade) -> Response {
    let device = served
        .device
        .lock()
        .ok()
        .and_then(|mut device| device.take());
    match device {
        Some(device) => upgrade.on_upgrade(move |socket| async move {
            relay(socket, device, &served.ear).await;
            served.ear.end();
        }),
        None => StatusCode::CONFLICT.into_response(),
    }
}

/// Carries bytes both ways until either end is over.
async fn relay(mut socket: WebSocket, mut device: DuplexStream, ear: &Ear) {
    let mut typed = vec![0; READ_BYTES];
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => if device.write_all(&bytes).await.is_err() {
                    return;
                },
                Some(Ok(Message::Text(words))) => ear.hear(&words),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return,
            },
            length = device.read(&mut typed) => {
                let bytes = match length {
                    Ok(length) if length > 0 => typed.get(..length).unwrap_or_default(),
                    _ => return,
                };
                let bytes = Bytes::copy_from_slice(bytes);
                if socket.send(Message::Binary(bytes)).await.is_err() {
                    return;
                }
            }
        }
    }
}
