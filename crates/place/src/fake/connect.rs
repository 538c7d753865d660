//! An acted connection into a node: the test has the other end.

use labwright_model::NodeName;
use labwright_wire::frame::{self, FrameError};
use labwright_wire::{Pipe, Reply, Stream};

use super::agent::{Shared, failure};
use super::{ConnectCall, lock};

pub(crate) async fn serve(
    shared: &Shared,
    mut stream: Stream,
    node: NodeName,
    port: u16,
) -> Result<(), FrameError> {
    let script = lock(&shared.behaviour).connect.clone();
    let call = ConnectCall {
        session: shared.spec.session.clone(),
        node,
        port,
    };
    let answered = shared.node_ready(&call.node).and_then(|()| {
        let other_end = script.and_then(|answer| answer(&call));
        let why = || {
            format!(
                "nothing listens on port {} of node {}",
                call.port, call.node
            )
        };
        other_end.ok_or_else(|| failure("refused", why()))
    });
    let mut other_end = match answered {
        Ok(other_end) => other_end,
        Err(why) => return frame::write_header(&mut stream, &Reply::Failed(why)).await,
    };
    frame::write_header(&mut stream, &Reply::Done).await?;
    tokio::io::copy_bidirectional(&mut Pipe::new(stream), &mut other_end).await?;
    Ok(())
}
