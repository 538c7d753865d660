//! The stream of a viewer (RFC 6143 §7.1 to §7.3 and §7.5): what it may do, and what it may ask for.

use bytes::{BufMut, Bytes, BytesMut};

use super::arrange::{Speed, arrange};
use super::encodings::is_measured;
use super::error::{RfbError, Side, within};
use super::limits::{
    MAX_CLIPBOARD_BYTES, MAX_ENCODINGS, MAX_FENCE_BYTES, MAX_SCREEN_AREA_PX, MAX_SCREENS,
};
use super::pixels::PixelFormat;
use super::server::clipboard_bytes;
use super::tape::Tape;
use super::{NO_PROOF, VERSION};

const SIDE: Side = Side::Viewer;
/// The head of SetEncodings (RFC 6143 §7.5.2).
const SET_ENCODINGS: u8 = 2;
const SHARED: u8 = 1;

/// What a viewer may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rights {
    /// Everything.
    Full,
    /// See, and use the keyboard and the pointer. Screen size is left out, and the clipboard both
    /// ways.
    Keys,
    /// See, and say how it wants to be sent what it sees. Keys, pointer and screen size are left
    /// out, and the clipboard both ways.
    ReadOnly,
}

/// What a viewer's message was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The handshake is over.
    Begins,
    /// Pixels come in this format from now on.
    Format(PixelFormat),
    /// It listed its encodings, so many of which can be measured.
    Encodings(usize),
    /// An update.
    Update,
    /// Updates without being asked each time, or no more of them.
    ContinuousUpdates,
    /// A fence.
    Fence,
    /// Something that changes what others see.
    Input {
        /// It did not go on.
        left_out: bool,
    },
}

/// Takes the stream apart; what goes on is what came, but for what the viewer may not do.
#[derive(Debug)]
pub struct ViewerStream {
    tape: Tape,
    rights: Rights,
    stage: Stage,
    /// Bytes of a clipboard that are still to come, and whether they go on.
    left: u64,
    passes: bool,
    format: Option<PixelFormat>,
    asked_for_updates: bool,
    /// What it listed, as far as it can be measured.
    listed: Vec<i32>,
    /// What the server was told.
    told: Vec<i32>,
    speed: Speed,
    told_speed: Speed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Version,
    Security,
    Init,
    Messages,
}

impl ViewerStream {
    /// A viewer that has said nothing yet.
    pub fn new(rights: Rights) -> Self {
        Self {
            tape: Tape::default(),
            rights,
            stage: Stage::Version,
            left: 0,
            passes: true,
            format: None,
            asked_for_updates: false,
            listed: Vec::new(),
            told: Vec::new(),
            speed: Speed::default(),
            told_speed: Speed::default(),
        }
    }

    /// Takes the next bytes and gives those that go on, in order; tells `asked` what they are.
    /// After an error the stream is over.
    pub fn push(
        &mut self,
        bytes: Bytes,
        mut asked: impl FnMut(Asked),
    ) -> Result<Vec<Bytes>, RfbError> {
        self.tape.feed(bytes);
        loop {
            if self.left > 0 {
                self.tape.run(&mut self.left, self.passes);
                if self.left > 0 {
                    break;
                }
            }
            let Some(message) = self.step()? else { break };
            if let Some(message) = message {
                asked(message);
            }
        }
        Ok(self.tape.drain())
    }

