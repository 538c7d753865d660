//! The JSON of messages is a contract: a change of these lines is a change of the protocol.

use labwright_model::NodeName;
use labwright_wire::{Control, Event, Exit, Failure, KeepOp, Open, Reply};

fn check<T>(message: &T, json: &str)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    assert_eq!(serde_json::to_string(message).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(json).unwrap(), message);
}

fn node() -> NodeName {
    NodeName::new("client").unwrap()
}

#[test]
fn requests() {
    check(
        &Open::Status { version: 1 },
        r#"{"open":"status","version":1}"#,
    );
    check(
        &Open::Pty {
            node: node(),
            terminal: "t1".to_owned(),
            cols: 80,
            rows: 24,
            since: Some(7),
            existing: true,
            argv: Vec::new(),
            user: None,
        },
        r#"{"open":"pty","node":"client","terminal":"t1","cols":80,"rows":24,"since":7,"existing":true,"argv":[],"user":null}"#,
    );
    check(
        &Open::Keep {
            node: node(),
            op: KeepOp::Save,
        },
        r#"{"open":"keep","node":"client","op":"save"}"#,
    );
    check(
        &Open::Reset { node: None },
        r#"{"open":"reset","node":null}"#,
    );
    check(
        &Open::Capture {
            network: "lan".to_owned(),
            node: None,
            snap: None,
        },
        r#"{"open":"capture","network":"lan"}"#,
    );
    check(
        &Open::Capture {
            network: "lan".to_owned(),
            node: Some(node()),
            snap: Some(128),
        },
        r#"{"open":"capture","network":"lan","node":"client","snap":128}"#,
    );
    check(
        &Open::Connect {
            node: node(),
            port: 80,
        },
        r#"{"open":"connect","node":"client","port":80}"#,
    );
    check(
        &Open::Wake {
            unix_ms: 1_795_000_000_000,
            entropy: "00ff".to_owned(),
        },
        r#"{"open":"wake","unix_ms":1795000000000,"entropy":"00ff"}"#,
    );
    check(&Open::Stop, r#"{"open":"stop"}"#);
}

#[test]
fn optional_parts_may_be_left_out() {
    let open: Open =
        serde_json::from_str(r#"{"open":"exec","node":"client","argv":["id"]}"#).unwrap();
    assert!(matches!(open, Open::Exec { user: None, cwd: None, env, .. } if env.is_empty()));
}

#[test]
fn answers() {
    check(&Reply::Done, r#"{"reply":"done"}"#);
    let failure = Failure {
        code: "unknown_node".to_owned(),
        message: "there is no node x".to_owned(),
    };
    check(
        &Reply::Failed(failure),
        r#"{"reply":"failed","code":"unknown_node","message":"there is no node x"}"#,
    );
    check(
        &Reply::Terminal {
            offset: 1,
            end: 2,
            lost: true,
        },
        r#"{"reply":"terminal","offset":1,"end":2,"lost":true}"#,
    );
    check(
        &Control::Exit {
            exit: Exit::Signal(9),
        },
        r#"{"control":"exit","exit":{"signal":9}}"#,
    );
    check(
        &Control::Skipped { offset: 5 },
        r#"{"control":"skipped","offset":5}"#,
    );
    check(&Event::Ready { at_ms: 3 }, r#"{"event":"ready","at_ms":3}"#);
}
