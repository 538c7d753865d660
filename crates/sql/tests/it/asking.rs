//! What a kind query gives, and what is said of a wrong one.

use labwright_grading::{Cell, Verdict, Words};
use labwright_sql::{AskError, Failure};
use rusqlite::Connection;

use crate::world::World;

#[tokio::test]
async fn rows_come_as_they_are() {
    let world = World::new();
    let table = world
        .ask("SELECT name, price, id AS n FROM article WHERE id > 2 ORDER BY id; -- all")
        .await
        .unwrap();
    assert_eq!(table.columns, ["name", "price", "n"]);
    let first = [Cell::Text("saw".into()), Cell::Real(9.75), Cell::Integer(3)];
    assert_eq!(table.rows[0], first);
    assert_eq!(table.rows[1][1], Cell::Null);
    assert_eq!(
        world.cell("VALUES (x'00ff')").await,
        Cell::Blob(vec![0, 255])
    );
    assert_eq!(world.cell("SELECT 9e999").await, Cell::Real(f64::INFINITY));
    assert_eq!(world.cell("SELECT sqrt(16)").await, Cell::Real(4.0));
    assert_eq!(
        world.cell("SELECT 9223372036854775807").await,
        Cell::Integer(i64::MAX)
    );
    let found = world.cell("SELECT text FROM words WHERE words MATCH 'nail'");
    assert_eq!(found.await, Cell::Text("a hammer and a nail".into()));
    let columns = world.ask("PRAGMA table_info(article)").await.unwrap();
    assert_eq!(columns.rows.len(), 3);
    let plan = world.ask("EXPLAIN QUERY PLAN SELECT * FROM article").await;
    assert_eq!(plan.unwrap().columns.last().unwrap(), "detail");
}

#[tokio::test]
async fn what_is_no_query_is_refused_in_words() {
    let world = World::new();
    let failures = [
        ("", Failure::Empty),
        (" -- nothing\n/* at all */ ;", Failure::Empty),
        ("SELECT 1; SELECT 2", Failure::Several),
        ("SELECT 1; nonsense", Failure::Several),
        ("DELETE FROM article", Failure::NoQuery),
        (
            "INSERT INTO article DEFAULT VALUES RETURNING id",
            Failure::NoQuery,
        ),
        ("CREATE TEMP TABLE t (a)", Failure::NoQuery),
        ("BEGIN", Failure::NoQuery),
        ("VACUUM", Failure::NoQuery),
    ];
    for (sql, failure) in failures {
        assert_eq!(world.ask(sql).await.unwrap_err(), failure, "{sql}");
    }
    let Err(Failure::Sql { message, offset }) = world.ask("SELECT nam FROM article").await else {
        panic!("there is no such column");
    };
    assert_eq!((message.as_str(), offset), ("no such column: nam", Some(7)));
}

#[tokio::test]
async fn a_learner_is_told_and_the_author_is_not_given_away() {
    let world = World::new();
    let query = "SELECT name, price FROM article WHERE price < 5";
    let judge = |answer: &'static str, words| world.judge(query, answer, words);
    let right = judge(
        "SELECT name, price FROM article WHERE price <= 4",
        Words::English,
    )
    .await;
    assert_eq!(right.verdict, Verdict::Done);
    assert_eq!(right.feedback, ["2 rows, the same as ours."]);
    let wide = judge("SELECT name, price FROM article", Words::English).await;
    assert_eq!(wide.verdict, Verdict::NotYet);
    assert_eq!(
        wide.feedback,
        [
            "5 rows, 2 expected.",
            "Row 2 should not be there: hammer, 12.5."
        ]
    );
    let wrong = judge("SELECT nam\nFROM article", Words::French).await;
    assert_eq!(wrong.feedback, ["Ligne 1 : no such column: nam"]);
    let changing = judge("DELETE FROM article", Words::English).await;
    assert_eq!((changing.verdict, changing.share), (Verdict::NotYet, 0.0));
    let broken = world
        .judge("SELECT missing", "SELECT 1", Words::English)
        .await;
    assert_eq!(broken.verdict, Verdict::Broken);
    assert!(broken.feedback.is_empty());
    assert!(broken.broken.unwrap().contains("no such column: missing"));
}

#[tokio::test]
async fn only_files_below_the_folder_and_only_databases() {
    let world = World::new();
    std::fs::write(
        world.path().join("text.sqlite"),
        "not a database, but long enough to be one? no",
    )
    .unwrap();
    std::os::unix::fs::symlink("/etc/passwd", world.path().join("link")).unwrap();
    std::fs::create_dir(world.path().join("folder")).unwrap();
    for file in [
        "none.sqlite",
        "../shop.sqlite",
        "/etc/passwd",
        "link",
        "folder",
        "",
    ] {
        let asked = world.asker.ask(world.path(), file, "SELECT 1").await;
        assert!(
            matches!(asked, Err(AskError::Read { .. })),
            "{file}: {asked:?}"
        );
    }
    let text = world
        .asker
        .ask(world.path(), "text.sqlite", "SELECT 1")
        .await
        .unwrap();
    assert!(matches!(text, Err(Failure::Database { .. })), "{text:?}");
}

#[tokio::test]
async fn a_database_that_is_written_ahead_is_read_too() {
    let world = World::new();
    let connection = Connection::open(world.path().join("wal.sqlite")).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t AS SELECT 7 AS n;")
        .unwrap();
    connection.close().unwrap();
    let asked = world
        .asker
        .ask(world.path(), "wal.sqlite", "SELECT n FROM t")
        .await;
    assert_eq!(asked.unwrap().unwrap().rows, [[Cell::Integer(7)]]);
}

#[tokio::test]
async fn a_missing_program_is_no_fault_of_the_learner() {
    let world = World::new();
    let asker = labwright_sql::Asker::new("/nowhere/labwright", &[]);
    let asked = asker.ask(world.path(), "shop.sqlite", "SELECT 1").await;
    assert!(matches!(asked, Err(AskError::Child { .. })), "{asked:?}");
    let asker = labwright_sql::Asker::new("/bin/false", &[]);
    let asked = asker.ask(world.path(), "shop.sqlite", "SELECT 1").await;
    assert!(matches!(asked, Err(AskError::Answer { .. })), "{asked:?}");
}
