//! A channel over a line that knows no connect and may freeze in a snapshot: a virtio console, a
//! serial port. `docs/wire-protocol.md` ("Lines that may freeze") explains it.
//!
//! What travels is packets: COBS of a kind, a payload and a CRC, then a zero byte. A `hello` with
//! a new epoch begins a new channel at any time and drops the one before it, so that a page that
//! restores a machine never meets a stream of another life. Pure codec first, then both ends.

use std::collections::VecDeque;
use std::io;

use serde::{Deserialize, Serialize};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf,
};
use tokio::time::{Instant, sleep_until};

use crate::VERSION;
use crate::limits::{HELLO_EVERY, MAX_EPOCH_BYTES, MAX_PACKET_BYTES};

/// Bytes around a packet's payload: its kind and its CRC.
const AROUND_BYTES: usize = 5;
/// Bytes of a packet on the line at most, without the zero at its end.
const MAX_LINE_BYTES: usize = encoded_bytes(MAX_PACKET_BYTES + AROUND_BYTES);
/// Bytes that wait inside, each way, between the line and what uses the channel.
const CHANNEL_BYTES: usize = 64 * 1024;
const READ_BYTES: usize = 4096;

const HELLO: u8 = 0;
const DATA: u8 = 1;

/// Begins a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The sender's [`VERSION`].
    pub version: u32,
    /// Of the channel, chosen at random by the upper end and repeated by the lower one. Empty from
    /// a lower end that has no channel.
    pub epoch: String,
}

/// What came over the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// A channel begins.
    Hello(Hello),
    /// Bytes of the channel.
    Data(Vec<u8>),
}

/// Bytes that are no packet: cut, changed or of another make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("bytes on the line are no whole packet")]
pub struct Damage;

/// Appends a packet with bytes of the channel, at most [`MAX_PACKET_BYTES`] of them, and gives the
/// number of bytes that went in.
pub fn put_data(line: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let part = bytes.get(..MAX_PACKET_BYTES).unwrap_or(bytes);
    put(line, DATA, part);
    part.len()
}

/// Appends a `hello`. A zero goes before it, which ends whatever was half written.
pub fn put_hello(line: &mut Vec<u8>, epoch: &str) {
    let hello = Hello {
        version: VERSION,
        epoch: epoch.to_owned(),
    };
    line.push(0);
    // Two plain fields: that cannot fail.
    put(line, HELLO, &serde_json::to_vec(&hello).unwrap_or_default());
}

fn put(line: &mut Vec<u8>, kind: u8, payload: &[u8]) {
    let mut packet = Vec::with_capacity(payload.len() + AROUND_BYTES);
    packet.push(kind);
    packet.extend_from_slice(payload);
    let crc = crc32fast::hash(&packet);
    packet.extend_from_slice(&crc.to_be_bytes());
    stuff(line, &packet);
    line.push(0);
}

/// Bytes of COBS for so many, at most.
const fn encoded_bytes(plain: usize) -> usize {
    plain + plain / 254 + 1
}

/// COBS: no zero is left in it.
fn stuff(line: &mut Vec<u8>, packet: &[u8]) {
    line.reserve(encoded_bytes(packet.len()) + 1);
    let runs: Vec<&[u8]> = packet.split(|byte| *byte == 0).collect();
    for (number, run) in runs.iter().enumerate() {
        let mut chunks = run.chunks_exact(254);
        for chunk in &mut chunks {
            line.push(0xff);
            line.extend_from_slice(chunk);
        }
        let rest = chunks.remainder();
        // A run of whole chunks at the very end needs no code of its own.
        let is_last = number + 1 == runs.len();
        if is_last && rest.is_empty() && !run.is_empty() {
            continue;
        }
        // Shorter than 254.
        line.push(u8::try_from(rest.len() + 1).unwrap_or(u8::MAX));
        line.extend_from_slice(rest);
    }
}

fn unstuff(mut line: &[u8]) -> Result<Vec<u8>, Damage> {
    let mut packet = Vec::with_capacity(line.len());
    while let Some((code, rest)) = line.split_first() {
        let run = usize::from(*code).checked_sub(1).ok_or(Damage)?;
        let (run, after) = rest.split_at_checked(run).ok_or(Damage)?;
        packet.extend_from_slice(run);
        if *code != 0xff && !after.is_empty() {
            packet.push(0);
        }
        line = after;
    }
    Ok(packet)
}

