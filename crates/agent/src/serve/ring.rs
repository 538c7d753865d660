//! The last output of a terminal, by absolute offset.

use std::collections::VecDeque;

/// A bounded tail of an endless output. It grows with use up to its capacity.
#[derive(Debug)]
pub struct Ring {
    bytes: VecDeque<u8>,
    capacity: usize,
    end: u64,
}

impl Ring {
    /// An empty tail of at most so many bytes.
    pub fn new(capacity: usize) -> Self {
        Self {
            bytes: VecDeque::new(),
            capacity,
            end: 0,
        }
    }

    /// Offset of the first byte that is kept.
    pub fn start(&self) -> u64 {
        self.end.saturating_sub(self.bytes.len() as u64)
    }

    /// Offset after the last byte.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Adds output; the oldest makes room.
    pub fn push(&mut self, output: &[u8]) {
        self.end = self.end.saturating_add(output.len() as u64);
        let kept = output.len().min(self.capacity);
        let (_, tail) = output.split_at(output.len() - kept);
        let over = (self.bytes.len() + kept).saturating_sub(self.capacity);
        self.bytes.drain(..over);
        // VecDeque would double beyond the capacity.
        if self.bytes.capacity() - self.bytes.len() < kept {
            let wanted = (self.bytes.len() + kept)
                .next_power_of_two()
                .min(self.capacity);
            self.bytes.reserve_exact(wanted - self.bytes.len());
        }
        self.bytes.extend(tail);
    }

    /// Copies at most `longest` bytes from `offset` on, or from the first that is kept, and tells
    /// the offset of the first one.
    pub fn copy_from(&self, offset: u64, longest: usize) -> (u64, Vec<u8>) {
        let offset = offset.clamp(self.start(), self.end);
        let skip = usize::try_from(offset - self.start()).unwrap_or(usize::MAX);
        let bytes = self.bytes.range(skip.min(self.bytes.len())..);
        (offset, bytes.take(longest).copied().collect())
    }
}
