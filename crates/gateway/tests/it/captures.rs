//! Blocks of a pcapng stream, however it is cut; and a capture between an agent and a page.

use bytes::Bytes;
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use labwright_gateway::capture::{End, FromPage, ToPage, capture};
use labwright_gateway::limits::UNDRAWN_BYTES;
use labwright_gateway::pcapng::{BlockError, Blocks, Counts, MAX_BLOCK_BYTES};
use labwright_wire::Reply;
use labwright_wire::frame::{self, Kind};
use tokio::io::DuplexStream;
use tokio_util::sync::CancellationToken;

fn block(kind: u32, body: &[u8], big: bool) -> Vec<u8> {
    let number = |value: u32| {
        if big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = number(body.len() as u32 + 12);
    [&number(kind)[..], &length, &body, &length].concat()
}

fn section(big: bool) -> Vec<u8> {
    let magic = 0x1A2B_3C4D_u32;
    let magic = if big {
        magic.to_be_bytes()
    } else {
        magic.to_le_bytes()
    };
    block(
        0x0A0D_0D0A,
        &[&magic[..], &[1, 0, 0, 0], &[0xFF; 8]].concat(),
        big,
    )
}

fn statistics(passed: u64, dropped: u64) -> Vec<u8> {
    let option = |code: u8, value: u64| [&[code, 0, 8, 0][..], &value.to_le_bytes()].concat();
    let comment = [1, 0, 3, 0, b'h', b'e', b'y', 0];
    let body = [
        &[0; 12][..],
        &comment,
        &option(4, passed),
        &option(5, dropped),
        &[0; 4],
    ]
    .concat();
    block(5, &body, false)
}

#[test]
fn blocks_are_found_however_the_stream_is_cut() {
    // A reconnect begins a new section, perhaps of another byte order.
    let stream = [
        section(false),
        block(6, b"packet", false),
        section(true),
        block(6, b"another packet", true),
        section(false),
        statistics(12, 3),
    ]
    .concat();
    for cut in 1..stream.len() {
        let mut blocks = Blocks::default();
        let (mut all, mut counts) = (Vec::new(), None);
        for part in stream.chunks(cut) {
            let whole = blocks.push(part).unwrap();
            all.extend_from_slice(&whole.bytes);
            counts = whole.counts.or(counts);
        }
        assert_eq!(all, stream, "cut at {cut}");
        let expected = Counts {
            passed: 12,
            dropped: 3,
        };
        assert_eq!(counts, Some(expected), "cut at {cut}");
    }
}

#[test]
fn what_is_no_pcapng_is_refused() {
    let error = |bytes: &[u8]| Blocks::default().push(bytes).unwrap_err();
    assert_eq!(error(&block(6, b"packet", false)), BlockError::NoSection);
    assert_eq!(error(&[0xFF; 12]), BlockError::NoSection);
    assert_eq!(
        error(&block(0x0A0D_0D0A, &[0; 16], false)),
        BlockError::NoByteOrder
    );
    let after = |rest: &[u8]| error(&[&section(false), rest].concat());
    let long = MAX_BLOCK_BYTES as u32 + 4;
    for length in [0, 4, 8, 13, long, u32::MAX] {
        let block = [6_u32, length, 0].map(u32::to_le_bytes).concat();
        assert_eq!(after(&block), BlockError::Length(length));
    }
    let mut two = block(6, b"packet", false);
    two[4 + 4 + 8] ^= 4;
    assert_eq!(after(&two), BlockError::TwoLengths);
}

#[test]
fn options_that_lie_about_their_length_do_no_harm() {
    for (code, length) in [(4, 4), (5, 0xFFFF), (4, 9), (1, 0xFFFF)] {
        let option = [u16::to_le_bytes(code), u16::to_le_bytes(length)].concat();
        let block = block(5, &[&[0; 12][..], &option, &[7; 8]].concat(), false);
        let whole = Blocks::default().push(&[section(false), block].concat());
        assert!(whole.unwrap().counts.is_some());
    }
}

struct Between {
    agent: DuplexStream,
    send: mpsc::Sender<FromPage>,
    receive: mpsc::Receiver<ToPage>,
    end: tokio::task::JoinHandle<End>,
}

impl Between {
    fn start() -> Self {
        let (agent, stream) = tokio::io::duplex(64 * 1024);
        let (send, from_page) = mpsc::channel(0);
        let (to_page, receive) = mpsc::channel(0);
        let going_away = CancellationToken::new();
        let end = tokio::spawn(capture(
            (Reply::Done, stream),
            from_page,
            to_page,
            going_away,
        ));
        Self {
            agent,
            send,
            receive,
            end,
        }
    }

    async fn says(&mut self, bytes: &[u8]) {
        frame::write_frame(&mut self.agent, Kind::Data, bytes)
            .await
            .expect("the gateway reads");
    }

    async fn next(&mut self) -> ToPage {
        self.receive.next().await.expect("a message")
    }
}

#[tokio::test]
async fn whole_blocks_reach_the_page_and_its_stop_the_agent() {
    let mut between = Between::start();
    assert_eq!(between.next().await, ToPage::Started);
    let stream = [section(false), block(6, b"packet", false)].concat();
    let (head, tail) = stream.split_at(33);
    between.says(head).await;
    between.says(tail).await;
    let begin = Bytes::from(section(false));
    assert_eq!(between.next().await, ToPage::Packets(begin));
    assert!(matches!(between.next().await, ToPage::Packets(_)));

    between.send.send(FromPage::Stop).await.unwrap();
    let asked = frame::read_frame(&mut between.agent)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(asked.kind, Kind::Eof);
    between.says(&statistics(1, 0)).await;
    frame::write_frame(&mut between.agent, Kind::Eof, &[])
        .await
        .unwrap();
    assert!(matches!(between.next().await, ToPage::Packets(_)));
    let counts = Counts {
        passed: 1,
        dropped: 0,
    };
    assert_eq!(between.next().await, ToPage::Counts(counts));
    assert_eq!(between.next().await, ToPage::Stopped);
    assert_eq!(between.end.await.unwrap(), End::Stopped);
}

#[tokio::test]
async fn a_page_that_takes_nothing_in_is_sent_no_more() {
    let mut between = Between::start();
    between.next().await;
    between.send.send(FromPage::Ack(0)).await.unwrap();
    between.says(&section(false)).await;
    let packet = block(6, &[0; 32 * 1024], false);
    let (length, mut agent) = (packet.len() as u64, between.agent);
    tokio::spawn(async move {
        while frame::write_frame(&mut agent, Kind::Data, &packet)
            .await
            .is_ok()
        {}
    });
    let mut sent = 0;
    let patience = std::time::Duration::from_millis(300);
    while let Ok(message) = tokio::time::timeout(patience, between.receive.next()).await {
        if let Some(ToPage::Packets(bytes)) = message {
            sent += bytes.len() as u64;
        }
        assert!(sent <= UNDRAWN_BYTES + 2 * length, "{sent}");
    }
    assert!(sent > UNDRAWN_BYTES);
    between.send.send(FromPage::Ack(sent)).await.unwrap();
    assert!(matches!(
        between.receive.next().await,
        Some(ToPage::Packets(_))
    ));
}

#[tokio::test]
async fn an_agent_that_talks_nonsense_or_goes_ends_it() {
    let mut between = Between::start();
    between.next().await;
    between.says(b"this is no pcapng at all").await;
    assert_eq!(between.end.await.unwrap(), End::Broken);

    let mut between = Between::start();
    between.next().await;
    drop(between.agent);
    assert_eq!(between.end.await.unwrap(), End::NotReady);

    let between = Between::start();
    drop((between.send, between.receive));
    assert_eq!(between.end.await.unwrap(), End::PageGone);
}
