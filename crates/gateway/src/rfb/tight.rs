//! How long a Tight rectangle is (rfbproto, Tight Encoding and Tight PNG Encoding).

use super::error::{RfbError, senseless};
use super::pixels::PixelFormat;
use super::rectangle::Step;
use super::seen::Head;
use super::tape::Tape;

/// Below so many bytes pixels come as they are, without a length.
const SHORT_BYTES: u64 = 12;

/// Where in a Tight rectangle the stream is.
#[derive(Debug)]
pub(super) struct Tight {
    /// Pictures may be PNG, and pixels may not come in zlib streams.
    png: bool,
    at: At,
}

#[derive(Debug)]
enum At {
    Control,
    Filter,
    Palette,
    /// Pixels of so many bytes when unpacked.
    Pixels(u64),
    /// A length of 1 to 3 bytes, and as many bytes.
    Counted,
}

impl Tight {
    pub(super) fn new(png: bool) -> Self {
        let at = At::Control;
        Self { png, at }
    }

    pub(super) fn step(
        &mut self,
        head: &Head,
        tape: &mut Tape,
        format: PixelFormat,
    ) -> Result<Step, RfbError> {
        match self.at {
            At::Control => self.control(head, tape, format),
            At::Filter => self.filter(head, tape, format),
            At::Palette => self.palette(head, tape, format),
            At::Pixels(unpacked) if unpacked < SHORT_BYTES => Ok(Step::Last(unpacked)),
            At::Pixels(_) | At::Counted => Ok(counted(tape).map_or(Step::Wait, Step::Last)),
        }
    }

    fn control(
        &mut self,
        head: &Head,
        tape: &mut Tape,
        format: PixelFormat,
    ) -> Result<Step, RfbError> {
        let Some([control]) = tape.head() else {
            return Ok(Step::Wait);
        };
        // The lower four bits begin zlib streams anew.
        self.at = match control >> 4 {
            0b1000 => return Ok(Step::Last(1 + format.tight_bytes())),
            0b1001 => At::Counted,
            0b1010 if self.png => At::Counted,
            basic if basic < 8 && !self.png => {
                if basic & 0b100 != 0 {
                    At::Filter
                } else {
                    At::Pixels(head.area() * format.tight_bytes())
                }
            }
            _ => return Err(senseless("Tight", "compression control", control)),
        };
        Ok(Step::Run(1))
    }

    fn filter(
        &mut self,
        head: &Head,
        tape: &mut Tape,
        format: PixelFormat,
    ) -> Result<Step, RfbError> {
        let Some([filter]) = tape.head() else {
            return Ok(Step::Wait);
        };
        self.at = match filter {
            0 | 2 => At::Pixels(head.area() * format.tight_bytes()),
            1 => At::Palette,
            other => return Err(senseless("Tight", "filter", other)),
        };
        Ok(Step::Run(1))
    }

    fn palette(
        &mut self,
        head: &Head,
        tape: &mut Tape,
        format: PixelFormat,
    ) -> Result<Step, RfbError> {
        let Some([last]) = tape.head() else {
            return Ok(Step::Wait);
        };
        let colours = u64::from(last) + 1;
        let bits = if colours <= 2 { 1 } else { 8 };
        let row = (u64::from(head.width) * bits).div_ceil(8);
        self.at = At::Pixels(row * u64::from(head.height));
        Ok(Step::Run(1 + colours * format.tight_bytes()))
    }
}

/// A length of 7 bits a byte, the last of three having 8, and what it counts.
fn counted(tape: &mut Tape) -> Option<u64> {
    let low = |byte: u8| u64::from(byte & 0x7f);
    let [first] = tape.head()?;
    if first & 0x80 == 0 {
        return Some(1 + low(first));
    }
    let [_, second] = tape.head()?;
    let length = low(first) | low(second) << 7;
    if second & 0x80 == 0 {
        return Some(2 + length);
    }
    let [.., third] = tape.head::<3>()?;
    Some(3 + (length | u64::from(third) << 14))
}
