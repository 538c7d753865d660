//! An acted capture: a section with one packet, and its end when the peer wants no more.

use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::{Reply, Stream};

use super::agent::{Shared, failure};

/// Section header, interface, packet and statistics (draft-ietf-opsawg-pcapng-02 §4).
const SECTION: u32 = 0x0A0D_0D0A;
const INTERFACE: u32 = 1;
const PACKET: u32 = 6;
const STATISTICS: u32 = 5;
/// What passed and what was dropped, by the fake.
const PASSED: u64 = 5;
const DROPPED: u64 = 4;

pub(super) async fn capture(
    shared: &Shared,
    stream: &mut Stream,
    network: &str,
) -> Result<(), FrameError> {
    let mut networks = shared.spec.networks.iter();
    if !networks.any(|known| known.name.as_str() == network) {
        let why = failure("failed", format!("there is no network {network}"));
        return frame::write_header(stream, &Reply::Failed(why)).await;
    }
    frame::write_header(stream, &Reply::Done).await?;
    let packet = format!("a packet on {network}");
    let begin = [
        block(
            SECTION,
            &[&0x1A2B_3C4D_u32.to_le_bytes(), &[1, 0, 0, 0], &[0xFF; 8]],
        ),
        block(INTERFACE, &[&[1, 0, 0, 0], &[0xFF, 0xFF, 0, 0]]),
        block(
            PACKET,
            &[
                &[0; 12],
                &length(&packet),
                &length(&packet),
                packet.as_bytes(),
            ],
        ),
    ];
    frame::write_frame(stream, Kind::Data, &begin.concat()).await?;
    while let Some(frame) = frame::read_frame(stream).await? {
        if frame.kind == Kind::Eof {
            let counted = [[4, 0, 8, 0], [5, 0, 8, 0]];
            let [passed, dropped] = [PASSED, DROPPED].map(u64::to_le_bytes);
            let end = block(
                STATISTICS,
                &[&[0; 12], &counted[0], &passed, &counted[1], &dropped],
            );
            frame::write_frame(stream, Kind::Data, &end).await?;
            return frame::write_frame(stream, Kind::Eof, &[]).await;
        }
    }
    Ok(())
}

fn length(text: &str) -> [u8; 4] {
    (text.len() as u32).to_le_bytes()
}

fn block(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
    let mut body = parts.concat();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = (body.len() as u32 + 12).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, &body, &length].concat()
}
