//! What a build tells its caller while it works. It must not draw anything itself.

use crate::Digest;

/// One piece of news.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// Another build holds the store; this one waits.
    Waiting,
    /// A layer is taken from the store.
    Cached {
        /// Its key.
        key: &'a Digest,
        /// Its title.
        title: &'a str,
    },
    /// A layer is being made.
    Started {
        /// Its key.
        key: &'a Digest,
        /// Its title.
        title: &'a str,
    },
    /// How far the layer is.
    Step {
        /// Its key.
        key: &'a Digest,
        /// 0 to 1, when known.
        share: Option<f64>,
        /// What is being done.
        note: &'a str,
    },
    /// A line that a setup script printed.
    Output {
        /// Its key.
        key: &'a Digest,
        /// The line.
        line: &'a str,
    },
    /// A layer is in the store.
    Finished {
        /// Its key.
        key: &'a Digest,
        /// Its title.
        title: &'a str,
        /// Bytes of its compressed blob.
        bytes: u64,
    },
}

/// Who wants to know how far a build is.
pub trait Progress {
    /// Takes one piece of news.
    fn event(&mut self, event: Event<'_>);
}

/// Nobody wants to know.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn event(&mut self, _: Event<'_>) {}
}