fn parse(line: &[u8]) -> Result<Packet, Damage> {
    let packet = unstuff(line)?;
    let (checked, crc) = packet.split_last_chunk::<4>().ok_or(Damage)?;
    if crc32fast::hash(checked) != u32::from_be_bytes(*crc) {
        return Err(Damage);
    }
    match checked.split_first() {
        Some((&DATA, bytes)) if bytes.len() <= MAX_PACKET_BYTES => Ok(Packet::Data(bytes.to_vec())),
        Some((&HELLO, json)) => {
            let hello: Hello = serde_json::from_slice(json).map_err(|_| Damage)?;
            if hello.epoch.len() > MAX_EPOCH_BYTES {
                return Err(Damage);
            }
            Ok(Packet::Hello(hello))
        }
        _ => Err(Damage),
    }
}

/// Finds the packets in what comes over the line. Holds one packet at most.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    is_too_long: bool,
}

impl Decoder {
    /// Takes bytes as they come and gives the packets that they complete, or what damage they end.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Result<Packet, Damage>> {
        let mut found = Vec::new();
        let mut parts = bytes.split(|byte| *byte == 0);
        let last = parts.next_back().unwrap_or_default();
        for part in parts {
            self.keep(part);
            found.extend(self.end());
        }
        self.keep(last);
        found
    }

    fn keep(&mut self, part: &[u8]) {
        if self.line.len() + part.len() > MAX_LINE_BYTES {
            self.is_too_long = true;
            self.line.clear();
        }
        if !self.is_too_long {
            self.line.extend_from_slice(part);
        }
    }

    fn end(&mut self) -> Option<Result<Packet, Damage>> {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.is_too_long) {
            return Some(Err(Damage));
        }
        (!line.is_empty()).then(|| parse(&line))
    }
}

/// How one channel on the line ended.
enum Over {
    /// The other end says `hello`.
    Hello(Hello),
    /// What came is not what was sent.
    Damage,
    /// Who used the channel closed it.
    Closed,
}

/// The line, and what waits on either side of it.
struct Line<D> {
    reader: ReadHalf<D>,
    writer: WriteHalf<D>,
    decoder: Decoder,
    packets: VecDeque<Result<Packet, Damage>>,
    /// Written to the line next; never more than a packet and a hello or two.
    out: Vec<u8>,
    /// It answers a `hello`; the upper end asks.
    is_lower: bool,
}

impl<D: AsyncRead + AsyncWrite> Line<D> {
    fn new(device: D, is_lower: bool) -> Self {
        let (reader, writer) = tokio::io::split(device);
        Self {
            reader,
            writer,
            decoder: Decoder::default(),
            packets: VecDeque::new(),
            out: Vec::new(),
            is_lower,
        }
    }

    /// The next packet, while what waits is written.
    async fn packet(&mut self) -> io::Result<Result<Packet, Damage>> {
        let mut read = vec![0; READ_BYTES];
        loop {
            if let Some(packet) = self.packets.pop_front() {
                return Ok(packet);
            }
            tokio::select! {
                length = self.reader.read(&mut read) => self.came(&read, length?)?,
                written = self.writer.write(&self.out), if !self.out.is_empty() => {
                    self.went(written?).await?;
                }
            }
        }
    }

    /// Carries one channel until it is over; an error is the line's own end.
    async fn carry(&mut self, channel: &mut DuplexStream, epoch: &str) -> io::Result<Over> {
        let (mut from, mut to) = tokio::io::split(channel);
        let mut read = vec![0; READ_BYTES];
        let mut said = vec![0; MAX_PACKET_BYTES];
        let mut heard: Vec<u8> = Vec::new();
        loop {
            while heard.is_empty() {
                match self.packets.pop_front() {
                    Some(Ok(Packet::Data(bytes))) => heard = bytes,
                    // The same question again: its answer was lost, or is on its way.
                    Some(Ok(Packet::Hello(hello))) if hello.epoch == epoch => {
                        self.answer_again(epoch);
                    }
                    Some(Ok(Packet::Hello(hello))) => return Ok(Over::Hello(hello)),
                    Some(Err(Damage)) => return Ok(Over::Damage),
                    None => break,
                }
            }
            tokio::select! {
                length = self.reader.read(&mut read), if heard.is_empty() => {
                    self.came(&read, length?)?;
                }
                written = self.writer.write(&self.out), if !self.out.is_empty() => {
                    self.went(written?).await?;
                }
                written = to.write(&heard), if !heard.is_empty() => match written {
                    Ok(written) if written > 0 => drop(heard.drain(..written)),
                    _ => return Ok(Over::Closed),
                },
                length = from.read(&mut said), if self.out.is_empty() => match length {
                    Ok(length) if length > 0 => {
                        put_data(&mut self.out, said.get(..length).unwrap_or_default());
                    }
                    _ => return Ok(Over::Closed),
                },
            }
        }
    }

