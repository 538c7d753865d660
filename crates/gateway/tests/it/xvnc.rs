//! A real X server on a small screen, something that draws on it, and a viewer that speaks RFB.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use labwright_gateway::rfb::{Seen, ServerStream};

pub const WIDTH: u16 = 160;
pub const HEIGHT: u16 = 120;
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Xvnc {
    process: Child,
    folder: tempfile::TempDir,
    display: String,
}

impl Xvnc {
    /// As the agent starts it (`crates/agent/src/machine/display/programs.rs`).
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut process = Command::new("Xvnc")
            .args(["-displayfd", "1", "-rfbport", "-1", "-rfbunixpath"])
            .arg(folder.path().join("rfb"))
            .args(
                "-SecurityTypes None -AlwaysShared -depth 24 -FrameRate 250 -AcceptSetDesktopSize"
                    .split(' '),
            )
            .args("-MaxCutText 1048576 -ac -noreset -nolisten tcp -geometry".split(' '))
            .arg(format!("{WIDTH}x{HEIGHT}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvnc is installed: packaging/setup.sh test");
        let mut display = String::new();
        let stdout = process.stdout.take().expect("piped");
        BufReader::new(stdout)
            .read_line(&mut display)
            .expect("its display's number");
        let display = display.trim().to_owned();
        Self {
            process,
            folder,
            display,
        }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("rfb")
    }

    /// Draws as an X program does (X11 protocol, encoding appendix).
    pub fn pencil(&self) -> Pencil {
        Pencil::new(&format!("/tmp/.X11-unix/X{}", self.display))
    }
}

impl Drop for Xvnc {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(format!("/tmp/.X{}-lock", self.display));
        let _ = std::fs::remove_file(format!("/tmp/.X11-unix/X{}", self.display));
    }
}

pub struct Pencil {
    stream: UnixStream,
    root: u32,
    context: u32,
}

impl Pencil {
    fn new(path: &str) -> Self {
        let mut stream = UnixStream::connect(path).expect("the X server");
        let hello = [b'l', 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        stream.write_all(&hello).expect("written");
        let mut head = [0; 8];
        stream.read_exact(&mut head).expect("read");
        assert_eq!(head[0], 1, "the X server refuses");
        let mut body = vec![0; 4 * usize::from(u16::from_le_bytes([head[6], head[7]]))];
        stream.read_exact(&mut body).expect("read");
        let u32_at = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().expect("4"));
        let vendor = usize::from(u16::from_le_bytes([body[16], body[17]])).next_multiple_of(4);
        let root = u32_at(32 + vendor + 8 * usize::from(body[21]));
        let context = u32_at(4);
        let mut pencil = Self {
            stream,
            root,
            context,
        };
        // CreateGC, with a foreground.
        pencil.request(55, 0, &[context, root, 1 << 2, 0], &[]);
        pencil
    }

    fn request(&mut self, opcode: u8, detail: u8, words: &[u32], bytes: &[u8]) {
        let length = u16::try_from(1 + words.len() + bytes.len() / 4).expect("short");
        let mut request = vec![opcode, detail];
        request.extend(length.to_le_bytes());
        words
            .iter()
            .for_each(|word| request.extend(word.to_le_bytes()));
        request.extend(bytes);
        self.stream.write_all(&request).expect("written");
    }

    pub fn fill(&mut self, colour: u32, [x, y, w, h]: [u16; 4]) {
        let (root, context) = (self.root, self.context);
        let pair = |low: u16, high: u16| u32::from(low) | u32::from(high) << 16;
        self.request(56, 0, &[context, 1 << 2, colour], &[]);
        self.request(70, 0, &[root, context, pair(x, y), pair(w, h)], &[]);
    }

    /// A picture that no palette describes.
    pub fn picture(&mut self, [x, y, w, h]: [u16; 4]) {
        let (root, context) = (self.root, self.context);
        let pixels: Vec<u8> = (0..u32::from(w) * u32::from(h))
            .flat_map(|n| {
                [
                    n as u8,
                    (n >> 3) as u8,
                    n.wrapping_mul(2_654_435_761).to_le_bytes()[3],
                    0,
                ]
            })
            .collect();
        let pair = |low: u16, high: u16| u32::from(low) | u32::from(high) << 16;
        let words = [root, context, pair(w, h), pair(x, y), 24 << 8];
        self.request(72, 2, &words, &pixels);
    }

