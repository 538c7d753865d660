//! The stream of an X server (RFC 6143 §7.1 to §7.3 and §7.6).

use bytes::Bytes;

use super::encodings::encoding::LAST_RECT;
use super::error::{RfbError, Side, senseless, within};
use super::limits::{
    MAX_CLIPBOARD_BYTES, MAX_FENCE_BYTES, MAX_REASON_BYTES, MAX_SCREEN_PX, MAX_SKIPPED_BYTES,
    MAX_TITLE_BYTES,
};
use super::pixels::PixelFormat;
use super::rectangle::{Rectangle, Step};
use super::seen::{Head, Seen};
use super::tape::Tape;
use super::{NO_PROOF, VERSION};

const SIDE: Side = Side::Server;

/// Takes the stream apart. What it passes on is what came, but for clipboards that are too long.
#[derive(Debug)]
pub struct ServerStream {
    tape: Tape,
    stage: Stage,
    run: Run,
    /// Rectangles of the update that are still to come.
    left: u16,
    screen: (u16, u16),
    format: PixelFormat,
    /// The viewer has chosen it: the server's own does not count any more.
    chosen: bool,
    /// What is copied is not this viewer's.
    clipboards_left_out: bool,
}

#[derive(Debug)]
enum Stage {
    Version,
    Security,
    /// It lets nobody in, and says why.
    Refusal,
    Result,
    Init,
    /// Between two messages.
    Between,
    /// Before a rectangle's head.
    Head,
    Inside(Rectangle),
    /// The rectangle's last bytes pass.
    Passes(Rectangle),
}

/// Bytes whose meaning does not matter.
#[derive(Debug, Default)]
struct Run {
    left: u64,
    left_out: bool,
}

impl Default for ServerStream {
    fn default() -> Self {
        Self {
            tape: Tape::default(),
            stage: Stage::Version,
            run: Run::default(),
            left: 0,
            screen: (0, 0),
            format: PixelFormat::default(),
            chosen: false,
            clipboards_left_out: false,
        }
    }
}

impl ServerStream {
    /// What is copied in the screen does not go on.
    pub fn leave_out_clipboards(&mut self) {
        self.clipboards_left_out = true;
    }

    /// Takes the next bytes and gives those that go on, in order; tells `seen` what they are.
    /// After an error the stream is over.
    pub fn push(
        &mut self,
        bytes: Bytes,
        mut seen: impl FnMut(Seen),
    ) -> Result<Vec<Bytes>, RfbError> {
        self.tape.feed(bytes);
        while self.step(&mut seen)? {}
        Ok(self.tape.drain())
    }

    /// The viewer has chosen another pixel format, before it asked for an update.
    pub fn set_format(&mut self, format: PixelFormat) {
        self.format = format;
        self.chosen = true;
    }

    /// Nothing has begun that is not over: a message may be put in here.
    pub fn is_between_messages(&self) -> bool {
        matches!(self.stage, Stage::Between) && self.run.left == 0
    }

    /// An update has begun and its end has not come: nobody can show it yet.
    pub fn is_inside_update(&self) -> bool {
        matches!(
            self.stage,
            Stage::Head | Stage::Inside(_) | Stage::Passes(_)
        )
    }

    /// One step; false when more has to come.
    fn step(&mut self, seen: &mut impl FnMut(Seen)) -> Result<bool, RfbError> {
        if self.run.left > 0 {
            self.tape.run(&mut self.run.left, !self.run.left_out);
            if self.run.left > 0 {
                return Ok(false);
            }
        }
        let stage = std::mem::replace(&mut self.stage, Stage::Between);
        let next = match stage {
            Stage::Version => self.version()?,
            Stage::Security => self.security()?,
            Stage::Refusal => self.refusal()?,
            Stage::Result => self.result()?,
            Stage::Init => self.init(seen)?,
            Stage::Between => return self.message(seen),
            Stage::Head => return self.head(seen),
            Stage::Inside(rectangle) => return self.inside(rectangle),
            Stage::Passes(rectangle) => {
                self.ended(&rectangle, seen)?;
                return Ok(true);
            }
        };
        let waits = next.is_none();
        self.stage = next.unwrap_or(stage);
        Ok(!waits)
    }

    /// So many bytes pass before the stage counts.
    fn pass(&mut self, bytes: u64) {
        self.run = Run {
            left: bytes,
            left_out: false,
        };
    }

    fn version(&mut self) -> Result<Option<Stage>, RfbError> {
        let Some(version) = self.tape.head() else {
            return Ok(None);
        };
        if version != *VERSION {
            return Err(RfbError::Version(SIDE));
        }
        self.tape.pass(version.len());
        Ok(Some(Stage::Security))
    }

    /// Exactly one type, None: a viewer must not be led to ask for a password.
    fn security(&mut self) -> Result<Option<Stage>, RfbError> {
        match self.tape.head::<1>() {
            None => return Ok(None),
            Some([0]) => {
                self.tape.pass(1);
                return Ok(Some(Stage::Refusal));
            }
            Some([1]) => {}
            Some(_) => return Err(RfbError::Security(SIDE)),
        }
        let Some([_, kind]) = self.tape.head::<2>() else {
            return Ok(None);
        };
        if kind != NO_PROOF {
            return Err(RfbError::Security(SIDE));
        }
        self.tape.pass(2);
        Ok(Some(Stage::Result))
    }

    fn result(&mut self) -> Result<Option<Stage>, RfbError> {
        let Some(result) = self.tape.head().map(u32::from_be_bytes) else {
            return Ok(None);
        };
        self.tape.pass(4);
        match result {
            0 => Ok(Some(Stage::Init)),
            1 | 2 => Ok(Some(Stage::Refusal)),
            other => Err(senseless("security result", "status", other)),
        }
    }

