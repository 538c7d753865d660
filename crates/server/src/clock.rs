//! The wall clock, in the unit of the API and the store.

use std::time::{SystemTime, UNIX_EPOCH};

use labwright_store::UnixMs;

/// Milliseconds since 1970-01-01 UTC.
pub(crate) fn now() -> UnixMs {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
