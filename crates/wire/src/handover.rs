//! A display's connection itself instead of a stream that copies it, where both ends share a kernel.
//!
//! A connection to the agent's unix socket that does not begin with yamux's version asks once: its
//! first byte is [`FIRST`], then comes the header of an `open`. The agent answers with a reply, and a
//! good one is followed by one byte with the descriptor beside it. Bytes then no longer pass the agent
//! at all. An end that does not know this closes the connection, and the other opens a stream.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketType, recv, recvmsg, sendmsg, sockopt,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpStream, UnixStream};

use crate::client::ClientError;
use crate::frame::{self, FrameError};
use crate::limits::HEADER_TIMEOUT;
use crate::message::{Open, Reply};

/// The first byte of such a connection, and the one that bears the descriptor.
const FIRST: u8 = b'D';

/// Asks the agent at the other end of `socket`, and takes what it hands over.
pub async fn ask(mut socket: UnixStream, open: &Open) -> Result<TcpStream, ClientError> {
    socket.write_all(&[FIRST]).await.map_err(FrameError::from)?;
    frame::write_header(&mut socket, open).await?;
    match frame::read_header::<Reply>(&mut socket).await? {
        Reply::Failed(failure) => Err(ClientError::Refused(failure)),
        _ => {
            let handed = socket.async_io(Interest::READABLE, || receive(socket.as_fd()));
            let handed = handed.await.and_then(as_stream);
            Ok(handed.map_err(FrameError::from)?)
        }
    }
}

/// Whether a connection asks for a descriptor; waits for its first byte, and leaves it there.
pub async fn is_asked(socket: &UnixStream) -> bool {
    let first = socket.async_io(Interest::READABLE, || {
        let mut first = [0];
        recv(socket, &mut first[..], RecvFlags::PEEK)?;
        Ok(first == [FIRST])
    });
    matches!(first.await, Ok(true))
}

/// Reads what a connection asks for.
pub async fn asked(socket: &mut UnixStream) -> Result<Open, FrameError> {
    let header = async {
        socket.read_u8().await?;
        frame::read_header(socket).await
    };
    tokio::time::timeout(HEADER_TIMEOUT, header)
        .await
        .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
}

/// Hands over a connection.
pub async fn give(mut socket: UnixStream, given: TcpStream) -> Result<(), FrameError> {
    frame::write_header(&mut socket, &Reply::Done).await?;
    let sent = socket.async_io(Interest::WRITABLE, || send(socket.as_fd(), given.as_fd()));
    Ok(sent.await?)
}

fn send(socket: BorrowedFd<'_>, given: BorrowedFd<'_>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let given = [given];
    if !ancillary.push(SendAncillaryMessage::ScmRights(&given)) {
        return Err(io::Error::other("a descriptor does not fit"));
    }
    let flags = SendFlags::NOSIGNAL;
    sendmsg(socket, &[IoSlice::new(&[FIRST])], &mut ancillary, flags)?;
    Ok(())
}

fn receive(socket: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut parts = [IoSliceMut::new(&mut byte)];
    recvmsg(socket, &mut parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let handed = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut received) => received.next(),
        _ => None,
    });
    handed.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "nothing was handed over"))
}

/// Only a TCP connection is taken: nothing that this process could mistake for a file, and nothing
/// that accepts connections.
fn as_stream(handed: OwnedFd) -> io::Result<TcpStream> {
    let is_one = sockopt::socket_domain(&handed)? == AddressFamily::INET
        && sockopt::socket_type(&handed)? == SocketType::STREAM
        && !sockopt::socket_acceptconn(&handed)?;
    if !is_one {
        let why = "what was handed over is no connection";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    let stream = std::net::TcpStream::from(handed);
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
}
