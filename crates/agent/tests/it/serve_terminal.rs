//! Terminals over the wire: they outlive streams and channels, and no viewer holds up another.

use std::time::{Duration, Instant};

use labwright_wire::frame;
use labwright_wire::limits::SCROLLBACK_BYTES;
use labwright_wire::{Control, Event, Exit, Open, Reply};

use crate::serve_peer::{Peer, code, local, read_until, shell, type_in};

#[tokio::test]
async fn it_outlives_its_channel_with_its_scrollback() {
    local(async {
        let mut peer = Peer::start().await;
        let (reply, mut stream) = peer.client.open(&shell("t1", None, false)).await.unwrap();
        assert_eq!(
            reply,
            Reply::Terminal {
                offset: 0,
                end: 0,
                lost: false
            }
        );
        type_in(&mut stream, "echo fir''st; X=kept\n").await;
        read_until(&mut stream, "first\r\n").await;
        drop(stream);
        peer.client = peer.another();

        let (reply, mut stream) = peer.client.open(&shell("t1", None, true)).await.unwrap();
        assert!(matches!(reply, Reply::Terminal { offset: 0, end, lost: false } if end >= 7));
        type_in(&mut stream, "echo still $X\n").await;
        let seen = read_until(&mut stream, "still kept").await;
        assert!(seen.text.contains("first"), "{seen:?}");
        let [report] = <[_; 1]>::try_from(peer.terminals.reports()).unwrap();
        assert_eq!(
            (report.terminal.as_str(), report.node.as_str()),
            ("t1", "one")
        );
    })
    .await;
}

#[tokio::test]
async fn an_offset_takes_up_exactly_where_it_left() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut stream) = peer.client.open(&shell("t1", None, false)).await.unwrap();
        type_in(&mut stream, "echo abc''def\n").await;
        let seen = read_until(&mut stream, "abcdef\r\n").await;
        let at = seen.text.find("def").unwrap() as u64;
        let (reply, mut second) = peer
            .client
            .open(&shell("t1", Some(at), true))
            .await
            .unwrap();
        assert!(matches!(reply, Reply::Terminal { offset, lost: false, .. } if offset == at));
        assert!(
            read_until(&mut second, "def\r\n")
                .await
                .text
                .starts_with("def")
        );
        // An offset of another life of the machine.
        let (reply, _) = peer
            .client
            .open(&shell("t1", Some(1 << 40), true))
            .await
            .unwrap();
        assert!(matches!(
            reply,
            Reply::Terminal {
                offset: 0,
                lost: true,
                ..
            }
        ));
    })
    .await;
}

#[tokio::test]
async fn viewers_see_the_same_and_the_size_is_the_last_ones() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut one) = peer.client.open(&shell("t1", None, false)).await.unwrap();
        let (_, mut two) = peer.client.open(&shell("t1", None, true)).await.unwrap();
        frame::write_control(
            &mut two,
            &Control::Resize {
                cols: 123,
                rows: 45,
            },
        )
        .await
        .unwrap();
        type_in(&mut two, "stty size\n").await;
        read_until(&mut one, "45 123").await;
        read_until(&mut two, "45 123").await;
    })
    .await;
}

#[tokio::test]
async fn a_stalled_viewer_holds_up_nobody_and_skips() {
    local(async {
        let peer = Peer::start().await;
        // A channel of its own, that is never read for a while.
        let stalled_client = peer.another();
        let (_, mut stalled) = stalled_client.open(&shell("t1", None, false)).await.unwrap();
        let (_, mut lively) = peer.client.open(&shell("t1", None, true)).await.unwrap();
        type_in(&mut lively, "head -c 6000000 /dev/zero | tr '\\0' x; echo en''d\n").await;
        let seen = read_until(&mut lively, "end").await;
        assert!(seen.bytes + seen.skipped.map_or(0, |_| 6_000_000) >= 6_000_000);
        let seen = read_until(&mut stalled, "end").await;
        assert!(seen.skipped.is_some(), "{} bytes", seen.bytes);
        assert!(seen.bytes < 2_000_000, "{} bytes", seen.bytes);
        let end = peer.terminals.reports()[0].end;
        let (reply, _) = peer.client.open(&shell("t1", None, true)).await.unwrap();
        assert!(matches!(reply, Reply::Terminal { offset, .. } if end - offset <= SCROLLBACK_BYTES as u64));
    })
    .await;
}