    fn refusal(&mut self) -> Result<Option<Stage>, RfbError> {
        let Some(length) = self.tape.head().map(u32::from_be_bytes) else {
            return Ok(None);
        };
        within("refusal", "length", length, MAX_REASON_BYTES)?;
        Err(RfbError::Refused)
    }

    fn init(&mut self, seen: &mut impl FnMut(Seen)) -> Result<Option<Stage>, RfbError> {
        let Some(head) = self.tape.head::<24>() else {
            return Ok(None);
        };
        let [w0, w1, h0, h1, format @ .., n0, n1, n2, n3] = head;
        let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
        within("ServerInit", "width", width, MAX_SCREEN_PX)?;
        within("ServerInit", "height", height, MAX_SCREEN_PX)?;
        let title = u32::from_be_bytes([n0, n1, n2, n3]);
        let title = within("ServerInit", "name length", title, MAX_TITLE_BYTES)?;
        let format = PixelFormat::read(format, "ServerInit")?;
        if !self.chosen {
            self.format = format;
        }
        self.screen = (width, height);
        self.pass(24 + title);
        seen(Seen::Begins { width, height });
        Ok(Some(Stage::Between))
    }

    /// A message's head (RFC 6143 §7.6; rfbproto, Server to Client Messages).
    fn message(&mut self, seen: &mut impl FnMut(Seen)) -> Result<bool, RfbError> {
        let Some([kind]) = self.tape.head() else {
            return Ok(false);
        };
        match kind {
            0 => {
                let Some([_, _, count @ ..]) = self.tape.head::<4>() else {
                    return Ok(false);
                };
                self.left = u16::from_be_bytes(count);
                self.stage = Stage::Head;
                self.pass(4);
                seen(Seen::Update(self.left));
            }
            1 => {
                let Some([_, _, _, _, count @ ..]) = self.tape.head::<6>() else {
                    return Ok(false);
                };
                let colours = u16::from_be_bytes(count);
                self.pass(6 + 6 * u64::from(colours));
                seen(Seen::Colours(colours));
            }
            2 => {
                self.pass(1);
                seen(Seen::Bell);
            }
            3 => return self.clipboard(seen),
            150 => {
                self.pass(1);
                seen(Seen::EndOfContinuousUpdates);
            }
            248 => {
                let Some([.., length]) = self.tape.head::<9>() else {
                    return Ok(false);
                };
                let length = within("fence", "length", length, MAX_FENCE_BYTES)?;
                self.pass(9 + length);
                seen(Seen::Fence);
            }
            250 => {
                self.pass(4);
                seen(Seen::Xvp);
            }
            kind => return Err(RfbError::UnknownMessage { side: SIDE, kind }),
        }
        Ok(true)
    }

    /// A negative length is that of an extended clipboard (rfbproto).
    fn clipboard(&mut self, seen: &mut impl FnMut(Seen)) -> Result<bool, RfbError> {
        let Some([_, _, _, _, length @ ..]) = self.tape.head::<8>() else {
            return Ok(false);
        };
        let bytes = clipboard_bytes(i32::from_be_bytes(length))?;
        let left_out = bytes > MAX_CLIPBOARD_BYTES || self.clipboards_left_out;
        self.run = Run {
            left: 8 + bytes,
            left_out,
        };
        seen(Seen::Clipboard { bytes, left_out });
        Ok(true)
    }

    fn head(&mut self, seen: &mut impl FnMut(Seen)) -> Result<bool, RfbError> {
        if self.left == 0 {
            seen(Seen::UpdateEnds);
            return Ok(true);
        }
        let Some(head) = self.tape.head::<12>() else {
            self.stage = Stage::Head;
            return Ok(false);
        };
        let [x0, x1, y0, y1, w0, w1, h0, h1, encoding @ ..] = head;
        let head = Head {
            x: u16::from_be_bytes([x0, x1]),
            y: u16::from_be_bytes([y0, y1]),
            width: u16::from_be_bytes([w0, w1]),
            height: u16::from_be_bytes([h0, h1]),
            encoding: i32::from_be_bytes(encoding),
        };
        let rectangle = Rectangle::begin(head, self.format, self.screen)?;
        self.left -= 1;
        self.tape.pass(12);
        self.stage = Stage::Inside(rectangle);
        Ok(true)
    }

    fn inside(&mut self, mut rectangle: Rectangle) -> Result<bool, RfbError> {
        let step = rectangle.step(&mut self.tape, self.format)?;
        if let Step::Run(bytes) | Step::Last(bytes) = step {
            self.pass(bytes);
        }
        self.stage = match step {
            Step::Last(_) => Stage::Passes(rectangle),
            Step::Run(_) | Step::Wait => Stage::Inside(rectangle),
        };
        Ok(step != Step::Wait)
    }

    fn ended(
        &mut self,
        rectangle: &Rectangle,
        seen: &mut impl FnMut(Seen),
    ) -> Result<(), RfbError> {
        let head = rectangle.head;
        if let Some(screen) = rectangle.resizes()? {
            self.screen = screen;
        }
        if head.encoding == LAST_RECT {
            self.left = 0;
        }
        self.stage = Stage::Head;
        let bytes = rectangle.bytes();
        seen(Seen::Rectangle { head, bytes });
        Ok(())
    }
}

/// Bytes that follow a clipboard's head.
pub(super) fn clipboard_bytes(length: i32) -> Result<u64, RfbError> {
    let bytes = u64::from(length.unsigned_abs());
    if length < 0 && bytes < 4 {
        return Err(senseless("clipboard", "length", bytes));
    }
    within("clipboard", "length", bytes, MAX_SKIPPED_BYTES)
}
