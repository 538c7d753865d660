//! Any bytes as a header and as frames: no panic, and no frame longer than what came.
//! `cargo xtask fuzz wire_frames`
#![no_main]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use labwright_wire::{Control, Event, Open, Reply, frame};
use libfuzzer_sys::fuzz_target;

/// A slice never makes its reader wait.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("reading from a slice waits"),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let _ = at_once(frame::read_header::<Open>(&mut &*bytes));
    let _ = at_once(frame::read_header::<Reply>(&mut &*bytes));
    let mut rest = bytes;
    while let Ok(Some(frame)) = at_once(frame::read_frame(&mut rest)) {
        assert!(frame.bytes.len() < bytes.len());
        let _ = serde_json::from_slice::<Control>(&frame.bytes);
        let _ = serde_json::from_slice::<Event>(&frame.bytes);
    }
});
