//! Any text as a learner's query, and as an author's: an answer or a refusal, within the bounds, and no write.
//! `cargo xtask fuzz sql`
#![no_main]

use std::sync::OnceLock;

use labwright_grading::{Words, compare_rows, is_ordered, judge_rows};
use labwright_sql::{Bounds, run_here};
use libfuzzer_sys::fuzz_target;

const BOUNDS: Bounds = Bounds {
    time_ms: 200,
    memory_bytes: 32 << 20,
    rows: 100,
    result_bytes: 1 << 16,
};

fuzz_target!(|sql: &str| {
    static SHOP: OnceLock<Vec<u8>> = OnceLock::new();
    let shop = SHOP.get_or_init(|| {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../labs/sql-shop/assets/shop.sqlite");
        std::fs::read(file).expect("the shop's database")
    });
    let ordered = is_ordered(sql);
    if let Ok(table) = run_here(sql, BOUNDS, shop) {
        assert!(table.rows.len() <= BOUNDS.rows);
        let verdict = compare_rows(&table, &table, ordered);
        assert!(!judge_rows(&verdict, Words::French).feedback.is_empty());
    }
});
