//! Measuring a line, and a learner's line on the teacher's board.

use hyper::{Method, StatusCode};
use serde_json::json;

use crate::world::{Heard, World};

#[tokio::test]
async fn anybody_measures_a_line_within_bounds() {
    let world = World::new().await;
    let stranger = world.stranger();
    let path = "/api/v1/line/bytes";
    let zipped = [("accept-encoding", "gzip")];
    let asked = format!("{path}?n=200000");
    let answer = stranger.send(Method::GET, &asked, None, &zipped).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-length"], "200000");
    assert_ne!(answer.headers.get("content-encoding").unwrap(), "gzip");
    assert!(
        answer.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("no-store")
    );
    let (_, bytes) = stranger.octets(Method::GET, &asked, &[]).await;
    assert_eq!(bytes.len(), 200_000);
    let too_many = stranger.get(&format!("{path}?n=2000000")).await;
    assert_eq!(too_many.status, StatusCode::BAD_REQUEST);

    let (status, _) = stranger.octets(Method::POST, path, &[7; 100_000]).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _) = stranger.octets(Method::POST, path, &[7; 300_000]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let held = stranger.get("/api/v1/line/held").await;
    assert_eq!(held.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_server_measures_only_so_much_for_one_address() {
    let world = World::new().await;
    let stranger = world.stranger();
    let mut refused = None;
    // 17 units each, of 3,000 at once.
    for _ in 0..220 {
        let (status, _) = stranger
            .octets(Method::GET, "/api/v1/line/bytes?n=1048576", &[])
            .await;
        if status != StatusCode::OK {
            refused = Some(status);
            break;
        }
    }
    assert_eq!(refused, Some(StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test]
async fn a_socket_says_back_what_it_hears_for_a_while() {
    let world = World::new().await;
    let stranger = world.stranger();
    let mut socket = stranger.dial("/api/v1/line/socket", None).await.unwrap();
    for n in 0..64 {
        socket.say(json!({ "n": n })).await;
        assert_eq!(socket.text().await["n"], n);
    }
    assert_eq!(socket.closed().await, 1012);
    let mut socket = stranger.dial("/api/v1/line/socket", None).await.unwrap();
    socket.say(json!({ "long": "x".repeat(2000) })).await;
    assert_eq!(socket.closed().await, 4400);
}

#[tokio::test]
async fn a_learners_line_is_on_the_board_and_nonsense_is_not() {
    let world = World::new().await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    let path = ada.launch("nets", "tiny").await;
    let board = "/api/v1/courses/nets/labs/tiny/board?after=0";
    for browser in ada.both_ways() {
        let hello = json!({ "token": ada.token });
        let mut events = browser.socket(&format!("{path}/events"), hello).await;
        assert!(matches!(events.next().await, Heard::Text(_)));
        let line = json!({ "round_trip_ms": 320, "lost_percent": 5, "polling": browser.polled });
        events.say(json!({ "line": line })).await;
        let wild =
            json!({ "round_trip_ms": 4_000_000_000_u32, "lost_percent": 5, "polling": true });
        events.say(json!({ "line": wild })).await;
        events.say(json!({ "nothing": "known" })).await;
        let seen = async {
            loop {
                let seen = tom.get(board).await.ok();
                let row = seen["learners"][0].clone();
                if row["line"] == line {
                    return row;
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        let row = tokio::time::timeout(std::time::Duration::from_secs(30), seen).await;
        let row = row.unwrap();
        assert!(row["place"].is_string());
        assert_eq!(
            (&row["work"]["task"], &row["work"]["failed"]),
            (&json!("made"), &json!(0))
        );
    }
}
