//! What was wrong with a stream.

use std::fmt;

/// Who sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The X server.
    Server,
    /// The page.
    Viewer,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "the X server",
            Self::Viewer => "the viewer",
        })
    }
}

/// Why a stream cannot be passed on. Nothing that a stream said is in it but numbers: it may stand
/// in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RfbError {
    /// Another version, or something that is not RFB.
    #[error("{0} does not speak RFB 3.8")]
    Version(Side),
    /// Another security type than None.
    #[error("{0} wants another security type than None")]
    Security(Side),
    /// The server lets nobody in.
    #[error("the X server refuses viewers")]
    Refused,
    /// A message that does not exist, or that was not agreed on.
    #[error("{side} sent a message of type {kind}, which there is not")]
    UnknownMessage {
        /// Who.
        side: Side,
        /// Its first byte.
        kind: u8,
    },
    /// A rectangle in an encoding that cannot be measured; nobody asked for it.
    #[error("a rectangle in encoding {0}, which nobody asked for")]
    UnknownEncoding(i32),
    /// A number over its bound.
    #[error("{message}: {field} is {value}, over {limit}")]
    TooLarge {
        /// The message or rectangle.
        message: &'static str,
        /// Which number in it.
        field: &'static str,
        /// What it says.
        value: u64,
        /// The bound.
        limit: u64,
    },
    /// A value that it cannot have.
    #[error("{message}: {field} cannot be {value}")]
    Value {
        /// The message or rectangle.
        message: &'static str,
        /// Which number in it.
        field: &'static str,
        /// What it says.
        value: u64,
    },
    /// Another pixel format after the first update was asked for: what is under way could not be
    /// measured.
    #[error("the viewer changed its pixel format too late")]
    LateFormat,
}

/// The number, if it is within its bound.
pub(super) fn within(
    message: &'static str,
    field: &'static str,
    value: impl Into<u64>,
    limit: impl Into<u64>,
) -> Result<u64, RfbError> {
    let (value, limit) = (value.into(), limit.into());
    if value > limit {
        return Err(RfbError::TooLarge {
            message,
            field,
            value,
            limit,
        });
    }
    Ok(value)
}

/// Says that a value makes no sense.
pub(super) fn senseless(
    message: &'static str,
    field: &'static str,
    value: impl Into<u64>,
) -> RfbError {
    RfbError::Value {
        message,
        field,
        value: value.into(),
    }
}
