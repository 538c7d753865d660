//! RFB taken apart: what a real X server says, what none says, and what nobody should say.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use labwright_gateway::rfb::encoding::*;
use labwright_gateway::rfb::limits::*;
use labwright_gateway::rfb::{
    Asked, PixelFormat, RfbError, Rights, Seen, ServerStream, Side, ViewerStream, is_measured,
};
use proptest::prelude::*;

use crate::xvnc::{HEIGHT, Viewer, WIDTH, Xvnc};

/// Version, security type, shared.
pub const VIEWER_HELLO: &[u8] = b"RFB 003.008\n\x01\x01";
/// Version, security types, result, and a screen of 64 x 48 that is called `x`.
pub const SERVER_HELLO: &[u8] = b"RFB 003.008\n\x01\x01\0\0\0\0\
    \0\x40\0\x30\x20\x18\0\x01\0\xff\0\xff\0\xff\x10\x08\0\0\0\0\0\0\0\x01x";

pub fn set_encodings(list: &[i32]) -> Vec<u8> {
    let mut message = vec![2, 0];
    message.extend((list.len() as u16).to_be_bytes());
    list.iter()
        .for_each(|number| message.extend(number.to_be_bytes()));
    message
}

pub fn set_format(bits: u8) -> (Vec<u8>, PixelFormat) {
    let (depth, max, shifts) = match bits {
        32 => (24, [255; 3], [0, 8, 16]),
        16 => (16, [31, 63, 31], [11, 5, 0]),
        _ => (8, [7, 7, 3], [0, 3, 6]),
    };
    let mut message = vec![0, 0, 0, 0, bits, depth, 0, 1];
    max.iter().for_each(|max| message.extend([0, *max]));
    message.extend(shifts);
    message.extend([0; 3]);
    let mut format = None;
    let mut viewer = ViewerStream::new(Rights::Full);
    let hello = [VIEWER_HELLO, &message].concat();
    viewer
        .push(hello.into(), |asked| {
            if let Asked::Format(chosen) = asked {
                format = Some(chosen);
            }
        })
        .expect("a format");
    (message, format.expect("it was told"))
}

/// What noVNC 1.7 asks for beside the encodings of pixels, with other viewers' pointers.
const PSEUDO: [i32; 13] = [
    QUALITY_0 + 6,
    COMPRESS_0 + 2,
    DESKTOP_SIZE,
    LAST_RECT,
    QEMU_KEY,
    LED_STATE,
    EXTENDED_DESKTOP_SIZE,
    XVP,
    FENCE,
    CONTINUOUS_UPDATES,
    DESKTOP_NAME,
    EXTENDED_CLIPBOARD,
    EXTENDED_MOUSE_BUTTONS,
];

fn recorded(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/rfb/{name}.server"))
}

