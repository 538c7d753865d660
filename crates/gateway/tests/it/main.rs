//! A page and an agent, both played by the test, with the gateway between them.
#![allow(clippy::indexing_slicing, clippy::panic)] // Only `#[test]` functions are exempt by themselves.

mod agent;
mod captures;
mod displays;
mod rfb;
mod xvnc;

use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use labwright_gateway::limits::UNDRAWN_BYTES;
use labwright_gateway::{End, FromPage, ToPage, terminal};
use labwright_model::NodeName;
use labwright_wire::limits::{MAX_FRAME_BYTES, MAX_WINDOWS_BYTES};
use labwright_wire::{Client, Exit, Open, Reply};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;

struct Page {
    send: mpsc::Sender<FromPage>,
    receive: mpsc::Receiver<ToPage>,
    going_away: CancellationToken,
    end: JoinHandle<End>,
}

impl Page {
    fn attach(client: &Client, since: Option<u64>) -> Self {
        let (send, from_page) = mpsc::channel(0);
        let (to_page, receive) = mpsc::channel(0);
        let going_away = CancellationToken::new();
        let open = Open::Pty {
            node: NodeName::new("client").expect("a name"),
            terminal: "t1".into(),
            cols: 80,
            rows: 24,
            since,
            existing: true,
            argv: Vec::new(),
            user: None,
        };
        let (client, stop) = (client.clone(), going_away.clone());
        let end = tokio::spawn(async move {
            let opened = client.open(&open).await.expect("opened");
            terminal(opened, from_page, to_page, stop).await
        });
        Self {
            send,
            receive,
            going_away,
            end,
        }
    }

    async fn next(&mut self) -> ToPage {
        self.receive.next().await.expect("a message")
    }

    async fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while bytes.len() < length {
            match self.next().await {
                ToPage::Output(more) => bytes.extend_from_slice(&more),
                ToPage::Ping => {}
                other => panic!("expected output, got {other:?}"),
            }
        }
        bytes
    }
}

#[tokio::test]
async fn bytes_go_both_ways_and_the_end_is_told() {
    let (agent, client) = Agent::start();
    let mut page = Page::attach(&client, None);
    assert_eq!(
        page.next().await,
        ToPage::Attached {
            offset: 0,
            end: 0,
            lost: false
        }
    );

    page.send
        .send(FromPage::Input(Bytes::from_static(b"ls\n")))
        .await
        .expect("sent");
    assert_eq!(agent.typed(3).await, b"ls\n");
    page.send
        .send(FromPage::Resize { cols: 132, rows: 0 })
        .await
        .expect("sent");
    assert_eq!(agent.resized().await, (132, 1));

    agent.print(b"files");
    assert_eq!(page.read(5).await, b"files");
    agent.exit(Exit::Signal(15));
    assert_eq!(page.next().await, ToPage::Exit(143));
    assert_eq!(page.end.await.expect("no panic"), End::Exited);
}

#[tokio::test]
async fn attaching_again_misses_nothing_and_repeats_nothing() {
    let (agent, client) = Agent::start();
    agent.print(b"0123456789");
    let mut page = Page::attach(&client, Some(4));
    assert_eq!(
        page.next().await,
        ToPage::Attached {
            offset: 4,
            end: 10,
            lost: false
        }
    );
    assert_eq!(page.read(6).await, b"456789");
    drop(page);

    agent.print(b"abc");
    let mut page = Page::attach(&client, Some(10));
    assert_eq!(
        page.next().await,
        ToPage::Attached {
            offset: 10,
            end: 13,
            lost: false
        }
    );
    assert_eq!(page.read(3).await, b"abc");
}

#[tokio::test]
async fn a_page_that_was_too_slow_is_told_what_it_lost() {
    let (agent, client) = Agent::start();
    let mut page = Page::attach(&client, None);
    page.next().await;
    agent.print(b"0123456789");
    assert_eq!(page.read(10).await, b"0123456789");
    agent.skip(b"lost");
    assert_eq!(
        page.next().await,
        ToPage::Attached {
            offset: 14,
            end: 14,
            lost: true
        }
    );
    agent.print(b"more");
    assert_eq!(page.read(4).await, b"more");
}

#[tokio::test]
async fn a_long_paste_arrives_whole() {
    let (agent, client) = Agent::start();
    let mut page = Page::attach(&client, None);
    page.next().await;
    let paste: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
    page.send
        .send(FromPage::Input(paste.clone().into()))
        .await
        .expect("sent");
    assert_eq!(agent.typed(paste.len()).await, paste);
}

#[tokio::test]
async fn a_page_that_does_not_read_stops_the_agent_but_not_its_own_input() {
    let (agent, client) = Agent::start();
    let mut page = Page::attach(&client, None);
    page.next().await;
    let flood = vec![b'y'; 4 * MAX_WINDOWS_BYTES];
    agent.print(&flood);
    let stalled_at = agent.stalled().await;
    assert!(
        stalled_at < MAX_WINDOWS_BYTES + 16 * MAX_FRAME_BYTES,
        "{stalled_at} bytes left the agent"
    );

    page.send
        .send(FromPage::Input(Bytes::from_static(b"\x03")))
        .await
        .expect("sent");
    assert_eq!(agent.typed(1).await, b"\x03");
    assert_eq!(page.read(flood.len()).await.len(), flood.len());
}

#[tokio::test]
async fn a_page_that_acknowledges_is_not_run_ahead_of() {
    let (agent, client) = Agent::start();
    let mut page = Page::attach(&client, None);
    page.next().await;
    page.send.send(FromPage::Ack(0)).await.expect("sent");
    page.send.send(FromPage::Pong).await.expect("sent");
    agent.print(&vec![b'y'; 4 * UNDRAWN_BYTES as usize]);
    let ahead = UNDRAWN_BYTES as usize;
    page.read(ahead).await;
    let more = async {
        page.read(2 * MAX_FRAME_BYTES).await;
    };
    assert!(
        tokio::time::timeout(Duration::from_millis(200), more)
            .await
            .is_err()
    );
    page.send
        .send(FromPage::Ack(3 * UNDRAWN_BYTES))
        .await
        .expect("sent");
    page.read(ahead).await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_page_is_let_go_and_a_pong_keeps_it() {
    let (stream, _agent) = tokio::io::duplex(64);
    let reply = Reply::Terminal {
        offset: 0,
        end: 0,
        lost: false,
    };
    let (mut send, from_page) = mpsc::channel(0);
    let (to_page, mut receive) = mpsc::channel(0);
    let pump = terminal(
        (reply, stream),
        from_page,
        to_page,
        CancellationToken::new(),
    );
    let end = tokio::spawn(pump);
    assert!(matches!(
        receive.next().await,
        Some(ToPage::Attached { .. })
    ));
    for _ in 0..10 {
        assert_eq!(receive.next().await, Some(ToPage::Ping));
        send.send(FromPage::Pong).await.expect("sent");
    }
    let pings = tokio::spawn(receive.count());
    assert_eq!(end.await.expect("no panic"), End::PageGone);
    assert!((2..=3).contains(&pings.await.expect("no panic")));
    drop(send);
}

#[tokio::test]
async fn the_end_says_why() {
    let (_agent, client) = Agent::start();
    let mut page = Page::attach(&client, None);
    page.next().await;
    page.going_away.cancel();
    assert_eq!(page.end.await.expect("no panic"), End::GoingAway);

    let (agent, client) = Agent::start();
    let mut page = Page::attach(&client, None);
    page.next().await;
    agent.die();
    assert_eq!(page.end.await.expect("no panic"), End::NotReady);
}
