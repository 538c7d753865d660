//! Connections that are handed over, and agents that hand over something else.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use labwright_model::NodeName;
use labwright_wire::{ClientError, Open, Reply, frame, handover};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};

fn display() -> Open {
    Open::Display {
        node: NodeName::new("desk").unwrap(),
        app: None,
    }
}

/// The question, and the agent's end of its connection once it is there.
async fn asked() -> (
    tokio::task::JoinHandle<Result<TcpStream, ClientError>>,
    UnixStream,
) {
    let (ours, mut agents) = UnixStream::pair().unwrap();
    let asking = tokio::spawn(async move { handover::ask(ours, &display()).await });
    assert!(handover::is_asked(&agents).await);
    assert_eq!(handover::asked(&mut agents).await.unwrap(), display());
    (asking, agents)
}

/// Both ends of a connection.
async fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (one, other) = tokio::join!(TcpStream::connect(address), listener.accept());
    (one.unwrap(), other.unwrap().0)
}

#[tokio::test]
async fn a_connection_arrives_and_carries_both_ways() {
    let (asking, agents) = asked().await;
    let (given, mut screen) = connection().await;
    handover::give(agents, given).await.unwrap();
    let mut handed = asking.await.unwrap().unwrap();
    screen.write_all(b"down").await.unwrap();
    handed.write_all(b"up").await.unwrap();
    let (mut down, mut up) = ([0; 4], [0; 2]);
    handed.read_exact(&mut down).await.unwrap();
    screen.read_exact(&mut up).await.unwrap();
    assert_eq!((&down, &up), (b"down", b"up"));
    // Nobody else holds it.
    drop(handed);
    assert_eq!(screen.read(&mut down).await.unwrap(), 0);
}

#[tokio::test]
async fn a_channel_of_yamux_is_none() {
    let (mut ours, agents) = UnixStream::pair().unwrap();
    ours.write_all(&[0, 2, 0, 1]).await.unwrap();
    assert!(!handover::is_asked(&agents).await);
    let (ours, agents) = UnixStream::pair().unwrap();
    drop(ours);
    assert!(!handover::is_asked(&agents).await);
}

/// Answers well, and hands over these.
async fn handed(what: &[BorrowedFd<'_>]) -> Result<TcpStream, ClientError> {
    let (asking, mut agents) = asked().await;
    frame::write_header(&mut agents, &Reply::Done)
        .await
        .unwrap();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !what.is_empty() {
        assert!(ancillary.push(SendAncillaryMessage::ScmRights(what)));
    }
    let byte = [IoSlice::new(b"D")];
    sendmsg(&agents, &byte, &mut ancillary, SendFlags::empty()).unwrap();
    asking.await.unwrap()
}

#[tokio::test]
async fn only_a_connection_is_taken() {
    let file = std::fs::File::open("/dev/null").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let listener = std::os::unix::net::UnixListener::bind(folder.path().join("s")).unwrap();
    let (datagrams, _other) = std::os::unix::net::UnixDatagram::pair().unwrap();
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let packets = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let (unix, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    for wrong in [
        file.as_fd(),
        listener.as_fd(),
        datagrams.as_fd(),
        tcp.as_fd(),
        packets.as_fd(),
        unix.as_fd(),
    ] {
        assert!(matches!(handed(&[wrong]).await, Err(ClientError::Frame(_))));
    }
    assert!(matches!(handed(&[]).await, Err(ClientError::Frame(_))));

    let (right, _other) = connection().await;
    assert!(handed(&[right.as_fd()]).await.is_ok());

    // An agent that does not know the question ends the connection.
    let (asking, agents) = asked().await;
    drop(agents);
    assert!(matches!(asking.await.unwrap(), Err(ClientError::Frame(_))));
}