/// One viewer's look at a screen on which something is drawn.
fn look(server: &Xvnc, bits: u8, encodings: &[i32]) -> Viewer {
    let mut viewer = Viewer::new(server, VIEWER_HELLO);
    viewer.until(|seen| matches!(seen, Seen::Begins { .. }));
    let (message, format) = set_format(bits);
    viewer.set_format(&message, format);
    viewer.send(&set_encodings(&[encodings, &PSEUDO].concat()));
    let mut pencil = server.pencil();
    pencil.fill(0x00cc_eeff, [0, 0, WIDTH, HEIGHT]);
    pencil.fill(0x0033_6699, [10, 10, 60, 40]);
    pencil.fill(0x00ff_ffff, [12, 20, 3, 17]);
    pencil.picture([70, 30, 80, 80]);
    pencil.done();
    viewer.update(false, [WIDTH, HEIGHT]);
    for step in 1..4 {
        pencil.shift(step * 3);
        pencil.fill(0x0099_0000 + u32::from(step), [step * 20, 5, 9, 9]);
        pencil.done();
        viewer.update(true, [WIDTH, HEIGHT]);
    }
    let mut resize = vec![251, 0, 0, 200, 0, 150, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    resize.extend([0, 200, 0, 150, 0, 0, 0, 0]);
    viewer.send(&resize);
    viewer.update(true, [WIDTH, HEIGHT]);
    viewer.update(false, [200, 150]);
    resize[3] = WIDTH as u8;
    resize[5] = HEIGHT as u8;
    resize[17] = WIDTH as u8;
    resize[19] = HEIGHT as u8;
    viewer.send(&resize);
    viewer.update(true, [200, 150]);
    viewer
}

#[test]
fn all_that_a_real_x_server_says_is_understood() {
    let server = Xvnc::start();
    let looks: [(&str, &[i32], &[i32]); 6] = [
        ("raw", &[RAW], &[RAW]),
        ("rre", &[RRE, X_CURSOR, RAW], &[RRE, X_CURSOR]),
        (
            "hextile",
            &[COPY_RECT, HEXTILE, CURSOR],
            &[COPY_RECT, HEXTILE, CURSOR],
        ),
        (
            "zrle",
            &[COPY_RECT, ZRLE, CURSOR_WITH_ALPHA],
            &[COPY_RECT, ZRLE, CURSOR_WITH_ALPHA],
        ),
        (
            "tight",
            &[COPY_RECT, TIGHT, VMWARE_CURSOR],
            &[COPY_RECT, TIGHT, VMWARE_CURSOR],
        ),
        (
            "both",
            &[COPY_RECT, ZRLE, TIGHT, VMWARE_CURSOR],
            &[COPY_RECT, ZRLE, TIGHT],
        ),
    ];
    for bits in [32, 16, 8] {
        for (name, asks, sees) in looks {
            let viewer = look(&server, bits, asks);
            assert!(viewer.is_between_messages());
            let used = |wanted: i32| {
                viewer.seen.iter().any(
                    |seen| matches!(seen, Seen::Rectangle { head, .. } if head.encoding == wanted),
                )
            };
            for wanted in sees {
                assert!(used(*wanted), "{name}, {bits} bits: no {wanted}");
            }
            assert!(used(EXTENDED_DESKTOP_SIZE));
            let told = |wanted: &Seen| viewer.seen.contains(wanted);
            assert!(told(&Seen::Fence) && told(&Seen::EndOfContinuousUpdates));
            if std::env::var_os("LABWRIGHT_UPDATE").is_some()
                && bits == 32
                && !["raw", "rre"].contains(&name)
            {
                std::fs::write(recorded(name), &viewer.bytes).expect("written");
            }
        }
    }
}

/// All that came of a stream in parts.
fn parts(
    stream: &[u8],
    cuts: impl Iterator<Item = usize>,
) -> (Vec<u8>, Vec<Seen>, Option<RfbError>) {
    let mut parser = ServerStream::default();
    let (mut passed, mut seen, mut at) = (Vec::new(), Vec::new(), 0);
    for cut in cuts.chain([stream.len()]) {
        let to = (at + cut).min(stream.len());
        let part = Bytes::copy_from_slice(&stream[at..to]);
        at = to;
        match parser.push(part, |what| seen.push(what)) {
            Ok(bytes) => bytes
                .iter()
                .for_each(|bytes| passed.extend_from_slice(bytes)),
            Err(error) => return (passed, seen, Some(error)),
        }
    }
    (passed, seen, None)
}

fn recordings() -> Vec<Vec<u8>> {
    ["hextile", "zrle", "tight", "both"]
        .map(|name| std::fs::read(recorded(name)).expect("recorded"))
        .into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn however_it_is_cut_it_says_the_same(which in 0usize..4, cuts in prop::collection::vec(0usize..700, 0..400)) {
        let stream = recordings().swap_remove(which);
        let whole = parts(&stream, std::iter::empty());
        prop_assert_eq!(&whole.0, &stream);
        prop_assert_eq!(&whole.2, &None);
        prop_assert_eq!(parts(&stream, cuts.into_iter()), whole);
    }

    #[test]
    fn however_a_viewer_is_cut_it_asks_the_same(cuts in prop::collection::vec(0usize..9, 0..200)) {
        let stream = viewer_session();
        let (mut one, mut other) = (ViewerStream::new(Rights::Full), ViewerStream::new(Rights::Full));
        let mut asked = (Vec::new(), Vec::new());
        let whole = one.push(stream.clone().into(), |what| asked.0.push(what)).unwrap().concat();
        let (mut passed, mut at) = (Vec::new(), 0);
        for cut in cuts.into_iter().chain([stream.len()]) {
            let to = (at + cut).min(stream.len());
            let part = Bytes::copy_from_slice(&stream[at..to]);
            at = to;
            passed.extend(other.push(part, |what| asked.1.push(what)).unwrap().concat());
        }
        prop_assert_eq!(passed, whole);
        prop_assert_eq!(asked.0, asked.1);
    }
}

/// Each single byte by itself, which the property above hardly ever tries.
#[test]
fn byte_by_byte_it_says_the_same() {
    for stream in recordings() {
        let bytewise = parts(&stream, std::iter::repeat_n(1, stream.len()));
        assert!(bytewise == parts(&stream, std::iter::empty()));
    }
}

/// Recorded sessions with a few bytes changed, lost or repeated: no panic, nothing but what came,
/// and the same however it is cut. Without a nightly compiler this stands for `fuzz/`.
#[test]
fn what_is_spoilt_ends_in_an_error_or_passes() {
    let recordings = recordings();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (began, mut errors) = (Instant::now(), 0);
    for round in 0..3000 {
        // A slow machine does fewer.
        if began.elapsed() > Duration::from_secs(8) {
            break;
        }
        let mut stream = recordings[round % recordings.len()].clone();
        for _ in 0..=random.below(4) {
            spoil(&mut stream, &mut random);
        }
        let whole = parts(&stream, std::iter::empty());
        let cut = parts(
            &stream,
            std::iter::repeat_with(|| random.below(3000)).take(50),
        );
        assert_eq!((&whole.1, &whole.2), (&cut.1, &cut.2));
        assert!(whole.0.len() <= stream.len());
        errors += usize::from(whole.2.is_some());
    }
    assert!(errors > 0);
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

fn spoil(stream: &mut Vec<u8>, random: &mut Random) {
    // Most of a session is pixels; its beginning is spoilt more often.
    let reach = if random.below(2) == 0 {
        200
    } else {
        stream.len()
    };
    let at = random.below(reach.min(stream.len()));
    match random.below(4) {
        0 => stream[at] = random.next() as u8,
        1 => stream[at] ^= 1 << random.below(8),
        2 => drop(stream.drain(at..(at + 1 + random.below(40)).min(stream.len()))),
        _ => {
            let again = stream[at..(at + 1 + random.below(40)).min(stream.len())].to_vec();
            stream.splice(at..at, again);
        }
    }
}

/// A server's bytes after a handshake.
fn said(messages: &[u8]) -> (Vec<Seen>, Option<RfbError>) {
    let stream = [SERVER_HELLO, messages].concat();
    let (_, mut seen, error) = parts(&stream, std::iter::empty());
    let bytewise = parts(&stream, std::iter::repeat_n(1, stream.len()));
    assert_eq!((&bytewise.1, &bytewise.2), (&seen, &error));
    if !seen.is_empty() {
        seen.remove(0);
    }
    (seen, error)
}

/// An update of one rectangle.
fn rectangle(encoding: i32, [x, y, w, h]: [u16; 4], body: &[u8]) -> Vec<u8> {
    let mut message = vec![0, 0, 0, 1];
    [x, y, w, h]
        .iter()
        .for_each(|side| message.extend(side.to_be_bytes()));
    message.extend(encoding.to_be_bytes());
    message.extend(body);
    message
}

/// It is as long as it should be: what follows is understood.
fn measures(encoding: i32, sides: [u16; 4], body: &[u8]) {
    let mut message = rectangle(encoding, sides, body);
    message.push(2);
    let (seen, error) = said(&message);
    let length = body.len() as u64;
    assert_eq!(error, None, "{encoding}");
    assert!(
        matches!(seen[1], Seen::Rectangle { bytes, .. } if bytes == length),
        "{seen:?}"
    );
    assert_eq!(seen[2..], [Seen::UpdateEnds, Seen::Bell], "{encoding}");
}

#[test]
fn rectangles_that_this_x_server_does_not_send_are_measured_too() {
    let counted = |count: u32, each: usize, extra: usize| {
        let mut body = count.to_be_bytes().to_vec();
        body.resize(4 + extra + count as usize * each, 7);
        body
    };
    measures(RAW, [0, 0, 0, 9], &[]);
    measures(RAW, [60, 40, 4, 8], &[1; 128]);
    measures(COPY_RECT, [0, 0, 64, 48], &[0; 4]);
    measures(RRE, [0, 0, 9, 9], &counted(3, 12, 4));
    measures(CORRE, [0, 0, 9, 9], &counted(3, 8, 4));
    measures(ZLIB, [0, 0, 9, 9], &counted(33, 1, 0));
    measures(CURSOR, [0, 0, 9, 2], &[0; 9 * 2 * 4 + 2 * 2]);
    measures(X_CURSOR, [3, 3, 9, 2], &[0; 6 + 2 * 2 * 2]);
    measures(X_CURSOR, [0, 0, 0, 2], &[]);
    measures(CURSOR_WITH_ALPHA, [0, 0, 2, 2], &[0; 20]);
    measures(VMWARE_CURSOR, [0, 0, 2, 2], &[0; 2 + 32]);
    measures(
        VMWARE_CURSOR,
        [0, 0, 2, 2],
        &[&[1, 0][..], &[0; 16]].concat(),
    );
    measures(VMWARE_CURSOR_POSITION, [900, 900, 0, 0], &[]);
    measures(VMWARE_LED_STATE, [0; 4], &[0; 4]);
    measures(LED_STATE, [0; 4], &[7]);
    measures(QEMU_KEY, [0; 4], &[]);
    measures(DESKTOP_SIZE, [0, 0, 640, 480], &[]);
    measures(DESKTOP_NAME, [0; 4], &counted(5, 1, 0));
    measures(
        EXTENDED_DESKTOP_SIZE,
        [1, 3, 64, 48],
        &[&[2, 0, 0, 0][..], &[0; 32]].concat(),
    );
}

#[test]
fn tight_is_measured_in_all_its_ways() {
    let part = [0, 0, 3, 1];
    measures(TIGHT, part, &[0x80, 1, 2, 3]);
    // 9 bytes come as they are; 12 come packed.
    measures(TIGHT, part, &[0x00, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    measures(TIGHT, [0, 0, 4, 1], &[0x0f, 2, 1, 2]);
    measures(TIGHT, [0, 0, 4, 1], &[0x40, 2, 0]);
    // Two colours: a bit a pixel; three: a byte.
    measures(
        TIGHT,
        [0, 0, 9, 2],
        &[0x50, 1, 1, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4],
    );
    measures(
        TIGHT,
        [0, 0, 9, 1],
        &[&[0x60, 1, 2][..], &[5; 9], &[0; 9]].concat(),
    );
    let jpeg = |length: &[u8], count: usize| [&[0x90][..], length, &vec![9; count]].concat();
    measures(TIGHT, part, &jpeg(&[0x7f], 127));
    measures(TIGHT, part, &jpeg(&[0x80, 0x01], 128));
    measures(TIGHT, part, &jpeg(&[0x80, 0x80, 0x01], 16384));
    measures(TIGHT_PNG, part, &[&[0xa0, 5][..], &[0; 5]].concat());
    measures(TIGHT_PNG, part, &[&[0x90, 5][..], &[0; 5]].concat());
    measures(TIGHT_PNG, part, &[0x8f, 1, 2, 3]);
    for (encoding, body) in [
        (TIGHT, [0xa0, 5]),
        (TIGHT_PNG, [0, 5]),
        (TIGHT, [0xf0, 0]),
        (TIGHT, [0x40, 3]),
    ] {
        let (_, error) = said(&rectangle(encoding, part, &body));
        assert!(
            matches!(
                error,
                Some(RfbError::Value {
                    message: "Tight",
                    ..
                })
            ),
            "{body:?}"
        );
    }
}

#[test]
fn hextile_is_measured_tile_by_tile() {
    // 17 x 17: four tiles, of 16 x 16, 1 x 16, 16 x 1 and 1 x 1.
    let mut body = vec![0b0_0010, 1, 1, 1, 1];
    body.push(1);
    body.extend([3; 16 * 4]);
    body.extend([0b1_1110, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    body.extend([4; 2 * 6]);
    body.extend([0b0_1000, 0]);
    measures(HEXTILE, [0, 0, 17, 17], &body);
    measures(HEXTILE, [0, 0, 0, 17], &[]);
    // The last tile's number of parts decides how much follows.
    measures(HEXTILE, [0, 0, 5, 5], &[0b0_1000, 2, 1, 1, 2, 2]);
}

#[test]
fn messages_of_a_server() {
    let (seen, error) = said(&[2, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 150, 250, 0, 1, 0, 2]);
    let colours = [
        Seen::Bell,
        Seen::Colours(1),
        Seen::EndOfContinuousUpdates,
        Seen::Xvp,
        Seen::Bell,
    ];
    assert_eq!((&seen[..], error), (&colours[..], None));
    let (seen, _) = said(&[0, 0, 0, 0, 2]);
    assert_eq!(seen, [Seen::Update(0), Seen::UpdateEnds, Seen::Bell]);
    // LastRect ends an update before its number of rectangles does (rfbproto).
    let mut last = rectangle(LAST_RECT, [0; 4], &[]);
    last[2..4].copy_from_slice(&[0xff, 0xff]);
    last.push(2);
    let (seen, error) = said(&last);
    assert_eq!(
        (seen.len(), seen.last(), error),
        (4, Some(&Seen::Bell), None)
    );
    let (seen, _) = said(&[
        3, 0, 0, 0, 0, 0, 0, 2, b'h', b'i', 3, 0, 0, 0, 255, 255, 255, 252, 0, 0, 0, 1, 2,
    ]);
    let clipboard = |bytes| Seen::Clipboard {
        bytes,
        left_out: false,
    };
    assert_eq!(seen, [clipboard(2), clipboard(4), Seen::Bell]);
}

#[test]
fn a_clipboard_that_is_too_long_is_left_out() {
    let length = MAX_CLIPBOARD_BYTES as u32 + 1;
    let mut stream = [SERVER_HELLO, &[3, 0, 0, 0], &length.to_be_bytes()].concat();
    stream.extend(vec![b'x'; length as usize]);
    stream.push(2);
    let (passed, seen, error) = parts(&stream, std::iter::repeat_n(4093, 300));
    assert_eq!(error, None);
    assert_eq!(passed, [SERVER_HELLO, &[2]].concat());
    assert!(matches!(
        seen[1..],
        [Seen::Clipboard { left_out: true, .. }, Seen::Bell]
    ));
}

#[test]
fn what_is_copied_is_not_everybodys() {
    let mut server = ServerStream::default();
    server.leave_out_clipboards();
    let clipboard = [3, 0, 0, 0, 0, 0, 0, 2, b'h', b'i'];
    let stream = [SERVER_HELLO, &clipboard, &[2]].concat();
    let passed = server.push(stream.into(), |_| ()).expect("fine").concat();
    assert_eq!(passed, [SERVER_HELLO, &[2]].concat());
}

fn too_large(message: &'static str, field: &'static str, value: u64, limit: u64) -> RfbError {
    RfbError::TooLarge {
        message,
        field,
        value,
        limit,
    }
}

#[test]
fn messages_that_no_server_should_send_are_named() {
    let check = |message: &[u8], error: RfbError| assert_eq!(said(message).1, Some(error));
    let unknown = |kind| RfbError::UnknownMessage {
        side: Side::Server,
        kind,
    };
    check(&[9], unknown(9));
    check(&[255, 1, 0, 0], unknown(255));
    let long = too_large("fence", "length", 65, MAX_FENCE_BYTES);
    check(&[248, 0, 0, 0, 0, 0, 0, 0, 65], long);
    let long = too_large("clipboard", "length", 1 << 31, MAX_SKIPPED_BYTES);
    check(&[3, 0, 0, 0, 0x80, 0, 0, 0], long);
    let short = RfbError::Value {
        message: "clipboard",
        field: "length",
        value: 3,
    };
    check(&[3, 0, 0, 0, 255, 255, 255, 253], short);
}

#[test]
fn rectangles_that_no_server_should_send_are_named() {
    let check = |encoding: i32, sides: [u16; 4], body: &[u8], error: RfbError| {
        assert_eq!(said(&rectangle(encoding, sides, body)).1, Some(error));
    };
    let one = [0, 0, 1, 1];
    check(50, [0, 0, 9, 9], &[], RfbError::UnknownEncoding(50));
    let wide = too_large("rectangle", "right edge", 65, 64);
    check(RAW, [60, 0, 5, 1], &[], wide);
    let long = |value| too_large("rectangle", "length", value, MAX_RECTANGLE_BYTES);
    check(ZRLE, one, &[255; 4], long(u32::MAX.into()));
    check(RRE, one, &[255; 4], long(u64::from(u32::MAX) * 12 + 8));
    let wide = too_large("pointer", "width", 2000, MAX_POINTER_PX.into());
    check(CURSOR, [0, 0, 2000, 1], &[], wide);
    let long = too_large("title", "length", 65536, MAX_TITLE_BYTES);
    check(DESKTOP_NAME, [0; 4], &[0, 1, 0, 0], long);
    let wide = too_large("screen", "width", 20_000, MAX_SCREEN_PX.into());
    check(DESKTOP_SIZE, [0, 0, 20_000, 9], &[], wide);
    let many = too_large("screen layout", "screens", 255, MAX_SCREENS);
    check(EXTENDED_DESKTOP_SIZE, [0; 4], &[255, 0, 0, 0], many);
}

#[test]
fn a_handshake_that_leads_elsewhere_is_refused() {
    let check = |hello: &[u8], error| assert_eq!(parts(hello, std::iter::empty()).2, Some(error));
    check(b"RFB 003.003\n", RfbError::Version(Side::Server));
    check(b"SSH-2.0-OpenSSH", RfbError::Version(Side::Server));
    check(b"RFB 003.008\n\x01\x02", RfbError::Security(Side::Server));
    check(
        b"RFB 003.008\n\x02\x02\x01",
        RfbError::Security(Side::Server),
    );
    check(b"RFB 003.008\n\0\0\0\0\x02no", RfbError::Refused);
    check(
        b"RFB 003.008\n\x01\x01\0\0\0\x01\0\0\0\x02no",
        RfbError::Refused,
    );
    let viewer = |hello: &'static [u8]| {
        ViewerStream::new(Rights::Full)
            .push(Bytes::from_static(hello), |_| ())
            .unwrap_err()
    };
    assert_eq!(viewer(b"RFB 003.007\n"), RfbError::Version(Side::Viewer));
    assert_eq!(viewer(b"GET / HTTP/1.1"), RfbError::Version(Side::Viewer));
    assert_eq!(
        viewer(b"RFB 003.008\n\x02"),
        RfbError::Security(Side::Viewer)
    );
}

/// All messages of a viewer, some twice.
fn viewer_session() -> Vec<u8> {
    let mut stream = VIEWER_HELLO.to_vec();
    stream.extend(set_format(32).0);
    stream.extend(set_encodings(&[
        COPY_RECT,
        50,
        TIGHT,
        ZRLE,
        21,
        RAW,
        XVP,
        QUALITY_0 + 6,
    ]));
    for message in VIEWER_MESSAGES {
        stream.extend(*message);
    }
    stream
}

const UPDATE: &[u8] = &[3, 0, 0, 0, 0, 0, 0, 64, 0, 48];
const SOME_FENCE: &[u8] = &[248, 0, 0, 0, 128, 0, 0, 0, 2, 7, 7];
const CONTINUOUS: &[u8] = &[150, 1, 0, 0, 0, 0, 0, 64, 0, 48];
const VIEWER_MESSAGES: &[&[u8]] = &[
    UPDATE,
    // A key; a pointer; a clipboard, an extended one; a fence; xvp; a size; a key with its number.
    &[4, 1, 0, 0, 0, 0, 0, 97],
    &[5, 255, 0, 1, 0, 1],
    &[6, 0, 0, 0, 0, 0, 0, 3, b'a', b'b', b'c'],
    &[6, 0, 0, 0, 255, 255, 255, 252, 2, 0, 0, 1],
    SOME_FENCE,
    &[250, 0, 1, 3],
    &[
        251, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0,
    ],
    &[255, 0, 0, 1, 0, 0, 0, 97, 0, 0, 0, 30],
    CONTINUOUS,
];

#[test]
fn a_viewer_asks_only_for_what_can_be_measured_and_throws_nobody_out() {
    let mut stream = viewer_session();
    stream[13] = 0; // Alone, please.
    let mut viewer = ViewerStream::new(Rights::Full);
    let passed = viewer.push(stream.into(), |_| ()).expect("fine").concat();
    let mut expected = VIEWER_HELLO.to_vec();
    expected.extend(set_format(32).0);
    expected.extend(set_encodings(&[COPY_RECT, ZRLE, TIGHT, RAW, QUALITY_0 + 6]));
    for message in VIEWER_MESSAGES.iter().filter(|message| message[0] != 250) {
        expected.extend(*message);
    }
    assert_eq!(passed, expected);
    assert!(!is_measured(EXTENDED_MOUSE_BUTTONS) && !is_measured(-259) && !is_measured(-305));
}

#[test]
fn a_viewer_that_may_only_see_changes_nothing() {
    let mut viewer = ViewerStream::new(Rights::ReadOnly);
    let mut left_out = 0;
    let count = |asked| left_out += usize::from(asked == Asked::Input { left_out: true });
    let passed = viewer
        .push(viewer_session().into(), count)
        .expect("fine")
        .concat();
    let tail = [UPDATE, SOME_FENCE, CONTINUOUS].concat();
    assert!(passed.ends_with(&tail));
    assert_eq!(
        passed.len(),
        VIEWER_HELLO.len() + 20 + 4 + 5 * 4 + tail.len()
    );
    assert_eq!(left_out, 7);
}

#[test]
fn a_viewer_with_the_keyboard_has_neither_clipboard_nor_screen_size() {
    let mut viewer = ViewerStream::new(Rights::Keys);
    let (key, pointer) = ([4, 1, 0, 0, 0, 0, 0, 65], [5, 0, 0, 77, 0, 55]);
    let clipboard = [6, 0, 0, 0, 0, 0, 0, 2, b'h', b'i'];
    let size = [251, 0, 0, 9, 0, 9, 0, 0];
    let stream = [VIEWER_HELLO, &key, &clipboard, &pointer, &size, UPDATE].concat();
    let passed = viewer.push(stream.into(), |_| ()).expect("fine").concat();
    assert_eq!(passed, [VIEWER_HELLO, &key, &pointer, UPDATE].concat());
}

#[test]
fn a_viewers_clipboard_and_screen_are_bounded() {
    let mut viewer = ViewerStream::new(Rights::Full);
    let length = MAX_CLIPBOARD_BYTES as u32 + 1;
    let mut stream = [VIEWER_HELLO, &[6, 0, 0, 0], &length.to_be_bytes()].concat();
    stream.extend(vec![b'x'; length as usize]);
    stream.extend([251, 0, 255, 255, 255, 255, 0, 0]);
    stream.extend(UPDATE);
    let passed = viewer.push(stream.into(), |_| ()).expect("fine").concat();
    assert_eq!(passed, [VIEWER_HELLO, UPDATE].concat());
}

#[test]
fn what_no_viewer_should_say_is_named() {
    let check = |messages: &[u8], error: RfbError| {
        let stream = [VIEWER_HELLO, messages].concat();
        let result = ViewerStream::new(Rights::Full).push(stream.into(), |_| ());
        assert_eq!(result.unwrap_err(), error);
    };
    let unknown = |kind| RfbError::UnknownMessage {
        side: Side::Viewer,
        kind,
    };
    check(&[1, 0, 0], unknown(1));
    check(&[255, 1, 0, 0], unknown(1));
    check(
        &[2, 0, 255, 255],
        RfbError::TooLarge {
            message: "SetEncodings",
            field: "encodings",
            value: 65535,
            limit: MAX_ENCODINGS,
        },
    );
    check(
        &[251, 0, 0, 1, 0, 1, 17, 0],
        RfbError::TooLarge {
            message: "SetDesktopSize",
            field: "screens",
            value: 17,
            limit: MAX_SCREENS,
        },
    );
    check(
        &[248, 0, 0, 0, 0, 0, 0, 0, 255],
        RfbError::TooLarge {
            message: "fence",
            field: "length",
            value: 255,
            limit: MAX_FENCE_BYTES,
        },
    );
    check(&[UPDATE, &set_format(16).0].concat(), RfbError::LateFormat);
    let mut odd = set_format(32).0;
    odd[4] = 24;
    check(
        &odd,
        RfbError::Value {
            message: "SetPixelFormat",
            field: "bits per pixel",
            value: 24,
        },
    );
    odd[4] = 32;
    odd[14] = 5;
    check(
        &odd,
        RfbError::Value {
            message: "SetPixelFormat",
            field: "colour shift",
            value: 5,
        },
    );
}
