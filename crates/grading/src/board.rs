//! A class at one lab, as its teacher sees it: what everybody has done, and who is perhaps stuck.
//!
//! Who is stuck is a rule that a teacher can check: see [`Class::stuck`]. A fold over attempts; it must
//! not know where they are kept or what time it is.

use std::collections::{BTreeMap, BTreeSet};

use labwright_model::TaskId;

use crate::Verdict;

/// Failed tries at one task after which a learner is perhaps stuck.
pub const STUCK_TRIES: u32 = 3;
/// Time on one task after which a learner is perhaps stuck, unless the class needs as long.
pub const STUCK_MS: i64 = 10 * 60_000;
/// Time without a sign of life after which a learner with a running lab is perhaps stuck.
pub const QUIET_MS: i64 = 8 * 60_000;
/// How many times the class's median a task may take.
const LONGER_THAN_CLASS: i64 = 2;
/// Different words of failed checks that are counted for a task.
const MAX_WORDS: usize = 200;

/// One attempt of somebody.
#[derive(Debug, Clone)]
pub struct Tried {
    /// Who.
    pub learner: String,
    /// At what.
    pub task: TaskId,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// What the check said.
    pub verdict: Verdict,
    /// Share of the points.
    pub share: f64,
    /// Only the learner's own browser says so.
    pub self_reported: bool,
    /// The last line that the check said to the learner.
    pub words: Option<String>,
}

/// What a learner has done at one task.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Work {
    /// Attempts that counted.
    pub attempts: u32,
    /// Those since the task was last done that were not enough.
    pub failed: u32,
    /// The best share.
    pub best: f64,
    /// Only the learner's own browser says that it was reached.
    pub self_reported: bool,
    /// The last attempt's verdict.
    pub last: Option<Verdict>,
    /// When it was first done, in milliseconds since 1970.
    pub done_ms: Option<i64>,
    /// How long it took from the task before, in milliseconds, once done.
    pub took_ms: Option<i64>,
    /// What the check said at last.
    pub words: Option<String>,
}

/// A task over the whole class.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskSum {
    /// Learners who have done it.
    pub done: u32,
    /// Learners who have a part.
    pub part: u32,
    /// Learners who have tried it and have nothing.
    pub tried: u32,
    /// Attempts that counted.
    pub attempts: u32,
    /// Attempts that the check's own fault ended.
    pub broken: u32,
    /// Median time from the task before, in milliseconds.
    pub median_ms: Option<i64>,
    /// What failed checks said to most learners, with their number, most first.
    pub words: Vec<(String, u32)>,
}

/// A step over the whole class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepSum {
    /// Learners who have come so far.
    pub reached: u32,
    /// Learners who have done all its tasks; where it has none, who have reached the next one.
    pub finished: u32,
    /// Median time over those who have done all its tasks, in milliseconds.
    pub median_ms: Option<i64>,
}

/// What a learner is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtHand {
    /// The first task that is not done.
    pub task: TaskId,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// Failed tries at it.
    pub failed: u32,
}

/// What is known of a learner beside attempts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signs {
    /// The lab runs, so that there is somebody to help.
    pub is_here: bool,
    /// Since when it runs, in milliseconds since 1970.
    pub since_ms: i64,
    /// The last sign of life, in milliseconds since 1970.
    pub active_ms: i64,
}

/// Why somebody is perhaps stuck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Tried the task at hand [`STUCK_TRIES`] times or more.
    Tries,
    /// No sign of life for [`QUIET_MS`].
    Quiet,
    /// At the task for [`STUCK_MS`], and twice as long as the class.
    Time,
}

/// Somebody who is perhaps stuck.
#[derive(Debug, Clone, PartialEq)]
pub struct Stuck {
    /// The task at hand.
    pub task: TaskId,
    /// Why.
    pub reason: Reason,
    /// Since when: at the task, or silent; in milliseconds since 1970.
    pub since_ms: i64,
    /// Failed tries at it.
    pub failed: u32,
    /// What the check said at last.
    pub words: Option<String>,
}

