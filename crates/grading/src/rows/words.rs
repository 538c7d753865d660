//! What a comparison is in words, in English and French.

use super::{Cell, Difference, Extra, RowsVerdict};

/// Cells of a row that are shown, and characters of each.
const SHOWN_CELLS: usize = 6;
const SHOWN_CHARS: usize = 24;

/// The language of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Words {
    /// English.
    #[default]
    English,
    /// French.
    French,
}

impl Words {
    /// The words of a language's tag; English where it is another.
    pub fn of_tag(tag: &str) -> Self {
        match tag.split('-').next() {
            Some("fr") => Self::French,
            _ => Self::English,
        }
    }

    /// The feedback on a comparison, a sentence a line.
    pub(super) fn of(self, verdict: &RowsVerdict) -> Vec<String> {
        match verdict {
            RowsVerdict::Same { rows } => vec![self.same(*rows)],
            RowsVerdict::Columns { given, expected } => vec![self.columns(*given, *expected)],
            RowsVerdict::ColumnOrder => vec![self.pick(
                "The values are right, but the columns are in another order.",
                "Les valeurs sont justes, mais les colonnes sont dans un autre ordre.",
            )],
            RowsVerdict::Column { column, name } => vec![self.column(*column, name)],
            RowsVerdict::Order { row } => vec![match self {
                Self::English => format!(
                    "The rows are right, their order is not: row {row} should not come there."
                ),
                Self::French => format!(
                    "Les lignes sont justes, leur ordre non : la ligne {row} n’a pas sa place là."
                ),
            }],
            RowsVerdict::Rows(difference) => self.difference(difference),
        }
    }

    fn pick(self, english: &str, french: &str) -> String {
        match self {
            Self::English => english.to_owned(),
            Self::French => french.to_owned(),
        }
    }

    fn same(self, rows: usize) -> String {
        match (self, rows) {
            (Self::English, 1) => "One row, the same as ours.".to_owned(),
            (Self::English, _) => format!("{rows} rows, the same as ours."),
            (Self::French, 0 | 1) => format!("{rows} ligne, la même que la nôtre."),
            (Self::French, _) => format!("{rows} lignes, les mêmes que les nôtres."),
        }
    }

    fn columns(self, given: usize, expected: usize) -> String {
        match self {
            Self::English => format!(
                "Your query gives {} per row, {expected} {} expected.",
                plural(given, "column", "columns"),
                if expected == 1 { "is" } else { "are" },
            ),
            Self::French => format!(
                "Votre requête donne {} par ligne, il en faut {expected}.",
                plural_fr(given, "colonne", "colonnes")
            ),
        }
    }

    fn column(self, column: usize, name: &str) -> String {
        let name = shortened(name);
        match self {
            Self::English => format!("All is right but for column {column} ({name})."),
            Self::French => format!("Tout est juste, sauf la colonne {column} ({name})."),
        }
    }

    fn difference(self, difference: &Difference) -> Vec<String> {
        let (given, expected) = (difference.given, difference.expected);
        let mut lines = vec![match (self, given == expected) {
            (Self::English, true) => {
                format!(
                    "{}, as many as expected, but {} of them {}.",
                    plural(given, "row", "rows"),
                    none(difference.matching, "none"),
                    if difference.matching == 1 {
                        "is right"
                    } else {
                        "are right"
                    },
                )
            }
            (Self::English, false) => {
                format!("{}, {expected} expected.", plural(given, "row", "rows"))
            }
            (Self::French, true) => format!(
                "{}, comme attendu, mais {} est juste.",
                plural_fr(given, "ligne", "lignes"),
                none(difference.matching, "aucune"),
            ),
            (Self::French, false) => format!(
                "{}, {expected} attendues.",
                plural_fr(given, "ligne", "lignes")
            ),
        }];
        if self == Self::French && given == expected && difference.matching > 1 {
            lines = vec![format!(
                "{}, comme attendu, mais {} seulement sont justes.",
                plural_fr(given, "ligne", "lignes"),
                difference.matching,
            )];
        }
        if difference.repeated {
            lines.push(self.pick(
                "Some rows come more often than they should.",
                "Certaines lignes reviennent plus souvent qu’il ne faut.",
            ));
        } else if let Some(extra) = &difference.extra {
            lines.push(self.extra(extra));
        } else if difference.matching > 0 && given < expected {
            lines.push(self.pick(
                "All of yours are right; some are missing.",
                "Les vôtres sont toutes justes ; il en manque.",
            ));
        }
        lines
    }

    fn extra(self, extra: &Extra) -> String {
        let (row, cells) = (extra.row, cells(&extra.cells));
        match (self, extra.column) {
            (Self::English, Some(column)) => {
                format!("Row {row} is right but for column {column}: {cells}.")
            }
            (Self::English, None) => format!("Row {row} should not be there: {cells}."),
            (Self::French, Some(column)) => {
                format!("La ligne {row} est juste, sauf la colonne {column} : {cells}.")
            }
            (Self::French, None) => format!("La ligne {row} ne devrait pas y être : {cells}."),
        }
    }
}

fn none(count: usize, word: &str) -> String {
    match count {
        0 => word.to_owned(),
        count => count.to_string(),
    }
}

fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn plural_fr(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count < 2 { one } else { many })
}

fn cells(row: &[Cell]) -> String {
    let mut shown: Vec<String> = row.iter().take(SHOWN_CELLS).map(cell).collect();
    if row.len() > SHOWN_CELLS {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".to_owned(),
        Cell::Integer(whole) => whole.to_string(),
        Cell::Real(real) => format!("{real:?}"),
        Cell::Text(text) => shortened(text),
        Cell::Blob(bytes) => format!("x'…' ({})", bytes.len()),
    }
}

/// Printable, and of bounded length.
fn shortened(text: &str) -> String {
    let mut clean = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let head: String = clean.by_ref().take(SHOWN_CHARS).collect();
    match clean.next() {
        None => head,
        Some(_) => format!("{head}…"),
    }
}
