//! Every bound of the gateway, so that neither a page nor a node can make the server grow.

use std::time::Duration;

/// Output frames of a terminal or a capture that wait for the page, each at most
/// [`labwright_wire::limits::MAX_FRAME_BYTES`].
pub const FRAMES_WAITING: usize = 4;
/// Output bytes that a page which acknowledges may have undrawn before the server waits for it.
pub const UNDRAWN_BYTES: u64 = 1024 * 1024;
/// Longest input that is passed on in one frame, in bytes.
pub const INPUT_FRAME_BYTES: usize = 32 * 1024;
/// Most bytes of an X server that go on in one message.
pub const READ_BYTES: usize = 64 * 1024;
/// So much of an update goes on before its end: the line is not idle while the rest is drawn.
pub const HELD_BYTES: usize = 16 * 1024;
/// So long the beginning of an update may wait for its end.
pub const HELD_FOR: Duration = Duration::from_millis(5);
/// Time between two pings.
pub const PING_EVERY: Duration = Duration::from_secs(20);
/// A page that has said nothing for so many whole rounds of pings, not even a pong, is gone: one on a
/// dead line is noticed within a minute.
pub const SILENT_ROUNDS: u32 = 2;
/// Most columns and rows of a terminal.
pub const MAX_SIDE: u16 = 1000;

/// A page's columns or rows within bounds.
pub fn size(side: u16) -> u16 {
    side.clamp(1, MAX_SIDE)
}
