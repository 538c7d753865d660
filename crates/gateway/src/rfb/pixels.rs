//! How long a pixel is (RFC 6143 §7.4).

use super::error::{RfbError, senseless};

/// A pixel format, as far as lengths go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelFormat {
    bytes: [u8; 16],
    pixel: u8,
    /// Bytes of a pixel in Tight (rfbproto, Tight: TPIXEL).
    tight: u8,
}

impl PixelFormat {
    /// Reads one; `message` is where it stands.
    pub(super) fn read(bytes: [u8; 16], message: &'static str) -> Result<Self, RfbError> {
        let [
            bits,
            depth,
            _,
            true_colour,
            red,
            red_low,
            green,
            green_low,
            blue,
            blue_low,
            shifts @ ..,
        ] = bytes;
        if !matches!(bits, 8 | 16 | 32) {
            return Err(senseless(message, "bits per pixel", bits));
        }
        let maxima = [[red, red_low], [green, green_low], [blue, blue_low]];
        let whole = bits == 32
            && depth == 24
            && true_colour != 0
            && maxima.iter().all(|&max| u16::from_be_bytes(max) == 255);
        let [red, green, blue, ..] = shifts;
        if true_colour != 0 {
            for shift in [red, green, blue] {
                // Servers do not agree on how long a TPIXEL is whose colours lie across bytes.
                if shift >= bits || (whole && shift % 8 != 0) {
                    return Err(senseless(message, "colour shift", shift));
                }
            }
        }
        Ok(Self {
            bytes,
            pixel: bits / 8,
            tight: if whole { 3 } else { bits / 8 },
        })
    }

    /// As messages have it.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// Bytes of a pixel.
    pub fn pixel_bytes(&self) -> u64 {
        self.pixel.into()
    }

    /// Bytes of a pixel in Tight.
    pub fn tight_bytes(&self) -> u64 {
        self.tight.into()
    }
}

/// 32 bits, 24 of them used, little end first: what noVNC wants.
impl Default for PixelFormat {
    fn default() -> Self {
        Self {
            bytes: [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0],
            pixel: 4,
            tight: 3,
        }
    }
}
