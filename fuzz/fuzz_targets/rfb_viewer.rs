//! Any bytes as a viewer's stream, in parts of any length: no panic, the same however it is cut.
//! `cargo xtask fuzz rfb_viewer`
#![no_main]

use bytes::Bytes;
use labwright_gateway::rfb::{Asked, Rights, ViewerStream};
use libfuzzer_sys::fuzz_target;

/// What was asked and passed on, and whether it ended in an error.
fn parts(bytes: &[u8], cut: usize, rights: Rights) -> (Vec<Asked>, Vec<u8>, bool) {
    let (mut stream, mut asked, mut passed) = (ViewerStream::new(rights), Vec::new(), Vec::new());
    for part in bytes.chunks(cut) {
        match stream.push(Bytes::copy_from_slice(part), |what| asked.push(what)) {
            Ok(on) => passed.extend(on.concat()),
            Err(_) => return (asked, passed, true),
        }
    }
    (asked, passed, false)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_last() else { return };
    for rights in [Rights::Full, Rights::ReadOnly] {
        let whole = parts(bytes, bytes.len().max(1), rights);
        let cut = parts(bytes, usize::from(*cut).max(1), rights);
        assert_eq!((&whole.0, whole.2), (&cut.0, cut.2));
        assert!(cut.1.len() <= bytes.len());
        if whole.2 {
            assert!(cut.1.starts_with(&whole.1));
        } else {
            assert_eq!(cut.1, whole.1);
        }
    }
});
