//! Hostile WebSocket frames at every socket of the platform: an end for that socket alone.

use labwright_server::{Access, routes};
use serde_json::{Value, json};

use crate::frames::{hostile, memory_mb, open, send_to_the_end};
use crate::world::{Heard, World};

/// The sockets of a session, and what each wants to hear first. A new route has to be added here.
fn sockets(session: &str, terminal: &str, token: &Value) -> Vec<(String, String)> {
    let hellos = [
        (
            "terminals/{terminal}",
            json!({ "token": token, "cols": 80, "rows": 24 }),
        ),
        ("captures/{source}", json!({ "token": token })),
        ("displays/{app}", json!({ "token": token })),
        ("events", json!({ "token": token })),
    ];
    let all = routes();
    let paths = all
        .iter()
        .filter(|(_, _, access)| *access == Access::SessionOwnerInSocket)
        .map(|(_, path, _)| path.strip_prefix("/api/v1/sessions/{id}/").unwrap());
    let with_hello = |path: &str| {
        let hello = hellos.iter().find(|(of, _)| *of == path);
        let (_, hello) = hello.unwrap_or_else(|| panic!("no first message for {path}"));
        let path = path
            .replace("{terminal}", terminal)
            .replace("{source}", "lan")
            .replace("{app}", "app-4");
        (format!("{session}/{path}"), hello.to_string())
    };
    paths.map(with_hello).collect()
}

#[tokio::test]
async fn a_hostile_frame_ends_its_own_socket_and_no_other() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let session = ada.launch("nets", "tiny").await;
    let view = ada.get(&session).await.ok();
    let terminal = view["terminals"][0]["id"].as_str().unwrap().to_owned();
    let (mut witness, _) = ada
        .attach(&format!("{session}/terminals/{terminal}"), None)
        .await;
    let host = ada.address.to_string();
    let all = sockets(&session, &terminal, &json!(ada.token));
    assert_eq!(all.len(), 4);
    let before = memory_mb();
    for (name, bytes) in hostile() {
        for (path, hello) in &all {
            for first in [None, Some(hello)] {
                // Frames of a byte are many: once per socket is enough.
                if bytes.len() > 1024 * 1024 && first.is_none() {
                    continue;
                }
                let fields = [
                    ("Host", host.as_str()),
                    ("Sec-WebSocket-Extensions", "permessage-deflate"),
                ];
                let (answer, stream) = open(ada.address, path, &fields).await;
                assert!(answer.starts_with("HTTP/1.1 101 "), "{path}: {answer}");
                assert!(
                    !answer.to_lowercase().contains("sec-websocket-extensions"),
                    "{path}: {answer}"
                );
                let mut said = first.map_or_else(Vec::new, |hello| {
                    crate::frames::frame(0x81, hello.as_bytes())
                });
                said.extend_from_slice(&bytes);
                send_to_the_end(stream, &said).await;
            }
        }
        let word = format!("{}.", name.replace(' ', "-"));
        witness.type_in(format!("{word}\n").as_bytes()).await;
        let mut heard = String::new();
        while !heard.contains(&word) {
            match witness.next().await {
                Heard::Bytes(bytes) => heard.push_str(&String::from_utf8_lossy(&bytes)),
                other => panic!("after {name}: {other:?}"),
            }
        }
    }
    let grown = memory_mb().saturating_sub(before);
    assert!(grown < 256, "{grown} MB more");
}
