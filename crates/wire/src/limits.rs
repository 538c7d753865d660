//! Every bound of the protocol, so that neither side can make the other grow.

/// Streams open at once on one channel.
pub const MAX_STREAMS: usize = 64;
/// Receive windows of all streams of a channel together, in bytes.
pub const MAX_WINDOWS_BYTES: usize = 16 * 1024 * 1024;
/// Longest JSON header or reply, in bytes. Check and start scripts travel in headers.
pub const MAX_HEADER_BYTES: usize = 2 * 1024 * 1024;
/// Longest payload of one frame, in bytes.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
/// Output that a terminal keeps for those who attach again, in bytes.
pub const SCROLLBACK_BYTES: usize = 256 * 1024;
/// Terminals of one machine.
pub const MAX_TERMINALS: usize = 32;
