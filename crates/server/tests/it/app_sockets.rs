//! WebSockets of applications, through the proxy: carried word for word, in bounded memory.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use labwright_place::fake::ConnectCall;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, frame::Frame};

use crate::apps::Site;
use crate::frames::{self, frame, hostile, memory_mb, send_to_the_end};
use crate::world::{Browser, World};

/// What applications have heard.
type Heard = Arc<Mutex<Vec<String>>>;

/// Ada's lab, with her application's site open.
async fn opened(world: &World) -> (Browser, Site) {
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let site = Site::open(world, &ada, &session, "app-2").await;
    (ada, site)
}

/// Lets `serve` have every connection to the application.
fn application<F>(world: &World, serve: impl Fn(DuplexStream) -> F + Send + Sync + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = tokio::runtime::Handle::current();
    world.place.on_connect(move |_: &ConnectCall| {
        let (ours, theirs) = tokio::io::duplex(16 * 1024);
        runtime.spawn(serve(ours));
        Some(theirs)
    });
}

/// Says back what it hears until it is told to leave; keeps heads and last words.
async fn echo(io: DuplexStream, heard: Heard) {
    let keep = heard.clone();
    #[allow(clippy::result_large_err)] // The library wants it so.
    let accept = move |request: &Request, mut answer: Response| {
        for (name, value) in request.headers() {
            let value = String::from_utf8_lossy(value.as_bytes());
            keep.lock().unwrap().push(format!("{name}: {value}"));
        }
        let protocol = request.headers().get("sec-websocket-protocol").cloned();
        if let Some(protocol) = protocol {
            answer
                .headers_mut()
                .insert("sec-websocket-protocol", protocol);
        }
        Ok(answer)
    };
    let limits = WebSocketConfig::default()
        .max_message_size(Some(1024 * 1024))
        .max_frame_size(Some(1024 * 1024));
    let accepted = tokio_tungstenite::accept_hdr_async_with_config(io, accept, Some(limits));
    let Ok(mut socket) = accepted.await else {
        return;
    };
    while let Some(message) = socket.next().await {
        match message {
            Ok(Message::Text(text)) if text == "leave" => {
                let reason = "as you wish".into();
                let code = 4000.into();
                let _ = socket.close(Some(CloseFrame { code, reason })).await;
            }
            Ok(Message::Text(text)) if text == "vanish" => return,
            Ok(Message::Close(Some(last))) => {
                let words = format!("close {} {}", u16::from(last.code), last.reason);
                heard.lock().unwrap().push(words);
            }
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                let _ = socket.send(message).await;
            }
            Ok(_) => {}
            Err(error) => heard.lock().unwrap().push(format!("error {error}")),
        }
    }
}

impl Site {
    /// Opens a WebSocket of the application's.
    async fn socket(&self, more: &[(&str, &str)]) -> (String, TcpStream) {
        let own = [
            ("Host", self.host.as_str()),
            ("Cookie", self.cookie.as_str()),
        ];
        let fields = [own.as_slice(), more].concat();
        frames::open(self.browser.address, "/socket?x=1", &fields).await
    }

    async fn client(&self) -> WebSocketStream<TcpStream> {
        let (answer, stream) = self.socket(&[]).await;
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        WebSocketStream::from_raw_socket(stream, Role::Client, None).await
    }
}

/// The next message, in time.
async fn next(socket: &mut WebSocketStream<TcpStream>) -> Option<Message> {
    let next = tokio::time::timeout(Duration::from_secs(20), socket.next());
    next.await.expect("a message in time").and_then(Result::ok)
}

async fn says_back(socket: &mut WebSocketStream<TcpStream>, message: Message) {
    socket.send(message.clone()).await.unwrap();
    assert_eq!(next(socket).await, Some(message));
}

