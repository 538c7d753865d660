//! Programs over the wire.

use std::time::{Duration, Instant};

use labwright_wire::frame::{self, Kind};
use labwright_wire::{Control, Exit};

use crate::serve_peer::{Peer, code, local, program, read_until};

#[tokio::test]
async fn a_program_talks_and_ends() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut stream) = peer
            .client
            .open(&program("cat; echo $EXTRA $LAB >&2; exit 4"))
            .await
            .unwrap();
        for part in ["one ", "two"] {
            frame::write_frame(&mut stream, Kind::Data, part.as_bytes())
                .await
                .unwrap();
        }
        frame::write_frame(&mut stream, Kind::Eof, &[])
            .await
            .unwrap();
        let seen = read_until(&mut stream, "").await;
        assert_eq!(
            (seen.text.as_str(), seen.stderr.as_str()),
            ("one two", "yes test\n")
        );
        assert_eq!(seen.exit, Some(Exit::Code(4)));
    })
    .await;
}

#[tokio::test]
async fn much_output_comes_whole() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut stream) = peer
            .client
            .open(&program("head -c 5000000 /dev/zero; exit 0"))
            .await
            .unwrap();
        let seen = read_until(&mut stream, "").await;
        assert_eq!((seen.bytes, seen.exit), (5_000_000, Some(Exit::Code(0))));
    })
    .await;
}

#[tokio::test]
async fn much_input_arrives_whole() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut stream) = peer
            .client
            .open(&program("sleep 0.3; wc -c"))
            .await
            .unwrap();
        for _ in 0..100 {
            frame::write_frame(&mut stream, Kind::Data, &[b'x'; 30_000])
                .await
                .unwrap();
        }
        frame::write_frame(&mut stream, Kind::Eof, &[])
            .await
            .unwrap();
        assert_eq!(read_until(&mut stream, "").await.text, "3000000\n");
    })
    .await;
}

#[tokio::test]
async fn input_that_nobody_reads_keeps_nothing() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut stream) = peer
            .client
            .open(&program("echo up; sleep 1001"))
            .await
            .unwrap();
        read_until(&mut stream, "up").await;
        for _ in 0..10 {
            frame::write_frame(&mut stream, Kind::Data, &[b'x'; 30_000])
                .await
                .unwrap();
        }
        drop(stream);
        let (exit, text) = peer
            .node
            .sh(
                "",
                "i=0; while pgrep -l sleep; do \
            [ $i -lt 40 ] || exit 1; i=$((i+1)); sleep 0.1; done",
            )
            .await;
        assert_eq!(exit, Exit::Code(0), "{text}");
        // One that has closed its input goes on.
        let (_, mut stream) = peer
            .client
            .open(&program("exec <&-; sleep 0.5; echo fine"))
            .await
            .unwrap();
        for _ in 0..10 {
            frame::write_frame(&mut stream, Kind::Data, &[b'x'; 30_000])
                .await
                .unwrap();
        }
        assert_eq!(read_until(&mut stream, "").await.text, "fine\n");
    })
    .await;
}

#[tokio::test]
async fn a_signal_reaches_it() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut stream) = peer
            .client
            .open(&program("echo up; sleep 100"))
            .await
            .unwrap();
        read_until(&mut stream, "up").await;
        frame::write_control(
            &mut stream,
            &Control::Signal {
                signal: libc::SIGTERM,
            },
        )
        .await
        .unwrap();
        assert_eq!(
            read_until(&mut stream, "").await.exit,
            Some(Exit::Signal(libc::SIGTERM))
        );
    })
    .await;
}

#[tokio::test]
async fn what_it_leaves_running_does_not_hold_the_stream() {
    local(async {
        let peer = Peer::start().await;
        let began = Instant::now();
        let (_, mut stream) = peer
            .client
            .open(&program("sleep 100 & echo started"))
            .await
            .unwrap();
        let seen = read_until(&mut stream, "").await;
        assert_eq!(
            (seen.text.as_str(), seen.exit),
            ("started\n", Some(Exit::Code(0)))
        );
        assert!(began.elapsed() < Duration::from_secs(5));
    })
    .await;
}

#[tokio::test]
async fn a_peer_that_goes_away_ends_it() {
    local(async {
        let peer = Peer::start().await;
        for command in [
            "sleep 1001",
            "yes sleeping",
            "trap '' HUP; sleep 1002; sleep 1003",
        ] {
            let (_, stream) = peer.client.open(&program(command)).await.unwrap();
            drop(stream);
        }
        let (exit, text) = peer
            .node
            .sh(
                "",
                "i=0; while pgrep -l 'sleep|yes'; do \
            [ $i -lt 40 ] || exit 1; i=$((i+1)); sleep 0.1; done",
            )
            .await;
        assert_eq!(exit, Exit::Code(0), "{text}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_run_is_refused() {
    local(async {
        let peer = Peer::start().await;
        let mut open = program("");
        if let labwright_wire::Open::Exec { argv, .. } = &mut open {
            *argv = vec!["/no/such".to_owned()];
        }
        assert_eq!(code(peer.client.open(&open).await), "refused");
    })
    .await;
}