    /// Moves a part of the screen.
    pub fn shift(&mut self, by: u16) {
        let (root, context) = (self.root, self.context);
        let size = u32::from(WIDTH - by) | u32::from(HEIGHT) << 16;
        self.request(62, 0, &[root, root, context, 0, u32::from(by), size], &[]);
    }

    /// Where the pointer is: QueryPointer.
    pub fn pointer(&mut self) -> (i16, i16) {
        let root = self.root;
        self.request(38, 0, &[root], &[]);
        let answer = self.answer();
        let side = |at: usize| i16::from_le_bytes([answer[at], answer[at + 1]]);
        (side(16), side(18))
    }

    /// Waits until all is drawn: GetInputFocus has an answer.
    pub fn done(&mut self) {
        self.request(43, 0, &[], &[]);
        self.answer();
    }

    /// The next answer; events are passed over.
    fn answer(&mut self) -> [u8; 32] {
        let mut answer = [0; 32];
        while answer[0] != 1 {
            self.stream.read_exact(&mut answer).expect("read");
        }
        answer
    }
}

/// A viewer without a gateway; it keeps what the X server sent.
pub struct Viewer {
    stream: UnixStream,
    parser: ServerStream,
    pub bytes: Vec<u8>,
    pub seen: Vec<Seen>,
    fence: std::ops::Range<usize>,
}

impl Viewer {
    pub fn new(server: &Xvnc, hello: &[u8]) -> Self {
        let mut stream = UnixStream::connect(server.socket()).expect("the X server");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.write_all(hello).expect("written");
        Self {
            stream,
            parser: ServerStream::default(),
            bytes: Vec::new(),
            seen: Vec::new(),
            fence: 0..0,
        }
    }

    pub fn set_format(&mut self, message: &[u8], format: labwright_gateway::rfb::PixelFormat) {
        self.parser.set_format(format);
        self.send(message);
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("written");
    }

    /// Reads until so many messages of this kind were seen since it was last asked.
    pub fn until(&mut self, wanted: impl Fn(&Seen) -> bool) {
        let (from, began) = (self.seen.len(), Instant::now());
        let mut buffer = [0; 4099];
        while !self.seen[from..].iter().any(&wanted) {
            assert!(
                began.elapsed() < PATIENCE,
                "nothing of it in {:?}",
                self.seen
            );
            let count = self.stream.read(&mut buffer);
            let count = count.unwrap_or_else(|error| panic!("{error} after {:#?}", self.seen));
            assert!(count > 0, "the X server hung up");
            for byte in &buffer[..count] {
                self.take(*byte);
            }
        }
    }

    fn take(&mut self, byte: u8) {
        self.bytes.push(byte);
        let before = self.seen.len();
        let seen = &mut self.seen;
        let part = Bytes::copy_from_slice(&[byte]);
        let passed = self.parser.push(part, |what| seen.push(what));
        passed.unwrap_or_else(|error| panic!("{error}"));
        if self.seen[before..].contains(&Seen::Fence) {
            self.fence = self.bytes.len() - 9..self.bytes.len() + usize::from(byte);
        }
        // The X server sends no more until it hears that its fence was reached.
        if !self.fence.is_empty() && self.fence.end == self.bytes.len() {
            let mut answer = self.bytes[std::mem::take(&mut self.fence)].to_vec();
            answer[4] &= 0x7f;
            self.send(&answer);
        }
    }

    pub fn update(&mut self, incremental: bool, [width, height]: [u16; 2]) {
        let mut ask = vec![3, u8::from(incremental), 0, 0, 0, 0];
        ask.extend(width.to_be_bytes());
        ask.extend(height.to_be_bytes());
        self.send(&ask);
        self.until(|seen| matches!(seen, Seen::UpdateEnds));
    }

    pub fn is_between_messages(&self) -> bool {
        self.parser.is_between_messages()
    }
}
