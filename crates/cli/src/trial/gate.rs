//! The quality gate in one place: zero without the solutions, full with them, nothing left behind.

use std::sync::Arc;

use labwright_grading::{Judgement, Values, Verdict, points_of};
use labwright_model::{Lab, MachineSpec, Task};
use labwright_place::Place;
use labwright_wire::{ClientError, Exit};
use serde::Serialize;

use super::left::Before;
use super::machine::{Machine, MachineError};
use super::verdicts::{self, Databases};
use crate::emulated::Emulator;

/// Shares closer than this are equal: scores are rounded to hundredths.
const ROUNDING: f64 = 1e-6;

/// What the gate found in one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaceReport {
    /// The place.
    pub place: String,
    /// What ran the emulated PC, in the place that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emulator: Option<Emulator>,
    /// Who judged, where that is not said by the place alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Everything held.
    pub ok: bool,
    /// Milliseconds from start to ready; absent when it did not get there.
    pub ready_ms: Option<u64>,
    /// One row a task.
    pub tasks: Vec<TaskReport>,
    /// What was still there after the stop.
    pub left_behind: Vec<String>,
    /// What did not hold, in words.
    pub problems: Vec<String>,
}

impl PlaceReport {
    /// A place where nothing has happened yet.
    pub fn new(place: &str, lab: &Lab) -> Self {
        let row = |task: &Task| TaskReport {
            id: task.id.to_string(),
            points: task.points,
            before: 0.0,
            after: 0.0,
        };
        Self {
            place: place.to_owned(),
            emulator: None,
            notes: Vec::new(),
            ok: false,
            ready_ms: None,
            tasks: lab
                .steps
                .iter()
                .flat_map(|step| &step.tasks)
                .map(row)
                .collect(),
            left_behind: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The place, and what ran it.
    pub fn title(&self) -> String {
        match self.emulator {
            Some(emulator) => format!("{} ({})", self.place, emulator.words()),
            None => self.place.clone(),
        }
    }
}

/// What the gate found out about one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskReport {
    /// The task.
    pub id: String,
    /// What it is worth.
    pub points: f64,
    /// Points before any solution; must be 0.
    pub before: f64,
    /// Points after all solutions; must be `points`.
    pub after: f64,
}

/// What the gate needs to know.
pub struct Gate<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// What its machine is started from.
    pub spec: &'a MachineSpec,
    /// Parameters and addresses.
    pub values: Values,
    /// Bytes of the lab image, for the budget; none where the lab was made for elsewhere.
    pub image_bytes: Option<u64>,
    /// The lab's databases.
    pub databases: Databases,
}

