//! What carries RFB to a viewer: a socket of the X server, or a WebSocket of a gateway.

use std::os::fd::AsRawFd;
use std::path::Path;

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::failure::{Explain, Failure, Outcome};

/// A WebSocket over TCP.
pub type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// One of them.
pub enum Wire {
    /// A gateway's; RFB in binary messages.
    WebSocket(Box<Socket>),
    /// An X server's port.
    Tcp(TcpStream),
    /// An X server's socket.
    Unix(UnixStream),
}

impl Wire {
    /// An X server's port on this host.
    pub async fn port(port: u16) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self::Tcp(stream))
    }

    /// websockify on this host.
    pub async fn websockify(port: u16) -> Outcome<Self> {
        let mut request = format!("ws://127.0.0.1:{port}/websockify").into_client_request()?;
        let binary = HeaderValue::from_static("binary");
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", binary);
        let (socket, _) = connect_async(request).await?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_nodelay(true)?;
        }
        Ok(Self::WebSocket(Box::new(socket)))
    }

    /// A socket by its path, which may be longer than an address can be.
    pub async fn socket(path: &Path) -> Outcome<Self> {
        let what = || format!("opening {}", path.display());
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Failure::new(what()));
        };
        let folder = std::fs::File::open(folder).context(what())?;
        let short = Path::new("/proc/self/fd")
            .join(folder.as_raw_fd().to_string())
            .join(name);
        Ok(Self::Unix(
            UnixStream::connect(short).await.context(what())?,
        ))
    }

    /// Reads what has come into `buffer`; bytes on the wire. Nothing is lost when it is dropped.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> Outcome<usize> {
        let closed = || Failure::new("the other end closed");
        let read = match self {
            Self::Tcp(stream) => stream.read_buf(buffer).await?,
            Self::Unix(stream) => stream.read_buf(buffer).await?,
            Self::WebSocket(socket) => match socket.next().await.ok_or_else(closed)?? {
                Message::Binary(bytes) => {
                    buffer.extend_from_slice(&bytes);
                    bytes.len() + header_bytes(bytes.len())
                }
                Message::Close(frame) => {
                    let why = frame.map_or_else(String::new, |frame| frame.to_string());
                    return Err(closed().context(why));
                }
                // Pings are answered by the library; a text says that RFB follows.
                other => return Ok(other.len() + header_bytes(other.len())),
            },
        };
        if read == 0 { Err(closed()) } else { Ok(read) }
    }

    /// Writes all.
    pub async fn write(&mut self, bytes: &[u8]) -> Outcome {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes).await?,
            Self::Unix(stream) => stream.write_all(bytes).await?,
            Self::WebSocket(socket) => socket.send(Message::binary(bytes.to_vec())).await?,
        }
        Ok(())
    }
}

/// What a server's frame has before its payload (RFC 6455 §5.2).
fn header_bytes(payload: usize) -> usize {
    match payload {
        0..126 => 2,
        126..65536 => 4,
        _ => 10,
    }
}
