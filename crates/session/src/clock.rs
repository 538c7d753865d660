//! The time, told so that it never runs backwards while the server lives.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use labwright_store::UnixMs;
use tokio::time::Instant;

/// The wall clock at the server's start, carried on by the monotonic one: a clock that is set
/// back or forth must not end a session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    base_ms: UnixMs,
    base: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            base_ms: to_ms(since_epoch),
            base: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> UnixMs {
        self.base_ms + to_ms(self.base.elapsed())
    }

    /// The moment of a time in milliseconds; the past is now.
    pub(crate) fn instant(&self, at: UnixMs) -> Instant {
        let after = u64::try_from(at - self.base_ms).unwrap_or_default();
        self.base + Duration::from_millis(after)
    }
}

fn to_ms(duration: Duration) -> UnixMs {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
