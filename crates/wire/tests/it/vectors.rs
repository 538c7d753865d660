//! `vectors.json`, which the page's twin of this crate reads too. `LABWRIGHT_UPDATE=1` writes the lines of packets anew;
//! a line that changes is a change of the protocol.

use labwright_wire::console::{self, Damage, Decoder, Hello, Packet};
use labwright_wire::frame::{self, Kind};
use labwright_wire::{Control, Open, Reply};
use serde_json::Value;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors.json");

fn vectors() -> Value {
    serde_json::from_str(&std::fs::read_to_string(PATH).unwrap()).unwrap()
}

fn list<'a>(vectors: &'a Value, name: &str) -> &'a Vec<Value> {
    vectors[name].as_array().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn payload(vector: &Value) -> Vec<u8> {
    match vector.get("repeat") {
        Some(repeat) => {
            let byte = u8::try_from(repeat["byte"].as_u64().unwrap()).unwrap();
            vec![byte; usize::try_from(repeat["times"].as_u64().unwrap()).unwrap()]
        }
        None => bytes(&vector["payload"]),
    }
}

#[test]
fn packets() {
    let text = std::fs::read_to_string(PATH).unwrap();
    let mut updated = text.clone();
    for vector in list(&vectors(), "packets") {
        let mut line = Vec::new();
        let packet = if vector["kind"] == "hello" {
            let epoch = vector["epoch"].as_str().unwrap();
            console::put_hello(&mut line, epoch);
            Packet::Hello(Hello {
                version: labwright_wire::VERSION,
                epoch: epoch.to_owned(),
            })
        } else {
            console::put_data(&mut line, &payload(vector));
            Packet::Data(payload(vector))
        };
        if std::env::var_os("LABWRIGHT_UPDATE").is_some() {
            updated = updated.replacen(
                "\"line\": \"\"",
                &format!("\"line\": \"{}\"", hex(&line)),
                1,
            );
        } else {
            assert_eq!(vector["line"].as_str().unwrap(), hex(&line));
        }
        assert_eq!(Decoder::default().take(&line), [Ok(packet)]);
    }
    if updated != text {
        std::fs::write(PATH, updated).unwrap();
    }
}

#[test]
fn damage() {
    for line in list(&vectors(), "damaged") {
        let line = [bytes(line), vec![0]].concat();
        assert_eq!(Decoder::default().take(&line), [Err(Damage)]);
    }
}

#[tokio::test]
async fn frames() {
    for vector in list(&vectors(), "frames") {
        let kind = match vector["kind"].as_u64().unwrap() {
            0 => Kind::Data,
            1 => Kind::Stderr,
            2 => Kind::Control,
            _ => Kind::Eof,
        };
        let mut written = Vec::new();
        frame::write_frame(&mut written, kind, &payload(vector))
            .await
            .unwrap();
        assert_eq!(written, bytes(&vector["bytes"]));
        let read = frame::read_frame(&mut written.as_slice())
            .await
            .unwrap()
            .unwrap();
        assert_eq!((read.kind, read.bytes), (kind, payload(vector)));
    }
}

#[test]
fn messages() {
    fn same<T: serde::de::DeserializeOwned + serde::Serialize>(message: &Value) {
        let read: T = serde_json::from_value(message.clone()).unwrap();
        assert_eq!(&serde_json::to_value(read).unwrap(), message);
    }
    let vectors = vectors();
    list(&vectors, "opens").iter().for_each(same::<Open>);
    list(&vectors, "replies").iter().for_each(same::<Reply>);
    list(&vectors, "controls").iter().for_each(same::<Control>);
}
