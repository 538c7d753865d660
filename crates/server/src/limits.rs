//! Every bound of the server, so that nobody outside can make it grow or stall.

use std::time::Duration;

/// Longest JSON body of a request, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 256 * 1024;
/// Connections at once; more wait in the kernel's queue.
pub(crate) const MAX_CONNECTIONS: usize = 8192;
/// Time for the headers of a request to arrive.
pub(crate) const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// Time for the body of a request to arrive.
pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for the first message of a WebSocket to arrive.
pub(crate) const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest WebSocket message, in bytes: a paste comes in one.
pub(crate) const MAX_SOCKET_MESSAGE_BYTES: usize = 1024 * 1024;
/// Bytes that may wait to be written to a WebSocket before its sender waits.
pub(crate) const SOCKET_BUFFER_BYTES: usize = 128 * 1024;
/// Bytes that are read from a WebSocket at once. Every open one holds so many for as long as it lives,
/// and a page sends little; a longer message gets room while it arrives.
pub(crate) const SOCKET_READ_BYTES: usize = 4 * 1024;
/// WebSockets of one session at once: every tab has one, and a few devices look on.
pub(crate) const MAX_SOCKETS_PER_SESSION: usize = 96;
/// Time that open connections have to end when the server stops.
pub(crate) const GRACE: Duration = Duration::from_secs(5);
/// How long a sign-in is good for, in milliseconds.
pub(crate) const TOKEN_MS: i64 = 30 * DAY_MS;
/// How long a page's links to the lab's files are good for, in seconds.
pub(crate) const TICKET_S: i64 = 12 * 60 * 60;
/// How long a ticket for a lab's page is good for; it is used once, at once.
pub(crate) const APP_TICKET: Duration = Duration::from_secs(60);
/// Unused tickets for lab pages that one sign-in may have.
pub(crate) const MAX_APP_TICKETS: usize = 64;
/// How long a lab's page stays open to a browser, in seconds; its tab opens it again by itself.
pub(crate) const APP_PASS_S: i64 = 12 * 60 * 60;
/// Connections into the nodes of one session at once, those that wait for a next request included:
/// the agent's channel keeps streams for terminals and checks.
pub(crate) const MAX_APP_CONNECTIONS: usize = 32;
/// How long a request to an application waits for one of them.
pub(crate) const APP_CONNECTION_WAIT: Duration = Duration::from_secs(20);
/// Connections of one app that are kept for a next request, and for how long.
pub(crate) const APP_IDLE_CONNECTIONS: usize = 6;
pub(crate) const APP_IDLE: Duration = Duration::from_secs(5);
/// Time for an application to begin its answer.
pub(crate) const APP_ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest head of an application's answer, in bytes, and its most header fields.
pub(crate) const MAX_APP_HEAD_BYTES: usize = 64 * 1024;
pub(crate) const MAX_APP_HEADERS: usize = 100;
/// Days that an invitation is open, unless its maker says otherwise.
pub(crate) const INVITATION_DAYS: u32 = 14;
/// Most days that an invitation can be open.
pub(crate) const MAX_INVITATION_DAYS: u32 = 366;
/// People whom one invitation lets in.
pub(crate) const INVITATION_USES: i64 = 1000;
/// Days that the personal codes of a roster are good.
pub(crate) const PERSONAL_CODE_DAYS: u32 = 60;
/// Days for which an erasure can be taken back, unless the operator says otherwise.
pub(crate) const ERASE_AFTER_DAYS: u32 = 14;
/// Bytes of files in a person's export; what is more is listed.
pub(crate) const MAX_EXPORT_FILES_BYTES: u64 = 256 << 20;
/// Longest file of a display's recording, in bytes; the next follows.
pub(crate) const MAX_RECORDING_BYTES: u64 = 512 << 20;
/// Parts of a recording that wait to be written, each at most as long as a frame of the agent.
pub(crate) const RECORDING_PARTS_WAITING: usize = 16;
/// Gigabytes of recordings that are kept, and for how many days, unless the operator says otherwise.
pub(crate) const RECORDINGS_GB: u32 = 10;
pub(crate) const RECORDINGS_DAYS: u32 = 30;
/// Most bytes of one answer that a page measures its line with.
pub(crate) const LINE_BYTES: usize = 1 << 20;
/// Measurements under way at once, on the whole server.
pub(crate) const LINE_AT_ONCE: usize = 32;
/// Bytes that count as one measurement of an address, how many it has at once, and the time after which one more is given:
/// a whole classroom may share one.
pub(crate) const LINE_UNIT_BYTES: usize = 64 * 1024;
pub(crate) const LINE_COST: (u32, Duration) = (3000, Duration::from_millis(20));
/// How long an answer is held back to see whether long polling works.
pub(crate) const LINE_HELD: Duration = Duration::from_secs(3);
/// Messages that are said back on one socket, their length in bytes, and for how long.
pub(crate) const LINE_ECHOES: usize = 64;
pub(crate) const LINE_ECHO_BYTES: usize = 1024;
pub(crate) const LINE_ECHO_TIME: Duration = Duration::from_secs(20);
/// A day.
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Fewest characters of a password.
pub(crate) const MIN_PASSWORD_CHARS: usize = 10;
/// Most bytes of a password: hashing longer ones costs time and gains nothing.
pub(crate) const MAX_PASSWORD_BYTES: usize = 512;
/// Most characters of a name that others see.
pub(crate) const MAX_DISPLAY_NAME_CHARS: usize = 100;
/// Time between two sweeps of expired sign-ins and forgotten rate limits.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// Channels of one session at once, for pages that cannot open WebSockets: one a page.
pub(crate) const MAX_CHANNELS_PER_SESSION: usize = 16;
/// Sockets that one channel carries.
pub(crate) const MAX_SOCKETS_PER_CHANNEL: usize = 96;
/// How long a question for news waits for some.
pub(crate) const POLL_WAIT: Duration = Duration::from_secs(25);
/// A channel that nobody has asked for so long is over.
pub(crate) const CHANNEL_IDLE: Duration = Duration::from_secs(60);
/// Bytes after which a batch for a page is large enough.
pub(crate) const BATCH_BYTES: usize = 256 * 1024;
/// Longest batch of a page: the longest message and a few more.
pub(crate) const MAX_BATCH_BYTES: usize = MAX_SOCKET_MESSAGE_BYTES + 64 * 1024;
/// Messages of a page that wait for the handler of their socket, of
/// [`MAX_SOCKET_MESSAGE_BYTES`] together.
pub(crate) const MESSAGES_WAITING: usize = 256;
/// How long a batch of a page waits for room at a socket, before that socket is closed.
pub(crate) const ROOM_TIMEOUT: Duration = Duration::from_secs(10);