/// Everybody's attempts at one lab.
#[derive(Debug, Default)]
pub struct Class {
    tasks: Vec<TaskId>,
    learners: BTreeMap<String, BTreeMap<TaskId, Work>>,
    began: BTreeMap<String, i64>,
    broken: BTreeMap<TaskId, u32>,
    words: BTreeMap<TaskId, BTreeMap<String, BTreeSet<String>>>,
}

impl Class {
    /// Nobody has tried these tasks, which are in the order of the lab.
    pub fn new(tasks: impl IntoIterator<Item = TaskId>) -> Self {
        Self {
            tasks: tasks.into_iter().collect(),
            ..Self::default()
        }
    }

    /// A learner's first lab was there to work in: the first task is at hand from then on. Only
    /// the first time counts; tell it before that learner's attempts.
    pub fn began(&mut self, learner: &str, at_ms: i64) {
        if !self.began.contains_key(learner) {
            self.began.insert(learner.to_owned(), at_ms);
        }
    }

    /// One attempt more. They come in the order of their times.
    pub fn add(&mut self, tried: &Tried) {
        if tried.verdict == Verdict::Broken {
            *self.broken.entry(tried.task.clone()).or_default() += 1;
            return;
        }
        let began = self.began.get(&tried.learner).copied();
        let before = self.last_done(&tried.learner).or(began);
        let works = self.learners.entry(tried.learner.clone()).or_default();
        let work = works.entry(tried.task.clone()).or_default();
        work.attempts += 1;
        if tried.share > work.best {
            work.best = tried.share;
            work.self_reported = tried.self_reported;
        } else if tried.share >= work.best {
            work.self_reported &= tried.self_reported;
        }
        work.last = Some(tried.verdict);
        if tried.verdict == Verdict::Done {
            work.failed = 0;
            work.words = None;
            if work.done_ms.is_none() {
                work.done_ms = Some(tried.at_ms);
                work.took_ms = before.map(|before| (tried.at_ms - before).max(0));
            }
            return;
        }
        work.failed += 1;
        work.words.clone_from(&tried.words);
        if let Some(words) = &tried.words {
            let known = self.words.entry(tried.task.clone()).or_default();
            if known.len() < MAX_WORDS || known.contains_key(words) {
                let who = known.entry(words.clone()).or_default();
                who.insert(tried.learner.clone());
            }
        }
    }

    /// What a learner has done at each task that was tried.
    pub fn works(&self, learner: &str) -> Option<&BTreeMap<TaskId, Work>> {
        self.learners.get(learner)
    }

    /// A task over everybody.
    pub fn sum(&self, task: &TaskId) -> TaskSum {
        let works = self.learners.values().filter_map(|works| works.get(task));
        let mut sum = TaskSum {
            broken: self.broken.get(task).copied().unwrap_or_default(),
            ..TaskSum::default()
        };
        let mut times = Vec::new();
        for work in works {
            sum.attempts += work.attempts;
            match (work.done_ms, work.best > 0.0) {
                (Some(_), _) => sum.done += 1,
                (None, true) => sum.part += 1,
                (None, false) => sum.tried += 1,
            }
            times.extend(work.took_ms);
        }
        sum.median_ms = median(times);
        let words = self.words.get(task).into_iter().flatten();
        sum.words = words
            .map(|(words, who)| (words.clone(), u32::try_from(who.len()).unwrap_or(u32::MAX)))
            .collect();
        sum.words
            .sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
        sum
    }

