//! Collects problems while a lab is read, and keeps the texts that they point into.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::problem::{Problem, Severity, position};

/// The file that every lab has.
pub const LAB_FILE: &str = "lab.yaml";

/// Most problems that one lab gets to hear about; nobody reads more.
const MAX_PROBLEMS: usize = 100;

/// The problems so far, and the files they are in.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) list: Vec<Problem>,
}

impl Problems {
    /// An error in `lab.yaml`.
    pub(crate) fn error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Error, LAB_FILE, span, message, help);
    }

    /// A warning in `lab.yaml`.
    pub(crate) fn warning(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Warning, LAB_FILE, span, message, help);
    }

    /// A note in `lab.yaml`.
    pub(crate) fn note(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Note, LAB_FILE, span, message, help);
    }

    /// Any problem; an empty help is none.
    pub(crate) fn add(
        &mut self,
        severity: Severity,
        file: &str,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if self.list.len() >= MAX_PROBLEMS {
            return;
        }
        let text = self.texts.get(file).map(String::as_str).unwrap_or_default();
        let (line, column) = position(text, span.start);
        let help: String = help.into();
        let problem = Problem {
            severity,
            file: file.to_owned(),
            line,
            column,
            span,
            message: message.into(),
            help: Some(help).filter(|help| !help.is_empty()),
        };
        // An anchor's value is checked at every place that it is used in.
        if !self.list.contains(&problem) {
            self.list.push(problem);
        }
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.list.iter().any(|p| p.severity == Severity::Error)
    }

    /// Puts them in reading order: `lab.yaml` first, each file from top to bottom.
    pub(crate) fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            let key = |p: &Problem| (p.file != LAB_FILE, p.file.clone(), p.span.start, p.severity);
            key(a).cmp(&key(b))
        });
    }
}

/// The known word that a mistyped one probably stands for, as a question; else empty.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    const LIKE_ENOUGH: f64 = 0.7;
    let lower = word.to_lowercase();
    let best = known
        .into_iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(&lower, candidate),
                candidate,
            )
        })
        .filter(|(score, candidate)| {
            let affix = candidate.starts_with(&lower) || lower.starts_with(candidate);
            let one_slip = lower.len() > 2 && strsim::damerau_levenshtein(&lower, candidate) == 1;
            *score >= LIKE_ENOUGH || one_slip || (affix && candidate.len() > 2 && lower.len() > 2)
        })
        .max_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or_else(String::new, |(_, candidate)| {
        format!("did you mean `{candidate}`?")
    })
}

/// The guess if there is one, else what there is to choose from.
pub(crate) fn guess_or_list<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    intro: &str,
) -> String {
    let guess = did_you_mean(word, known.clone());
    if !guess.is_empty() {
        return guess;
    }
    let all: Vec<String> = known.into_iter().map(|word| format!("`{word}`")).collect();
    if all.is_empty() {
        format!("{intro}: none")
    } else {
        format!("{intro}: {}", all.join(", "))
    }
}
