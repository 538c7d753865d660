//! What a check's exit status and output mean (`docs/lab-format.md`, "Checks").

use serde::{Deserialize, Serialize};

/// Most lines of feedback that a learner sees.
pub const MAX_FEEDBACK_LINES: usize = 50;
/// Longest line of feedback, in characters.
pub const MAX_LINE_CHARS: usize = 400;
/// Longest detail that is kept for the author, in characters.
const MAX_DETAIL_CHARS: usize = 8_000;
/// How shells call a script that comes by descriptor; the descriptor's number follows.
const DESCRIPTOR_PATH: &str = "/proc/self/fd/";

/// What a check says about a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is done.
    Done,
    /// A part of it is.
    Part,
    /// Not yet.
    NotYet,
    /// The check itself failed. It costs the learner nothing.
    Broken,
}

/// How a check's program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
    /// It was stopped at its timeout.
    TimedOut,
}

/// A verdict with all that goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Share of the task's points, 0 to 1.
    pub share: f64,
    /// Lines for the learner, without control characters.
    pub feedback: Vec<String>,
    /// What broke, for the author.
    pub broken: Option<String>,
}

/// Judges a check: exit 0 is done, 1 not yet, anything else and a timeout a broken check. A line
/// `score 0.5` on standard output gives a share of the points; every other line is feedback.
pub fn judge(ended: Ended, stdout: &str, stderr: &str) -> Judgement {
    let (scores, feedback) = read(stdout);
    let last = |allowed: &dyn Fn(f64) -> bool| scores.iter().rev().copied().find(|s| allowed(*s));
    match ended {
        Ended::Code(0) => Judgement {
            verdict: Verdict::Done,
            share: last(&|score| (0.0..=1.0).contains(&score)).unwrap_or(1.0),
            feedback,
            broken: None,
        },
        Ended::Code(1) => {
            let share = last(&|score| (0.0..1.0).contains(&score)).unwrap_or(0.0);
            Judgement {
                verdict: if share > 0.0 {
                    Verdict::Part
                } else {
                    Verdict::NotYet
                },
                share,
                feedback,
                broken: None,
            }
        }
        _ => Judgement {
            verdict: Verdict::Broken,
            share: 0.0,
            // What a broken check printed may be anything; the author gets it, not the learner.
            feedback: Vec::new(),
            broken: Some(detail(ended, stdout, stderr)),
        },
    }
}

/// The judgement of an answer that was compared with a value.
pub fn judge_answer(right: bool) -> Judgement {
    Judgement {
        verdict: if right {
            Verdict::Done
        } else {
            Verdict::NotYet
        },
        share: if right { 1.0 } else { 0.0 },
        feedback: Vec::new(),
        broken: None,
    }
}

/// The judgement of a check that could not be run at all.
impl Judgement {
    /// A broken check, with what its author should know.
    pub fn broken(detail: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Broken,
            share: 0.0,
            feedback: Vec::new(),
            broken: Some(detail.into()),
        }
    }
}

/// Lines that another judge said, within the bounds of ours.
pub fn feedback(lines: &[String]) -> Vec<String> {
    let lines = lines.iter().take(MAX_FEEDBACK_LINES);
    lines.map(|line| clean(line)).collect()
}

/// Score lines and feedback lines, apart.
fn read(stdout: &str) -> (Vec<f64>, Vec<String>) {
    let mut scores = Vec::new();
    let mut feedback = Vec::new();
    for line in stdout.lines() {
        match score(line) {
            Some(score) => scores.push(score),
            None if feedback.len() < MAX_FEEDBACK_LINES => feedback.push(clean(line)),
            None => {}
        }
    }
    while feedback.last().is_some_and(String::is_empty) {
        feedback.pop();
    }
    (scores, feedback)
}

fn score(line: &str) -> Option<f64> {
    let mut words = line.split_whitespace();
    let (Some("score"), Some(number), None) = (words.next(), words.next(), words.next()) else {
        return None;
    };
    number.parse().ok().filter(|score: &f64| score.is_finite())
}

/// Printable text of bounded length: no terminal escapes, no bidirectional tricks.
fn clean(line: &str) -> String {
    let printable = |c: &char| !c.is_control() && !is_direction(*c);
    line.trim_end()
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(printable)
        .take(MAX_LINE_CHARS)
        .collect()
}

/// Characters that turn the direction of what follows (UAX #9 §2).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn detail(ended: Ended, stdout: &str, stderr: &str) -> String {
    let how = match ended {
        Ended::Code(code) => {
            format!("the check ended with status {code}; only 0 and 1 are verdicts")
        }
        Ended::Signal(signal) => format!("the check was ended by signal {signal}"),
        Ended::TimedOut => "the check took longer than its timeout".to_owned(),
    };
    let mut text = how;
    for (name, words) in [("error", stderr), ("output", stdout)] {
        if !words.trim().is_empty() {
            let words = named(words.trim_end());
            text.push_str(&format!("\n--- standard {name}\n{words}"));
        }
    }
    text.chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .take(MAX_DETAIL_CHARS)
        .collect()
}

/// A script has no path in a node, so that shells call it by its descriptor.
fn named(words: &str) -> String {
    let mut parts = words.split(DESCRIPTOR_PATH);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str("the script");
        text.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    text
}
