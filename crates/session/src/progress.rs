//! From stored attempts to what the learner has reached.

use std::collections::BTreeMap;

use labwright_grading::{Verdict, best_share, points_of, total};
use labwright_model::{Lab, Task, TaskId};
use labwright_store::{Attempt, StoredVerdict};

use crate::view::{Progress, TaskProgress, TaskState};

/// Progress in a lab, from a learner's attempts (oldest first) and revealed hints.
pub fn progress(lab: &Lab, attempts: &[Attempt], hints: &BTreeMap<TaskId, u32>) -> Progress {
    let mut by_task: BTreeMap<&TaskId, Vec<&Attempt>> = BTreeMap::new();
    for attempt in attempts {
        by_task.entry(&attempt.task).or_default().push(attempt);
    }
    let best = |id: &TaskId| by_task.get(id).map(|attempts| share(attempts));
    let score = total(lab, best);
    let tasks = lab
        .steps
        .iter()
        .flat_map(|step| &step.tasks)
        .map(|task| {
            let attempts = by_task.get(&task.id).map_or(&[][..], Vec::as_slice);
            let revealed = hints.get(&task.id).copied().unwrap_or_default();
            (task.id.clone(), task_progress(task, attempts, revealed))
        })
        .collect();
    Progress {
        tasks,
        score: score.score,
        points: score.points,
    }
}

/// How many attempts counted: a broken check is none.
fn counted(attempts: &[&Attempt]) -> usize {
    attempts
        .iter()
        .filter(|attempt| attempt.verdict != StoredVerdict::Broken)
        .count()
}

fn task_progress(task: &Task, attempts: &[&Attempt], hints_revealed: u32) -> TaskProgress {
    let last = attempts.last();
    TaskProgress {
        state: state(attempts),
        score: points_of(share(attempts), task.points),
        points: task.points,
        feedback: last.map(|last| last.feedback.clone()).unwrap_or_default(),
        attempts: counted(attempts),
        hints_revealed,
    }
}

fn share(attempts: &[&Attempt]) -> f64 {
    best_share(
        attempts
            .iter()
            .map(|attempt| (verdict(attempt.verdict), attempt.share)),
    )
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
