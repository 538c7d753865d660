//! Dates, tries, and more time: what a learner may do, what counts, and who may change it.

use std::collections::BTreeMap;

use hyper::{Method, StatusCode};
use labwright_server::RuleConfig;
use serde_json::{Value, json};

use crate::world::{Browser, World};

const RULE: &str = "/api/v1/courses/nets/labs/tiny/rule";
const MORE: &str = "/api/v1/courses/nets/labs/tiny/extensions";
const HOUR: i64 = 3_600_000;

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

async fn set(teacher: &Browser, rule: Value) {
    let answer = teacher.post(RULE, rule).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text);
}

async fn answer(browser: &Browser, session: &str, answer: &str) -> labwright_testkit::Answer {
    let body = json!({ "answer": answer });
    browser
        .post(&format!("{session}/tasks/count/check"), body)
        .await
}

async fn id(browser: &Browser) -> Value {
    browser.get("/api/v1/me").await.ok()["id"].clone()
}

#[tokio::test]
async fn tries_are_counted_and_the_chosen_one_counts() {
    let world = World::new().await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    set(&tom, json!({ "tries": 2, "which": "first" })).await;
    let session = ada.launch("nets", "tiny").await;
    let wrong = answer(&ada, &session, "3").await.ok();
    assert_eq!(
        (&wrong["task"]["tries_left"], &wrong["score"]),
        (&json!(1), &json!(0.0))
    );
    let right = answer(&ada, &session, "4").await.ok();
    assert_eq!(right["attempt"]["verdict"], "done");
    assert_eq!(
        (&right["task"]["tries_left"], &right["score"]),
        (&json!(0), &json!(0.0)),
        "the first counts"
    );
    assert_eq!(answer(&ada, &session, "4").await.code(), "no_tries_left");
    // The rule changes: the same attempts count anew.
    set(&tom, json!({ "which": "last" })).await;
    let scores = tom.get("/api/v1/courses/nets/scores").await.ok();
    let ada_id = id(&ada).await;
    let row = |scores: &Value| {
        let learners = scores["learners"].as_array().unwrap();
        learners
            .iter()
            .find(|one| one["id"] == ada_id)
            .unwrap()
            .clone()
    };
    assert_eq!(row(&scores)["labs"][0]["score"], 1.0);
    assert_eq!(scores["labs"][0]["own_rule"], true);
    // Without a rule all is as it was.
    let unset = tom.send(Method::DELETE, RULE, None, &[]).await;
    assert_eq!(unset.status, StatusCode::NO_CONTENT);
    let lab = ada.get("/api/v1/courses").await.ok()[0]["labs"][0].clone();
    assert_eq!((&lab["rule"], &lab["score"]), (&Value::Null, &json!(1.0)));
}

#[tokio::test]
async fn a_lab_opens_closes_and_late_work_is_marked_or_left_out() {
    let world = World::new().await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    let start = json!({ "course": "nets", "lab": "tiny" });
    set(&tom, json!({ "opens_at": now() + HOUR })).await;
    let early = ada.post("/api/v1/sessions", start.clone()).await;
    assert_eq!(early.code(), "not_open");
    // Who teaches the course tries it before.
    tom.post("/api/v1/sessions", start.clone()).await.ok();

    set(&tom, json!({ "due_at": now() - HOUR, "late": "counts" })).await;
    let session = ada.launch("nets", "tiny").await;
    let view = ada.get(&session).await.ok();
    assert_eq!(view["rule"]["late"], "counts");
    let late = answer(&ada, &session, "4").await.ok();
    assert_eq!(
        (&late["task"]["late"], &late["score"]),
        (&json!(true), &json!(1.0))
    );
    set(
        &tom,
        json!({ "due_at": now() - HOUR, "late": "counts_not" }),
    )
    .await;
    let lab = ada.get("/api/v1/courses").await.ok()[0]["labs"][0].clone();
    assert_eq!(lab["score"], 0.0);
    // More time for one: what they did is on time after all.
    let more = json!({ "learner": id(&ada).await, "until": now() + HOUR });
    let given = tom.post(MORE, more).await;
    assert_eq!(given.status, StatusCode::NO_CONTENT, "{}", given.text);
    let lab = ada.get("/api/v1/courses").await.ok()[0]["labs"][0].clone();
    assert_eq!(lab["score"], 1.0);
    assert!(lab["rule"]["due_at"].as_i64().unwrap() > now());
    let bob = world.browser("bob").await;
    let others = bob.get("/api/v1/courses").await.ok()[0]["labs"][0].clone();
    assert!(others["rule"]["due_at"].as_i64().unwrap() < now());

    set(&tom, json!({ "closes_at": now() - HOUR })).await;
    let back = json!({ "learner": id(&ada).await });
    tom.post(MORE, back).await;
    assert_eq!(answer(&ada, &session, "4").await.code(), "lab_closed");
    assert_eq!(
        ada.post("/api/v1/sessions", start).await.code(),
        "lab_closed"
    );
}

#[tokio::test]
async fn nonsense_is_refused_and_learners_set_nothing() {
    let world = World::new().await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    let upside_down = json!({ "opens_at": now(), "due_at": now() - HOUR });
    assert_eq!(tom.post(RULE, upside_down).await.code(), "bad_request");
    assert_eq!(
        tom.post(RULE, json!({ "tries": 0 })).await.code(),
        "bad_request"
    );
    assert_eq!(
        tom.post(MORE, json!({ "learner": "x" })).await.code(),
        "bad_request"
    );
    assert_eq!(
        ada.post(RULE, json!({})).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn the_configuration_sets_rules_and_a_teacher_others() {
    let world = World::with(|config| {
        let rule: RuleConfig = RuleConfig {
            tries: Some(1),
            ..RuleConfig::default()
        };
        config.courses[0].rules = BTreeMap::from([("*".to_owned(), rule)]);
    });
    let world = world.await;
    let (ada, tom) = (world.browser("ada").await, world.browser("tom").await);
    let rule = || async { ada.get("/api/v1/courses").await.ok()[0]["labs"][0]["rule"].clone() };
    assert_eq!(rule().await["tries"], 1);
    set(&tom, json!({ "tries": 5 })).await;
    assert_eq!(rule().await["tries"], 5);
    // It is another one after a restart; the teacher's stays.
    let world = world.restart().await;
    let ada = world.browser("ada").await;
    let lab = ada.get("/api/v1/courses").await.ok()[0]["labs"][0].clone();
    assert_eq!(lab["rule"]["tries"], 5);
    let tom = world.browser("tom").await;
    tom.send(Method::DELETE, RULE, None, &[]).await;
    let lab = ada.get("/api/v1/courses").await.ok()[0]["labs"][0].clone();
    assert_eq!(lab["rule"], Value::Null);
}
