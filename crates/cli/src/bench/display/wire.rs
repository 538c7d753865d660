//! What carries RFB to a viewer: a port of the X server, or a WebSocket of a gateway.

use std::os::fd::AsFd;

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
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

    /// The port of an X server that is in the network of the process `pid`.
    pub async fn port_in(pid: u32, port: u16) -> Outcome<Self> {
        let what = || format!("opening port {port} in the network of process {pid}");
        // The namespace is a thread's: of one that ends.
        let connecting = std::thread::spawn(move || {
            let network = std::fs::File::open(format!("/proc/{pid}/ns/net"))?;
            let kind = rustix::thread::LinkNameSpaceType::Network;
            rustix::thread::move_into_link_name_space(network.as_fd(), Some(kind))?;
            std::net::TcpStream::connect(("127.0.0.1", port))
        });
        let connected = connecting.join().map_err(|_| Failure::new(what()))?;
        let stream = connected.context(what())?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self::Tcp(TcpStream::from_std(stream)?))
    }

    /// Reads what has come into `buffer`; bytes on the wire. Nothing is lost when it is dropped.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> Outcome<usize> {
        let closed = || Failure::new("the other end closed");
        let read = match self {
            Self::Tcp(stream) => stream.read_buf(buffer).await?,
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
