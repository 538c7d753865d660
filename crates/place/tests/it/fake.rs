//! The fake place keeps the promises of every place, and fails when it is told to.

use std::time::Duration;

use labwright_model::{MachineSpec, NodeName, SessionId};
use labwright_place::conformance::{self, Subject, talk};
use labwright_place::{FakePlace, MachineStatus, Place};
use labwright_wire::{CheckOutput, Exit};
use serde_json::json;

fn session(text: &str) -> SessionId {
    SessionId::new(text).unwrap()
}

fn node(text: &str) -> NodeName {
    NodeName::new(text).unwrap()
}

fn machine(id: &SessionId) -> MachineSpec {
    let limits = json!({"memory_bytes": 1, "cpu_milli": 1, "pids": 1, "disk_bytes": 1});
    let node = |name: &str| {
        json!({
            "name": name, "layers": [], "links": [], "routes": [], "user": "root", "services": [],
            "start": null, "env": {}, "sysctl": {}, "hidden": false, "limits": limits, "hosts": []
        })
    };
    serde_json::from_value(json!({
        "session": id, "lab": "lab", "nodes": [node("one"), node("two")], "networks": [],
        "params": {}, "limits": limits, "keep": ["/root"], "internet": "none"
    }))
    .unwrap()
}

const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn keeps_every_promise() {
    let place = FakePlace::new();
    conformance::run(&Subject {
        place: &place,
        machine: &machine,
        prefix: "fake",
        patience: PATIENCE,
    })
    .await
    .unwrap();
    assert_eq!(place.observe().await.unwrap(), []);
}

#[tokio::test]
async fn fails_starts_and_stops_when_told_to() {
    let place = FakePlace::new();
    let id = session("s");
    place.behave(|b| b.fail_starts = 1);
    place.start(&machine(&id)).await.unwrap_err();
    assert_eq!(place.observe().await.unwrap(), []);
    place.behave(|b| b.fail_starts_half_made = 1);
    place.start(&machine(&id)).await.unwrap_err();
    assert_eq!(place.observe().await.unwrap().len(), 1);
    place.start(&machine(&id)).await.unwrap();
    place.behave(|b| b.fail_stops = 1);
    place.stop(&id).await.unwrap_err();
    place.stop(&id).await.unwrap();
    place.behave(|b| b.unreachable = true);
    place.observe().await.unwrap_err();
}

#[tokio::test]
async fn an_agent_can_die_and_can_fail_to_boot() {
    let place = FakePlace::new();
    let id = session("s");
    place.start(&machine(&id)).await.unwrap();
    let client = talk::client(&place, &id).await.unwrap();
    talk::until_ready(&client, PATIENCE).await.unwrap();
    place.kill(&id);
    tokio::time::timeout(PATIENCE, client.closed())
        .await
        .unwrap();
    let found = place.observe().await.unwrap();
    assert_eq!(found[0].status, MachineStatus::Dead);

    place.behave(|b| b.boot_failure = Some("no room".to_owned()));
    place.start(&machine(&id)).await.unwrap();
    let client = talk::client(&place, &id).await.unwrap();
    let failed = talk::until_ready(&client, PATIENCE).await.unwrap_err();
    assert_eq!(failed, "the machine failed: no room");
}

#[tokio::test]
async fn checks_can_be_scripted() {
    let place = FakePlace::new();
    let id = session("s");
    place.on_check(|call| {
        (call.env.get("TASK")? == "scripted").then(|| CheckOutput {
            exit: Some(Exit::Code(7)),
            stdout: String::new(),
            stderr: String::new(),
            took_ms: 1,
        })
    });
    place.start(&machine(&id)).await.unwrap();
    let client = talk::client(&place, &id).await.unwrap();
    talk::until_ready(&client, PATIENCE).await.unwrap();
    let exit = async |task| {
        let one = node("one");
        let env = [("TASK", task)];
        let ran = talk::check(&client, &one, "true", &env, PATIENCE);
        ran.await.unwrap().exit
    };
    assert_eq!(exit("scripted").await, Some(Exit::Code(7)));
    assert_eq!(exit("acted").await, Some(Exit::Code(0)));
}
