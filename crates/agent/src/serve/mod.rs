//! Answers the wire protocol for one machine: every channel, every stream.
//!
//! It asks [`Machine`] about nodes and [`crate::init::Control`] about what runs in them; it must
//! not know how either does it, and it never touches a path in a node's tree.

mod capture;
mod check;
mod connect;
mod dispatch;
mod display;
pub mod exec;
mod files;
mod input;
mod pcapng;
mod reply;
mod ring;
mod status;
mod terminal;
pub mod terminals;

use std::io;
use std::os::unix::fs::MetadataExt;
use std::rc::Rc;

use labwright_wire::handover;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{UnixListener, UnixStream};

use crate::machine::{Console, Machine};
use dispatch::Service;

/// Channels of one machine at once. The server needs one, an operator's commands a few more.
const MAX_CHANNELS: usize = 16;

/// A listening socket and the user ids whose channels it accepts.
pub struct Listener {
    socket: UnixListener,
    allowed_uids: Vec<u32>,
}

impl Listener {
    /// Accepts root, and whom the starter gave the socket to. Call it on a tokio runtime.
    pub fn new(socket: std::os::unix::net::UnixListener) -> io::Result<Self> {
        let address = socket.local_addr().ok();
        let path = address.as_ref().and_then(|address| address.as_pathname());
        let owner = path.and_then(|path| std::fs::metadata(path).ok());
        Ok(Self {
            socket: UnixListener::from_std(socket)?,
            allowed_uids: owner
                .map(|owner| owner.uid())
                .into_iter()
                .chain([0])
                .collect(),
        })
    }
}

/// Where channels come from.
pub struct Doors {
    /// A socket.
    pub listener: Option<Listener>,
    /// A line that carries one channel at a time.
    pub line: Option<Console>,
}

/// Serves what comes through the doors until the machine stops. Call it inside a `LocalSet`.
pub async fn serve(machine: Rc<Machine>, doors: Doors) {
    let service = Rc::new(Service::new(machine));
    if let Some(line) = doors.line {
        tokio::task::spawn_local(serve_line(service.clone(), line));
    }
    match doors.listener {
        Some(listener) => accept(service, listener).await,
        None => std::future::pending().await,
    }
}

/// Every `hello` on the line begins a channel, and ends all streams of the one before it.
async fn serve_line(service: Rc<Service>, line: Console) {
    let begun = |channel| {
        let service = service.clone();
        tokio::task::spawn_local(serve_channel(service, channel));
    };
    if let Err(error) = labwright_wire::console::serve(line, begun).await {
        tracing::error!(%error, "the line of the channel broke");
    }
}

async fn serve_channel(
    service: Rc<Service>,
    channel: impl AsyncRead + AsyncWrite + Unpin + 'static,
) {
    let handle = move |open, stream| service.clone().answer(open, stream);
    if let Err(error) = labwright_wire::server::serve(channel, handle).await {
        tracing::info!(%error, "a channel broke");
    }
}

async fn accept(service: Rc<Service>, listener: Listener) {
    let channels = Rc::new(());
    loop {
        let Ok((channel, _)) = listener.socket.accept().await else {
            // Out of descriptors, most likely: the socket keeps the peer waiting meanwhile.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        // One count is the list's own.
        let is_full = Rc::strong_count(&channels) > MAX_CHANNELS;
        if is_full || !is_allowed(&channel, &listener.allowed_uids) {
            continue;
        }
        let (service, counted) = (service.clone(), channels.clone());
        tokio::task::spawn_local(async move {
            if handover::is_asked(&channel).await {
                service.hand_over(channel).await;
            } else {
                serve_channel(service, channel).await;
            }
            drop(counted);
        });
    }
}

fn is_allowed(channel: &UnixStream, allowed: &[u32]) -> bool {
    match channel.peer_cred() {
        Ok(peer) if allowed.contains(&peer.uid()) => true,
        Ok(peer) => {
            tracing::warn!(uid = peer.uid(), "a channel from a user who may not");
            false
        }
        Err(error) => {
            tracing::warn!(%error, "a channel from nobody");
            false
        }
    }
}