#[tokio::test]
async fn a_websocket_is_carried_word_for_word() {
    let world = World::new().await;
    let heard = Heard::default();
    let keep = heard.clone();
    application(&world, move |io| echo(io, keep.clone()));
    let (_, site) = opened(&world).await;
    let origin = format!("http://{}", site.host);
    let offered = "permessage-deflate; client_max_window_bits";
    let (answer, stream) = site
        .socket(&[
            ("Origin", &origin),
            ("Sec-WebSocket-Protocol", "talk"),
            ("Sec-WebSocket-Extensions", offered),
        ])
        .await;
    let answer = answer.to_lowercase();
    assert!(answer.starts_with("http/1.1 101 "), "{answer}");
    assert!(
        answer.contains("\r\nsec-websocket-protocol: talk\r\n"),
        "{answer}"
    );
    // Of the key in RFC 6455 §1.3.
    assert!(answer.contains(": s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"));
    let head = heard.lock().unwrap().join("\n");
    assert!(head.contains(&format!("sec-websocket-extensions: {offered}")));
    assert!(head.contains(&format!("origin: {origin}")) && !head.contains("labwright"));

    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    let long: Vec<u8> = (0..1024 * 1024_u32).map(|n| (n % 251) as u8).collect();
    for message in [
        Message::text("ça va ? 日本"),
        Message::text(""),
        Message::binary(long),
        Message::binary(vec![]),
    ] {
        says_back(&mut socket, message).await;
    }
    for (text, kind, last) in [
        ("one ", Data::Text, false),
        ("two ", Data::Continue, false),
        ("three", Data::Continue, true),
    ] {
        let part = Frame::message(text.as_bytes(), OpCode::Data(kind), last);
        socket.send(Message::Frame(part)).await.unwrap();
    }
    assert_eq!(
        next(&mut socket).await,
        Some(Message::text("one two three"))
    );
    socket.send(Message::Ping("p".into())).await.unwrap();
    assert_eq!(next(&mut socket).await, Some(Message::Pong("p".into())));
}

/// The browser's goodbye, the application's, and none.
#[tokio::test]
async fn both_ends_hear_how_a_websocket_ends() {
    let world = World::new().await;
    let heard = Heard::default();
    let keep = heard.clone();
    application(&world, move |io| echo(io, keep.clone()));
    let (_, site) = opened(&world).await;
    let mut socket = site.client().await;
    let code = 4321.into();
    let reason = "bye".into();
    socket
        .close(Some(CloseFrame { code, reason }))
        .await
        .unwrap();
    assert!(matches!(next(&mut socket).await, Some(Message::Close(_))));
    assert_eq!(next(&mut socket).await, None);
    assert!(heard.lock().unwrap().contains(&"close 4321 bye".to_owned()));
    let mut socket = site.client().await;
    socket.send(Message::text("leave")).await.unwrap();
    let Some(Message::Close(Some(last))) = next(&mut socket).await else {
        panic!("no last words");
    };
    assert_eq!(
        (last.code.into(), last.reason.as_str()),
        (4000, "as you wish")
    );
    let mut socket = site.client().await;
    socket.send(Message::text("vanish")).await.unwrap();
    assert_eq!(next(&mut socket).await, None);
}

#[tokio::test]
async fn a_websocket_is_for_pages_of_the_same_session() {
    let world = World::new().await;
    application(&world, |io| echo(io, Heard::default()));
    let (_, site) = opened(&world).await;
    let stranger = format!("http://{}", site.host).replace("http://s", "http://t");
    for origin in ["https://evil.example", &stranger, "null://x"] {
        let (answer, _) = site.socket(&[("Origin", origin)]).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{origin}: {answer}");
    }
    let (address, host) = (site.browser.address, ("Host", site.host.as_str()));
    let (answer, _) = frames::open(address, "/socket", &[host]).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}

