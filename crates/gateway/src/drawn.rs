//! How far a page has drawn what it was sent. A page that never says so is not waited for: its
//! socket's own window holds it back.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::limits::UNDRAWN_BYTES;

/// How far the page says that it has drawn.
pub(crate) struct Drawn {
    to: AtomicU64,
    moved: Notify,
}

/// The page has acknowledged nothing yet.
const NEVER: u64 = u64::MAX;

impl Drawn {
    pub(crate) fn new() -> Self {
        Self {
            to: AtomicU64::new(NEVER),
            moved: Notify::new(),
        }
    }

    pub(crate) fn advance(&self, offset: u64) {
        let before = self.to.load(Ordering::Relaxed);
        if before == NEVER || offset > before {
            self.to.store(offset, Ordering::Relaxed);
            self.moved.notify_one();
        }
    }

    /// Bytes that the page never gets need not be drawn.
    pub(crate) fn skip(&self, bytes: u64) {
        let before = self.to.load(Ordering::Relaxed);
        if before != NEVER {
            self.to
                .store(before.saturating_add(bytes), Ordering::Relaxed);
        }
    }

    /// Waits until no more than [`UNDRAWN_BYTES`] before `offset` are undrawn.
    pub(crate) async fn room(&self, offset: u64) {
        while offset.saturating_sub(self.to.load(Ordering::Relaxed)) > UNDRAWN_BYTES {
            self.moved.notified().await;
        }
    }
}
