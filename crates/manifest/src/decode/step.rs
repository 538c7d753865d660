//! Steps and tasks.

use labwright_model::{
    Answer, Check, Expect, NodeName, Page, Script, Solve, Step, Task, TaskId, Text,
};

use super::{Source, flag, parsed, string, text};
use crate::scalar;
use crate::yaml::{Node as Yaml, Value};

/// How long a check may take when the author does not say.
const TIMEOUT_MS: u64 = 30_000;

/// What a task means when it does not say.
pub(super) struct Silent<'a> {
    /// The lab's only visible node.
    pub(super) node: Option<&'a NodeName>,
    /// The file of its only `sql` tab.
    pub(super) database: Option<&'a str>,
}

pub(super) fn steps(root: &Yaml, silent: &Silent<'_>, source: &mut Source<'_>) -> Vec<Step> {
    let items = root.get("steps").map(Yaml::items).unwrap_or_default();
    items
        .iter()
        .map(|item| step(item, silent, source))
        .collect()
}

fn step(yaml: &Yaml, silent: &Silent<'_>, source: &mut Source<'_>) -> Step {
    let page = if yaml.word().is_some() {
        Some(yaml)
    } else {
        yaml.get("page")
    };
    // A page that could not be read keeps its place, so that the steps keep their numbers.
    let page = page
        .and_then(|page| source.page(page))
        .unwrap_or_else(|| Page {
            path: page.and_then(Yaml::word).unwrap_or_default().to_owned(),
            markdown: Text::default(),
        });
    let tasks = yaml.get("tasks").map(Yaml::items).unwrap_or_default();
    let tasks = tasks
        .iter()
        .filter_map(|task| self::task(task, silent, source));
    Step {
        page,
        tasks: tasks.collect(),
    }
}

fn task(yaml: &Yaml, silent: &Silent<'_>, source: &mut Source<'_>) -> Option<Task> {
    let id = parsed(yaml, "id", |text| TaskId::new(text).ok())?;
    let on = parsed(yaml, "on", |text| NodeName::new(text).ok()).or_else(|| silent.node.cloned());
    let hints = yaml.get("hint").map(Yaml::items).unwrap_or_default();
    Some(Task {
        title: yaml
            .get("title")
            .and_then(text)
            .unwrap_or_else(|| Text::plain(id.as_str())),
        points: parsed(yaml, "points", scalar::number).unwrap_or(1.0),
        check: check(yaml, on.as_ref(), silent, source)?,
        answer: yaml.get("answer").and_then(answer),
        hints: hints.iter().filter_map(text).collect(),
        solve: yaml
            .get("solve")
            .and_then(|solve| self::solve(solve, on.as_ref(), source)),
        id,
    })
}

fn check(
    yaml: &Yaml,
    on: Option<&NodeName>,
    silent: &Silent<'_>,
    source: &mut Source<'_>,
) -> Option<Check> {
    const MILLI_US: u64 = 1000;
    if let Some(value) = string(yaml, "expect") {
        return Some(Check::Expect(Expect {
            value,
            exact: flag(yaml, "exact").unwrap_or(false),
            tolerance: parsed(yaml, "tolerance", scalar::number).unwrap_or(0.0),
        }));
    }
    if yaml.get("sql").is_some() {
        let database = string(yaml, "database").or_else(|| silent.database.map(str::to_owned));
        return Some(Check::Sql {
            query: source.script(yaml.get("sql"))?,
            // The rules refuse a task without one.
            database: database.unwrap_or_default(),
        });
    }
    let timeout = parsed(yaml, "timeout", scalar::duration_us);
    Some(Check::Script {
        script: source.script(yaml.get("check"))?,
        on: on?.clone(),
        user: string(yaml, "as").unwrap_or_else(|| "root".into()),
        timeout_ms: timeout.map_or(TIMEOUT_MS, |us| us.div_ceil(MILLI_US)),
    })
}

fn answer(yaml: &Yaml) -> Option<Answer> {
    match yaml.word() {
        Some("text") => Some(Answer::Text),
        Some("number") => Some(Answer::Number),
        _ => {
            let choices = yaml.get("choice")?.items().iter();
            Some(Answer::Choice(choices.filter_map(text).collect()))
        }
    }
}

fn solve(yaml: &Yaml, on: Option<&NodeName>, source: &mut Source<'_>) -> Option<Solve> {
    if let Some(answer) = string(yaml, "answer") {
        return Some(Solve::Answer(answer));
    }
    let (script, on) = match yaml.value {
        Value::Map(_) => {
            let named = parsed(yaml, "on", |text| NodeName::new(text).ok());
            (yaml.get("run"), named.or_else(|| on.cloned()))
        }
        _ => (Some(yaml), on.cloned()),
    };
    let script: Script = source.script(script)?;
    Some(Solve::Run { on: on?, script })
}
