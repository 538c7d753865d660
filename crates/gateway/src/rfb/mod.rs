//! Where the messages of RFB 3.8 begin and end (RFC 6143, and rfbproto, the community's wiki of
//! extensions), both ways, and how long every rectangle is. Pure: bytes in, bytes out.
//!
//! It decodes no pixel, copies nothing but a head that came in two parts, and reserves nothing by
//! a length that somebody sent. What it cannot measure a viewer cannot ask for: it is taken out of
//! the list of encodings. One mistake ends the stream, with a word of what was wrong.
//!
//! Both streams are outside input: the X server runs beside programs of a learner, who may have
//! taken it over, and the viewer is a browser.

mod arrange;
mod encodings;
mod error;
mod pixels;
mod rectangle;
mod seen;
mod server;
mod tape;
mod tight;
mod viewer;

pub use arrange::{Speed, arrange};
pub use encodings::{encoding, is_measured};
pub use error::{RfbError, Side};
pub use pixels::PixelFormat;
pub use seen::{Head, Seen};
pub use server::ServerStream;
pub use viewer::{Asked, Rights, ViewerStream};

/// Every bound of a message, so that no length is believed.
pub mod limits {
    /// Most pixels of a screen's side; an X server has the same.
    pub const MAX_SCREEN_PX: u16 = 16_384;
    /// Most pixels of a screen that a viewer may ask for: its memory is the session's.
    pub const MAX_SCREEN_AREA_PX: u64 = 7680 * 4320;
    /// Most pixels of a pointer's side.
    pub const MAX_POINTER_PX: u16 = 1024;
    /// Longest rectangle, in bytes: it goes on in parts, and a viewer gathers it.
    pub const MAX_RECTANGLE_BYTES: u64 = 64 << 20;
    /// Longest clipboard that is passed on, in bytes; a longer one is left out.
    pub const MAX_CLIPBOARD_BYTES: u64 = 1 << 20;
    /// Longest clipboard that is left out; a longer one ends the stream.
    pub const MAX_SKIPPED_BYTES: u64 = 64 << 20;
    /// Longest title of a screen, in bytes.
    pub const MAX_TITLE_BYTES: u64 = 4096;
    /// Longest reason of a server that refuses, in bytes.
    pub const MAX_REASON_BYTES: u64 = 4096;
    /// Encodings that a viewer may list.
    pub const MAX_ENCODINGS: u64 = 512;
    /// Longest payload of a fence (rfbproto, ClientFence).
    pub const MAX_FENCE_BYTES: u64 = 64;
    /// Most screens of a screen layout.
    pub const MAX_SCREENS: u64 = 16;
}

/// The protocol version that both sides speak (RFC 6143 §7.1.1).
const VERSION: &[u8; 12] = b"RFB 003.008\n";
/// The security type without any proof (RFC 6143 §7.2.1).
const NO_PROOF: u8 = 1;
