//! Every bound of the protocol, so that neither side can make the other grow.

use std::time::Duration;

/// Streams that a client may have open at once on one channel.
pub const MAX_STREAMS: usize = 64;
/// Streams beyond [`MAX_STREAMS`] that the multiplexer still takes, to refuse them in words, and
/// for those that the client has closed and the agent has not yet.
pub const SPARE_STREAMS: usize = 64;
/// Receive windows of all streams of a channel together, in bytes: 256 KiB each. An agent serves
/// [`MAX_STREAMS`], so that at most 16 MiB wait in it.
pub const MAX_WINDOWS_BYTES: usize = (MAX_STREAMS + SPARE_STREAMS) * 256 * 1024;
/// Longest JSON header or reply, in bytes. Check and start scripts travel in headers.
pub const MAX_HEADER_BYTES: usize = 2 * 1024 * 1024;
/// Longest payload of one frame, in bytes.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;
/// Output that a terminal keeps for those who attach again, in bytes.
pub const SCROLLBACK_BYTES: usize = 256 * 1024;
/// Terminals of one machine.
pub const MAX_TERMINALS: usize = 32;
/// Captures of one machine at once.
pub const MAX_CAPTURES: usize = 8;
/// Longest part of a packet that a capture keeps, in bytes.
pub const MAX_SNAP_BYTES: u32 = 65_535;
/// Connections into nodes of one machine at once: its other streams keep room.
pub const MAX_CONNECTIONS: usize = 40;
/// How long a connection into a node may take to be made.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a stream's header may take to arrive whole.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a client asks a silent channel for a sign of life. Rare, since each wakes both ends: an
/// agent that ends closes its channel, so this finds only one that hangs, or a line that is cut.
pub const PING_EVERY: Duration = Duration::from_secs(60);
/// A channel so long without a byte from the agent is dead.
pub const SILENCE: Duration = Duration::from_secs(150);
/// Longest payload of one packet on a line that may freeze, in bytes.
pub const MAX_PACKET_BYTES: usize = 16 * 1024;
/// Longest name of a channel on such a line, in bytes.
pub const MAX_EPOCH_BYTES: usize = 64;
/// How often an upper end asks such a line for its channel until it is answered.
pub const HELLO_EVERY: Duration = Duration::from_secs(1);
