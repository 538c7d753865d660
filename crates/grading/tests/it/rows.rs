//! Rows of a query and the author's rows.

use labwright_grading::{
    Cell, RowsVerdict, Table, Verdict, Words, compare_rows, is_ordered, judge_rows,
};
use proptest::prelude::*;

/// A table from words: `NULL`, numbers, and the rest as text; `|` parts cells.
fn table(rows: &[&str]) -> Table {
    let cell = |word: &str| match word.trim() {
        "NULL" => Cell::Null,
        word => word.parse().map_or_else(
            |_| {
                word.parse()
                    .map_or_else(|_| Cell::Text(word.to_owned()), Cell::Real)
            },
            Cell::Integer,
        ),
    };
    let rows: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| row.split('|').map(cell).collect())
        .collect();
    let columns = rows.first().map_or(0, Vec::len);
    Table {
        columns: (1..=columns).map(|n| format!("c{n}")).collect(),
        rows,
    }
}

#[track_caller]
fn says(expected: &[&str], given: &[&str], ordered: bool, words: &str) {
    let verdict = compare_rows(&table(expected), &table(given), ordered);
    let judgement = judge_rows(&verdict, Words::English);
    assert_eq!(judgement.feedback.join(" / "), words);
    let done = matches!(verdict, RowsVerdict::Same { .. });
    assert_eq!(judgement.verdict == Verdict::Done, done);
    assert_eq!(judgement.share, if done { 1.0 } else { 0.0 });
    let french = judge_rows(&verdict, Words::of_tag("fr-CA"));
    assert_eq!(french.feedback.len(), judgement.feedback.len());
    assert_ne!(french.feedback, judgement.feedback);
}

#[test]
fn equal_in_any_order_unless_the_author_says_one() {
    says(
        &["a|1", "b|2"],
        &["b|2", "a|1.0"],
        false,
        "2 rows, the same as ours.",
    );
    says(&["NULL"], &["NULL"], true, "One row, the same as ours.");
    says(
        &["a|1", "b|2"],
        &["b|2", "a|1"],
        true,
        "The rows are right, their order is not: row 1 should not come there.",
    );
}

#[test]
fn what_differs_is_said_and_what_is_expected_is_not() {
    says(
        &["a|1"],
        &["a"],
        false,
        "Your query gives 1 column per row, 2 are expected.",
    );
    says(
        &["a|1", "b|2"],
        &["1|a", "2|b"],
        false,
        "The values are right, but the columns are in another order.",
    );
    says(
        &["a|1", "b|2"],
        &["a|3", "b|4"],
        false,
        "All is right but for column 2 (c2).",
    );
    says(
        &["a|1", "b|2"],
        &["a|1", "b|2", "c|NULL"],
        false,
        "3 rows, 2 expected. / Row 3 should not be there: c, NULL.",
    );
    says(
        &["a|1|x", "b|2|y"],
        &["a|1|x", "c|3|z", "b|2|q"],
        false,
        "3 rows, 2 expected. / Row 2 should not be there: c, 3, z.",
    );
    says(
        &["a|1", "b|2"],
        &["a|1", "a|1", "b|2"],
        false,
        "3 rows, 2 expected. / Some rows come more often than they should.",
    );
    says(
        &["a|1", "b|2"],
        &["a|1"],
        false,
        "1 row, 2 expected. / All of yours are right; some are missing.",
    );
    says(
        &["a|1", "b|2", "c|3"],
        &["a|1", "x|2", "c|9"],
        false,
        "3 rows, as many as expected, but 1 of them is right. / Row 2 is right but for column 1: x, 2.",
    );
    says(
        &["a|1"],
        &[],
        false,
        "Your query gives 0 columns per row, 2 are expected.",
    );
}

#[test]
fn kinds_of_values_are_kept_apart_and_roundings_are_not() {
    let same = |a: Cell, b: Cell| {
        let one = |cell: Cell| Table {
            columns: vec!["x".into()],
            rows: vec![vec![cell]],
        };
        matches!(
            compare_rows(&one(a), &one(b), true),
            RowsVerdict::Same { .. }
        )
    };
    assert!(same(Cell::Integer(1), Cell::Real(1.0)));
    assert!(same(Cell::Real(0.1 + 0.2), Cell::Real(0.3)));
    assert!(same(Cell::Real(-0.0), Cell::Integer(0)));
    assert!(same(Cell::Real(f64::INFINITY), Cell::Real(f64::INFINITY)));
    assert!(!same(Cell::Real(f64::INFINITY), Cell::Real(1e308)));
    assert!(!same(Cell::Integer(i64::MAX), Cell::Integer(i64::MAX - 1)));
    assert!(!same(Cell::Real(1.0), Cell::Real(1.001)));
    assert!(!same(Cell::Null, Cell::Integer(0)));
    assert!(!same(Cell::Null, Cell::Text(String::new())));
    assert!(!same(Cell::Text("1".into()), Cell::Integer(1)));
    assert!(!same(Cell::Text("a".into()), Cell::Text("A".into())));
    assert!(!same(Cell::Text("a".into()), Cell::Blob(b"a".to_vec())));
}

