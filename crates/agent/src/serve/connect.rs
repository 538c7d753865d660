//! A TCP connection into a node.
//!
//! The node's init makes the socket, so that it belongs to the node's network namespace; the agent
//! only connects it. It can reach nothing that a program of the node could not, and it is never
//! told an address: it tries the loopback ones, then the node's own, from which it then also comes,
//! so that an address which the node has not (any more) is not connected to elsewhere.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use labwright_model::{NodeName, NodeSpec};
use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::limits::{CONNECT_TIMEOUT, MAX_CONNECTIONS};
use labwright_wire::{Failure, Reply, Stream};
use rustix::net::Shutdown;
use tokio::io::AsyncWrite;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;

use super::input::{self, Sink};
use super::reply::{failure, init_failure, reply};
use crate::init::Control;

/// Bytes that go into one frame at most.
const CHUNK_BYTES: usize = 32 * 1024;

/// Where a connection is to go.
pub(super) struct Target {
    /// The node's init.
    pub control: Result<Control, Failure>,
    /// The node.
    pub node: NodeName,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The port.
    pub port: u16,
}

/// The fixed addresses of a node.
pub(super) fn addresses(spec: &NodeSpec) -> Vec<IpAddr> {
    let all = spec.links.iter().flat_map(|link| &link.addresses);
    all.filter_map(|address| address.split('/').next()?.parse().ok())
        .collect()
}

/// Connects, and carries bytes until both sides have ended or one is gone. `counted` is held
/// meanwhile.
pub(super) async fn run(
    target: Target,
    counted: Rc<()>,
    mut stream: Stream,
) -> Result<(), FrameError> {
    // One count is the service's own, one this stream's.
    let connected = if Rc::strong_count(&counted) > MAX_CONNECTIONS + 1 {
        let why = format!("{MAX_CONNECTIONS} connections into the machine's nodes are open");
        Err(failure("limit", why))
    } else {
        match tokio::time::timeout(CONNECT_TIMEOUT, connect(&target)).await {
            Ok(connected) => connected,
            Err(_) => {
                let (port, node) = (target.port, &target.node);
                let why = format!("port {port} of node {node} does not answer");
                Err(failure("failed", why))
            }
        }
    };
    match connected {
        Ok(socket) => {
            reply(&mut stream, &Reply::Done).await?;
            carry(&socket, stream).await
        }
        Err(failure) => reply(&mut stream, &Reply::Failed(failure)).await,
    }
}

async fn connect(target: &Target) -> Result<TcpStream, Failure> {
    let control = target.control.as_ref().map_err(Clone::clone)?;
    let loopback = [
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    ];
    for address in loopback.iter().chain(&target.addresses) {
        let socket = control
            .socket(address.is_ipv6())
            .await
            .map_err(|error| init_failure(&error))?;
        if let Ok(connected) = connect_to(socket.into(), *address, target.port).await {
            let _ = connected.set_nodelay(true);
            return Ok(connected);
        }
    }
    let (port, node) = (target.port, &target.node);
    let why = format!("nothing listens on port {port} of node {node}");
    Err(failure("refused", why))
}

async fn connect_to(
    socket: std::net::TcpStream,
    address: IpAddr,
    port: u16,
) -> io::Result<TcpStream> {
    let socket = TcpSocket::from_std_stream(socket);
    socket.bind(SocketAddr::new(address, 0))?;
    socket.connect(SocketAddr::new(address, port)).await
}

async fn carry(socket: &TcpStream, stream: Stream) -> Result<(), FrameError> {
    let (read, write) = tokio::io::split(stream);
    let (open, closed) = oneshot::channel();
    let writer = Writer {
        socket,
        _open: open,
    };
    tokio::select! {
        sent = send(socket, write) => {
            sent?;
            let _ = closed.await;
            Ok(())
        }
        () = input::pass(read, writer, async |_| {}) => Ok(()),
    }
}

/// Sends what comes from the node, then an `Eof`. A connection that broke has none.
async fn send(socket: &TcpStream, mut stream: impl AsyncWrite + Unpin) -> Result<(), FrameError> {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        socket.readable().await?;
        match socket.try_read(&mut buffer) {
            Ok(0) => return frame::write_frame(&mut stream, Kind::Eof, &[]).await,
            Ok(length) => {
                let bytes = buffer.get(..length).unwrap_or_default();
                frame::write_frame(&mut stream, Kind::Data, bytes).await?;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What goes to the node; at its end the node is told that no more comes.
struct Writer<'a> {
    socket: &'a TcpStream,
    _open: oneshot::Sender<()>,
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(self.socket, Shutdown::Write);
    }
}

impl Sink for Writer<'_> {
    async fn ready(&self) -> io::Result<()> {
        self.socket.writable().await
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.try_write(bytes)
    }
}
