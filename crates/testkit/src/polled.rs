//! A socket by HTTPS long polling, as a page opens where WebSockets are blocked: a channel of its own.

use std::collections::VecDeque;

use hyper::{Method, StatusCode};
use serde_json::Value;

use crate::browser::{Browser, Heard};

const TEXT: u8 = 0;
const BINARY: u8 = 1;
const CLOSE: u8 = 2;
const OPEN: u8 = 3;

/// The one socket of a channel.
pub struct Polled {
    browser: Browser,
    /// Address of the channel.
    pub path: String,
    after: u32,
    seq: u32,
    heard: VecDeque<Heard>,
}

/// A record of socket 1, as it travels.
pub fn record(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 0, 0, 0, 1];
    record.extend(u32::try_from(bytes.len()).unwrap().to_be_bytes());
    record.extend(bytes);
    record
}

impl Polled {
    /// Opens a channel of the session or look, and in it a socket to what `path` names below it.
    pub async fn open(browser: &Browser, path: &str) -> Result<Self, StatusCode> {
        let (session, to) = split(path);
        let opened = browser
            .send(Method::POST, &format!("{session}/channels"), None, &[])
            .await;
        if !opened.status.is_success() {
            return Err(opened.status);
        }
        let id = opened.json()["id"].as_str().unwrap().to_owned();
        let mut polled = Self {
            browser: browser.clone(),
            path: format!("{session}/channels/{id}"),
            after: 0,
            seq: 0,
            heard: VecDeque::new(),
        };
        polled.put(record(OPEN, to.as_bytes())).await;
        Ok(polled)
    }

    /// Sends a JSON text message.
    pub async fn say(&mut self, message: &Value) {
        self.put(record(TEXT, message.to_string().as_bytes())).await;
    }

    pub(crate) async fn type_in(&mut self, bytes: &[u8]) {
        self.put(record(BINARY, bytes)).await;
    }

    /// Sends every batch twice, as when the first reply is lost.
    async fn put(&mut self, batch: Vec<u8>) {
        self.seq += 1;
        let path = format!("{}?seq={}", self.path, self.seq);
        for _ in 0..2 {
            self.browser.octets(Method::POST, &path, &batch).await;
        }
    }

    /// The next message. Asks for every batch twice, as when the first reply is lost.
    pub(crate) async fn next(&mut self) -> Heard {
        while self.heard.is_empty() {
            let path = format!("{}?after={}", self.path, self.after);
            let (status, first) = self.browser.octets(Method::GET, &path, &[]).await;
            if !status.is_success() || first.len() < 4 {
                return Heard::Closed(1006);
            }
            let number = u32::from_be_bytes(first[..4].try_into().unwrap());
            if number == self.after {
                continue;
            }
            let (_, again) = self.browser.octets(Method::GET, &path, &[]).await;
            // A server that goes away may have stopped to listen meanwhile.
            assert!(again.is_empty() || first == again, "another batch {number}");
            self.after = number;
            self.read(&first[4..]);
        }
        self.heard.pop_front().unwrap()
    }

    fn read(&mut self, mut records: &[u8]) {
        while !records.is_empty() {
            let length = u32::from_be_bytes(records[5..9].try_into().unwrap()) as usize;
            let bytes = &records[9..9 + length];
            self.heard.push_back(match records[0] {
                TEXT => Heard::Text(serde_json::from_slice(bytes).unwrap()),
                BINARY => Heard::Bytes(bytes.to_vec()),
                CLOSE => Heard::Closed(u16::from_be_bytes(bytes.try_into().unwrap())),
                kind => panic!("a record of kind {kind}"),
            });
            records = &records[9 + length..];
        }
    }
}

fn split(path: &str) -> (&str, &str) {
    let mut slashes = path.match_indices('/').map(|(at, _)| at);
    // /api/v1/sessions/{id}/ or /api/v1/looks/{look}/
    let at = slashes.nth(4).unwrap();
    (&path[..at], &path[at + 1..])
}
