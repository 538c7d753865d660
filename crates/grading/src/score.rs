//! From verdicts to points: the best attempt counts, and a score is a sum.

use labwright_model::{CHECKER, Check, Lab, Task, TaskId};
use serde::{Deserialize, Serialize};

use crate::Verdict;

/// Points are kept to so many parts of a point, so that sums of shares look like what they are.
const PARTS: f64 = 10_000.0;

/// How far a verdict can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The check ran in a node whose root is the learner, who can in the end fool it.
    InNode,
    /// It ran on the checker or on a hidden node.
    Guarded,
    /// The server compared an answer.
    Answer,
}

impl Evidence {
    /// The evidence that a task's check gives.
    pub fn of(lab: &Lab, task: &Task) -> Self {
        match &task.check {
            Check::Script { on, .. } => {
                let hidden = lab.nodes.get(on).is_some_and(|node| node.hidden);
                if hidden || on.as_str() == CHECKER {
                    Self::Guarded
                } else {
                    Self::InNode
                }
            }
            Check::Expect(_) | Check::Sql { .. } => Self::Answer,
        }
    }
}

/// Points of a lab.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Score {
    /// Points so far.
    pub score: f64,
    /// Points that can be had.
    pub points: f64,
}

/// The best share of several attempts; broken ones count for nothing.
pub fn best_share(attempts: impl IntoIterator<Item = (Verdict, f64)>) -> f64 {
    attempts
        .into_iter()
        .filter(|(verdict, _)| *verdict != Verdict::Broken)
        .map(|(_, share)| bounded(share))
        .fold(0.0, f64::max)
}

/// A share of a task's points, as points.
pub fn points_of(share: f64, points: f64) -> f64 {
    rounded(bounded(share) * points)
}

/// The score of a lab, from the best share of each task.
pub fn total(lab: &Lab, best: impl Fn(&TaskId) -> Option<f64>) -> Score {
    total_of(lab, None, best)
}

/// The score of one step, from 1, or of the whole lab.
pub fn total_of(lab: &Lab, step: Option<u32>, best: impl Fn(&TaskId) -> Option<f64>) -> Score {
    let mut sum = Score::default();
    let counted = (1..)
        .zip(&lab.steps)
        .filter(|(n, _)| step.is_none_or(|step| step == *n))
        .flat_map(|(_, step)| &step.tasks);
    for task in counted {
        sum.points += task.points;
        sum.score += points_of(best(&task.id).unwrap_or(0.0), task.points);
    }
    Score {
        score: rounded(sum.score),
        points: rounded(sum.points),
    }
}

pub(crate) fn bounded(share: f64) -> f64 {
    if share.is_finite() {
        share.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn rounded(points: f64) -> f64 {
    (points * PARTS).round() / PARTS
}