impl Gate<'_> {
    /// Runs the gate. `say` hears what is being done.
    pub async fn run(&self, place: Arc<dyn Place>, say: impl Fn(&str)) -> PlaceReport {
        let mut report = PlaceReport::new(place.name(), self.lab);
        let before = Before::look(&self.spec.session);
        say("starting");
        match Machine::start(place.clone(), self.spec).await {
            Ok(machine) => {
                // Rounding a time down to whole milliseconds loses nothing that a budget counts.
                report.ready_ms = Some(machine.ready_ms as u64);
                if let Err(error) = self.all_tasks(Some(&machine), &mut report, &say).await {
                    report.problems.push(words(&error));
                }
                if !report.problems.is_empty() {
                    report.problems.extend(services_down(&machine).await);
                }
                say("stopping");
                if let Err(error) = machine.stop().await {
                    report.problems.push(words(&error));
                }
            }
            Err(error) => report.problems.push(words(&error)),
        }
        self.budget(&mut report);
        report.left_behind = before.left_behind(place.as_ref(), &self.spec.session).await;
        report.ok = report.problems.is_empty() && report.left_behind.is_empty();
        report
    }

    /// Runs the gate of a lab that needs no machine where it is.
    pub async fn run_alone(&self, place: &str, say: impl Fn(&str)) -> PlaceReport {
        let mut report = PlaceReport::new(place, self.lab);
        if let Err(error) = self.all_tasks(None, &mut report, &say).await {
            report.problems.push(words(&error));
        }
        report.ok = report.problems.is_empty();
        report
    }

    fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.lab.steps.iter().flat_map(|step| &step.tasks)
    }

    async fn all_tasks(
        &self,
        machine: Option<&Machine>,
        report: &mut PlaceReport,
        say: &impl Fn(&str),
    ) -> Result<(), MachineError> {
        say("checking before the solutions");
        for (index, task) in self.tasks().enumerate() {
            let judgement = self.check(machine, task, None).await?;
            let points = self.judged(task, &judgement, "before", &mut report.problems);
            if points > ROUNDING {
                let id = &task.id;
                report.problems.push(format!(
                    "task {id} gives {points} points before any solution"
                ));
            }
            if let Some(row) = report.tasks.get_mut(index) {
                row.before = points;
            }
        }
        for task in self.tasks() {
            say(&format!("solving {}", task.id));
            report.problems.extend(self.solve(machine, task).await?);
        }
        say("checking after the solutions");
        for (index, task) in self.tasks().enumerate() {
            let answer = verdicts::solving_answer(task, &self.values);
            let judgement = self.check(machine, task, answer.as_deref()).await?;
            let points = self.judged(task, &judgement, "after", &mut report.problems);
            if (points - task.points).abs() > ROUNDING && judgement.verdict != Verdict::Broken {
                report.problems.push(format!(
                    "task {} gives {points} of {} points after all solutions{}",
                    task.id,
                    task.points,
                    said(&judgement)
                ));
            }
            if let Some(row) = report.tasks.get_mut(index) {
                row.after = points;
            }
        }
        Ok(())
    }

    /// The verdict on a task. What the agent refuses, such as a program that the node lacks, breaks this check alone.
    async fn check(
        &self,
        machine: Option<&Machine>,
        task: &Task,
        answer: Option<&str>,
    ) -> Result<Judgement, MachineError> {
        match verdicts::check(machine, &self.databases, task, &self.values, answer).await {
            Err(MachineError::Agent(ClientError::Refused(refusal))) => {
                Ok(Judgement::broken(refusal.to_string()))
            }
            result => result,
        }
    }

    /// Runs a task's solution; says why it failed.
    async fn solve(
        &self,
        machine: Option<&Machine>,
        task: &Task,
    ) -> Result<Option<String>, MachineError> {
        match verdicts::solve(machine, task, self.values.env()).await {
            Err(MachineError::Agent(ClientError::Refused(refusal))) => Ok(Some(format!(
                "the solution of task {} cannot run: {refusal}",
                task.id
            ))),
            result => result,
        }
    }

    /// The points of a judgement; a broken check is a problem of its own.
    fn judged(
        &self,
        task: &Task,
        judgement: &Judgement,
        when: &str,
        problems: &mut Vec<String>,
    ) -> f64 {
        if judgement.verdict == Verdict::Broken {
            let detail = judgement.broken.as_deref().unwrap_or("no detail");
            problems.push(format!(
                "the check of task {} is broken {when} the solutions: {detail}",
                task.id
            ));
        }
        points_of(judgement.share, task.points)
    }

    fn budget(&self, report: &mut PlaceReport) {
        let Some(image_bytes) = self.image_bytes else {
            return;
        };
        if let (Some(limit), Some(took)) = (self.lab.budget.start_ms, report.ready_ms)
            && took > limit
        {
            report.problems.push(format!(
                "ready after {took} ms, over the budget of {limit} ms"
            ));
        }
        if let Some(limit) = self.lab.budget.image_bytes
            && image_bytes > limit
        {
            report.problems.push(format!(
                "the lab image has {image_bytes} bytes, over the budget of {limit}"
            ));
        }
    }
}

/// Services that do not run. That is no problem by itself, since labs ask learners to repair some; but it may be
/// behind the others.
async fn services_down(machine: &Machine) -> Vec<String> {
    let Ok(status) = machine.status().await else {
        return Vec::new();
    };
    let mut down = Vec::new();
    for node in &status.nodes {
        for service in &node.services {
            let end = match service.exit {
                Some(Exit::Code(0)) | None => continue,
                Some(Exit::Code(code)) => format!("status {code}"),
                Some(Exit::Signal(signal)) => format!("signal {signal}"),
            };
            down.push(format!(
                "perhaps because of service {} on node {}: it ended with {end} (restarts: {}); \
                 `labwright run` and its command in a terminal of that node show why",
                service.name, node.name, service.restarts
            ));
        }
    }
    down
}

fn said(judgement: &Judgement) -> String {
    if judgement.feedback.is_empty() {
        return String::new();
    }
    format!(": {}", judgement.feedback.join(" / "))
}

fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
