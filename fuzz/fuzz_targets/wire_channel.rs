//! Any bytes as a channel, at both ends: each ends, without a panic.
//! `cargo xtask fuzz wire_channel`
#![no_main]

use std::time::Duration;

use labwright_wire::frame;
use labwright_wire::{Client, Open, Reply, server};
use libfuzzer_sys::fuzz_target;
use tokio::io::AsyncWriteExt;

/// Longer than any end may take that has read everything.
const PATIENCE: Duration = Duration::from_secs(5);

fuzz_target!(|bytes: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (mut peer, ours) = tokio::io::duplex(bytes.len().max(1) + 65536);
        peer.write_all(bytes).await.expect("it fits");
        peer.shutdown().await.expect("it closes");
        let serve = server::serve(ours, |_, mut stream| async move {
            let _ = frame::write_header(&mut stream, &Reply::Done).await;
            while let Ok(Some(_)) = frame::read_frame(&mut stream).await {}
        });
        let _ = tokio::time::timeout(PATIENCE, serve).await.expect("the agent's end ends");

        let (mut peer, ours) = tokio::io::duplex(bytes.len().max(1) + 65536);
        peer.write_all(bytes).await.expect("it fits");
        peer.shutdown().await.expect("it closes");
        let client = Client::new(ours);
        let opened = tokio::time::timeout(PATIENCE, client.open(&Open::Stop)).await;
        let _ = opened.expect("the client's end ends");
    });
});