/// What both ends have agreed on is theirs: the proxy neither packs nor unpacks.
#[tokio::test]
async fn compressed_frames_pass_as_they_are() {
    let world = World::new().await;
    application(&world, |mut io| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(io.read_u8().await.unwrap());
        }
        let agreed = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
            Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
            Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n\r\n";
        io.write_all(agreed.as_bytes()).await.unwrap();
        let (mut from, mut to) = tokio::io::split(io);
        let _ = tokio::io::copy(&mut from, &mut to).await;
    });
    let (_, site) = opened(&world).await;
    let (answer, mut stream) = site
        .socket(&[("Sec-WebSocket-Extensions", "permessage-deflate")])
        .await;
    let agreed = "sec-websocket-extensions: permessage-deflate; server_no_context_takeover\r\n";
    assert!(answer.to_lowercase().contains(agreed), "{answer}");
    // Ends in a block that unfolds to 1000 times its size: nobody here unfolds it.
    let bomb = frame(0xc2, &[0x62, 0x60, 0x18, 0x05, 0xa3, 0x60, 0x14, 0x8c]);
    for bytes in [bomb, vec![0xff; 3], vec![0; 100_000]] {
        stream.write_all(&bytes).await.unwrap();
        let mut back = vec![0; bytes.len()];
        let read = stream.read_exact(&mut back);
        let read = tokio::time::timeout(Duration::from_secs(20), read).await;
        read.expect("bytes in time").unwrap();
        assert!(back == bytes);
    }
}

#[tokio::test]
async fn hostile_frames_are_the_applications_matter_alone() {
    let world = World::new().await;
    let heard = Heard::default();
    let keep = heard.clone();
    application(&world, move |io| echo(io, keep.clone()));
    let (_, site) = opened(&world).await;
    let mut witness = site.client().await;
    let before = memory_mb();
    for (name, bytes) in hostile() {
        let (_, stream) = site.socket(&[]).await;
        send_to_the_end(stream, &bytes).await;
        says_back(&mut witness, Message::text(name)).await;
    }
    let heard = heard.lock().unwrap();
    let refused = |words: &&String| words.starts_with("error ") || words.starts_with("close 1002");
    assert_eq!(heard.iter().filter(refused).count(), hostile().len());
    let grown = memory_mb().saturating_sub(before);
    assert!(grown < 128, "{grown} MB more");
}

#[tokio::test]
async fn whoever_does_not_read_is_waited_for() {
    let world = World::new().await;
    let written: Arc<Mutex<usize>> = Arc::default();
    let count = written.clone();
    // An application that pours out one frame of 1 GB, or takes nothing in.
    application(&world, move |mut io| {
        let count = count.clone();
        async move {
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                head.push(io.read_u8().await.unwrap() as char);
            }
            let _ = io
                .write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
                .await;
            if head.contains("x-take: nothing") {
                return std::future::pending().await;
            }
            let _ = io.write_all(&[0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0]).await;
            while let Ok(length) = io.write(&[0; 64 * 1024]).await {
                *count.lock().unwrap() += length;
            }
            *count.lock().unwrap() = usize::MAX;
        }
    });
    let (_, site) = opened(&world).await;
    let before = memory_mb();
    let (_, silent) = site.socket(&[]).await;
    let mut seen = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = *written.lock().unwrap();
        if now == seen && now > 0 {
            break;
        }
        assert!(now < 64 * 1024 * 1024, "{now} bytes for nobody");
        seen = now;
    }
    // The other way round.
    let (_, mut eager) = site.socket(&[("X-Take", "nothing")]).await;
    let mut sent = 0;
    let chunk = vec![0; 64 * 1024];
    while let Ok(length) =
        tokio::time::timeout(Duration::from_millis(500), eager.write(&chunk)).await
    {
        sent += length.unwrap();
        assert!(sent < 64 * 1024 * 1024, "{sent} bytes for nobody");
    }
    let grown = memory_mb().saturating_sub(before);
    assert!(grown < 128, "{grown} MB more");
    // Neither stands in others' way, and the application is told that its reader is gone.
    drop(silent);
    let began = std::time::Instant::now();
    while *written.lock().unwrap() != usize::MAX {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    application(&world, |io| echo(io, Heard::default()));
    says_back(&mut site.client().await, Message::text("still here")).await;
}
