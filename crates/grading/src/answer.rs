//! What a learner typed, and whether it is what `expect` says.

use labwright_model::{Answer, Expect, Text};
use unicode_normalization::UnicodeNormalization as _;

/// Longest answer, in characters.
pub const MAX_ANSWER_CHARS: usize = 10_000;
/// Two numbers that differ by less than this share of the larger one are equal: what is left of
/// decimal fractions in binary.
const ROUNDING: f64 = 1e-9;

/// Why an answer cannot be judged; it counts as no attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// There is none.
    #[error("this task wants an answer")]
    Missing,
    /// It is too long.
    #[error("the answer is over the limit of {limit} characters")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// It should be a number.
    #[error("`{text}` is not a number")]
    NotNumber {
        /// What was typed.
        text: String,
    },
    /// It is none of the choices.
    #[error("`{text}` is none of the choices")]
    NotChoice {
        /// What was sent.
        text: String,
    },
}

/// Why an answer cannot be compared: the author's value is wrong, so the check is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// The value should be a number.
    #[error("the expected value `{value}` is not a number")]
    NotNumber {
        /// The value.
        value: String,
    },
    /// The value is none of the choices.
    #[error("the expected value `{value}` is none of the choices")]
    NotChoice {
        /// The value.
        value: String,
    },
}

/// The answer as a check gets it: a choice in whatever language becomes the author's own text.
pub fn parse_answer(kind: &Answer, text: Option<&str>) -> Result<String, AnswerError> {
    let text = text.ok_or(AnswerError::Missing)?;
    if text.trim().is_empty() {
        return Err(AnswerError::Missing);
    }
    if text.chars().count() > MAX_ANSWER_CHARS {
        return Err(AnswerError::TooLong {
            limit: MAX_ANSWER_CHARS,
        });
    }
    match kind {
        // NUL cannot stand in an environment variable.
        Answer::Text => Ok(text.replace('\0', "")),
        Answer::Number if number(text).is_some() => Ok(text.trim().to_owned()),
        Answer::Number => Err(AnswerError::NotNumber {
            text: text.to_owned(),
        }),
        Answer::Choice(choices) => choice(choices, text)
            .and_then(|index| choices.get(index))
            .map(|chosen| chosen.get("").to_owned())
            .ok_or_else(|| AnswerError::NotChoice {
                text: text.to_owned(),
            }),
    }
}

/// The query that answers an `sql` task.
pub fn parse_query(text: Option<String>) -> Result<String, AnswerError> {
    let text = text.unwrap_or_default();
    if text.trim().is_empty() {
        return Err(AnswerError::Missing);
    }
    if text.chars().count() > MAX_ANSWER_CHARS {
        return Err(AnswerError::TooLong {
            limit: MAX_ANSWER_CHARS,
        });
    }
    Ok(text.replace('\0', ""))
}

/// Whether a parsed answer is the expected `value` (templates already filled). Numbers are compared
/// by value, text trimmed and case-folded, a choice as the same choice; `exact` compares all as
/// they stand.
pub fn compare(
    expect: &Expect,
    value: &str,
    kind: &Answer,
    answer: &str,
) -> Result<bool, CompareError> {
    match kind {
        Answer::Choice(choices) => match choice(choices, value) {
            Some(expected) => Ok(choice(choices, answer) == Some(expected)),
            None => Err(CompareError::NotChoice {
                value: value.to_owned(),
            }),
        },
        _ if expect.exact => Ok(answer == value),
        Answer::Text => Ok(folded(answer) == folded(value)),
        Answer::Number => {
            let expected = number(value).ok_or_else(|| CompareError::NotNumber {
                value: value.to_owned(),
            })?;
            Ok(number(answer).is_some_and(|given| near(given, expected, expect.tolerance)))
        }
    }
}

/// Which choice a text is, in any of its languages.
pub(crate) fn choice(choices: &[Text], text: &str) -> Option<usize> {
    let wanted = folded(text);
    choices
        .iter()
        .position(|choice| choice.0.values().any(|value| folded(value) == wanted))
}

/// Trimmed, in one Unicode form, and without case: ß and SS are equal, é is é.
pub(crate) fn folded(text: &str) -> String {
    let composed: String = text.trim().nfc().collect();
    composed.to_uppercase().to_lowercase()
}

/// Whole numbers stay whole, so that long ones are compared to the last digit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Whole(i128),
    Real(f64),
}

impl Number {
    pub(crate) fn real(self) -> f64 {
        match self {
            // Only reached where an approximation is asked for anyway.
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }
}

fn near(given: Number, expected: Number, tolerance: f64) -> bool {
    if let (Number::Whole(given), Number::Whole(expected)) = (given, expected)
        && tolerance == 0.0
    {
        return given == expected;
    }
    let (given, expected) = (given.real(), expected.real());
    let rounding = ROUNDING * given.abs().max(expected.abs());
    (given - expected).abs() <= tolerance.abs() + rounding
}

/// Reads `42`, `-3.5`, `3,5`, `1 000`, `6e3`, `0x1f`.
pub(crate) fn number(text: &str) -> Option<Number> {
    let spaces = [' ', '\u{a0}', '\u{202f}', '\u{2009}'];
    let bare: String = text
        .trim()
        .chars()
        .filter(|c| !spaces.contains(c))
        .map(|c| if c == '\u{2212}' { '-' } else { c })
        .collect();
    let (negative, digits) = match bare.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, bare.strip_prefix('+').unwrap_or(&bare)),
    };
    let signed = |whole: i128| Number::Whole(if negative { -whole } else { whole });
    if let Some(hex) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        let plain = !hex.starts_with(['+', '-']);
        return i128::from_str_radix(hex, 16)
            .ok()
            .filter(|_| plain)
            .map(signed);
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',')) {
        return None;
    }
    if digits.chars().all(|c| c.is_ascii_digit())
        && let Ok(whole) = digits.parse::<i128>()
    {
        return Some(signed(whole));
    }
    // A decimal comma; a second one, or a point beside it, makes no number.
    let real: f64 = digits.replace(',', ".").parse().ok()?;
    real.is_finite()
        .then_some(Number::Real(if negative { -real } else { real }))
}