    /// Every step over those who have started the lab. `steps` holds the tasks of each.
    pub fn steps<'a>(
        &self,
        steps: &[Vec<TaskId>],
        started: impl Iterator<Item = &'a str>,
    ) -> Vec<StepSum> {
        let mut sums = vec![StepSum::default(); steps.len()];
        let mut times = vec![Vec::new(); steps.len()];
        let nothing = BTreeMap::new();
        for learner in started {
            let works = self.learners.get(learner).unwrap_or(&nothing);
            let is_done =
                |task: &TaskId| works.get(task).is_some_and(|work| work.done_ms.is_some());
            let is_tried = |tasks: &Vec<TaskId>| tasks.iter().any(|task| works.contains_key(task));
            let furthest = steps.iter().rposition(is_tried).unwrap_or_default();
            let mut all_before = true;
            let reached: Vec<bool> = (0..)
                .zip(steps)
                .map(|(at, tasks)| {
                    let reached = all_before || at <= furthest;
                    all_before = all_before && tasks.iter().all(is_done);
                    reached
                })
                .collect();
            for (at, tasks) in steps.iter().enumerate() {
                let (Some(sum), Some(times)) = (sums.get_mut(at), times.get_mut(at)) else {
                    continue;
                };
                let is_reached = |at| reached.get(at).copied();
                let here = is_reached(at).unwrap_or_default();
                let finished = match tasks.is_empty() {
                    true => here && is_reached(at + 1).unwrap_or(true),
                    false => tasks.iter().all(is_done),
                };
                sum.reached += u32::from(here);
                sum.finished += u32::from(finished);
                if finished && !tasks.is_empty() {
                    let took = tasks.iter().map(|task| works.get(task)?.took_ms);
                    times.extend(took.sum::<Option<i64>>());
                }
            }
        }
        for (sum, times) in sums.iter_mut().zip(times) {
            sum.median_ms = median(times);
        }
        sums
    }

    /// What a learner is at whose lab runs; none when all is done.
    pub fn work(&self, learner: &str, signs: Signs) -> Option<AtHand> {
        let task = self.at_hand(learner).filter(|_| signs.is_here)?;
        let work = self.learners.get(learner).and_then(|all| all.get(task));
        let done = self.last_done(learner);
        Some(AtHand {
            task: task.clone(),
            since_ms: done.map_or(signs.since_ms, |done| done.max(signs.since_ms)),
            failed: work.map_or(0, |work| work.failed),
        })
    }

    /// The first task that a learner has not done.
    pub fn at_hand(&self, learner: &str) -> Option<&TaskId> {
        let works = self.learners.get(learner);
        let is_done = |task: &&TaskId| {
            let work = works.and_then(|works| works.get(*task));
            work.is_some_and(|work| work.done_ms.is_some())
        };
        self.tasks.iter().find(|task| !is_done(task))
    }

    /// Whether a learner is perhaps stuck at the first task that is not done, and why. Only
    /// somebody whose lab runs can be:
    ///
    /// 1. [`STUCK_TRIES`] failed tries at it, or
    /// 2. no sign of life for [`QUIET_MS`], or
    /// 3. [`STUCK_MS`] at it, and at least twice as long as half of the class took.
    ///
    /// `median_ms` is [`TaskSum::median_ms`] of the task at hand.
    pub fn stuck(
        &self,
        learner: &str,
        signs: Signs,
        median_ms: Option<i64>,
        now_ms: i64,
    ) -> Option<Stuck> {
        let AtHand {
            task,
            since_ms: began_ms,
            failed,
        } = self.work(learner, signs)?;
        let works = self.learners.get(learner);
        let words = works.and_then(|works| works.get(&task)?.words.clone());
        let long = STUCK_MS.max(
            median_ms
                .unwrap_or_default()
                .saturating_mul(LONGER_THAN_CLASS),
        );
        let (reason, since_ms) = if failed >= STUCK_TRIES {
            (Reason::Tries, began_ms)
        } else if now_ms - signs.active_ms >= QUIET_MS {
            (Reason::Quiet, signs.active_ms)
        } else if now_ms - began_ms >= long {
            (Reason::Time, began_ms)
        } else {
            return None;
        };
        Some(Stuck {
            task,
            reason,
            since_ms,
            failed,
            words,
        })
    }

    fn last_done(&self, learner: &str) -> Option<i64> {
        let works = self.learners.get(learner)?;
        works.values().filter_map(|work| work.done_ms).max()
    }
}

fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
