//! How long a rectangle is, by its encoding (RFC 6143 §7.7, §7.8; rfbproto).

use super::encodings::encoding::*;
use super::error::{RfbError, senseless, within};
use super::limits::{
    MAX_POINTER_PX, MAX_RECTANGLE_BYTES, MAX_SCREEN_PX, MAX_SCREENS, MAX_TITLE_BYTES,
};
use super::pixels::PixelFormat;
use super::seen::Head;
use super::tape::Tape;
use super::tight::Tight;

/// What measuring came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// More has to come.
    Wait,
    /// So many bytes pass; then ask again.
    Run(u64),
    /// So many bytes pass; then the rectangle is over.
    Last(u64),
}

/// Where in a rectangle the stream is.
#[derive(Debug)]
enum Inside {
    /// Nothing is to be read any more but so many bytes.
    Bytes(u64),
    /// A length of 4 bytes, and as many bytes.
    Counted {
        of: &'static str,
        limit: u64,
    },
    /// A number of 4 bytes, a background of a pixel, and parts of so many bytes each.
    Parts(u64),
    /// The tiles of a Hextile rectangle.
    Tiles(u64),
    Tight(Tight),
    /// The head of a screen layout.
    Screens,
    /// The kind of a VMware pointer.
    PointerKind,
    /// The encoding of a pointer with alpha.
    PointerEncoding,
}

/// A rectangle that is being measured.
#[derive(Debug)]
pub(super) struct Rectangle {
    pub(super) head: Head,
    inside: Inside,
    bytes: u64,
}

const HEXTILE_PX: u64 = 16;

impl Rectangle {
    /// Begins one; the screen is as large as `screen` says.
    pub(super) fn begin(
        head: Head,
        format: PixelFormat,
        screen: (u16, u16),
    ) -> Result<Self, RfbError> {
        let inside = match head.encoding {
            RAW | COPY_RECT | RRE | CORRE | HEXTILE | ZLIB | TIGHT | TIGHT_PNG | ZRLE => {
                on_screen(&head, screen)?;
                picture(&head, format)
            }
            CURSOR | X_CURSOR | CURSOR_WITH_ALPHA | VMWARE_CURSOR => {
                within("pointer", "width", head.width, MAX_POINTER_PX)?;
                within("pointer", "height", head.height, MAX_POINTER_PX)?;
                pointer(&head, format)
            }
            DESKTOP_NAME => Inside::Counted {
                of: "title",
                limit: MAX_TITLE_BYTES,
            },
            EXTENDED_DESKTOP_SIZE => Inside::Screens,
            LED_STATE => Inside::Bytes(1),
            VMWARE_LED_STATE => Inside::Bytes(4),
            DESKTOP_SIZE | LAST_RECT | QEMU_KEY | VMWARE_CURSOR_POSITION => Inside::Bytes(0),
            other => return Err(RfbError::UnknownEncoding(other)),
        };
        Ok(Self {
            head,
            inside,
            bytes: 0,
        })
    }

    /// Bytes measured so far, without the head.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The size of the screen after it, if it says one.
    pub(super) fn resizes(&self) -> Result<Option<(u16, u16)>, RfbError> {
        let Head {
            x,
            y,
            width,
            height,
            encoding,
        } = self.head;
        // An answer to a viewer's wish that was not granted (x: why, y: what came of it) changes nothing.
        let changes =
            encoding == DESKTOP_SIZE || (encoding == EXTENDED_DESKTOP_SIZE && !(x == 1 && y != 0));
        if !changes {
            return Ok(None);
        }
        within("screen", "width", width, MAX_SCREEN_PX)?;
        within("screen", "height", height, MAX_SCREEN_PX)?;
        Ok(Some((width, height)))
    }

    /// Measures as far as what has come allows.
    pub(super) fn step(&mut self, tape: &mut Tape, format: PixelFormat) -> Result<Step, RfbError> {
        let before = self.bytes;
        let step = self.measure(tape, format)?;
        let (Step::Run(more) | Step::Last(more)) = step else {
            return Ok(step);
        };
        self.bytes = before.saturating_add(more);
        within("rectangle", "length", self.bytes, MAX_RECTANGLE_BYTES)?;
        Ok(step)
    }

