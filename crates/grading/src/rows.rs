//! Whether a query's rows are the author's rows (`docs/lab-format.md`, "SQL tasks"), and in what they differ.
//!
//! Values in, verdict out: what asked the database is elsewhere, and nothing of the author's query is in the words.

mod matching;
mod ordered;
mod words;

use serde::{Deserialize, Serialize};

use crate::{Judgement, Verdict};
use matching::{Match, match_rows, near_rows};

pub use ordered::is_ordered;
pub use words::Words;

/// Columns that are tried one by one for the only difference.
const MAX_TRIED_COLUMNS: usize = 24;
/// Columns whose other orders are tried.
const MAX_PERMUTED_COLUMNS: usize = 4;

/// A value of SQLite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number with a fraction; JSON has no infinity, so it travels as text.
    Real(#[serde(with = "real")] f64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// What a query gives.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Table {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The rows, each with a cell a column.
    pub rows: Vec<Vec<Cell>>,
}

/// What came of comparing. Rows and columns count from 1, as people do.
#[derive(Debug, Clone, PartialEq)]
pub enum RowsVerdict {
    /// They are the same.
    Same {
        /// How many.
        rows: usize,
    },
    /// The wrong number of columns.
    Columns {
        /// Of the learner's.
        given: usize,
        /// Of the author's.
        expected: usize,
    },
    /// The right columns in another order.
    ColumnOrder,
    /// All is right but for one column.
    Column {
        /// Which.
        column: usize,
        /// Its name in the learner's query.
        name: String,
    },
    /// Other rows.
    Rows(Difference),
    /// The right rows, but this one does not come there.
    Order {
        /// The first one out of place.
        row: usize,
    },
}

/// How two sets of rows differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Rows of the learner's.
    pub given: usize,
    /// Rows of the author's.
    pub expected: usize,
    /// Rows that are in both.
    pub matching: usize,
    /// A row of the learner's that should not be there.
    pub extra: Option<Extra>,
    /// Every row is an expected one, but some come too often.
    pub repeated: bool,
}

/// A row that should not be there.
#[derive(Debug, Clone, PartialEq)]
pub struct Extra {
    /// Which.
    pub row: usize,
    /// Its cells.
    pub cells: Vec<Cell>,
    /// The one column that keeps it from being an expected one.
    pub column: Option<usize>,
}

/// Compares a learner's table with the author's: as a bag, or row by row where the author's query says an order.
/// Names of columns do not matter; 1 and 1.0 are equal, and what is left of decimal fractions in binary does not count.
pub fn compare_rows(expected: &Table, given: &Table, ordered: bool) -> RowsVerdict {
    let (wanted, had) = (expected.columns.len(), given.columns.len());
    if wanted != had {
        return RowsVerdict::Columns {
            given: had,
            expected: wanted,
        };
    }
    let found = match_rows(&expected.rows, &given.rows);
    if found.missing.is_empty() && found.extra.is_empty() {
        let mut pairs = expected.rows.iter().zip(&given.rows);
        return match pairs.position(|(wanted, had)| !near_rows(wanted, had)) {
            Some(at) if ordered => RowsVerdict::Order { row: at + 1 },
            _ => RowsVerdict::Same {
                rows: given.rows.len(),
            },
        };
    }
    if expected.rows.len() == given.rows.len()
        && let Some(verdict) = columns_alone(expected, given)
    {
        return verdict;
    }
    RowsVerdict::Rows(difference(expected, given, &found))
}

/// The judgement of a comparison, in words of the learner's language.
pub fn judge_rows(verdict: &RowsVerdict, words: Words) -> Judgement {
    let same = matches!(verdict, RowsVerdict::Same { .. });
    Judgement {
        verdict: if same { Verdict::Done } else { Verdict::NotYet },
        share: if same { 1.0 } else { 0.0 },
        feedback: words.of(verdict),
        broken: None,
    }
}

/// Whether one column, or the order of the columns, is all that is wrong.
fn columns_alone(expected: &Table, given: &Table) -> Option<RowsVerdict> {
    let columns = given.columns.len();
    if (2..=MAX_PERMUTED_COLUMNS).contains(&columns) {
        let turned = |order: &Vec<usize>| {
            let rows: Vec<Vec<Cell>> = given.rows.iter().map(|row| picked(row, order)).collect();
            match_rows(&expected.rows, &rows).is_whole()
        };
        if permutations(columns).iter().skip(1).any(turned) {
            return Some(RowsVerdict::ColumnOrder);
        }
    }
    if !(2..=MAX_TRIED_COLUMNS).contains(&columns) {
        return None;
    }
    let column = (0..columns).find(|&left_out| {
        let others: Vec<usize> = (0..columns).filter(|&at| at != left_out).collect();
        let rest = |table: &Table| -> Vec<Vec<Cell>> {
            table.rows.iter().map(|row| picked(row, &others)).collect()
        };
        match_rows(&rest(expected), &rest(given)).is_whole()
    })?;
    Some(RowsVerdict::Column {
        column: column + 1,
        name: given.columns.get(column).cloned().unwrap_or_default(),
    })
}

fn picked(row: &[Cell], order: &[usize]) -> Vec<Cell> {
    let cells = order.iter().filter_map(|&at| row.get(at));
    cells.cloned().collect()
}

/// All orders of so many columns; the first is the one they have.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        all = all
            .iter()
            .flat_map(|begun: &Vec<usize>| {
                let free = (0..count).filter(|at| !begun.contains(at));
                free.map(|at| begun.iter().copied().chain([at]).collect())
            })
            .collect();
    }
    all
}

fn difference(expected: &Table, given: &Table, found: &Match) -> Difference {
    let rows = |table: &Table, at: &[usize]| -> Vec<Vec<Cell>> {
        let rows = at.iter().filter_map(|&at| table.rows.get(at));
        rows.cloned().collect()
    };
    let missing = rows(expected, &found.missing);
    let extra = found.extra.first().and_then(|&at| {
        let cells = given.rows.get(at)?.clone();
        let column = missing
            .iter()
            .find_map(|wanted| only_column(wanted, &cells));
        Some(Extra {
            row: at + 1,
            cells,
            column,
        })
    });
    let extras = rows(given, &found.extra);
    let known = |row: &Vec<Cell>| expected.rows.iter().any(|wanted| near_rows(wanted, row));
    Difference {
        given: given.rows.len(),
        expected: expected.rows.len(),
        matching: given.rows.len() - found.extra.len(),
        extra,
        repeated: missing.is_empty() && !extras.is_empty() && extras.iter().take(64).all(known),
    }
}

/// The one column, from 1, in which two rows of several columns differ.
fn only_column(wanted: &[Cell], given: &[Cell]) -> Option<usize> {
    let pairs = wanted.iter().zip(given).enumerate();
    let mut differing = pairs.filter(|(_, (wanted, given))| !matching::near(wanted, given));
    let (at, _) = differing.next()?;
    (differing.next().is_none() && wanted.len() > 1).then_some(at + 1)
}

/// A real number as text, to the last bit.
mod real {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&value.to_string())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}
