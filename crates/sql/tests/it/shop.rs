//! The database of `labs/sql-shop` is what its script makes. `LABWRIGHT_UPDATE=1` makes it anew.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::Value;

const TABLES: [&str; 8] = [
    "sqlite_schema",
    "category",
    "article",
    "customer",
    "staff",
    "purchase",
    "item",
    "review",
];

#[test]
fn the_shop_is_what_its_script_makes() {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../labs/sql-shop");
    let script = std::fs::read_to_string(lab.join("make/shop.sql")).unwrap();
    let committed = lab.join("assets/shop.sqlite");
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("shop.sqlite");
    let connection = Connection::open(&made).unwrap();
    connection.execute_batch(&script).unwrap();
    let fresh = rows(&connection);
    connection.close().unwrap();
    if std::env::var_os("LABWRIGHT_UPDATE").is_some() {
        std::fs::copy(&made, &committed).unwrap();
    }
    // Rows, not bytes: another version of SQLite may lay its pages out otherwise.
    let kept = Connection::open(&committed).unwrap();
    for ((table, fresh), (_, kept)) in fresh.iter().zip(&rows(&kept)) {
        assert!(fresh == kept, "{table} is stale");
    }
    assert!(std::fs::metadata(&committed).unwrap().len() < 400_000);
}

fn rows(connection: &Connection) -> Vec<(&'static str, Vec<Vec<Value>>)> {
    let all = |table: &'static str| {
        let columns = match table {
            "sqlite_schema" => "type, name, sql",
            _ => "*",
        };
        let sql = format!("SELECT {columns} FROM {table} ORDER BY 1, 2");
        let mut statement = connection.prepare(&sql).unwrap();
        let width = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get(at)).collect();
        let rows = statement.query_map([], row).unwrap();
        (table, rows.map(Result::unwrap).collect())
    };
    TABLES.into_iter().map(all).collect()
}
