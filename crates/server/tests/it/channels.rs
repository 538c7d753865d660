//! Sockets by long polling: what the page's transport relies on, and what nobody may do to it.

use hyper::{Method, StatusCode};
use labwright_testkit::{Polled, record};
use serde_json::json;

use crate::world::{Browser, World};

/// A fresh channel of a session; its address.
async fn channel(browser: &Browser, session: &str) -> String {
    let opened = browser
        .post(&format!("{session}/channels"), json!({}))
        .await
        .ok();
    format!("{session}/channels/{}", opened["id"].as_str().unwrap())
}

async fn put(browser: &Browser, channel: &str, seq: u32, batch: &[u8]) -> StatusCode {
    let path = format!("{channel}?seq={seq}");
    browser.octets(Method::POST, &path, batch).await.0
}

async fn ask(browser: &Browser, channel: &str, after: u32) -> (StatusCode, Vec<u8>) {
    let path = format!("{channel}?after={after}");
    browser.octets(Method::GET, &path, &[]).await
}

fn open(socket: u32, to: &str, hello: &serde_json::Value) -> Vec<u8> {
    let hello = hello.to_string();
    let mut batch = record(3, to.as_bytes());
    let second = batch.len();
    batch.extend(record(0, hello.as_bytes()));
    batch[1..5].copy_from_slice(&socket.to_be_bytes());
    batch[second + 1..second + 5].copy_from_slice(&socket.to_be_bytes());
    batch
}

#[tokio::test]
async fn one_channel_carries_many_sockets() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let view = ada.get(&session).await.ok();
    let terminal = view["terminals"][0]["id"].as_str().unwrap();
    let path = channel(&ada, &session).await;
    let hello = json!({ "token": ada.token, "cols": 80, "rows": 24 });
    let mut batch = open(1, "events", &hello);
    batch.extend(open(2, &format!("terminals/{terminal}"), &hello));
    batch.extend(open(3, "nothing/of/the/kind", &hello));
    assert_eq!(put(&ada, &path, 1, &batch).await, StatusCode::NO_CONTENT);
    let (mut after, mut heard) = (0, Vec::new());
    while !(1..=3).all(|socket| heard.contains(&socket)) {
        let (status, news) = ask(&ada, &path, after).await;
        assert_eq!(status, StatusCode::OK);
        after = u32::from_be_bytes(news[..4].try_into().unwrap());
        let mut records = &news[4..];
        while !records.is_empty() {
            let socket = u32::from_be_bytes(records[1..5].try_into().unwrap());
            let length = u32::from_be_bytes(records[5..9].try_into().unwrap()) as usize;
            if socket == 3 {
                assert_eq!(
                    (records[0], &records[9..11]),
                    (2, &4404_u16.to_be_bytes()[..])
                );
            }
            heard.push(socket);
            records = &records[9 + length..];
        }
    }
    let gone = ada.send(Method::DELETE, &path, None, &[]).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(ask(&ada, &path, after).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nonsense_is_refused_and_the_channel_lives_on() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let path = channel(&ada, &session).await;
    let mut long = record(1, b"");
    long[5] = 0xff;
    for bad in [
        &b"\x01"[..],
        &long,
        &record(9, b""),
        &record(0, b"\xff"),
        &record(2, b"1"),
    ] {
        assert_eq!(put(&ada, &path, 1, bad).await, StatusCode::BAD_REQUEST);
    }
    let huge = vec![0; 2 * 1024 * 1024];
    let refused = put(&ada, &path, 1, &huge).await;
    // The server may close the connection before all of it is sent.
    assert!(matches!(
        refused,
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::SERVICE_UNAVAILABLE
    ));
    let hello = json!({ "token": ada.token });
    let batch = open(1, "events", &hello);
    for (seq, status) in [(2, 400), (0, 204), (1, 204), (1, 204), (3, 400)] {
        assert_eq!(put(&ada, &path, seq, &batch).await, status, "seq {seq}");
    }
    for after in [1, 7, u32::MAX] {
        let (status, _) = ask(&ada, &path, after).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "after {after}");
    }
    let (status, news) = ask(&ada, &path, 0).await;
    assert_eq!(
        (status, &news[..9]),
        (StatusCode::OK, &[0, 0, 0, 1, 0, 0, 0, 0, 1][..])
    );
}

#[tokio::test]
async fn a_newer_question_ends_the_older_one() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let path = channel(&ada, &session).await;
    let older = tokio::spawn({
        let (ada, path) = (ada.clone(), path.clone());
        async move { ask(&ada, &path, 0).await }
    });
    let newer = async {
        // Until the older one waits, this one would be the older.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let closing = open(1, "none", &json!({}));
        tokio::join!(ask(&ada, &path, 0), async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            put(&ada, &path, 1, &closing).await
        })
    };
    let (older, (newer, _)) = tokio::join!(older, newer);
    assert_eq!(older.unwrap(), (StatusCode::OK, vec![0, 0, 0, 0]));
    assert_eq!(newer.1[..4], [0, 0, 0, 1]);
}

#[tokio::test]
async fn a_flood_that_nobody_asks_for_waits_in_the_node() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let view = ada.get(&session).await.ok();
    let terminal = view["terminals"][0]["id"].as_str().unwrap();
    let path = channel(&ada, &session).await;
    let hello = json!({ "token": ada.token, "cols": 80, "rows": 24 });
    let mut batch = open(1, &format!("terminals/{terminal}"), &hello);
    batch.extend(record(1, b"yes | head -c 2000000\n"));
    put(&ada, &path, 1, &batch).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let (_, first) = ask(&ada, &path, 0).await;
    // A batch, and no more: what waits is in the node's scrollback.
    assert!(first.len() < 400 * 1024, "{}", first.len());
    // Others are served meanwhile.
    put(
        &ada,
        &path,
        2,
        &open(2, "events", &json!({ "token": ada.token })),
    )
    .await;
    for after in 1..50 {
        let (_, news) = ask(&ada, &path, after).await;
        if news[4..]
            .windows(17)
            .any(|bytes| bytes == b"\"type\":\"session\",")
        {
            return;
        }
    }
    panic!("the session was not told");
}

#[tokio::test]
async fn so_many_channels_and_no_more() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let mut last = String::new();
    for _ in 0..16 {
        last = channel(&ada, &session).await;
    }
    let events = format!("{session}/events");
    let refused = Polled::open(&ada, &events).await.err().unwrap();
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    ada.send(Method::DELETE, &last, None, &[]).await;
    assert!(Polled::open(&ada, &events).await.is_ok());
}