#[test]
fn an_order_counts_where_the_query_itself_has_one() {
    for ordered in [
        "SELECT a FROM t ORDER BY a",
        "select a from t\norder\n  by 1 limit 3;",
        "WITH x AS (SELECT 1) SELECT * FROM x /* so */ ORDER /* it is */ BY 1",
    ] {
        assert!(is_ordered(ordered), "{ordered}");
    }
    for free in [
        "SELECT a FROM t",
        "SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 3)",
        "SELECT rank() OVER (ORDER BY a) FROM t",
        "SELECT 'ORDER BY' FROM t -- ORDER BY a",
        "SELECT \"order by\", `order by`, [order by] FROM t /* ORDER BY a */",
        "SELECT 'it''s ORDER BY' AS border, by FROM t",
        "SELECT 'never ends ORDER BY",
        "/* never ends ORDER BY",
    ] {
        assert!(!is_ordered(free), "{free}");
    }
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Null),
        (-3_i64..3).prop_map(Cell::Integer),
        (-3_i32..3).prop_map(|n| Cell::Real(f64::from(n) / 2.0)),
        "[ab]{0,2}".prop_map(Cell::Text),
        proptest::collection::vec(0_u8..2, 0..2).prop_map(Cell::Blob),
    ]
}

fn rows() -> impl Strategy<Value = Table> {
    (1_usize..4).prop_flat_map(|columns| {
        let row = proptest::collection::vec(cell(), columns);
        proptest::collection::vec(row, 0..12).prop_map(move |rows| Table {
            columns: vec!["c".to_owned(); columns],
            rows,
        })
    })
}

/// A table whose reals are off by roundings.
fn jittered(table: &Table) -> Table {
    let mut jittered = table.clone();
    for (at, cell) in jittered.rows.iter_mut().flatten().enumerate() {
        if let Cell::Real(real) = cell {
            *real += 1e-13 * (at % 7) as f64;
        }
    }
    jittered
}

proptest! {
    #[test]
    fn a_table_equals_itself_in_any_order(table in rows(), seed in any::<u64>()) {
        let mut turned = jittered(&table);
        let same = matches!(compare_rows(&table, &turned, true), RowsVerdict::Same { .. });
        prop_assert!(same, "{table:?}");
        let count = turned.rows.len().max(1);
        turned.rows.rotate_left((seed % count as u64) as usize % count);
        if seed % 2 == 0 {
            turned.rows.reverse();
        }
        let same = matches!(compare_rows(&table, &turned, false), RowsVerdict::Same { .. });
        prop_assert!(same, "{table:?}");
    }

    #[test]
    fn one_row_more_or_less_is_seen(table in rows(), at in any::<prop::sample::Index>()) {
        prop_assume!(!table.rows.is_empty());
        let mut less = table.clone();
        less.rows.remove(at.index(table.rows.len()));
        for (expected, given) in [(&table, &less), (&less, &table)] {
            let verdict = compare_rows(expected, given, false);
            let differs = matches!(verdict, RowsVerdict::Rows(_));
            prop_assert!(differs, "{verdict:?}");
        }
    }

    #[test]
    fn any_two_tables_give_words_and_both_ways_agree(a in rows(), b in rows(), ordered in any::<bool>()) {
        let there = compare_rows(&a, &b, ordered);
        let back = compare_rows(&b, &a, ordered);
        let same = |verdict: &RowsVerdict| matches!(verdict, RowsVerdict::Same { .. });
        prop_assert_eq!(same(&there), same(&back));
        for words in [Words::English, Words::French] {
            prop_assert!(!judge_rows(&there, words).feedback.is_empty());
        }
        if let RowsVerdict::Rows(difference) = &there {
            prop_assert!(difference.matching <= difference.given.min(difference.expected));
        }
    }

    #[test]
    fn cells_survive_their_journey(table in rows(), real in any::<f64>()) {
        let mut sent = table;
        sent.rows.push(vec![Cell::Real(if real.is_nan() { f64::INFINITY } else { real })]);
        let text = serde_json::to_string(&sent).unwrap();
        prop_assert_eq!(serde_json::from_str::<Table>(&text).unwrap(), sent);
    }

    #[test]
    fn any_text_may_be_a_query(text in "\\PC{0,60}", tail in "['\"`\\[\\]()/*-]{0,8}") {
        is_ordered(&format!("{tail}{text}{tail}"));
    }
}
