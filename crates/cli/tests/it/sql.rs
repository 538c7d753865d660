//! Labs of databases: the gate passes them, and a server decides what learners ask.

use std::path::Path;

use serde_json::{Value, json};

use crate::ground::Ground;
use crate::run::{Running, open};

#[test]
fn the_template_and_the_shop_pass_the_gate() {
    let ground = Ground::new();
    let made = ground.0.path().join("asked");
    let made = made.to_str().unwrap();
    let new = ground
        .labwright(&["new", made, "--template", "sql"])
        .output();
    assert!(new.unwrap().status.success());
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../labs/sql-shop");
    for lab in [made, shop.to_str().unwrap()] {
        let tested = ground.labwright(&["test", lab, "--json"]).output().unwrap();
        let report: Value = serde_json::from_slice(&tested.stdout).unwrap();
        let said = String::from_utf8_lossy(&tested.stderr);
        assert_eq!(report["ok"], true, "{said}");
    }
}

/// Language, query, verdict, and how its words begin.
const CASES: [(&str, &str, &str, &str); 7] = [
    (
        "en",
        "SELECT name, price FROM article WHERE price < 5",
        "not_yet",
        "17 rows, 16 expected.",
    ),
    (
        "fr",
        "SELECT name FROM article",
        "not_yet",
        "Votre requête donne 1 colonne par ligne, il en faut 2.",
    ),
    (
        "en",
        "SELECT nam FROM article",
        "not_yet",
        "Line 1: no such column: nam",
    ),
    (
        "en",
        "ATTACH '/etc/passwd' AS secrets",
        "not_yet",
        "A check takes a query that only reads",
    ),
    (
        "en",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n",
        "not_yet",
        "Your query took too long and was stopped.",
    ),
    (
        "en",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200), \
         m AS MATERIALIZED (SELECT i, zeroblob(1000000) FROM n) SELECT count(*) FROM m",
        "not_yet",
        "Your query needs too much memory and was stopped.",
    ),
    (
        "fr",
        "SELECT name, price AS prix FROM article WHERE NOT discontinued AND price < 5.0 ORDER BY 2;",
        "done",
        "16 lignes, les mêmes que les nôtres.",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_decided_by_the_server_in_the_learners_language() {
    let ground = Ground::new();
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../labs/sql-shop");
    let mut running = Running::start(&ground, &["run", shop.to_str().unwrap()]);
    let learner = open(&running.line(&ground, "#token="));
    let session = learner.launch("preview", "sql-shop").await;
    let step = learner.get(&format!("{session}/steps/2")).await.ok();
    assert_eq!(step["tasks"][0]["kind"], "sql");
    assert_eq!(step["tasks"][0]["database"], "assets/shop.sqlite");
    assert!(!step.to_string().contains("discontinued = 0"), "{step}");

    for (language, query, verdict, words) in CASES {
        let path = format!("{session}/tasks/cheap/check?lang={language}");
        let reply = learner.post(&path, json!({ "answer": query })).await.ok();
        assert_eq!(reply["attempt"]["verdict"], verdict, "{query}: {reply}");
        let said = reply["attempt"]["feedback"][0].as_str().unwrap();
        assert!(said.starts_with(words), "{said}");
    }
    let path = format!("{session}/tasks/cheap/check");
    for nothing in [
        json!({}),
        json!({ "answer": " \n" }),
        json!({ "answer": "x".repeat(10_001) }),
    ] {
        assert_eq!(learner.post(&path, nothing).await.code(), "bad_answer");
    }
    let attempts = learner.get(&format!("{session}/attempts")).await.ok();
    assert_eq!(attempts.as_array().unwrap().len(), CASES.len());
    running.interrupt();
}
