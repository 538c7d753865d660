//! Which rows of one table are rows of the other, each used once.

use std::collections::HashMap;

use super::Cell;

/// Two numbers that differ by less than this, or by less than this share of the larger, are equal.
const ROUNDING: f64 = 1e-9;
/// Whole numbers below are exact in a real.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// What found no partner.
#[derive(Debug, Default)]
pub(super) struct Match {
    /// Rows of the expected, by index.
    pub(super) missing: Vec<usize>,
    /// Rows of the given, by index.
    pub(super) extra: Vec<usize>,
}

impl Match {
    pub(super) fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty()
    }
}

/// A cell as it is looked up: 1 and 1.0 are one.
#[derive(PartialEq, Eq, Hash, Clone)]
enum Key<'a> {
    Null,
    Whole(i64),
    Bits(u64),
    /// Some number: in a shape, which leaves numbers open.
    Number,
    Text(&'a str),
    Blob(&'a [u8]),
}

/// Rows of one shape that are left, by the value of their first number.
type Shelf = Vec<(f64, usize)>;

/// Pairs equal rows first, then those that differ by rounding alone.
pub(super) fn match_rows(expected: &[Vec<Cell>], given: &[Vec<Cell>]) -> Match {
    let mut wanted: HashMap<Vec<Key<'_>>, Vec<usize>> = HashMap::new();
    for (at, row) in expected.iter().enumerate().rev() {
        wanted
            .entry(row.iter().map(exact).collect())
            .or_default()
            .push(at);
    }
    let mut found = Match::default();
    for (at, row) in given.iter().enumerate() {
        let key: Vec<Key<'_>> = row.iter().map(exact).collect();
        if wanted.get_mut(&key).and_then(Vec::pop).is_none() {
            found.extra.push(at);
        }
    }
    found.missing = wanted.into_values().flatten().collect();
    found.missing.sort_unstable();
    if !found.is_whole() {
        pair_near(expected, given, &mut found);
    }
    found
}

fn pair_near(expected: &[Vec<Cell>], given: &[Vec<Cell>], found: &mut Match) {
    let mut shelves: HashMap<Vec<Key<'_>>, Shelf> = HashMap::new();
    for &at in &found.missing {
        if let Some((row, number)) = expected.get(at).and_then(|row| Some((row, number(row)?))) {
            let shape = row.iter().map(shape).collect();
            shelves.entry(shape).or_default().push((number, at));
        }
    }
    for shelf in shelves.values_mut() {
        shelf.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    found.extra.retain(|&at| {
        let taken = given.get(at).and_then(|row| {
            let shape: Vec<Key<'_>> = row.iter().map(shape).collect();
            take_near(shelves.get_mut(&shape)?, row, expected)
        });
        taken.is_none()
    });
    let left: Vec<usize> = shelves.into_values().flatten().map(|(_, at)| at).collect();
    found
        .missing
        .retain(|at| left.contains(at) || expected.get(*at).and_then(|row| number(row)).is_none());
}

/// Takes the first row of a shelf that is near.
fn take_near(shelf: &mut Shelf, row: &[Cell], expected: &[Vec<Cell>]) -> Option<usize> {
    let value = number(row)?;
    // A little wider than near() is, for it measures by the larger of two.
    let reach = 2.0 * ROUNDING * (1.0 + value.abs());
    let begin = shelf.partition_point(|(other, _)| *other < value - reach);
    let at = shelf
        .iter()
        .enumerate()
        .skip(begin)
        .take_while(|(_, (other, _))| *other <= value + reach)
        .find(|(_, (_, at))| {
            expected
                .get(*at)
                .is_some_and(|wanted| near_rows(wanted, row))
        })?
        .0;
    Some(shelf.remove(at).1)
}

pub(super) fn near_rows(wanted: &[Cell], given: &[Cell]) -> bool {
    wanted.len() == given.len() && wanted.iter().zip(given).all(|(a, b)| near(a, b))
}

/// Whether two cells are equal but for rounding.
pub(super) fn near(a: &Cell, b: &Cell) -> bool {
    match (a, b) {
        (Cell::Integer(a), Cell::Integer(b)) => a == b,
        _ => match (value(a), value(b)) {
            (Some(a), Some(b)) => {
                a == b || (a - b).abs() <= ROUNDING * a.abs().max(b.abs()).max(1.0)
            }
            _ => exact(a) == exact(b),
        },
    }
}

fn value(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Integer(whole) => Some(*whole as f64),
        Cell::Real(real) => Some(*real),
        _ => None,
    }
}

fn number(row: &[Cell]) -> Option<f64> {
    row.iter().find_map(value)
}

fn exact(cell: &Cell) -> Key<'_> {
    match cell {
        Cell::Null => Key::Null,
        Cell::Integer(whole) => Key::Whole(*whole),
        Cell::Real(real) if real.fract() == 0.0 && real.abs() < EXACT => Key::Whole(*real as i64),
        Cell::Real(real) => Key::Bits(real.to_bits()),
        Cell::Text(text) => Key::Text(text),
        Cell::Blob(bytes) => Key::Blob(bytes),
    }
}

fn shape(cell: &Cell) -> Key<'_> {
    match exact(cell) {
        Key::Whole(_) | Key::Bits(_) => Key::Number,
        key => key,
    }
}
