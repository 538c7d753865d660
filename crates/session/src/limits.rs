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

const MINUTE_MS: i64 = 60_000;

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
