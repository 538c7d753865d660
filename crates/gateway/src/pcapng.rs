//! Where the blocks of a pcapng stream begin and end (draft-ietf-opsawg-pcapng-02 §3.1), and what
//! its statistics say. Pure.
//!
//! It must not look into packets: Wireshark does, in the page. It makes sure that only whole
//! blocks of bounded length go on, and that a stream begins with a section header.

use bytes::{Buf, Bytes, BytesMut};

/// Longest block: a packet of [`labwright_wire::limits::MAX_SNAP_BYTES`] with room for its options.
pub const MAX_BLOCK_BYTES: usize = 128 * 1024;

/// Type, length, length again.
const FRAME_BYTES: usize = 12;
const SECTION: [u8; 4] = [0x0A, 0x0D, 0x0D, 0x0A];
const BYTE_ORDER: u32 = 0x1A2B_3C4D;
const STATISTICS: u32 = 5;
/// Interface and time before the options of a statistics block (§4.6).
const STATISTICS_FIXED_BYTES: usize = 12;
const RECEIVED: u16 = 4;
const DROPPED: u16 = 5;

/// Why a stream cannot be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// It does not begin with a section header.
    #[error("the stream does not begin with a section header")]
    NoSection,
    /// A section header whose byte order cannot be told.
    #[error("a section header has no byte order")]
    NoByteOrder,
    /// A length that no block can have.
    #[error("a block of {0} bytes")]
    Length(u32),
    /// The length at a block's end is another than at its beginning.
    #[error("a block has two lengths")]
    TwoLengths,
}

/// What a capture has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that passed.
    pub passed: u64,
    /// Packets that were lost because somebody was too slow.
    pub dropped: u64,
}

/// Whole blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whole {
    /// One after the other; may be empty.
    pub bytes: Bytes,
    /// What the last statistics among them say.
    pub counts: Option<Counts>,
}

/// Cuts a stream into blocks.
#[derive(Debug, Default)]
pub struct Blocks {
    waiting: BytesMut,
    /// Of the section that is under way.
    order: Option<Order>,
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Blocks {
    /// Takes the next bytes of the stream; gives the blocks that are whole now.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Whole, BlockError> {
        self.waiting.extend_from_slice(bytes);
        let mut whole = 0;
        let mut counts = None;
        while let Some(length) = self.next_length(whole)? {
            let block = self.waiting.get(whole..whole + length).unwrap_or_default();
            if let Some(order) = self.order
                && order.u32(block) == Some(STATISTICS)
            {
                counts = Some(statistics(order, block));
            }
            whole += length;
        }
        let bytes = self.waiting.split_to(whole).freeze();
        Ok(Whole { bytes, counts })
    }

    /// Length of the block that begins at `at`, once it is whole.
    fn next_length(&mut self, at: usize) -> Result<Option<usize>, BlockError> {
        let rest = self.waiting.get(at..).unwrap_or_default();
        let Some(head) = rest.get(..FRAME_BYTES) else {
            return Ok(None);
        };
        if head.starts_with(&SECTION) {
            let order = head.get(8..).and_then(Order::of);
            self.order = Some(order.ok_or(BlockError::NoByteOrder)?);
        }
        let order = self.order.ok_or(BlockError::NoSection)?;
        let told = order.u32(head.get(4..).unwrap_or_default()).unwrap_or(0);
        let length = usize::try_from(told).unwrap_or(usize::MAX);
        if !(FRAME_BYTES..=MAX_BLOCK_BYTES).contains(&length) || length % 4 != 0 {
            return Err(BlockError::Length(told));
        }
        let Some(block) = rest.get(..length) else {
            return Ok(None);
        };
        if order.u32(block.get(length - 4..).unwrap_or_default()) != Some(told) {
            return Err(BlockError::TwoLengths);
        }
        Ok(Some(length))
    }
}

impl Order {
    fn of(bytes: &[u8]) -> Option<Self> {
        [Self::Little, Self::Big]
            .into_iter()
            .find(|order| order.u32(bytes) == Some(BYTE_ORDER))
    }

    fn u16(self, bytes: &[u8]) -> Option<u16> {
        let bytes = *bytes.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    fn u32(self, bytes: &[u8]) -> Option<u32> {
        let bytes = *bytes.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }

    fn u64(self, bytes: &[u8]) -> Option<u64> {
        let bytes = *bytes.first_chunk()?;
        Some(match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        })
    }
}

/// Reads the options of a statistics block; what is malformed is left out.
fn statistics(order: Order, block: &[u8]) -> Counts {
    let end = block.len().saturating_sub(4);
    let mut options = block
        .get(FRAME_BYTES - 4 + STATISTICS_FIXED_BYTES..end)
        .unwrap_or_default();
    let mut counts = Counts::default();
    while let (Some(code), Some(length)) = (
        order.u16(options),
        order.u16(options.get(2..).unwrap_or_default()),
    ) {
        options.advance(4);
        let length = usize::from(length);
        let value = options.get(..length).and_then(|value| order.u64(value));
        match (code, value) {
            (RECEIVED, Some(value)) => counts.passed = value,
            (DROPPED, Some(value)) => counts.dropped = value,
            _ => {}
        }
        options.advance(length.next_multiple_of(4).min(options.len()));
    }
    counts
}
