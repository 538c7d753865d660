//! Recordings of displays: what an X server sent to one viewer, with the time of each part, so
//! that it can be replayed. Pure; whoever stores them reads and writes.
//!
//! The format is FBS 1.0, which players of VNC sessions read; `docs/recordings.md` describes it.

use std::io::{self, Read, Write};

use bytes::{Bytes, BytesMut};
use tokio::time::Instant;

use crate::rfb::PixelFormat;

/// What a recording begins with.
pub const MAGIC: &[u8; 12] = b"FBS 001.000\n";
/// Longest part of a recording, in bytes.
pub const MAX_PART_BYTES: usize = 256 * 1024;

/// A server's stream before its first update: longer than any handshake, a title and a clipboard's
/// capabilities.
const MAX_BEGINNING_BYTES: usize = 64 * 1024;
/// Where the pixel format is in a server's stream: after its version, security type and result,
/// and the size of the screen (RFC 6143 §7.1 to §7.3).
const FORMAT: std::ops::Range<usize> = 22..38;
/// Bytes until the title.
const INIT_ENDS: usize = 42;

/// Bytes of the server, and when they passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Milliseconds since the recording began.
    pub at_ms: u32,
    /// What passed.
    pub bytes: Bytes,
}

impl Part {
    /// Writes it as a recording has it.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        to.write_all(&length.to_be_bytes())?;
        to.write_all(&self.bytes)?;
        let padding = self.bytes.len().next_multiple_of(4) - self.bytes.len();
        to.write_all([0; 3].get(..padding).unwrap_or_default())?;
        to.write_all(&self.at_ms.to_be_bytes())
    }
}

/// Reads a recording part by part; one that was cut off ends with its last whole part.
pub struct Replay<R> {
    from: R,
    began: bool,
}

impl<R: Read> Replay<R> {
    /// A recording from its first byte.
    pub fn new(from: R) -> Self {
        Self { from, began: false }
    }

    fn part(&mut self) -> io::Result<Part> {
        if !self.began {
            let mut magic = [0; MAGIC.len()];
            self.from.read_exact(&mut magic)?;
            if magic != *MAGIC {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "not a recording",
                ));
            }
            self.began = true;
        }
        let length = self.number()? as usize;
        if length > MAX_PART_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a part is too long",
            ));
        }
        let mut bytes = vec![0; length.next_multiple_of(4)];
        self.from.read_exact(&mut bytes)?;
        bytes.truncate(length);
        Ok(Part {
            at_ms: self.number()?,
            bytes: bytes.into(),
        })
    }

    fn number(&mut self) -> io::Result<u32> {
        let mut number = [0; 4];
        self.from.read_exact(&mut number)?;
        Ok(u32::from_be_bytes(number))
    }
}

impl<R: Read> Iterator for Replay<R> {
    type Item = io::Result<Part>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.part() {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            part => Some(part),
        }
    }
}

/// Makes the parts of one viewer's recording. The server's own pixel format is replaced by the one
/// that the viewer chose, so that a recording says by itself how its pixels are.
#[derive(Debug)]
pub(crate) struct Recorder {
    began: Instant,
    /// The stream so far, until the first update is asked for: `None` from then on.
    beginning: Option<BytesMut>,
    format: Option<PixelFormat>,
    asked: bool,
}

impl Recorder {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            began: now,
            beginning: Some(BytesMut::new()),
            format: None,
            asked: false,
        }
    }

    pub(crate) fn chosen(&mut self, format: PixelFormat) {
        self.format = Some(format);
    }

    pub(crate) fn asked_for_updates(&mut self) {
        self.asked = true;
    }

    /// What is to be recorded now that these bytes have passed.
    pub(crate) fn passed(&mut self, bytes: &Bytes, now: Instant) -> Vec<Part> {
        let at_ms = now.saturating_duration_since(self.began).as_millis();
        let at_ms = u32::try_from(at_ms).unwrap_or(u32::MAX);
        let part = |bytes: Bytes| Part { at_ms, bytes };
        let Some(beginning) = &mut self.beginning else {
            return vec![part(bytes.clone())];
        };
        let whole = self.asked && beginning.len() >= INIT_ENDS;
        if !whole && beginning.len() + bytes.len() <= MAX_BEGINNING_BYTES {
            beginning.extend_from_slice(bytes);
            return Vec::new();
        }
        if let (Some(place), Some(format)) = (beginning.get_mut(FORMAT), self.format) {
            place.copy_from_slice(format.bytes());
        }
        let beginning = self.beginning.take().unwrap_or_default().freeze();
        vec![part(beginning), part(bytes.clone())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(parts: &[Part]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        parts
            .iter()
            .for_each(|part| part.write(&mut bytes).expect("written"));
        bytes
    }

    fn part(at_ms: u32, bytes: &'static [u8]) -> Part {
        Part {
            at_ms,
            bytes: Bytes::from_static(bytes),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let parts = [
            part(0, b"RFB 003.008\n"),
            part(7, b""),
            part(9, b"abcde"),
            part(u32::MAX, b"xyz"),
        ];
        let bytes = recording(&parts);
        assert_eq!(bytes.len() % 4, 0);
        let read: Vec<Part> = Replay::new(&bytes[..]).map(Result::unwrap).collect();
        assert_eq!(read, parts);
    }

    #[test]
    fn a_recording_that_was_cut_off_is_read_as_far_as_it_goes() {
        let bytes = recording(&[part(1, b"abcde"), part(2, b"fgh")]);
        for length in 0..bytes.len() {
            let read = Replay::new(&bytes[..length]).map(Result::unwrap).count();
            assert_eq!(read, usize::from(length >= 28));
        }
    }

    #[test]
    fn what_is_no_recording_is_an_error() {
        assert!(
            Replay::new(&b"RFB 003.008\n"[..])
                .next()
                .expect("something")
                .is_err()
        );
        let long = [&MAGIC[..], &[255; 8]].concat();
        assert!(Replay::new(&long[..]).next().expect("something").is_err());
    }
}
