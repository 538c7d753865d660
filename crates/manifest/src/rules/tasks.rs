//! Tasks.

use std::ops::Range;

use labwright_model::{Answer, AppKind, CHECKER, Check, Solve, Task};

use super::Facts;
use super::lab::unknown;
use crate::problems::Problems;
use crate::scalar::{self, is_template};
use crate::yaml::Node as Yaml;

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    let mut seen: Vec<&str> = Vec::new();
    for yaml in tasks(facts) {
        if let Some(id) = yaml.get("id").and_then(Yaml::word) {
            if seen.contains(&id) {
                let at = yaml.locate(&["id".into()]);
                problems.error(
                    at,
                    format!("another task is called `{id}` already"),
                    "ids are unique in the lab",
                );
            }
            seen.push(id);
        }
        how(yaml, problems);
        nodes(facts, yaml, problems);
    }
    for task in facts.lab.steps.iter().flat_map(|step| &step.tasks) {
        let own = tasks(facts).find(|y| y.get("id").and_then(Yaml::word) == Some(task.id.as_str()));
        if let Some(yaml) = own {
            answer(task, yaml, problems);
            if let Check::Sql { database, .. } = &task.check {
                self::database(facts, database, yaml, problems);
            }
        }
    }
    in_node(facts, problems);
    unsolved(facts, problems);
}

fn tasks<'a>(facts: &Facts<'a>) -> impl Iterator<Item = &'a Yaml> {
    let steps = facts.root.get("steps").map(Yaml::items).unwrap_or_default();
    steps
        .iter()
        .flat_map(|step| step.get("tasks").map(Yaml::items).unwrap_or_default())
}

/// The place of a key, not of its value.
fn key_span(yaml: &Yaml, name: &str) -> Range<usize> {
    let entry = yaml.entries().iter().find(|(key, _)| key.text == name);
    entry.map_or_else(|| yaml.heading(), |(key, _)| key.span.clone())
}

/// Exactly one way to decide, and only keys that belong to it.
fn how(yaml: &Yaml, problems: &mut Problems) {
    let ways = ["check", "expect", "sql"];
    let given: Vec<&str> = ways
        .into_iter()
        .filter(|way| yaml.get(way).is_some())
        .collect();
    match given.as_slice() {
        [] => {
            let help = "give it a `check` (a script), `expect` (with `answer`) or `sql`";
            problems.error(yaml.heading(), "nothing decides this task", help);
        }
        [_] => {}
        [first, second, ..] => {
            let message = format!("both `{first}` and `{second}` decide this task");
            problems.error(key_span(yaml, second), message, "keep one of them");
        }
    }
    let belongs = [
        ("on", &["check", "solve"][..]),
        ("as", &["check"]),
        ("timeout", &["check"]),
        ("exact", &["expect"]),
        ("tolerance", &["expect"]),
        ("answer", &["check", "expect"]),
        ("database", &["sql"]),
    ];
    for (key, to) in belongs {
        if yaml.get(key).is_some() && !to.iter().any(|way| yaml.get(way).is_some()) {
            let message = format!(
                "`{key}` means nothing without `{}`",
                to.first().unwrap_or(&"")
            );
            problems.warning(key_span(yaml, key), message, "remove it");
        }
    }
}

/// The nodes of a task are known, and there is one where one is needed.
fn nodes(facts: &Facts<'_>, yaml: &Yaml, problems: &mut Problems) {
    let known = facts.node_names();
    let solve_on = yaml.get("solve").and_then(|solve| solve.get("on"));
    for on in [yaml.get("on"), solve_on].into_iter().flatten() {
        if let Some(name) = on.word().filter(|name| !known.contains(name)) {
            let (message, help) = unknown("node", name, &known);
            problems.error(on.span.clone(), message, help);
        }
    }
    let visible = facts.lab.nodes.values().filter(|node| !node.hidden).count();
    let default = visible == 1;
    if yaml.get("on").is_none() && !default {
        let script = yaml
            .get("solve")
            .filter(|s| s.get("answer").is_none() && s.get("on").is_none());
        for key in ["check", "solve"] {
            let needs = if key == "check" {
                yaml.get(key).is_some()
            } else {
                script.is_some()
            };
            if needs {
                let list: Vec<&str> = facts.names("nodes");
                let help = match list.as_slice() {
                    [] => "the lab has no nodes: add some under `nodes`".to_owned(),
                    list => format!("add `on:` with one of: {}", list.join(", ")),
                };
                problems.error(
                    key_span(yaml, key),
                    format!("it is not said on which node this `{key}` runs"),
                    help,
                );
                return;
            }
        }
    }
}

