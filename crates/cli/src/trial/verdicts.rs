//! Asks a machine whether a task is done, and does what its author's solution says.

use std::path::PathBuf;

use indexmap::IndexMap;
use labwright_grading::{
    Ended, Judgement, Values, Words, compare, judge, judge_answer, parse_answer,
};
use labwright_model::{Check, Solve, Task};
use labwright_sql::{Asker, SqlSource};
use labwright_wire::{CheckOutput, Exit, Open, Reply};

use super::machine::{Machine, MachineError};

/// Longest run of a solution, in milliseconds.
const SOLVE_TIMEOUT_MS: u64 = 300_000;
const NO_MACHINE: &str = "the lab has no nodes, so that no script runs";

/// The lab's databases, and what asks them.
pub struct Databases {
    /// Asks.
    pub asker: Asker,
    /// The folder that holds what the lab folder has under `assets/`.
    pub assets: PathBuf,
}

/// The verdict on a task as a learner would get it with this answer.
pub async fn check(
    machine: Option<&Machine>,
    databases: &Databases,
    task: &Task,
    values: &Values,
    answer: Option<&str>,
) -> Result<Judgement, MachineError> {
    let given = match &task.answer {
        None => None,
        Some(kind) => match parse_answer(kind, answer) {
            Ok(given) => Some(given),
            // No answer, or one of the wrong kind: not yet, as the learner would be told.
            Err(_) => return Ok(judge_answer(false)),
        },
    };
    match &task.check {
        Check::Script {
            on,
            script,
            user,
            timeout_ms,
        } => {
            let mut env = values.env();
            env.insert("TASK".to_owned(), task.id.to_string());
            env.insert("ANSWER".to_owned(), given.unwrap_or_default());
            let open = Open::Check {
                node: on.clone(),
                script: script.text.clone(),
                env,
                user: user.clone(),
                timeout_ms: *timeout_ms,
            };
            let Some(machine) = machine else {
                return Ok(Judgement::broken(NO_MACHINE));
            };
            let output = run(machine, &open).await?;
            Ok(judge(ended(&output), &output.stdout, &output.stderr))
        }
        Check::Expect(expect) => {
            let given = given.unwrap_or_default();
            let Some(kind) = &task.answer else {
                return Ok(Judgement::broken("`expect` needs an `answer`"));
            };
            let value = match values.fill(&expect.value) {
                Ok(value) => value,
                Err(error) => return Ok(Judgement::broken(error.to_string())),
            };
            Ok(match compare(expect, &value, kind, &given) {
                Ok(right) => judge_answer(right),
                Err(error) => Judgement::broken(error.to_string()),
            })
        }
        Check::Sql { query, database } => {
            let source = SqlSource {
                asker: &databases.asker,
                assets: &databases.assets,
                database,
            };
            let answer = answer.unwrap_or_default();
            Ok(source.judge(&query.text, answer, Words::English).await)
        }
    }
}

/// The answer that solves a task: its own `solve`, what `expect` says, or the author's query.
pub fn solving_answer(task: &Task, values: &Values) -> Option<String> {
    let template = match (&task.solve, &task.check) {
        (Some(Solve::Answer(answer)), _) => answer,
        (_, Check::Expect(expect)) => &expect.value,
        // No template: scripts are taken as they are.
        (_, Check::Sql { query, .. }) => return Some(query.text.clone()),
        _ => return None,
    };
    values.fill(template).ok()
}

/// Runs a task's solution; `Some` says why it failed.
pub async fn solve(
    machine: Option<&Machine>,
    task: &Task,
    params: IndexMap<String, String>,
) -> Result<Option<String>, MachineError> {
    let Some(Solve::Run { on, script }) = &task.solve else {
        return Ok(None);
    };
    let open = Open::Script {
        node: on.clone(),
        script: script.text.clone(),
        env: params,
        user: "root".to_owned(),
        timeout_ms: SOLVE_TIMEOUT_MS,
    };
    let Some(machine) = machine else {
        return Ok(Some(NO_MACHINE.to_owned()));
    };
    let output = run(machine, &open).await?;
    if output.exit == Some(Exit::Code(0)) {
        return Ok(None);
    }
    let words = format!("{}{}", output.stdout, output.stderr);
    let words = match words.trim() {
        "" => "it printed nothing",
        words => words,
    };
    let end = match output.exit {
        Some(Exit::Code(code)) => format!("status {code}"),
        Some(Exit::Signal(signal)) => format!("signal {signal}"),
        None => format!("no end after {} s", SOLVE_TIMEOUT_MS / 1000),
    };
    Ok(Some(format!(
        "the solution of task {} ended with {end}: {words}",
        task.id
    )))
}

async fn run(machine: &Machine, open: &Open) -> Result<CheckOutput, MachineError> {
    match machine.agent.open(open).await? {
        (Reply::Check(output), _) => Ok(output),
        _ => Err(MachineError::Answer { asked: "check" }),
    }
}

fn ended(output: &CheckOutput) -> Ended {
    match output.exit {
        Some(Exit::Code(code)) => Ended::Code(code),
        Some(Exit::Signal(signal)) => Ended::Signal(signal),
        None => Ended::TimedOut,
    }
}
