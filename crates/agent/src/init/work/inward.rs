//! What the agent sends into the node: chunks, and an explicit end, so that a transfer that
//! broke off is never taken for a whole one.

use std::fs::File;
use std::io::{self, Read};

/// Reads chunks of a u32 big-endian length and as many bytes; a length of 0 is the end.
pub(super) struct Inward {
    pipe: File,
    left: u64,
    is_whole: bool,
}

impl Inward {
    pub(super) fn new(pipe: File) -> Self {
        Self {
            pipe,
            left: 0,
            is_whole: false,
        }
    }
}

impl Read for Inward {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.is_whole {
            let mut length = [0; 4];
            self.pipe.read_exact(&mut length)?;
            self.left = u32::from_be_bytes(length).into();
            self.is_whole = self.left == 0;
        }
        if self.is_whole {
            return Ok(0);
        }
        let read = (&mut self.pipe).take(self.left).read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the transfer broke off",
            ));
        }
        self.left -= read as u64;
        Ok(read)
    }
}