    /// Bounded: somebody who asks without end gets one answer at a time.
    fn answer_again(&mut self, epoch: &str) {
        if self.is_lower && self.out.len() < MAX_LINE_BYTES {
            put_hello(&mut self.out, epoch);
        }
    }

    fn came(&mut self, read: &[u8], length: usize) -> io::Result<()> {
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let packets = self.decoder.take(read.get(..length).unwrap_or_default());
        self.packets.extend(packets);
        Ok(())
    }

    async fn went(&mut self, written: usize) -> io::Result<()> {
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.out.drain(..written);
        if self.out.is_empty() {
            self.writer.flush().await?;
        }
        Ok(())
    }
}

/// The lower end, until the line ends: every channel that the upper end begins goes to `accept`.
/// The one before it has ended by then. The device must be raw.
pub async fn serve<D: AsyncRead + AsyncWrite>(
    device: D,
    mut accept: impl FnMut(DuplexStream),
) -> io::Result<()> {
    let mut line = Line::new(device, true);
    put_hello(&mut line.out, "");
    let mut asked = None;
    loop {
        let hello = match asked.take() {
            Some(hello) => hello,
            None => match line.packet().await? {
                Ok(Packet::Hello(hello)) => hello,
                // Left of a channel that is over, or noise from before.
                Ok(Packet::Data(_)) | Err(Damage) => continue,
            },
        };
        put_hello(&mut line.out, &hello.epoch);
        if hello.version != VERSION || hello.epoch.is_empty() {
            continue;
        }
        let (mut inner, outer) = tokio::io::duplex(CHANNEL_BYTES);
        accept(outer);
        match line.carry(&mut inner, &hello.epoch).await? {
            Over::Hello(hello) => asked = Some(hello),
            Over::Damage | Over::Closed => put_hello(&mut line.out, ""),
        }
    }
}

/// The upper end: begins a channel of this epoch, which nobody used before, and carries it in a
/// task of its own. The channel ends when the lower end begins anew or bytes are damaged.
pub async fn connect<D>(device: D, epoch: &str) -> io::Result<DuplexStream>
where
    D: AsyncRead + AsyncWrite + Send + 'static,
{
    let mut line = Line::new(device, false);
    greet(&mut line, epoch).await?;
    let (mut inner, outer) = tokio::io::duplex(CHANNEL_BYTES);
    let epoch = epoch.to_owned();
    tokio::spawn(async move {
        // However it ended, the channel ends with it.
        let _ = line.carry(&mut inner, &epoch).await;
    });
    Ok(outer)
}

/// Says `hello` until it is answered.
async fn greet<D: AsyncRead + AsyncWrite>(line: &mut Line<D>, epoch: &str) -> io::Result<()> {
    put_hello(&mut line.out, epoch);
    let mut again = Instant::now() + HELLO_EVERY;
    loop {
        tokio::select! {
            packet = line.packet() => match packet? {
                Ok(Packet::Hello(hello)) if hello.epoch == epoch => {
                    if hello.version == VERSION {
                        return Ok(());
                    }
                    return Err(io::Error::other(format!(
                        "the agent speaks version {} of the protocol, not {VERSION}",
                        hello.version
                    )));
                }
                // Of a channel before this one.
                _ => continue,
            },
            () = sleep_until(again) => {
                // Otherwise the line takes nothing, not even the question before.
                if line.out.is_empty() {
                    put_hello(&mut line.out, epoch);
                }
                again = Instant::now() + HELLO_EVERY;
            }
        }
    }
}