    /// The line to the viewer has become another.
    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
    }

    /// What the server is to be told when the line has become another, as soon as it fits between
    /// two messages of the viewer.
    pub fn news(&mut self) -> Option<Bytes> {
        let between = self.left == 0 && self.tape.waiting() == 0;
        if self.speed == self.told_speed || !between || self.listed.is_empty() {
            return None;
        }
        self.told_speed = self.speed;
        let wanted = arrange(&self.listed, self.speed);
        if wanted == self.told {
            return None;
        }
        self.told = wanted;
        Some(set_encodings(&self.told))
    }

    /// One step; `None` when more has to come.
    fn step(&mut self) -> Result<Option<Option<Asked>>, RfbError> {
        Ok(match self.stage {
            Stage::Version => self.version()?.map(|()| None),
            Stage::Security => self.security()?.map(|()| None),
            Stage::Init => self.init().map(|()| Some(Asked::Begins)),
            Stage::Messages => self.message()?.map(Some),
        })
    }

    fn version(&mut self) -> Result<Option<()>, RfbError> {
        let Some(version) = self.tape.head() else {
            return Ok(None);
        };
        if version != *VERSION {
            return Err(RfbError::Version(SIDE));
        }
        self.tape.pass(version.len());
        self.stage = Stage::Security;
        Ok(Some(()))
    }

    fn security(&mut self) -> Result<Option<()>, RfbError> {
        match self.tape.head::<1>() {
            None => return Ok(None),
            Some([NO_PROOF]) => self.tape.pass(1),
            Some(_) => return Err(RfbError::Security(SIDE)),
        }
        self.stage = Stage::Init;
        Ok(Some(()))
    }

    /// A viewer never throws out the others.
    fn init(&mut self) -> Option<()> {
        self.tape.head::<1>()?;
        self.tape.skip(1);
        self.tape.insert(Bytes::from_static(&[SHARED]));
        self.stage = Stage::Messages;
        Some(())
    }

    /// A message (RFC 6143 §7.5; rfbproto, Client to Server Messages).
    fn message(&mut self) -> Result<Option<Asked>, RfbError> {
        let Some([kind]) = self.tape.head() else {
            return Ok(None);
        };
        match kind {
            0 => self.pixel_format(),
            SET_ENCODINGS => self.set_encodings(),
            3 => Ok(self.updates(Asked::Update)),
            4 => Ok(self.input(8)),
            5 => Ok(self.input(6)),
            6 => self.clipboard(),
            150 => Ok(self.updates(Asked::ContinuousUpdates)),
            248 => self.fence(),
            250 => Ok(self.xvp()),
            251 => self.screen_size(),
            255 => match self.tape.head() {
                None => Ok(None),
                // A key's number beside its meaning (rfbproto, QEMU Extended Key Event Message).
                Some([_, 0]) => Ok(self.input(12)),
                Some([_, kind]) => Err(RfbError::UnknownMessage { side: SIDE, kind }),
            },
            kind => Err(RfbError::UnknownMessage { side: SIDE, kind }),
        }
    }

    fn pixel_format(&mut self) -> Result<Option<Asked>, RfbError> {
        let Some([_, _, _, _, format @ ..]) = self.tape.head::<20>() else {
            return Ok(None);
        };
        let format = PixelFormat::read(format, "SetPixelFormat")?;
        if self.asked_for_updates && self.format != Some(format) {
            return Err(RfbError::LateFormat);
        }
        self.format = Some(format);
        self.tape.pass(20);
        Ok(Some(Asked::Format(format)))
    }

    fn set_encodings(&mut self) -> Result<Option<Asked>, RfbError> {
        let Some([_, _, count @ ..]) = self.tape.head::<4>() else {
            return Ok(None);
        };
        let count = u16::from_be_bytes(count);
        within("SetEncodings", "encodings", count, MAX_ENCODINGS)?;
        let length = 4 + 4 * usize::from(count);
        let Some(message) = self.tape.ahead(length) else {
            return Ok(None);
        };
        let (numbers, _) = message.get(4..).unwrap_or_default().as_chunks();
        let numbers = numbers.iter().map(|number| i32::from_be_bytes(*number));
        self.listed = numbers.filter(|number| is_measured(*number)).collect();
        self.told_speed = self.speed;
        self.told = arrange(&self.listed, self.speed);
        self.tape.skip(length);
        self.tape.insert(set_encodings(&self.told));
        Ok(Some(Asked::Encodings(self.listed.len())))
    }

    /// A message of 10 bytes.
    fn updates(&mut self, asked: Asked) -> Option<Asked> {
        self.tape.ahead(10)?;
        self.tape.pass(10);
        self.asked_for_updates = true;
        Some(asked)
    }

    fn input(&mut self, length: usize) -> Option<Asked> {
        self.tape.ahead(length)?;
        Some(self.input_ahead(length, true))
    }

    fn input_ahead(&mut self, length: usize, fits: bool) -> Asked {
        let left_out = self.rights == Rights::ReadOnly || !fits;
        if left_out {
            self.tape.skip(length);
        } else {
            self.tape.pass(length);
        }
        Asked::Input { left_out }
    }

    fn clipboard(&mut self) -> Result<Option<Asked>, RfbError> {
        let Some([_, _, _, _, length @ ..]) = self.tape.head::<8>() else {
            return Ok(None);
        };
        let bytes = clipboard_bytes(i32::from_be_bytes(length))?;
        let fits = bytes <= MAX_CLIPBOARD_BYTES && self.rights == Rights::Full;
        let asked = self.input_ahead(8, fits);
        self.left = bytes;
        self.passes = asked == Asked::Input { left_out: false };
        Ok(Some(asked))
    }

    fn fence(&mut self) -> Result<Option<Asked>, RfbError> {
        let Some([.., length]) = self.tape.head::<9>() else {
            return Ok(None);
        };
        within("fence", "length", length, MAX_FENCE_BYTES)?;
        let length = 9 + usize::from(length);
        if self.tape.ahead(length).is_none() {
            return Ok(None);
        }
        self.tape.pass(length);
        Ok(Some(Asked::Fence))
    }

    /// To switch a machine off or on is not a viewer's.
    fn xvp(&mut self) -> Option<Asked> {
        self.tape.ahead(4)?;
        self.tape.skip(4);
        Some(Asked::Input { left_out: true })
    }

    fn screen_size(&mut self) -> Result<Option<Asked>, RfbError> {
        let Some([_, _, w0, w1, h0, h1, screens, _]) = self.tape.head() else {
            return Ok(None);
        };
        within("SetDesktopSize", "screens", screens, MAX_SCREENS)?;
        let [width, height] = [[w0, w1], [h0, h1]].map(|side| u64::from(u16::from_be_bytes(side)));
        let length = 8 + 16 * usize::from(screens);
        if self.tape.ahead(length).is_none() {
            return Ok(None);
        }
        let fits = width * height <= MAX_SCREEN_AREA_PX && self.rights == Rights::Full;
        Ok(Some(self.input_ahead(length, fits)))
    }
}

fn set_encodings(encodings: &[i32]) -> Bytes {
    let mut message = BytesMut::with_capacity(4 + 4 * encodings.len());
    message.put_u8(SET_ENCODINGS);
    message.put_u8(0);
    message.put_u16(u16::try_from(encodings.len()).unwrap_or(u16::MAX));
    encodings.iter().for_each(|number| message.put_i32(*number));
    message.freeze()
}