    fn measure(&mut self, tape: &mut Tape, format: PixelFormat) -> Result<Step, RfbError> {
        let head = self.head;
        match &mut self.inside {
            Inside::Bytes(count) => Ok(Step::Last(*count)),
            Inside::Counted { of, limit } => {
                let Some(length) = tape.head().map(u32::from_be_bytes) else {
                    return Ok(Step::Wait);
                };
                Ok(Step::Last(4 + within(of, "length", length, *limit)?))
            }
            Inside::Parts(each) => {
                let Some(parts) = tape.head().map(u32::from_be_bytes) else {
                    return Ok(Step::Wait);
                };
                let parts = u64::from(parts).saturating_mul(*each);
                Ok(Step::Last(parts.saturating_add(4 + format.pixel_bytes())))
            }
            Inside::Tiles(number) => tile(number, &head, tape, format.pixel_bytes()),
            Inside::Tight(tight) => tight.step(&head, tape, format),
            Inside::Screens => {
                let Some([screens, ..]) = tape.head::<4>() else {
                    return Ok(Step::Wait);
                };
                let screens = within("screen layout", "screens", screens, MAX_SCREENS)?;
                Ok(Step::Last(4 + 16 * screens))
            }
            Inside::PointerKind => {
                let each = match tape.head::<2>() {
                    None => return Ok(Step::Wait),
                    Some([0, _]) => 2 * format.pixel_bytes(),
                    Some([1, _]) => 4,
                    Some([other, _]) => return Err(senseless("pointer", "kind", other)),
                };
                Ok(Step::Last(2 + head.area() * each))
            }
            Inside::PointerEncoding => match tape.head().map(i32::from_be_bytes) {
                None => Ok(Step::Wait),
                Some(RAW) => Ok(Step::Last(4 + head.area() * 4)),
                Some(other) => Err(RfbError::UnknownEncoding(other)),
            },
        }
    }
}

fn on_screen(head: &Head, (width, height): (u16, u16)) -> Result<(), RfbError> {
    let right = u64::from(head.x) + u64::from(head.width);
    let bottom = u64::from(head.y) + u64::from(head.height);
    within("rectangle", "right edge", right, width)?;
    within("rectangle", "lower edge", bottom, height)?;
    Ok(())
}

fn picture(head: &Head, format: PixelFormat) -> Inside {
    let pixel = format.pixel_bytes();
    match head.encoding {
        RAW => Inside::Bytes(head.area() * pixel),
        COPY_RECT => Inside::Bytes(4),
        RRE => Inside::Parts(pixel + 8),
        CORRE => Inside::Parts(pixel + 4),
        HEXTILE => Inside::Tiles(0),
        ZLIB | ZRLE => Inside::Counted {
            of: "rectangle",
            limit: MAX_RECTANGLE_BYTES,
        },
        TIGHT_PNG => Inside::Tight(Tight::new(true)),
        _ => Inside::Tight(Tight::new(false)),
    }
}

fn pointer(head: &Head, format: PixelFormat) -> Inside {
    let mask = u64::from(head.width).div_ceil(8) * u64::from(head.height);
    match head.encoding {
        CURSOR => Inside::Bytes(head.area() * format.pixel_bytes() + mask),
        X_CURSOR if head.area() == 0 => Inside::Bytes(0),
        // Two colours, a bitmap and a mask.
        X_CURSOR => Inside::Bytes(6 + 2 * mask),
        CURSOR_WITH_ALPHA => Inside::PointerEncoding,
        _ => Inside::PointerKind,
    }
}

/// The tile with this number, of [`HEXTILE_PX`] or what is left of the rectangle (RFC 6143 §7.7.4).
fn tile(number: &mut u64, head: &Head, tape: &mut Tape, pixel: u64) -> Result<Step, RfbError> {
    let columns = u64::from(head.width).div_ceil(HEXTILE_PX);
    let rows = u64::from(head.height).div_ceil(HEXTILE_PX);
    if *number >= columns * rows {
        return Ok(Step::Last(0));
    }
    let Some([mask]) = tape.head() else {
        return Ok(Step::Wait);
    };
    let [raw, background, foreground, parts, coloured] =
        [1, 2, 4, 8, 16].map(|bit| mask & bit != 0);
    let left = |side: u16, at: u64| (u64::from(side) - at * HEXTILE_PX).min(HEXTILE_PX);
    let length = if raw {
        1 + left(head.width, *number % columns) * left(head.height, *number / columns) * pixel
    } else {
        let colours = (u64::from(background) + u64::from(foreground)) * pixel;
        if !parts {
            1 + colours
        } else {
            // At most 9 bytes until the number of parts.
            let before = 1 + colours;
            let whole = usize::try_from(before + 1).unwrap_or(usize::MAX);
            let Some(count) = tape.ahead(whole).and_then(|head| head.last().copied()) else {
                return Ok(Step::Wait);
            };
            let each = 2 + if coloured { pixel } else { 0 };
            before + 1 + u64::from(count) * each
        }
    };
    *number += 1;
    Ok(Step::Run(length))
}
