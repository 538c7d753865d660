//! The wall clock, in the unit of the API and the store; and one that a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use labwright_store::UnixMs;
use tokio::sync::Notify;

/// Milliseconds since 1970-01-01 UTC.
pub(crate) fn now() -> UnixMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What says how late it is to whoever waits for minutes or hours. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<Moved>>);

#[derive(Debug, Default)]
struct Moved {
    ahead_ms: AtomicI64,
    bell: Notify,
}

impl Clock {
    /// One that is moved by [`Clock::set_ahead`].
    pub fn by_hand() -> Self {
        Self(Some(Arc::default()))
    }

    /// Sets it ahead of the wall clock, or behind it, and wakes whoever waits.
    pub fn set_ahead(&self, ahead_ms: i64) {
        if let Some(moved) = &self.0 {
            moved.ahead_ms.store(ahead_ms, Ordering::Relaxed);
            moved.bell.notify_one();
        }
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub fn now(&self) -> UnixMs {
        let ahead = self.0.as_ref();
        now() + ahead.map_or(0, |moved| moved.ahead_ms.load(Ordering::Relaxed))
    }

    /// Until it is moved; the wall clock never is.
    pub(crate) async fn moved(&self) {
        match &self.0 {
            Some(moved) => moved.bell.notified().await,
            None => std::future::pending().await,
        }
    }
}
