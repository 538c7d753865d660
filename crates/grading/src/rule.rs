//! Which attempts count: dates, late work, and which of several tries.
//!
//! A rule is applied to attempts that are kept anyway: one that changes later counts all of them anew.

use serde::{Deserialize, Serialize};

use crate::Verdict;

/// What happens to work after the due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateWork {
    /// It counts, and bears a mark that teachers see.
    #[default]
    Counts,
    /// It can be checked, and counts for nothing.
    CountsNot,
}

/// Which of several tries at a task counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhichTry {
    /// The best.
    #[default]
    Best,
    /// The last.
    Last,
    /// The first.
    First,
}

/// The rule of a lab in a course, for one learner. Times are milliseconds since 1970 (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rule {
    /// Not before this.
    pub opens_ms: Option<i64>,
    /// Work of this moment is still on time.
    pub due_ms: Option<i64>,
    /// Nothing after this.
    pub closes_ms: Option<i64>,
    /// What happens to late work.
    pub late: LateWork,
    /// Which try counts.
    pub which: WhichTry,
    /// Most tries at one task.
    pub tries: Option<u32>,
    /// What only the learner's own browser says counts for nothing, and is no try.
    pub judged_only: bool,
}

/// A try as a rule sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneTry {
    /// When it was judged.
    pub at_ms: i64,
    /// What was said.
    pub verdict: Verdict,
    /// Share of the task's points.
    pub share: f64,
    /// Only the learner's own browser says so.
    pub self_reported: bool,
}

/// What a task's tries come to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counted {
    /// Share of the task's points, 0 to 1.
    pub share: f64,
    /// That share was reached after the due date.
    pub late: bool,
    /// Only the learner's own browser says that it was reached; or, where its word counts for nothing, that more was.
    pub self_reported: bool,
    /// Tries that were made; a broken check is none.
    pub tries: u32,
}

/// Why a lab or a check is shut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// Its time has not come.
    NotOpen,
    /// Its time is over.
    Closed,
    /// All tries at this task are used.
    NoTriesLeft,
}

impl Rule {
    /// The rule of a learner who was given more time, until then.
    pub fn extended(self, until_ms: Option<i64>) -> Self {
        let later = |date: Option<i64>| match (date, until_ms) {
            (Some(date), Some(until)) => Some(date.max(until)),
            (date, _) => date,
        };
        Self {
            due_ms: later(self.due_ms),
            closes_ms: later(self.closes_ms),
            ..self
        }
    }

    /// Whether the lab may be opened.
    pub fn may_open(&self, now_ms: i64) -> Result<(), Shut> {
        if self.opens_ms.is_some_and(|opens| now_ms < opens) {
            return Err(Shut::NotOpen);
        }
        if self.closes_ms.is_some_and(|closes| now_ms > closes) {
            return Err(Shut::Closed);
        }
        Ok(())
    }

    /// Whether a task may be checked, that was tried so often before.
    pub fn may_try(&self, now_ms: i64, tries: u32) -> Result<(), Shut> {
        self.may_open(now_ms)?;
        match self.tries {
            Some(most) if tries >= most => Err(Shut::NoTriesLeft),
            _ => Ok(()),
        }
    }

    /// What a task's tries come to, oldest first.
    pub fn count(&self, tries: impl IntoIterator<Item = OneTry>) -> Counted {
        let mut all = Counted::default();
        let mut decided = false;
        let mut word_alone: f64 = 0.0;
        for one in tries {
            if one.verdict == Verdict::Broken {
                continue;
            }
            if self.judged_only && one.self_reported {
                word_alone = word_alone.max(crate::score::bounded(one.share));
                continue;
            }
            all.tries = all.tries.saturating_add(1);
            let late = self.due_ms.is_some_and(|due| one.at_ms > due);
            let closed = self.closes_ms.is_some_and(|closes| one.at_ms > closes);
            if closed || (late && self.late == LateWork::CountsNot) {
                continue;
            }
            let share = crate::score::bounded(one.share);
            let taken = match self.which {
                WhichTry::Best => share > all.share,
                WhichTry::Last => true,
                WhichTry::First => !decided,
            };
            decided = true;
            if taken {
                all.share = share;
                // Nothing that is worth nothing is late.
                all.late = late && share > 0.0;
                all.self_reported = one.self_reported && share > 0.0;
            } else if self.which == WhichTry::Best
                && share >= all.share
                && !one.self_reported
                && (all.late || !late)
            {
                // The same was judged here, and in no worse time.
                all.self_reported = false;
            }
        }
        all.self_reported |= word_alone > all.share;
        all
    }
}