fn answer(task: &Task, yaml: &Yaml, problems: &mut Problems) {
    if let Check::Expect(expect) = &task.check {
        let at = yaml.locate(&["expect".into()]);
        let literal = !is_template(&expect.value);
        match &task.answer {
            None => problems.error(
                at,
                "`expect` needs an `answer` to compare with",
                "add `answer: text` or `answer: number`",
            ),
            Some(Answer::Number) if literal && expect.value.trim().parse::<f64>().is_err() => {
                problems.error(
                    at,
                    format!("the answer is a number, `{}` is none", expect.value),
                    "",
                );
            }
            Some(Answer::Choice(choices))
                if literal
                    && !choices.iter().any(|choice| {
                        choice
                            .0
                            .values()
                            .any(|text| folded(text) == folded(&expect.value))
                    }) =>
            {
                problems.error(
                    at,
                    format!("`{}` is not among the choices", expect.value),
                    "",
                );
            }
            _ => {}
        }
        if expect.tolerance > 0.0 && !matches!(task.answer, Some(Answer::Number)) {
            problems.warning(
                key_span(yaml, "tolerance"),
                "`tolerance` means nothing for an answer that is no number",
                "",
            );
        }
    }
    if let Some(Answer::Choice(choices)) = &task.answer
        && choices.len() < 2
    {
        problems.error(
            key_span(yaml, "answer"),
            "there is nothing to choose from",
            "give at least two choices",
        );
    }
    solve(task, yaml, problems);
}

/// The database of an `sql` task is one that the learner has a tab for.
fn database(facts: &Facts<'_>, file: &str, yaml: &Yaml, problems: &mut Problems) {
    let tabs: Vec<&str> = facts
        .lab
        .apps
        .iter()
        .filter_map(|app| match &app.kind {
            AppKind::Sql { file } => Some(file.as_str()),
            _ => None,
        })
        .collect();
    if tabs.contains(&file) {
        return;
    }
    let help = match tabs.as_slice() {
        [] => "add a tab under `apps`: `- sql: assets/….sqlite`".to_owned(),
        tabs => format!("add `database:` with one of: {}", tabs.join(", ")),
    };
    if file.is_empty() {
        let message = "it is not said which database this `sql` is asked of";
        problems.error(key_span(yaml, "sql"), message, help);
    } else {
        let at = yaml.locate(&["database".into()]);
        problems.error(at, format!("no `sql` tab shows `{file}`"), help);
    }
}

/// As answers are compared.
fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

fn solve(task: &Task, yaml: &Yaml, problems: &mut Problems) {
    let scripted = matches!(task.check, Check::Script { .. });
    let queried = matches!(task.check, Check::Sql { .. });
    match (&task.solve, &task.answer) {
        (Some(Solve::Answer(_)), None) if !queried => {
            problems.error(
                key_span(yaml, "solve"),
                "this task asks for no answer",
                "add `answer:`, or solve it with a script",
            );
        }
        (Some(Solve::Answer(text)), Some(Answer::Number))
            if !is_template(text) && scalar::number(text.trim_start_matches('-')).is_none() =>
        {
            problems.error(
                yaml.locate(&["solve".into(), "answer".into()]),
                format!("the answer is a number, `{text}` is none"),
                "",
            );
        }
        (None | Some(Solve::Run { .. }), Some(_)) if scripted => {
            let id = &task.id;
            problems.warning(
                key_span(yaml, "answer"),
                format!("`labwright test` does not know what to answer to `{id}`"),
                "add `solve: {answer: …}`",
            );
        }
        _ => {}
    }
}

/// What every author should know about checks that run where the learner is root.
fn in_node(facts: &Facts<'_>, problems: &mut Problems) {
    let mut ids = Vec::new();
    let mut first = None;
    for task in facts.lab.steps.iter().flat_map(|step| &step.tasks) {
        let Check::Script { on, .. } = &task.check else {
            continue;
        };
        let hidden = facts.lab.nodes.get(on).is_none_or(|node| node.hidden);
        if !hidden && on.as_str() != CHECKER {
            ids.push(format!("`{}`", task.id));
            let yaml =
                tasks(facts).find(|y| y.get("id").and_then(Yaml::word) == Some(task.id.as_str()));
            first = first.or(yaml.map(|yaml| key_span(yaml, "check")));
        }
    }
    if let Some(at) = first {
        let message = format!(
            "in-node: who is root in the node can in the end fool the checks of {}",
            ids.join(", ")
        );
        problems.note(
            at,
            message,
            "what must not be forged runs `on: checker` or on a hidden node",
        );
    }
}

/// Tasks that no solution can reach: nothing in the lab solves anything by script.
fn unsolved(facts: &Facts<'_>, problems: &mut Problems) {
    let all = || facts.lab.steps.iter().flat_map(|step| &step.tasks);
    let scripted =
        |task: &&Task| matches!(task.check, Check::Script { .. }) && task.answer.is_none();
    if let Some(task) = all()
        .find(scripted)
        .filter(|_| all().all(|task| task.solve.is_none()))
    {
        let yaml =
            tasks(facts).find(|y| y.get("id").and_then(Yaml::word) == Some(task.id.as_str()));
        let at = yaml.map_or(0..0, |yaml| key_span(yaml, "check"));
        problems.warning(
            at,
            "no task has a solution: `labwright test` cannot show that the lab can be done",
            "add `solve:`",
        );
    }
}
