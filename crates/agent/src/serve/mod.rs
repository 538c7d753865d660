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

use std::rc::Rc;

use labwright_wire::handover;
use tokio::net::{UnixListener, UnixStream};

use crate::machine::Machine;
use dispatch::Service;

/// Channels of one machine at once. The server needs one, an operator's commands a few more.
const MAX_CHANNELS: usize = 16;

/// Accepts channels from the socket's peers of these user ids until the machine stops.
/// Call it inside a `LocalSet`.
pub async fn serve(machine: Rc<Machine>, listener: UnixListener, allowed_uids: Vec<u32>) {
    let service = Rc::new(Service::new(machine));
    let channels = Rc::new(());
    loop {
        let Ok((channel, _)) = listener.accept().await else {
            // Out of descriptors, most likely: the socket keeps the peer waiting meanwhile.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        // One count is the list's own.
        if Rc::strong_count(&channels) > MAX_CHANNELS || !is_allowed(&channel, &allowed_uids) {
            continue;
        }
        let (service, counted) = (service.clone(), channels.clone());
        tokio::task::spawn_local(async move {
            if handover::is_asked(&channel).await {
                service.hand_over(channel).await;
            } else {
                let handle = move |open, stream| service.clone().answer(open, stream);
                if let Err(error) = labwright_wire::server::serve(channel, handle).await {
                    tracing::info!(%error, "a channel broke");
                }
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
