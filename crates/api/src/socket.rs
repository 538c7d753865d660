//! Messages on the sockets `…/events`, `…/terminals/{id}` and `…/captures/{source}`, and the channel
//! that carries them where WebSockets are blocked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{HelpState, SessionView};

/// Why the server closed a WebSocket.
pub mod close {
    /// RFC 6455 §7.4.1: it did what it was for.
    pub const NORMAL: u16 = 1000;
    /// The server is going away; connect again, nothing is lost.
    pub const GOING_AWAY: u16 = 1012;
    /// The token is not valid: sign in.
    pub const BAD_TOKEN: u16 = 4401;
    /// This person may not.
    pub const FORBIDDEN: u16 = 4403;
    /// There is no such session or terminal.
    pub const NOT_FOUND: u16 = 4404;
    /// The session is not ready.
    pub const NOT_READY: u16 = 4409;
    /// The first message did not come, or could not be understood.
    pub const BAD_MESSAGE: u16 = 4400;
    /// Too many connections of this kind.
    pub const TOO_MANY: u16 = 4429;
}

/// A polled channel: it carries a page's sockets where WebSockets are blocked.
///
/// A batch is records one after another: `u8` kind, `u32` number of the socket, `u32` length, bytes;
/// numbers are big-endian. Kinds: 0 text, 1 binary, 2 close (a `u16` close code), and, of the page
/// only, 3 open (what follows the session in the address of the WebSocket: `events`,
/// `terminals/{id}`). The page numbers its sockets upwards from 1. `GET …?after=N` waits for the
/// batch after batch N (0 at first) and answers its `u32` number and its records; the number is N
/// again when nothing came in time. A batch is repeated until the page asks for what follows it.
/// `POST …?seq=N` sends the page's batch N (1, 2, …); sent again unchanged, it is taken in once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Channel {
    /// Its id.
    pub id: String,
    /// Longest time that a question for news waits, in milliseconds.
    pub wait_ms: u64,
}

/// First message of the page on `…/events`, within 10 s.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventsHello {
    /// The bearer token.
    pub token: String,
    /// Language of all texts that follow.
    #[serde(default)]
    pub lang: Option<String>,
}

/// What the page may say on `…/events` later: how its line is. The server shows it to teachers as long as it is
/// fresh, and keeps it nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventsClient {
    /// As the page has measured it.
    pub line: LineReport,
}

/// A line between a page and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineReport {
    /// There and back, in milliseconds; at most a minute.
    pub round_trip_ms: u32,
    /// Questions that were not answered in time, of the last ones, in per cent.
    pub lost_percent: u32,
    /// WebSockets are blocked: all goes by long polling.
    pub polling: bool,
}

/// What the server sends on `…/events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerEvent {
    /// The session as it is now: at once, and after every change.
    Session {
        /// The session.
        session: Box<SessionView>,
    },
    /// It ends in so many minutes.
    Warning {
        /// Minutes.
        minutes: u32,
    },
    /// The lab's pages changed (author preview): load them again.
    Reload,
    /// Help as it is now: at once where there is something to say, and after every change.
    Help {
        /// Hand, answers, looks.
        help: Box<HelpState>,
    },
}

/// First message of the page on `…/terminals/{id}`, within 10 s.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TerminalHello {
    /// The bearer token.
    pub token: String,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Offset of the first output byte wanted; absent is all that is kept.
    #[serde(default)]
    pub since: Option<u64>,
}

/// First message of the page on `…/displays/{app}`, within 10 s; RFB (RFC 6143) follows in binary
/// messages both ways, the server's first.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DisplayHello {
    /// The bearer token.
    pub token: String,
    /// Keys, pointer, clipboard and screen size of this viewer are left out.
    #[serde(default)]
    pub read_only: bool,
}

/// Text messages of the server on `…/displays/{app}`; binary messages are RFB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DisplayServer {
    /// RFB follows.
    Attached {
        /// What the screen shows is recorded.
        recorded: bool,
    },
}

/// Text messages of the page on `…/terminals/{id}`; binary messages are input bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TerminalClient {
    /// The terminal's new size.
    Resize {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
    /// Output was drawn up to here; optional.
    Ack {
        /// Offset after the last byte drawn.
        offset: u64,
    },
}

/// Text messages of the server on `…/terminals/{id}`; binary messages are output bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TerminalServer {
    /// Attached; output follows.
    Attached {
        /// Offset of the first byte that follows.
        offset: u64,
        /// Offset after the last byte so far.
        end: u64,
        /// Bytes before `offset` that were asked for are gone.
        lost: bool,
    },
    /// The program ended; the socket closes.
    Exit {
        /// Its exit status; 128 + n for signal n.
        status: i32,
    },
}

/// First message of the page on `…/captures/{source}`, within 10 s.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CaptureHello {
    /// The bearer token.
    pub token: String,
    /// Bytes to keep of each packet; all by default.
    #[serde(default)]
    pub snap: Option<u32>,
}

/// Text messages of the page on `…/captures/{source}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CaptureClient {
    /// No more packets: what has passed so far follows, then `stopped`.
    Stop,
    /// So many bytes have been taken in. A page that says so is not sent more than it can take:
    /// packets are dropped, and counted, in the machine instead.
    Ack {
        /// Bytes of binary messages since `started`.
        offset: u64,
    },
}

/// Text messages of the server on `…/captures/{source}`; binary messages are whole pcapng blocks,
/// the first of them a section header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CaptureServer {
    /// It is under way.
    Started,
    /// What has been seen so far; when it changes, and at the end.
    Counts {
        /// Packets that passed.
        passed: u64,
        /// Packets that were lost because the page was too slow.
        dropped: u64,
    },
    /// All that was wanted has been sent; the socket closes.
    Stopped,
}

impl std::fmt::Debug for CaptureHello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CaptureHello").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for EventsHello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventsHello").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for DisplayHello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DisplayHello").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for TerminalHello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TerminalHello").finish_non_exhaustive()
    }
}
