//! Any bytes as a capture, in parts of any length: no panic, what is passed on is what came, and nothing is kept but the
//! beginning of one block. `cargo xtask fuzz pcapng_blocks`
#![no_main]

use labwright_gateway::pcapng::{Blocks, MAX_BLOCK_BYTES};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_last() else { return };
    let cut = usize::from(*cut).max(1);
    let (mut blocks, mut passed, mut pushed) = (Blocks::default(), 0, 0);
    for part in bytes.chunks(cut) {
        let Ok(whole) = blocks.push(part) else { return };
        pushed += part.len();
        assert_eq!(whole.bytes, bytes[passed..passed + whole.bytes.len()]);
        passed += whole.bytes.len();
        assert!(pushed - passed <= MAX_BLOCK_BYTES);
    }
});
