//! SQL that wants all of something. Each is refused or stopped, and the next question is answered.

use std::time::{Duration, Instant};

use labwright_grading::Cell;
use labwright_sql::Failure;

use crate::world::World;

/// Bounded by the child's limits, whatever the machine's speed: only a query that is never stopped is longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Queries in `tests/data/hostile.sql`: what must come of each, then the query, up to the next line of dashes.
fn queries() -> Vec<(String, String)> {
    let text = include_str!("../data/hostile.sql");
    let cases = text.split("\n-- >> ").skip(1).map(|case| {
        let (expected, sql) = case.split_once('\n').unwrap();
        (expected.trim().to_owned(), sql.trim().to_owned())
    });
    cases.collect()
}

fn kind(failure: &Failure) -> &'static str {
    match failure {
        Failure::Sql { .. } => "refused",
        Failure::Empty | Failure::Several => "several",
        Failure::NoQuery => "forbidden",
        Failure::Time => "time",
        Failure::Memory => "memory",
        Failure::Rows => "rows",
        Failure::Database { .. } => "database",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_stopped_and_nothing_is_harmed() {
    let world = World::new();
    let before = std::fs::read(world.path().join("shop.sqlite")).unwrap();
    let queries = queries();
    assert!(queries.len() >= 25, "{}", queries.len());
    let mut wrong = Vec::new();
    for (expected, sql) in &queries {
        let began = Instant::now();
        let asked = world.ask(sql).await;
        assert!(began.elapsed() < PATIENCE, "not stopped: {sql}");
        let came = asked.as_ref().err().map_or("table", kind);
        if !expected.split(" or ").any(|one| one == came) {
            let excerpt: String = format!("{asked:?}").chars().take(200).collect();
            wrong.push(format!("{expected} expected of {sql}\n  {excerpt}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(
        world.cell("SELECT count(*) FROM article").await,
        Cell::Integer(5)
    );
    assert_eq!(
        std::fs::read(world.path().join("shop.sqlite")).unwrap(),
        before
    );
    let left: Vec<_> = std::fs::read_dir(world.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_are_refused_quickly() {
    let world = World::new();
    let million = 1_000_000;
    let texts = [
        format!("SELECT {}1{}", "(".repeat(million), ")".repeat(million)),
        format!("SELECT {}1", "-".repeat(50_000).replace("--", "- ")),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(5_000)),
        format!("SELECT 1{}", " + 1".repeat(20_000)),
        format!("SELECT '{}'", "x".repeat(million)),
        format!("SELECT * FROM article{}", ", article".repeat(70)),
        format!("SELECT {}", vec!["1"; 3_000].join(", ")),
        "x".repeat(million),
        "\u{0}\u{1}\u{fffd}(".repeat(10_000),
    ];
    for text in &texts {
        let came = world.ask(text).await.unwrap_err();
        let excerpt: String = text.chars().take(40).collect();
        assert!(
            matches!(
                came,
                Failure::Sql { .. } | Failure::Memory | Failure::Several | Failure::Empty
            ),
            "{excerpt}: {came:?}"
        );
    }
    world.cell("SELECT 1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_take_turns() {
    let world = World::new();
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    let asked = (0..6).map(|_| world.ask(endless));
    for came in futures::future::join_all(asked).await {
        assert_eq!(came.unwrap_err(), Failure::Time);
    }
}
