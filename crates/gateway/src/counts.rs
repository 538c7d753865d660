//! What has passed between an X server and a viewer, in numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::rfb::{Asked, Seen};

/// Counted so far. It counts for its total too, if it has one.
#[derive(Debug, Default)]
pub struct Counts {
    total: Option<Arc<Counts>>,
    updates: AtomicU64,
    rectangles: AtomicU64,
    clipboards: AtomicU64,
    to_viewer_bytes: AtomicU64,
    from_viewer_bytes: AtomicU64,
    inputs: AtomicU64,
    left_out: AtomicU64,
}

impl Counts {
    /// Of one viewer, who counts for the total.
    pub fn of(total: Arc<Self>) -> Self {
        Self {
            total: Some(total),
            ..Self::default()
        }
    }

    /// Updates that have passed whole.
    pub fn updates(&self) -> u64 {
        self.updates.load(Ordering::Relaxed)
    }

    /// Rectangles that have passed whole.
    pub fn rectangles(&self) -> u64 {
        self.rectangles.load(Ordering::Relaxed)
    }

    /// Clipboards of the X server.
    pub fn clipboards(&self) -> u64 {
        self.clipboards.load(Ordering::Relaxed)
    }

    /// Bytes to the viewer.
    pub fn to_viewer_bytes(&self) -> u64 {
        self.to_viewer_bytes.load(Ordering::Relaxed)
    }

    /// Bytes of the viewer.
    pub fn from_viewer_bytes(&self) -> u64 {
        self.from_viewer_bytes.load(Ordering::Relaxed)
    }

    /// Messages of the viewer that change what others see, passed on or not.
    pub fn inputs(&self) -> u64 {
        self.inputs.load(Ordering::Relaxed)
    }

    /// Messages of either side that were not passed on.
    pub fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }

    pub(crate) fn seen(&self, what: &Seen) {
        match what {
            Seen::UpdateEnds => self.add(|counts| &counts.updates, 1),
            Seen::Rectangle { .. } => self.add(|counts| &counts.rectangles, 1),
            Seen::Clipboard { left_out, .. } => {
                self.add(|counts| &counts.clipboards, 1);
                self.add(|counts| &counts.left_out, u64::from(*left_out));
            }
            _ => {}
        }
    }

    pub(crate) fn asked(&self, what: &Asked) {
        if let Asked::Input { left_out } = what {
            self.add(|counts| &counts.inputs, 1);
            self.add(|counts| &counts.left_out, u64::from(*left_out));
        }
    }

    pub(crate) fn told(&self, bytes: usize) {
        self.add(|counts| &counts.to_viewer_bytes, bytes as u64);
    }

    pub(crate) fn heard(&self, bytes: usize) {
        self.add(|counts| &counts.from_viewer_bytes, bytes as u64);
    }

    fn add(&self, which: impl Fn(&Self) -> &AtomicU64, more: u64) {
        which(self).fetch_add(more, Ordering::Relaxed);
        if let Some(total) = &self.total {
            which(total).fetch_add(more, Ordering::Relaxed);
        }
    }
}
