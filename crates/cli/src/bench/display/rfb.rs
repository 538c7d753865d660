//! A viewer without a screen: it speaks RFB (RFC 6143), asks for updates as noVNC does, counts what
//! comes, and draws nothing.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::wire::Wire;
use crate::failure::{Failure, Outcome};

/// Longest wait for a greeting or an update that must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// RFC 6143 §7.7 and the community's pseudo-encodings: CopyRect, ZRLE, Raw, LastRect, Cursor.
const ENCODINGS: [i32; 5] = [1, 16, 0, -224, -239];
const RAW: i32 = 0;
const COPY_RECT: i32 = 1;
const ZRLE: i32 = 16;
const LAST_RECT: i32 = -224;
const CURSOR: i32 = -239;

/// 32 bits a pixel, little-endian, 8 bits a colour (RFC 6143 §7.4).
const PIXEL_FORMAT: [u8; 16] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
const BYTES_PER_PIXEL: usize = 4;

/// What a viewer has seen so far.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Bytes on the wire, framing included.
    pub bytes: u64,
    /// Whole updates with pixels.
    pub updates: u64,
    /// When the last of them was whole.
    pub at: Instant,
}

/// A viewer.
pub struct Viewer {
    to_server: mpsc::UnboundedSender<Vec<u8>>,
    seen: watch::Receiver<Seen>,
    reader: JoinHandle<()>,
}

impl Viewer {
    /// Greets, and asks for the whole screen.
    pub async fn open(mut wire: Wire) -> Outcome<Self> {
        let mut buffer = Vec::new();
        let size = tokio::time::timeout(PATIENCE, greet(&mut wire, &mut buffer))
            .await
            .map_err(|_| Failure::new("an X server did not greet"))??;
        let (to_server, orders) = mpsc::unbounded_channel();
        let now = Seen {
            bytes: 0,
            updates: 0,
            at: Instant::now(),
        };
        let (progress, seen) = watch::channel(now);
        let _ = to_server.send(request(false, (0, 0), size));
        let reader = tokio::spawn(async move {
            // Who waits for an update that does not come says so.
            let _ = read(wire, buffer, size, orders, progress).await;
        });
        Ok(Self {
            to_server,
            seen,
            reader,
        })
    }

    /// What it has seen so far.
    pub fn seen(&self) -> Seen {
        *self.seen.borrow()
    }

    /// Presses and lets go of a key; milliseconds until the next update is whole.
    pub async fn key_ms(&self, keysym: u32) -> Outcome<f64> {
        let key = |down: u8| {
            let mut message = vec![4, down, 0, 0];
            message.extend(keysym.to_be_bytes());
            message
        };
        self.ask([key(1), key(0)].concat()).await
    }

    /// Asks for one pixel; milliseconds until it is there. The server answers at once: what it takes is
    /// the way.
    pub async fn pixel_ms(&self) -> Outcome<f64> {
        self.ask(request(false, (0, 0), (1, 1))).await
    }

    /// Waits until nothing has come for so long.
    pub async fn settle(&self, quiet: Duration) {
        let mut seen = self.seen.clone();
        while let Ok(Ok(())) = tokio::time::timeout(quiet, seen.changed()).await {}
    }

