//! WebSocket frames by hand (RFC 6455 §5.2), as only somebody who means harm writes them.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Longest wait for anything.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// The head of a frame from a browser; its mask changes nothing.
pub fn head(first: u8, length: u64) -> Vec<u8> {
    let mut bytes = vec![first];
    match length {
        0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap()),
        126..=0xffff => {
            bytes.push(0xfe);
            bytes.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            bytes.push(0xff);
            bytes.extend_from_slice(&length.to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes
}

/// A whole frame from a browser.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = head(first, payload.len() as u64);
    bytes.extend_from_slice(payload);
    bytes
}

/// What no server has to bear, each with a name.
pub fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let mut crumbs = frame(0x02, b"x");
    for _ in 0..1024 * 1024 {
        crumbs.extend_from_slice(&frame(0x00, b"x"));
    }
    let begun = |length| [head(0x82, length), vec![0; 64]].concat();
    vec![
        ("a frame of 1 GB", begun(1 << 30)),
        ("a frame of 2^63 bytes", begun((1 << 63) - 1)),
        ("a length of all bits", begun(u64::MAX)),
        ("a megabyte in frames of a byte", crumbs),
        ("deflate, unasked", frame(0xc2, &[0x4a, 0x04, 0x00])),
        ("an unmasked frame", vec![0x82, 0x01, 0x00]),
        ("a reserved kind of frame", frame(0x83, b"x")),
        ("a ping that is too long", frame(0x89, &[0; 126])),
        ("a ping in pieces", frame(0x09, b"x")),
        ("the rest of nothing", frame(0x80, b"x")),
        (
            "a message in another",
            [frame(0x02, b"x"), frame(0x82, b"x")].concat(),
        ),
        ("text that is none", frame(0x81, &[0xff])),
        ("half a close code", frame(0x88, &[3])),
        (
            "a close code that is never sent",
            frame(0x88, &1005_u16.to_be_bytes()),
        ),
    ]
}

/// Opens a WebSocket; the head of the answer, and the connection behind it.
pub async fn open(
    address: std::net::SocketAddr,
    path: &str,
    fields: &[(&str, &str)],
) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!(
        "GET {path} HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    for (name, value) in fields {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let byte = tokio::time::timeout(PATIENCE, stream.read_u8()).await;
        answer.push(byte.expect("an answer in time").unwrap());
    }
    (String::from_utf8(answer).unwrap(), stream)
}

/// Sends what there is to send as far as anybody takes it, and waits for the end of the connection.
pub async fn send_to_the_end(stream: TcpStream, bytes: &[u8]) {
    let (mut from, mut to) = stream.into_split();
    let send = async {
        let _ = to.write_all(bytes).await;
        // Kept until the other side has ended it.
        std::future::pending::<()>().await;
    };
    let mut heard = vec![0; 64 * 1024];
    let read = async { while let Ok(1..) = from.read(&mut heard).await {} };
    tokio::select! {
        () = send => {}
        ended = tokio::time::timeout(PATIENCE, read) => ended.expect("an end in time"),
    }
}

/// Megabytes of memory that this process has.
pub fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kb: u64 = line
        .and_then(|line| line.trim().split(' ').next())
        .unwrap()
        .parse()
        .unwrap();
    kb / 1024
}
