//! Lines that may freeze: packets as bytes, and both ends over a line that is cut, damaged and restored.

use std::time::Duration;

use labwright_wire::console::{self, Damage, Decoder, Hello, Packet};
use labwright_wire::limits::MAX_PACKET_BYTES;
use labwright_wire::{Client, Open, Reply, server};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::{LocalSet, spawn_local};

use crate::ends::act;

fn data(bytes: &[u8]) -> Vec<u8> {
    let mut line = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken = console::put_data(&mut line, rest);
        rest = &rest[taken..];
    }
    line
}

#[test]
fn the_longest_packet_fits_and_a_longer_line_is_damage() {
    let zeros = vec![0; MAX_PACKET_BYTES];
    let ones = vec![1; MAX_PACKET_BYTES];
    for bytes in [zeros, ones] {
        let found = Decoder::default().take(&data(&bytes));
        assert_eq!(found, [Ok(Packet::Data(bytes))]);
    }
    let mut decoder = Decoder::default();
    for _ in 0..100 {
        assert_eq!(decoder.take(&[1; 1000]), []);
    }
    assert_eq!(decoder.take(&[0]), [Err(Damage)]);
    let found = decoder.take(&data(b"after"));
    assert_eq!(found, [Ok(Packet::Data(b"after".to_vec()))]);
}

#[test]
fn a_hello_ends_what_was_half_written() {
    let mut line = data(b"half");
    line.truncate(5);
    console::put_hello(&mut line, "e1");
    let found = Decoder::default().take(&line);
    let hello = Hello {
        version: labwright_wire::VERSION,
        epoch: "e1".to_owned(),
    };
    assert_eq!(found, [Err(Damage), Ok(Packet::Hello(hello))]);
}

proptest! {
    /// What was sent comes, however the line cuts it.
    #[test]
    fn packets_come_back(
        packets in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0_u8), any::<u8>()], 0..700), 0..8),
        piece in 1_usize..3000,
    ) {
        let mut line = Vec::new();
        for packet in &packets {
            console::put_data(&mut line, packet);
        }
        let mut decoder = Decoder::default();
        let found: Vec<_> = line.chunks(piece).flat_map(|part| decoder.take(part)).collect();
        let sent: Vec<_> = packets.into_iter().map(|bytes| Ok(Packet::Data(bytes))).collect();
        prop_assert_eq!(found, sent);
    }

    /// One changed byte is never taken for what was sent.
    #[test]
    fn a_changed_byte_is_seen(bytes in prop::collection::vec(any::<u8>(), 1..600), at in any::<prop::sample::Index>(), change in 1_u8..) {
        let mut line = data(&bytes);
        let at = at.index(line.len() - 1);
        line[at] ^= change;
        for packet in Decoder::default().take(&line) {
            prop_assert_eq!(packet, Err(Damage));
        }
    }

    /// Noise is survived, and what follows it is understood.
    #[test]
    fn noise_is_survived(noise in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut decoder = Decoder::default();
        decoder.take(&noise);
        decoder.take(&[0]);
        prop_assert_eq!(decoder.take(&data(b"x")), [Ok(Packet::Data(b"x".to_vec()))]);
    }
}

/// A lower end that does as `act` says.
fn lower(device: DuplexStream) {
    spawn_local(console::serve(device, |channel| {
        spawn_local(server::serve(channel, act));
    }));
}

async fn works(client: &Client) {
    let (reply, mut stream) = client.open(&crate::ends::read(300_000)).await.unwrap();
    assert_eq!(reply, Reply::Done);
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes.len() > 300_000);
}

#[tokio::test]
async fn a_new_hello_drops_the_streams_of_the_one_before() {
    LocalSet::new()
        .run_until(async {
            // The line goes on; what holds its upper end changes, as when a snapshot is restored.
            let (device, mut machine) = duplex(4096);
            lower(device);
            let (mut first, page) = duplex(4096);
            let client = Client::new(
                console::connect(page, "first")
                    .await_with(&mut machine, &mut first)
                    .await,
            );
            let held = {
                let opened = client.open(&Open::Stop);
                tokio::select! {
                    _ = opened => panic!("stop is never answered"),
                    () = carry(&mut machine, &mut first) => {},
                    () = tokio::time::sleep(Duration::from_millis(50)) => {}
                }
                client
            };
            // Half a packet of the old page stays on the line.
            machine.write_all(&[9, 9, 9]).await.unwrap();
            let (mut second, page) = duplex(4096);
            let channel = console::connect(page, "second")
                .await_with(&mut machine, &mut second)
                .await;
            let client = Client::new(channel);
            tokio::select! {
                () = works(&client) => {}
                () = carry(&mut machine, &mut second) => {},
            }
            drop(held);
        })
        .await;
}

#[tokio::test]
async fn damage_ends_the_channel_and_a_new_one_works() {
    LocalSet::new()
        .run_until(async {
            let (device, mut machine) = duplex(4096);
            lower(device);
            let (mut middle, page) = duplex(4096);
            let channel = console::connect(page, "first")
                .await_with(&mut machine, &mut middle)
                .await;
            let client = Client::new(channel);
            machine.write_all(&[3, 1, 1, 0]).await.unwrap();
            tokio::select! {
                () = client.closed() => {}
                () = carry(&mut machine, &mut middle) => {},
            }
            let (mut middle, page) = duplex(4096);
            let channel = console::connect(page, "second")
                .await_with(&mut machine, &mut middle)
                .await;
            let client = Client::new(channel);
            tokio::select! {
                () = works(&client) => {}
                () = carry(&mut machine, &mut middle) => {},
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_upper_end_asks_until_the_machine_is_there() {
    LocalSet::new()
        .run_until(async {
            let (mut machine, page) = duplex(4096);
            let asking = spawn_local(async move { console::connect(page, "e").await });
            tokio::time::sleep(Duration::from_secs(5)).await;
            // Asked before anything listened; that is lost.
            let mut lost = vec![0; 4096];
            assert!(machine.read(&mut lost).await.unwrap() > 50);
            lower(machine);
            let client = Client::new(asking.await.unwrap().unwrap());
            works(&client).await;
        })
        .await;
}

/// The line between two ends, for ever: a page that is gone takes nothing and says nothing.
async fn carry(machine: &mut DuplexStream, page: &mut DuplexStream) {
    let (mut up, mut down) = ([0; 512], [0; 512]);
    let mut is_there = true;
    loop {
        tokio::select! {
            length = machine.read(&mut up) => {
                is_there &= page.write_all(&up[..length.unwrap()]).await.is_ok();
            }
            length = page.read(&mut down), if is_there => match length.unwrap() {
                0 => is_there = false,
                length => machine.write_all(&down[..length]).await.unwrap(),
            },
        }
    }
}

/// Runs something while the line between two ends is carried by hand.
trait Carried: Future + Sized {
    async fn await_with(self, machine: &mut DuplexStream, page: &mut DuplexStream) -> DuplexStream;
}

impl<F: Future<Output = std::io::Result<DuplexStream>>> Carried for F {
    async fn await_with(self, machine: &mut DuplexStream, page: &mut DuplexStream) -> DuplexStream {
        tokio::select! {
            channel = self => channel.unwrap(),
            () = carry(machine, page) => unreachable!(),
        }
    }
}