#[tokio::test]
async fn output_flows_while_nobody_looks() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut stream) = peer.client.open(&shell("t1", None, false)).await.unwrap();
        type_in(&mut stream, "head -c 1000000 /dev/zero | tr '\\0' x; echo > /tmp/finished\n").await;
        drop(stream);
        peer.node.ok("i=0; while [ ! -e /tmp/finished ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done; rm /tmp/finished").await;
    })
    .await;
}

#[tokio::test]
async fn its_end_is_told_with_its_last_words() {
    local(async {
        let peer = Peer::start().await;
        for round in 0..20 {
            let (_, mut stream) = peer.client.open(&shell("t1", None, false)).await.unwrap();
            type_in(&mut stream, "seq 500; echo last; exit 7\n").await;
            let seen = read_until(&mut stream, "").await;
            assert_eq!(seen.exit, Some(Exit::Code(7)));
            assert!(seen.text.contains("500\r\nlast\r\n"), "{round}: {seen:?}");
        }
        assert!(peer.terminals.reports().is_empty());
        assert_eq!(
            code(peer.client.open(&shell("t1", None, true)).await),
            "unknown_terminal"
        );
        let told = peer.events.borrow();
        assert_eq!(told.len(), 20);
        assert_eq!(
            told[0],
            Event::TerminalEnded {
                terminal: "t1".to_owned(),
                exit: Exit::Code(7)
            }
        );
    })
    .await;
}

#[tokio::test]
async fn a_close_hangs_up_even_on_the_deaf() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut stream) = peer.client.open(&shell("t1", None, false)).await.unwrap();
        type_in(&mut stream, "trap '' HUP TERM; sleep 1001 & echo re''ady\n").await;
        read_until(&mut stream, "ready").await;
        let close = Open::PtyClose {
            terminal: "t1".to_owned(),
        };
        peer.client.open(&close).await.unwrap();
        assert!(read_until(&mut stream, "").await.exit.is_some());
        assert_eq!(code(peer.client.open(&close).await), "unknown_terminal");
    })
    .await;
}

#[tokio::test]
async fn viewers_whose_typing_nobody_reads_do_not_pile_up() {
    local(async {
        let peer = Peer::start().await;
        let mut open = shell("t1", None, false);
        if let Open::Pty { argv, .. } = &mut open {
            *argv = ["sh", "-c", "stty raw -echo; echo ready; sleep 4; exec cat"]
                .map(str::to_owned)
                .to_vec();
        }
        let (_, mut first) = peer.client.open(&open).await.unwrap();
        read_until(&mut first, "ready").await;
        for _ in 0..20 {
            let (_, mut stream) = peer.client.open(&shell("t1", None, true)).await.unwrap();
            type_in(&mut stream, &"x".repeat(60_000)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        type_in(&mut first, "the end of it").await;
        read_until(&mut first, "the end of it").await;
    })
    .await;
}

#[tokio::test]
async fn what_was_typed_last_is_not_lost_with_its_viewer() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut watching) = peer.client.open(&shell("t1", None, false)).await.unwrap();
        for number in 0..50 {
            let (_, mut stream) = peer.client.open(&shell("t1", None, true)).await.unwrap();
            type_in(&mut stream, &format!("echo n''{number}.\n")).await;
            drop(stream);
            read_until(&mut watching, &format!("n{number}.")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn there_are_only_so_many() {
    local(async {
        let peer = Peer::start().await;
        for number in 0..labwright_wire::limits::MAX_TERMINALS {
            peer.client
                .open(&shell(&format!("t{number}"), None, false))
                .await
                .unwrap();
        }
        assert_eq!(
            code(peer.client.open(&shell("more", None, false)).await),
            "limit"
        );
        assert_eq!(
            code(peer.client.open(&shell(&"x".repeat(65), None, false)).await),
            "limit"
        );
    })
    .await;
}

#[tokio::test]
async fn an_echo_is_quick_beside_a_flood() {
    local(async {
        let peer = Peer::start().await;
        let (_, mut flood) = peer
            .client
            .open(&shell("flood", None, false))
            .await
            .unwrap();
        type_in(&mut flood, "yes flood\n").await;
        let (_, mut stream) = peer.client.open(&shell("t1", None, false)).await.unwrap();
        let mut longest = Duration::ZERO;
        for number in 0..30 {
            let began = Instant::now();
            type_in(&mut stream, &format!("echo n''{number}.\n")).await;
            read_until(&mut stream, &format!("n{number}.")).await;
            longest = longest.max(began.elapsed());
        }
        assert!(longest < Duration::from_secs(2), "{longest:?}");
    })
    .await;
}
