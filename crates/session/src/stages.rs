//! The stages of a start as the learner sees them, with the times that they took.

use std::collections::BTreeMap;

use labwright_model::Stage;
use labwright_store::UnixMs;

use crate::view::{StageState, StageView};

/// A stage is slow when it takes so many times what was expected, and more than [`SLOW_LEAST_MS`].
const SLOW_FACTOR: u64 = 2;
/// No stage is called slow before.
const SLOW_LEAST_MS: u64 = 5_000;

const ORDER: [Stage; 5] = [
    Stage::Place,
    Stage::Networks,
    Stage::Nodes,
    Stage::Services,
    Stage::Tabs,
];

/// The stages of one start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stages {
    views: Vec<StageView>,
}

impl Stages {
    pub(crate) fn new(expected: &BTreeMap<Stage, u64>) -> Self {
        let views = ORDER
            .into_iter()
            .map(|stage| StageView {
                stage,
                state: StageState::Todo,
                expected_ms: expected.get(&stage).copied(),
                took_ms: None,
                began_at: None,
            })
            .collect();
        Self { views }
    }

    /// What to show now.
    pub(crate) fn views(&self, now: UnixMs) -> Vec<StageView> {
        let mut views = self.views.clone();
        for view in &mut views {
            if slow_at(view).is_some_and(|at| at <= now) {
                view.state = StageState::Slow;
            }
        }
        views
    }

    /// When a stage begins to be slow.
    pub(crate) fn next_change(&self, now: UnixMs) -> Option<UnixMs> {
        self.views.iter().filter_map(slow_at).find(|at| *at > now)
    }

    /// Takes back this stage and all that follow.
    pub(crate) fn clear_from(&mut self, stage: Stage) {
        for view in self.views.iter_mut().filter(|view| view.stage >= stage) {
            view.state = StageState::Todo;
            view.took_ms = None;
            view.began_at = None;
        }
    }

    /// A stage begins; all before it are over.
    pub(crate) fn begin(&mut self, stage: Stage, now: UnixMs) {
        self.finish_before(stage, now);
        for view in &mut self.views {
            if view.stage == stage && view.state == StageState::Todo {
                view.state = StageState::Doing;
                view.began_at = Some(now);
            }
        }
    }

    /// A stage is over, and so are all before it.
    pub(crate) fn done(&mut self, stage: Stage, now: UnixMs) {
        self.begin(stage, now);
        let view = self.views.iter_mut().find(|view| view.stage == stage);
        if let Some(view) = view {
            finish(view, now);
        }
    }

    /// Ends all stages before this one. One whose begin was not heard of, because the agent was
    /// quicker than the channel to it, took no time that a learner could see.
    fn finish_before(&mut self, stage: Stage, now: UnixMs) {
        let started = self.views.iter().any(|view| view.began_at.is_some());
        for view in self.views.iter_mut().filter(|view| view.stage < stage) {
            if started && view.state == StageState::Todo {
                view.began_at = Some(now);
            }
            finish(view, now);
        }
    }

    /// The stage under way failed; the first one when none is.
    pub(crate) fn fail(&mut self) {
        let failed = self
            .views
            .iter_mut()
            .find(|view| view.state != StageState::Done);
        if let Some(view) = failed {
            view.state = StageState::Failed;
        }
    }

    /// How long a whole start usually takes, if one was seen.
    pub(crate) fn expected_ms(&self) -> Option<u64> {
        let known = self.views.iter().filter_map(|view| view.expected_ms);
        known.reduce(u64::saturating_add)
    }

    pub(crate) fn count(&self) -> usize {
        self.views.len()
    }

    /// The times that were seen from begin to end.
    pub(crate) fn times(&self) -> Vec<(Stage, u64)> {
        self.views
            .iter()
            .filter_map(|view| Some((view.stage, view.took_ms?)))
            .collect()
    }
}

fn finish(view: &mut StageView, now: UnixMs) {
    if view.state == StageState::Done {
        return;
    }
    view.state = StageState::Done;
    view.took_ms = view
        .began_at
        .map(|began| u64::try_from(now - began).unwrap_or_default());
}

fn slow_at(view: &StageView) -> Option<UnixMs> {
    let began = view.began_at.filter(|_| view.state == StageState::Doing)?;
    let allowed = (view.expected_ms? * SLOW_FACTOR).max(SLOW_LEAST_MS);
    Some(began + i64::try_from(allowed).unwrap_or(i64::MAX))
}
