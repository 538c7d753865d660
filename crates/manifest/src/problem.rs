//! What is wrong with a lab, where, and what to do: plain data, and how a person sees it.

use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters,
    ThemeStyles,
};
use serde::{Deserialize, Serialize};

/// How much a problem matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The lab cannot be used.
    Error,
    /// The format allows it, this version cannot run it: `build` refuses.
    Unsupported,
    /// The lab can be used; its author probably means something else.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Unsupported => "unsupported",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// One thing to know about a lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// How much it matters.
    pub severity: Severity,
    /// The file, relative to the lab folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The bytes of the file that are meant.
    pub span: Range<usize>,
    /// The object and the cause.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            severity,
            file,
            line,
            column,
            message,
            ..
        } = self;
        write!(f, "{file}:{line}:{column}: {}: {message}", severity.word())
    }
}

/// Line and column (from 1, in characters) of a byte offset.
pub(crate) fn position(text: &str, at: usize) -> (usize, usize) {
    let head = text.get(..at).unwrap_or(text);
    let start = head.rfind('\n').map_or(0, |n| n + 1);
    let line = head.matches('\n').count() + 1;
    (
        line,
        head.get(start..).unwrap_or_default().chars().count() + 1,
    )
}

/// A problem with the text it is about, as miette wants it.
#[derive(Debug)]
struct Report<'a> {
    problem: &'a Problem,
    source: NamedSource<String>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for Report<'_> {}

impl Diagnostic for Report<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.problem.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Unsupported | Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let Range { start, end } = self.problem.span;
        let span = LabeledSpan::new(None, start, end.saturating_sub(start));
        Some(Box::new(std::iter::once(span)))
    }
}

/// The problem as a person reads it; its first line starts with `FILE:LINE:COLUMN`.
pub(crate) fn render(problem: &Problem, text: &str, colour: bool) -> String {
    let mut characters = ThemeCharacters::unicode();
    // The first line starts with the position, so that editors and terminals can jump to it.
    for icon in [
        &mut characters.error,
        &mut characters.warning,
        &mut characters.advice,
    ] {
        icon.clear();
    }
    let styles = if colour {
        ThemeStyles::ansi()
    } else {
        ThemeStyles::none()
    };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_context_lines(1)
        .with_links(false)
        .with_wrap_lines(false);
    let source = NamedSource::new(&problem.file, text.to_owned());
    let mut out = String::new();
    let report = Report { problem, source };
    if text.is_empty() || handler.render_report(&mut out, &report).is_err() {
        return match &problem.help {
            Some(help) => format!("{problem}\n  help: {help}\n"),
            None => format!("{problem}\n"),
        };
    }
    out.trim_start().to_owned()
}
