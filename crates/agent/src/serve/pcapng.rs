//! pcapng, as much of it as a live capture writes: a section with one interface, its packets, and
//! how many were lost (draft-ietf-opsawg-pcapng-02 §4). Pure.
//!
//! Four kinds of block of plain fields: less than a library would bring into the agent.

use std::time::Duration;

/// Block types (§10.1).
const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const PACKET: u32 = 6;
/// §4.1: tells the byte order of all that follows.
const BYTE_ORDER: u32 = 0x1A2B_3C4D;
const VERSION: [u16; 2] = [1, 0];
/// A live section does not know its length.
const UNKNOWN_LENGTH: u64 = u64::MAX;
/// LINKTYPE_ETHERNET.
const ETHERNET: u16 = 1;
/// Options (§3.5, §4.1, §4.2, §4.6).
const END_OF_OPTIONS: u16 = 0;
const USER_APPLICATION: u16 = 4;
const INTERFACE_NAME: u16 = 2;
const TIME_RESOLUTION: u16 = 9;
const RECEIVED: u16 = 4;
const DROPPED: u16 = 5;
/// Times are in nanoseconds: 10 to the minus this.
const NANOSECONDS: u8 = 9;

/// What a capture begins with: a section and its interface 0.
pub(super) fn beginning(application: &str, interface: &str, snap: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    block(&mut bytes, SECTION, |body| {
        number(body, BYTE_ORDER);
        body.extend(VERSION.map(u16::to_le_bytes).as_flattened());
        body.extend(UNKNOWN_LENGTH.to_le_bytes());
        option(body, USER_APPLICATION, application.as_bytes());
        option(body, END_OF_OPTIONS, &[]);
    });
    block(&mut bytes, INTERFACE, |body| {
        body.extend(ETHERNET.to_le_bytes());
        body.extend([0; 2]);
        number(body, snap);
        option(body, INTERFACE_NAME, interface.as_bytes());
        option(body, TIME_RESOLUTION, &[NANOSECONDS]);
        option(body, END_OF_OPTIONS, &[]);
    });
    bytes
}

/// Appends a packet of interface 0: when it passed, its length on the wire, and what is kept of it.
pub(super) fn packet(bytes: &mut Vec<u8>, at: Duration, length: usize, kept: &[u8]) {
    block(bytes, PACKET, |body| {
        number(body, 0);
        time(body, at);
        number(body, short(kept.len()));
        number(body, short(length));
        padded(body, kept);
    });
}

/// Appends how many packets have passed interface 0 and how many of them were lost.
pub(super) fn statistics(bytes: &mut Vec<u8>, at: Duration, passed: u64, dropped: u64) {
    block(bytes, STATISTICS, |body| {
        number(body, 0);
        time(body, at);
        option(body, RECEIVED, &passed.to_le_bytes());
        option(body, DROPPED, &dropped.to_le_bytes());
        option(body, END_OF_OPTIONS, &[]);
    });
}

/// A block (§3.1): its type and length, its body, its length again.
fn block(bytes: &mut Vec<u8>, kind: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    let begin = bytes.len();
    number(bytes, kind);
    number(bytes, 0);
    fill(bytes);
    let length = short(bytes.len() - begin + 4);
    if let Some(place) = bytes.get_mut(begin + 4..begin + 8) {
        place.copy_from_slice(&length.to_le_bytes());
    }
    number(bytes, length);
}

/// An option (§3.5). Names are cut where their length would not fit.
fn option(bytes: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    let value = value.get(..usize::from(length)).unwrap_or_default();
    bytes.extend(code.to_le_bytes());
    bytes.extend(length.to_le_bytes());
    padded(bytes, value);
}

/// Bytes, filled up to 32 bits.
fn padded(bytes: &mut Vec<u8>, value: &[u8]) {
    bytes.extend(value);
    let short = value.len().next_multiple_of(4) - value.len();
    bytes.extend(std::iter::repeat_n(0, short));
}

/// A time stamp: the upper half first (§4.3).
fn time(bytes: &mut Vec<u8>, at: Duration) {
    let nanoseconds = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
    number(bytes, (nanoseconds >> 32) as u32);
    number(bytes, nanoseconds as u32);
}

fn number(bytes: &mut Vec<u8>, value: u32) {
    bytes.extend(value.to_le_bytes());
}

fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
