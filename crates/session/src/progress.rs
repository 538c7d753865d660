//! From stored attempts to what the learner has reached.

use std::collections::BTreeMap;

use labwright_grading::{Counted, LateWork, OneTry, Rule, Verdict, WhichTry, points_of, total_of};
use labwright_model::{Lab, Task, TaskId};
use labwright_store::{
    Attempt, Link, Points, StoredEvidence, StoredLate, StoredRule, StoredVerdict, StoredWhich,
    UnixMs,
};

use crate::view::{Progress, TaskProgress, TaskState};

/// Progress in a lab by its rule, from a learner's attempts (oldest first) and revealed hints.
pub fn progress(
    lab: &Lab,
    rule: Rule,
    attempts: &[Attempt],
    hints: &BTreeMap<TaskId, u32>,
) -> Progress {
    let mut by_task: BTreeMap<&TaskId, Vec<&Attempt>> = BTreeMap::new();
    for attempt in attempts {
        by_task.entry(&attempt.task).or_default().push(attempt);
    }
    let counted = |id: &TaskId| rule.count(tries(by_task.get(id).map_or(&[], Vec::as_slice)));
    let score = total_of(lab, None, |id| Some(counted(id).share));
    let tasks = lab
        .steps
        .iter()
        .flat_map(|step| &step.tasks)
        .map(|task| {
            let attempts = by_task.get(&task.id).map_or(&[][..], Vec::as_slice);
            let revealed = hints.get(&task.id).copied().unwrap_or_default();
            let counted = counted(&task.id);
            let left = rule.tries.map(|most| most.saturating_sub(counted.tries));
            let progress = TaskProgress {
                tries_left: left,
                ..task_progress(task, attempts, counted, revealed)
            };
            (task.id.clone(), progress)
        })
        .collect();
    Progress {
        tasks,
        rule,
        score: score.score,
        points: score.points,
    }
}

/// What a learner has of what a link is for, by the lab's rule, from attempts at it, oldest first.
pub fn counted_points(lab: &Lab, link: &Link, rule: Rule, attempts: &[Attempt]) -> Points {
    let counted = counted_shares(rule, attempts);
    let share = |task: &TaskId| counted.get(task).map(|one| one.share);
    let reported = |task: &TaskId| {
        let one = counted.get(task).filter(|one| one.self_reported);
        // Where a browser's word counts for nothing, no points rest on it.
        one.filter(|_| !rule.judged_only).map(|one| one.share)
    };
    let on_word = points(lab, link.step, link.task.as_ref(), reported).given;
    Points {
        self_reported: on_word > 0.0,
        ..points(lab, link.step, link.task.as_ref(), share)
    }
}

/// The points of a lab, of one step of it (from 1) or of one task, from the share that counts of each. A task that
/// the lab has no more has none.
pub fn points(
    lab: &Lab,
    step: Option<u32>,
    task: Option<&TaskId>,
    share: impl Fn(&TaskId) -> Option<f64>,
) -> Points {
    let Some(task) = task else {
        let score = total_of(lab, step, share);
        return Points {
            given: score.score,
            maximum: score.points,
            self_reported: false,
        };
    };
    let mut tasks = lab.steps.iter().flat_map(|step| &step.tasks);
    let points = tasks
        .find(|one| one.id == *task)
        .map_or(0.0, |one| one.points);
    Points {
        given: points_of(share(task).unwrap_or_default(), points),
        maximum: points,
        self_reported: false,
    }
}

/// What the attempts at every task come to.
pub fn counted_shares(rule: Rule, attempts: &[Attempt]) -> BTreeMap<TaskId, Counted> {
    let mut by_task: BTreeMap<&TaskId, Vec<&Attempt>> = BTreeMap::new();
    for attempt in attempts {
        by_task.entry(&attempt.task).or_default().push(attempt);
    }
    by_task
        .into_iter()
        .map(|(task, attempts)| (task.clone(), rule.count(tries(&attempts))))
        .collect()
}

/// A stored rule as grading speaks of it, for a learner with more time until then.
pub fn rule(stored: Option<StoredRule>, until_ms: Option<UnixMs>) -> Rule {
    let Some(stored) = stored else {
        return Rule::default();
    };
    let rule = Rule {
        opens_ms: stored.opens_ms,
        due_ms: stored.due_ms,
        closes_ms: stored.closes_ms,
        late: match stored.late {
            StoredLate::Counts => LateWork::Counts,
            StoredLate::CountsNot => LateWork::CountsNot,
        },
        which: match stored.which {
            StoredWhich::Best => WhichTry::Best,
            StoredWhich::Last => WhichTry::Last,
            StoredWhich::First => WhichTry::First,
        },
        tries: stored.tries,
        judged_only: stored.judged_only,
    };
    rule.extended(until_ms)
}

fn task_progress(
    task: &Task,
    attempts: &[&Attempt],
    counted: Counted,
    hints_revealed: u32,
) -> TaskProgress {
    let last = attempts.last();
    TaskProgress {
        state: state(attempts),
        score: points_of(counted.share, task.points),
        late: counted.late,
        self_reported: counted.self_reported,
        tries_left: None,
        points: task.points,
        feedback: last.map(|last| last.feedback.clone()).unwrap_or_default(),
        attempts: counted.tries as usize,
        hints_revealed,
    }
}

fn tries<'a>(attempts: &'a [&Attempt]) -> impl Iterator<Item = OneTry> + 'a {
    attempts.iter().map(|attempt| OneTry {
        at_ms: attempt.at_ms,
        verdict: verdict(attempt.verdict),
        share: attempt.share,
        self_reported: attempt.evidence == StoredEvidence::SelfReported,
    })
}

/// Done stays done; before that the last check speaks.
fn state(attempts: &[&Attempt]) -> TaskState {
    let Some(last) = attempts.last() else {
        return TaskState::Untried;
    };
    let any = |verdict| attempts.iter().any(|attempt| attempt.verdict == verdict);
    if any(StoredVerdict::Done) {
        TaskState::Done
    } else if last.verdict == StoredVerdict::Broken {
        TaskState::Broken
    } else if any(StoredVerdict::Part) {
        TaskState::Part
    } else {
        TaskState::NotYet
    }
}

/// A stored verdict as grading speaks of it.
pub fn verdict(stored: StoredVerdict) -> Verdict {
    match stored {
        StoredVerdict::Done => Verdict::Done,
        StoredVerdict::Part => Verdict::Part,
        StoredVerdict::NotYet => Verdict::NotYet,
        StoredVerdict::Broken => Verdict::Broken,
    }
}
