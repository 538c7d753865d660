//! Captures over a WebSocket: what the lab shows, and nothing else.

use serde_json::json;

use crate::world::{Heard, World};

#[tokio::test]
async fn packets_come_as_whole_blocks_until_it_is_stopped() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    for source in ["lan", "client:lan", "client%3Alan"] {
        let hello = json!({ "token": ada.token });
        let mut socket = ada
            .socket(&format!("{path}/captures/{source}"), hello)
            .await;
        assert_eq!(socket.text().await, json!({ "type": "started" }));
        let Heard::Bytes(bytes) = socket.next().await else {
            panic!("no packets of {source}");
        };
        assert_eq!(bytes[..4], [0x0A, 0x0D, 0x0D, 0x0A]);
        assert!(String::from_utf8_lossy(&bytes).contains("a packet on lan"));
        socket
            .say(json!({ "type": "ack", "offset": bytes.len() }))
            .await;
        socket.say(json!({ "type": "stop" })).await;
        assert!(matches!(socket.next().await, Heard::Bytes(_)));
        let counts = json!({ "type": "counts", "passed": 5, "dropped": 4 });
        assert_eq!(socket.text().await, counts);
        assert_eq!(socket.text().await, json!({ "type": "stopped" }));
        assert_eq!(socket.closed().await, 1000);
    }
}

#[tokio::test]
async fn what_the_lab_does_not_show_does_not_exist() {
    let world = World::new().await;
    let ada = world.browser("ada").await;
    let path = ada.launch("nets", "tiny").await;
    // A network of hidden nodes alone, a hidden node, the machine's own interfaces.
    for source in [
        "back",
        "judge:back",
        "judge:lan",
        "ghost:lan",
        "client:back",
        "net0",
        "eth0",
        "lo",
        ":lan",
        "lan:",
        "..%2F",
    ] {
        let hello = json!({ "token": ada.token });
        let mut socket = ada
            .socket(&format!("{path}/captures/{source}"), hello)
            .await;
        assert_eq!(socket.closed().await, 4404, "{source}");
    }
    let bob = world.browser("bob").await;
    let mut socket = bob
        .socket(
            &format!("{path}/captures/lan"),
            json!({ "token": bob.token }),
        )
        .await;
    assert_eq!(socket.closed().await, 4404);
    let mut socket = ada.socket(&format!("{path}/captures/lan"), json!({})).await;
    assert_eq!(socket.closed().await, 4400);
}
