//! Any bytes as an X server's stream, in parts of any length: no panic, the same however it is cut, nothing is passed on
//! that did not come. `cargo xtask fuzz rfb_server`
#![no_main]

use bytes::Bytes;
use labwright_gateway::rfb::{Seen, ServerStream};
use libfuzzer_sys::fuzz_target;

/// What was seen and passed on, and whether it ended in an error.
fn parts(bytes: &[u8], cut: usize) -> (Vec<Seen>, Vec<u8>, bool) {
    let (mut stream, mut seen, mut passed) = (ServerStream::default(), Vec::new(), Vec::new());
    for part in bytes.chunks(cut) {
        match stream.push(Bytes::copy_from_slice(part), |what| seen.push(what)) {
            Ok(on) => passed.extend(on.concat()),
            Err(_) => return (seen, passed, true),
        }
    }
    (seen, passed, false)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_last() else { return };
    let whole = parts(bytes, bytes.len().max(1));
    let cut = parts(bytes, usize::from(*cut).max(1));
    assert_eq!((&whole.0, whole.2), (&cut.0, cut.2));
    assert!(cut.1.starts_with(&whole.1) && cut.1.len() <= bytes.len());
});
