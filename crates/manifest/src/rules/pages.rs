//! What pages refer to: tasks, nodes, parameters, pictures.

use std::ops::Range;

use labwright_model::{Step, placeholders};

use super::Facts;
use super::lab::unknown;
use super::templates::fault;
use crate::problem::Severity;
use crate::problems::Problems;

/// A file of the page, and its text.
struct Leaf<'a> {
    file: String,
    text: &'a str,
}

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    for step in &facts.lab.steps {
        for (language, text) in &step.page.markdown.0 {
            let leaf = Leaf {
                file: file_of(&step.page.path, language),
                text,
            };
            templates(facts, step, &leaf, problems);
            fences(facts, &leaf, problems);
            assets(facts, &leaf, problems);
            if text.trim().is_empty() {
                problems.add(
                    Severity::Warning,
                    &leaf.file,
                    0..0,
                    "this page is empty",
                    "",
                );
            }
        }
    }
}

/// `1-look.md` and `fr` give `1-look.fr.md`.
fn file_of(path: &str, language: &str) -> String {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !language.is_empty() => format!("{stem}.{language}.{extension}"),
        _ => path.to_owned(),
    }
}

fn templates(facts: &Facts<'_>, step: &Step, leaf: &Leaf<'_>, problems: &mut Problems) {
    let found = match placeholders(leaf.text) {
        Ok(found) => found,
        Err(error) => {
            let at = match error {
                labwright_model::TemplateError::Unclosed { at }
                | labwright_model::TemplateError::Unknown { at, .. } => at,
            };
            problems.add(
                Severity::Warning,
                &leaf.file,
                at..at + 2,
                "`{{` has no `}}`",
                "",
            );
            return;
        }
    };
    let mut placed: Vec<&str> = Vec::new();
    for (at, name) in found {
        let span = braces(leaf.text, at);
        if let Some(task) = name.strip_prefix("task ").map(str::trim) {
            if let Some((severity, message, help)) = task_fault(facts, step, task, &placed) {
                problems.add(severity, &leaf.file, span, message, help);
            }
            placed.push(task);
        } else if let Some((message, help)) = fault(facts.lab, name) {
            // Other braces may be part of a code example: they stay as they stand.
            let ours = name.starts_with("params.") || name.starts_with("nodes.");
            let severity = if ours {
                Severity::Error
            } else {
                Severity::Note
            };
            problems.add(severity, &leaf.file, span, message, help);
        }
    }
}

fn braces(text: &str, at: usize) -> Range<usize> {
    let rest = text.get(at..).unwrap_or_default();
    at..rest.find("}}").map_or(text.len(), |end| at + end + 2)
}

fn task_fault(
    facts: &Facts<'_>,
    step: &Step,
    task: &str,
    placed: &[&str],
) -> Option<(Severity, String, String)> {
    if placed.contains(&task) {
        return Some((
            Severity::Warning,
            format!("task `{task}` stands on this page twice"),
            "remove one".into(),
        ));
    }
    if step.tasks.iter().any(|own| own.id.as_str() == task) {
        return None;
    }
    // A task with an error of its own is not decoded, but it is there.
    let authored = |yaml: &crate::yaml::Node| {
        let tasks = yaml
            .get("tasks")
            .map(|tasks| tasks.items())
            .unwrap_or_default();
        tasks
            .iter()
            .any(|own| own.get("id").and_then(|id| id.word()) == Some(task))
    };
    let steps = facts
        .root
        .get("steps")
        .map(|steps| steps.items())
        .unwrap_or_default();
    let owner = steps.iter().find(|yaml| authored(yaml));
    match owner.map(|yaml| yaml.get("page").and_then(|page| page.word())) {
        Some(page) if page == Some(step.page.path.as_str()) => None,
        Some(page) => {
            let message = format!("task `{task}` belongs to another step");
            Some((
                Severity::Error,
                message,
                format!("it belongs to {}", page.unwrap_or("a step without page")),
            ))
        }
        None => {
            let own: Vec<&str> = step.tasks.iter().map(|own| own.id.as_str()).collect();
            let (message, help) = unknown("task", task, &own);
            Some((
                Severity::Error,
                message,
                help.replace("the lab's", "the step's"),
            ))
        }
    }
}

/// `run=NODE` in the info string of a fenced block.
fn fences(facts: &Facts<'_>, leaf: &Leaf<'_>, problems: &mut Problems) {
    let mut offset = 0;
    let mut open: Option<&str> = None;
    for line in leaf.text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let body = line.trim();
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| body.starts_with(mark));
        match (open, mark) {
            (None, Some(mark)) => {
                open = Some(mark);
                run_target(facts, leaf, start, line, problems);
            }
            (Some(opened), Some(mark)) if opened == mark => open = None,
            _ => {}
        }
    }
}

fn run_target(
    facts: &Facts<'_>,
    leaf: &Leaf<'_>,
    start: usize,
    line: &str,
    problems: &mut Problems,
) {
    let Some(at) = line.find("run=") else {
        return;
    };
    let node = line
        .get(at + 4..)
        .unwrap_or_default()
        .split_whitespace()
        .next()
        .unwrap_or_default();
    let span = start + at..start + at + 4 + node.len();
    let known = facts.names("nodes");
    if !known.contains(&node) {
        let (message, help) = unknown("node", node, &known);
        problems.add(Severity::Error, &leaf.file, span, message, help);
    } else if facts.lab.nodes.get(node).is_some_and(|node| node.hidden) {
        let message = format!("`{node}` is hidden: learners cannot run anything there");
        problems.add(
            Severity::Error,
            &leaf.file,
            span,
            message,
            "name a visible node",
        );
    }
}

/// Pictures and downloads under `assets/`.
fn assets(facts: &Facts<'_>, leaf: &Leaf<'_>, problems: &mut Problems) {
    for (at, _) in leaf.text.match_indices("](") {
        let start = at + 2;
        let rest = leaf.text.get(start..).unwrap_or_default();
        let target = rest.split([')', ' ', '\n']).next().unwrap_or_default();
        let path = target.trim_start_matches("../").trim_start_matches("./");
        let path = path.split(['#', '?']).next().unwrap_or_default();
        if path.starts_with("assets/")
            && let Err(fault) = facts.folder.holds(path)
        {
            let span = start..start + target.len();
            problems.add(Severity::Error, &leaf.file, span, fault.to_string(), "");
        }
    }
}
