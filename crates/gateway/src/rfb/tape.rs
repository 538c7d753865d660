//! A stream that comes in parts of any length: heads that are read whole, and what lies between.

use bytes::Bytes;

/// What has come and is not taken yet, and what goes on.
#[derive(Debug, Default)]
pub(super) struct Tape {
    part: Bytes,
    /// How far the part is taken.
    at: usize,
    /// The beginning of a head that is not whole; its length is bounded by who asks for heads.
    held: Vec<u8>,
    out: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    /// Of the part.
    Range(usize, usize),
    Own(Bytes),
}

impl Tape {
    /// Takes the next part; the one before is taken whole, or the stream is over.
    pub(super) fn feed(&mut self, part: Bytes) {
        self.part = part;
        self.at = 0;
    }

    /// What goes on, in order.
    pub(super) fn drain(&mut self) -> Vec<Bytes> {
        let part = std::mem::take(&mut self.part);
        self.at = 0;
        let out = self.out.drain(..).map(|piece| match piece {
            Piece::Range(from, to) => part.slice(from..to),
            Piece::Own(bytes) => bytes,
        });
        out.collect()
    }

    /// The next `count` bytes, once they have all come.
    pub(super) fn ahead(&mut self, count: usize) -> Option<&[u8]> {
        let rest = self.part.get(self.at..).unwrap_or_default();
        if self.held.is_empty() && rest.len() >= count {
            return rest.get(..count);
        }
        let missing = count.saturating_sub(self.held.len()).min(rest.len());
        self.held.extend(rest.iter().take(missing));
        self.at += missing;
        self.held.get(..count)
    }

    /// The same as an array.
    pub(super) fn head<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.ahead(N)?.first_chunk().copied()
    }

    /// Passes on so many bytes, which lie ahead.
    pub(super) fn pass(&mut self, count: usize) {
        let (held, count) = self.unhold(count);
        if !held.is_empty() {
            self.out.push(Piece::Own(held.into()));
        }
        self.keep(count);
    }

    /// Leaves out so many bytes, which lie ahead.
    pub(super) fn skip(&mut self, count: usize) {
        let (_, count) = self.unhold(count);
        self.at += count;
    }

    /// Puts something in.
    pub(super) fn insert(&mut self, bytes: Bytes) {
        self.out.push(Piece::Own(bytes));
    }

    /// Takes as much of `left` as has come.
    pub(super) fn run(&mut self, left: &mut u64, passes: bool) {
        let here = self.held.len() + self.part.len().saturating_sub(self.at);
        let count = usize::try_from(*left).unwrap_or(usize::MAX).min(here);
        if passes {
            self.pass(count);
        } else {
            self.skip(count);
        }
        *left -= count as u64;
    }

    /// Bytes that wait for the rest of their head.
    pub(super) fn waiting(&self) -> usize {
        self.held.len()
    }

    fn unhold(&mut self, count: usize) -> (Vec<u8>, usize) {
        let from_held = count.min(self.held.len());
        let rest = self.held.split_off(from_held);
        let held = std::mem::replace(&mut self.held, rest);
        (held, count - from_held)
    }

    fn keep(&mut self, count: usize) {
        let (from, to) = (self.at, self.at + count);
        self.at = to;
        match self.out.last_mut() {
            Some(Piece::Range(_, end)) if *end == from => *end = to,
            _ if count == 0 => {}
            _ => self.out.push(Piece::Range(from, to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_that_passes_whole_is_passed_on_as_it_is() {
        let mut tape = Tape::default();
        let part = Bytes::from_static(b"abcdef");
        tape.feed(part.clone());
        assert_eq!(tape.ahead(2), Some(&b"ab"[..]));
        tape.pass(2);
        let mut left = 4;
        tape.run(&mut left, true);
        let out = tape.drain();
        assert_eq!((out.len(), left), (1, 0));
        assert_eq!(out[0].as_ptr(), part.as_ptr());
    }

    #[test]
    fn a_head_in_two_parts_waits_and_is_joined() {
        let mut tape = Tape::default();
        tape.feed(Bytes::from_static(b"ab"));
        assert_eq!(tape.ahead(3), None);
        assert_eq!((tape.drain().len(), tape.waiting()), (0, 2));
        tape.feed(Bytes::from_static(b"cdefg"));
        assert_eq!(tape.ahead(1), Some(&b"a"[..]));
        assert_eq!(tape.ahead(3), Some(&b"abc"[..]));
        tape.pass(3);
        tape.skip(2);
        let mut left = 10;
        tape.run(&mut left, true);
        assert_eq!(left, 8);
        assert_eq!(tape.drain(), [&b"abc"[..], b"fg"]);
        assert_eq!(tape.waiting(), 0);
    }
}
