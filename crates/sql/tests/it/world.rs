//! A folder with databases, and an asker whose children are this crate's own program.

use std::path::Path;

use labwright_grading::{Cell, Judgement, Table, Words};
use labwright_sql::{Asker, Bounds, Failure, SqlSource};
use rusqlite::Connection;
use tempfile::TempDir;

/// A small shop, and things that are no database.
pub struct World {
    pub dir: TempDir,
    pub asker: Asker,
}

/// Little time, so that a test of what takes for ever is short.
const BOUNDS: Bounds = Bounds {
    time_ms: 400,
    memory_bytes: 32 << 20,
    rows: 1_000,
    result_bytes: 1 << 20,
};

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let connection = Connection::open(dir.path().join("shop.sqlite")).unwrap();
        connection
            .execute_batch(
                "CREATE TABLE article (id INTEGER PRIMARY KEY, name TEXT, price REAL);
                 INSERT INTO article (name, price) VALUES
                   ('nail', 0.1), ('hammer', 12.5), ('saw', 9.75), ('glue', NULL), ('nail', 0.1);
                 CREATE VIRTUAL TABLE words USING fts5(text);
                 INSERT INTO words VALUES ('a hammer and a nail');
                 CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
                 INSERT INTO boxes VALUES (1, 0, 1);",
            )
            .unwrap();
        let asker = Asker::new(env!("CARGO_BIN_EXE_labwright-sql-child"), &[]).with_bounds(BOUNDS);
        Self { dir, asker }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub async fn ask(&self, sql: &str) -> Result<Table, Failure> {
        self.asker
            .ask(self.path(), "shop.sqlite", sql)
            .await
            .unwrap()
    }

    pub async fn judge(&self, query: &str, answer: &str, words: Words) -> Judgement {
        let source = SqlSource {
            asker: &self.asker,
            assets: self.path(),
            database: "assets/shop.sqlite",
        };
        source.judge(query, answer, words).await
    }

    /// The first cell of a query that must have one.
    pub async fn cell(&self, sql: &str) -> Cell {
        self.ask(sql).await.unwrap().rows[0][0].clone()
    }
}