    async fn ask(&self, message: Vec<u8>) -> Outcome<f64> {
        let mut seen = self.seen.clone();
        let before = seen.borrow_and_update().updates;
        let began = Instant::now();
        let closed = || Failure::new("an X server closed the connection");
        self.to_server.send(message).map_err(|_| closed())?;
        let changed = seen.wait_for(|seen| seen.updates > before);
        let after = tokio::time::timeout(PATIENCE, changed)
            .await
            .map_err(|_| Failure::new("no update came"))?
            .map_err(|_| closed())?;
        Ok((after.at - began).as_secs_f64() * 1000.0)
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// RFC 6143 §7.1 to §7.3, security type None, and what is wanted; the size of the screen.
async fn greet(wire: &mut Wire, buffer: &mut Vec<u8>) -> Outcome<(u16, u16)> {
    take(wire, buffer, 12).await?;
    wire.write(b"RFB 003.008\n").await?;
    let types = take(wire, buffer, 1).await?;
    let types = take(
        wire,
        buffer,
        types.first().copied().unwrap_or_default().into(),
    )
    .await?;
    if !types.contains(&1) {
        return Err(Failure::new("an X server wants a password"));
    }
    wire.write(&[1]).await?;
    if take(wire, buffer, 4).await? != [0; 4] {
        return Err(Failure::new("an X server refused a viewer"));
    }
    wire.write(&[1]).await?;
    let about = take(wire, buffer, 24).await?;
    let name = number_32(&about, 20).unwrap_or_default();
    take(wire, buffer, name).await?;
    let mut wishes = vec![0, 0, 0, 0];
    wishes.extend(PIXEL_FORMAT);
    wishes.extend([2, 0, 0, u8::try_from(ENCODINGS.len()).unwrap_or_default()]);
    wishes.extend(ENCODINGS.iter().flat_map(|encoding| encoding.to_be_bytes()));
    wire.write(&wishes).await?;
    let side = |at| number_16(&about, at).unwrap_or_default() as u16;
    Ok((side(0), side(2)))
}

/// Waits for the greeting alone: `RFB 003.008\n`.
pub async fn greeting(wire: &mut Wire) -> Outcome {
    take(wire, &mut Vec::new(), 12).await.map(drop)
}

async fn take(wire: &mut Wire, buffer: &mut Vec<u8>, length: usize) -> Outcome<Vec<u8>> {
    while buffer.len() < length {
        wire.read(buffer).await?;
    }
    let rest = buffer.split_off(length);
    Ok(std::mem::replace(buffer, rest))
}

async fn read(
    mut wire: Wire,
    mut buffer: Vec<u8>,
    size: (u16, u16),
    mut orders: mpsc::UnboundedReceiver<Vec<u8>>,
    progress: watch::Sender<Seen>,
) -> Outcome {
    loop {
        let came = tokio::select! {
            order = orders.recv() => match order {
                Some(order) => {
                    wire.write(&order).await?;
                    continue;
                }
                None => return Ok(()),
            },
            came = wire.read(&mut buffer) => came?,
        };
        let (mut updates, mut wants_more) = (0, false);
        while let Some((length, pixels)) = message(&buffer)? {
            wants_more |= buffer.first() == Some(&0);
            updates += u64::from(pixels);
            buffer.drain(..length);
        }
        if wants_more {
            wire.write(&request(true, (0, 0), size)).await?;
        }
        progress.send_modify(|seen| {
            seen.bytes += came as u64;
            if updates > 0 {
                seen.updates += updates;
                seen.at = Instant::now();
            }
        });
    }
}

/// FramebufferUpdateRequest (RFC 6143 §7.5.3).
fn request(incremental: bool, at: (u16, u16), size: (u16, u16)) -> Vec<u8> {
    let mut message = vec![3, incremental.into()];
    for number in [at.0, at.1, size.0, size.1] {
        message.extend(number.to_be_bytes());
    }
    message
}

/// The length of the first message, and whether it brings pixels; nothing while it is not whole.
fn message(bytes: &[u8]) -> Outcome<Option<(usize, bool)>> {
    let Some(kind) = bytes.first() else {
        return Ok(None);
    };
    let length = match kind {
        0 => return update(bytes),
        1 => number_16(bytes, 4).map(|colours| 6 + 6 * colours),
        2 => Some(1),
        3 => number_32(bytes, 4).map(|text| 8 + text),
        kind => {
            return Err(Failure::new(format!(
                "an X server sent a message of type {kind}"
            )));
        }
    };
    Ok(length
        .filter(|length| bytes.len() >= *length)
        .map(|length| (length, false)))
}

/// FramebufferUpdate (RFC 6143 §7.6.1).
fn update(bytes: &[u8]) -> Outcome<Option<(usize, bool)>> {
    let Some(rectangles) = number_16(bytes, 2) else {
        return Ok(None);
    };
    let (mut at, mut pixels) = (4, false);
    for _ in 0..rectangles {
        let (Some(wide), Some(high), Some(encoding)) = (
            number_16(bytes, at + 4),
            number_16(bytes, at + 6),
            number_32(bytes, at + 8),
        ) else {
            return Ok(None);
        };
        at += 12;
        let area = wide * high * BYTES_PER_PIXEL;
        let length = match encoding as u32 as i32 {
            RAW => Some(area),
            COPY_RECT => Some(4),
            ZRLE => number_32(bytes, at).map(|length| 4 + length),
            CURSOR => Some(area + wide.div_ceil(8) * high),
            LAST_RECT => break,
            other => {
                return Err(Failure::new(format!("an X server sent encoding {other}")));
            }
        };
        let Some(length) = length else {
            return Ok(None);
        };
        pixels |= encoding as u32 as i32 != CURSOR;
        at += length;
    }
    Ok((bytes.len() >= at).then_some((at, pixels)))
}

fn number_16(bytes: &[u8], at: usize) -> Option<usize> {
    let found = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(u16::from_be_bytes(found).into())
}

fn number_32(bytes: &[u8], at: usize) -> Option<usize> {
    let found = bytes.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(found)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_found_whole() {
        let mut zrle = vec![
            0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 16, 0, 0, 0, 3, 9, 9, 9,
        ];
        assert_eq!(message(&zrle).unwrap(), Some((23, true)));
        assert_eq!(message(&zrle[..22]).unwrap(), None);
        zrle.push(2);
        assert_eq!(message(&zrle).unwrap(), Some((23, true)));
        assert_eq!(message(&[2]).unwrap(), Some((1, false)));
        assert_eq!(message(&[3, 0, 0, 0, 0, 0, 0, 1]).unwrap(), None);
        assert!(message(&[99]).is_err());
    }
}
