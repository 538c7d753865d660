//! Every bound and every interval of a session.

/// What an operator can set; the default fits a small server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Starts under way at once.
    pub starts: usize,
    /// Sessions with a machine at once.
    pub sessions: usize,
    /// Milliseconds that one extension adds.
    pub extension_ms: i64,
    /// Extensions of one session.
    pub extensions: u32,
    /// Milliseconds between two autosaves.
    pub autosave_ms: i64,
    /// Milliseconds for which a sleeping session's files are kept.
    pub keep_ms: i64,
    /// Milliseconds from the start of a machine until it must be ready.
    pub start_timeout_ms: i64,
}

/// A minute, in milliseconds.
pub const MINUTE_MS: i64 = 60_000;

impl Default for Limits {
    fn default() -> Self {
        Self {
            starts: 4,
            sessions: 200,
            extension_ms: 30 * MINUTE_MS,
            extensions: 4,
            autosave_ms: 5 * MINUTE_MS,
            keep_ms: 90 * 24 * 60 * MINUTE_MS,
            start_timeout_ms: 5 * MINUTE_MS,
        }
    }
}

/// Warnings before the end, in minutes.
pub const WARNINGS_MIN: [u32; 3] = [10, 5, 1];
/// Failures of one step of a start until the start fails.
pub const START_TRIES: u32 = 3;
/// Deaths of a machine in a row until its session fails.
pub const MAX_DEATHS: u32 = 3;
/// A machine that lived so long did not die in a row, in milliseconds.
pub const DEATH_WINDOW_MS: i64 = 10 * MINUTE_MS;
/// Milliseconds until a full place is asked again.
pub const FULL_RETRY_MS: i64 = 3_000;
/// Milliseconds before the first repetition of a failed step; each later one waits twice as long.
pub const RETRY_FIRST_MS: u64 = 500;
/// Most milliseconds between two tries of a step.
pub const RETRY_MOST_MS: u64 = 10_000;
/// Milliseconds before the first repetition of a failed connect.
pub const CONNECT_RETRY_FIRST_MS: u64 = 50;
/// Most milliseconds between two tries to connect.
pub const CONNECT_RETRY_MOST_MS: u64 = 2_000;
/// Tries of the last save, before the machine is stopped with the last autosave only.
pub const SAVE_TRIES: u32 = 12;
/// Most milliseconds between two tries of the last save.
pub const SAVE_RETRY_MOST_MS: u64 = 60_000;
/// Most milliseconds between two tries of a stop.
pub const STOP_RETRY_MOST_MS: u64 = 30_000;
