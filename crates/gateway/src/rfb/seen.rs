//! What passes, message by message.

/// Where a rectangle lies and how it is encoded (RFC 6143 §7.6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its left edge, or what its pseudo-encoding says.
    pub x: u16,
    /// Its upper edge, or what its pseudo-encoding says.
    pub y: u16,
    /// Pixels from left to right.
    pub width: u16,
    /// Pixels from top to bottom.
    pub height: u16,
    /// See [`super::encoding`].
    pub encoding: i32,
}

impl Head {
    /// Its pixels.
    pub(super) fn area(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// What passed, or began to pass, on its way to the viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The handshake is over: a screen of this size.
    Begins {
        /// Its width.
        width: u16,
        /// Its height.
        height: u16,
    },
    /// An update of at most so many rectangles begins.
    Update(u16),
    /// A rectangle has passed whole.
    Rectangle {
        /// Where it lies.
        head: Head,
        /// Bytes after its head.
        bytes: u64,
    },
    /// The update has passed whole.
    UpdateEnds,
    /// Colours of a palette.
    Colours(u16),
    /// A bell.
    Bell,
    /// A clipboard of so many bytes begins.
    Clipboard {
        /// Bytes after its head.
        bytes: u64,
        /// It is too long and left out.
        left_out: bool,
    },
    /// Continuous updates have ended, or can begin.
    EndOfContinuousUpdates,
    /// A fence.
    Fence,
    /// A word on xvp.
    Xvp,
}
