//! What is only shown: it follows the machine's state and decides nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use labwright_model::{NodeState, Stage};
use labwright_store::{SessionRecord, UnixMs};

use super::{Driver, view};
use crate::context::Context;
use crate::gate::Standing;
use crate::machine::{Destination, Machine, Phase, StartStep, Work};
use crate::stages::Stages;
use crate::view::{Progress, Snapshot};

impl Driver {
    /// Follows a change of phase with all that is only shown.
    pub(super) fn note(&mut self, before: &Phase, now: UnixMs) {
        if *before == self.machine.phase {
            return;
        }
        match &self.machine.phase {
            Phase::Queued { .. } => {
                self.stages.clear_from(Stage::Place);
                self.unlink();
                self.forget_machine();
            }
            Phase::Starting { step, .. } => match step {
                StartStep::Machine => {
                    self.stages.clear_from(Stage::Place);
                    self.stages.begin(Stage::Place, now);
                }
                StartStep::Connect => {}
                StartStep::Boot | StartStep::Restore => self.note_boot(now),
                StartStep::Tabs => self.stages.begin(Stage::Tabs, now),
            },
            Phase::Ready {
                work: Work::Reset(None),
            } => {
                self.stages.clear_from(Stage::Nodes);
                self.stages.begin(Stage::Nodes, now);
            }
            Phase::Ready { .. } => self.stages.done(Stage::Tabs, now),
            Phase::Ending {
                to: Destination::Failed,
                ..
            } => self.stages.fail(),
            Phase::Failed | Phase::Asleep | Phase::Ended => {
                if self.machine.phase == Phase::Failed {
                    self.stages.fail();
                }
                self.unlink();
                self.forget_machine();
            }
            Phase::Lost { .. } | Phase::Ending { .. } => {}
        }
    }

    /// How far the agent was when it was found; it tells of what comes after itself.
    fn note_boot(&mut self, now: UnixMs) {
        let slowest = self.nodes.values().min().copied();
        self.stages.begin(
            match slowest {
                None | Some(NodeState::Waiting) => Stage::Networks,
                Some(NodeState::Creating | NodeState::Failed) => Stage::Nodes,
                Some(NodeState::Starting | NodeState::Ready) => Stage::Services,
            },
            now,
        );
    }

    fn forget_machine(&mut self) {
        self.terminals.clear();
        self.nodes.clear();
        self.programs.clear();
        self.warnings.clear();
    }

    pub(super) fn publish(&self) {
        let now = self.context.clock.now();
        let standing = *self.standing.borrow();
        let expected_ms = match standing {
            Standing::Waiting(place) => {
                let usual_ms = self.stages.expected_ms();
                self.context.gate.expected_ms(place, usual_ms, now)
            }
            Standing::Out | Standing::In => None,
        };
        let parts = view::Parts {
            record: &self.record,
            machine: &self.machine,
            prepared: self.prepared.as_ref(),
            progress: &self.progress,
            stages: &self.stages,
            terminals: &self.terminals,
            nodes: &self.nodes,
            programs: &self.programs,
            warnings: &self.warnings,
            standing,
            expected_ms,
            limits: &self.context.limits,
        };
        let snapshot = parts.snapshot(now);
        self.snapshots.send_if_modified(|last| {
            let changed = **last != snapshot;
            if changed {
                *last = Arc::new(snapshot);
            }
            changed
        });
    }
}

/// The snapshot of a session that has no driver.
pub(crate) fn still(
    context: &Context,
    record: &SessionRecord,
    machine: &Machine,
    progress: &Progress,
) -> Snapshot {
    let prepared = context.prepare(record).ok();
    let parts = view::Parts {
        record,
        machine,
        prepared: prepared.as_ref(),
        progress,
        stages: &Stages::new(&BTreeMap::new()),
        terminals: &[],
        nodes: &BTreeMap::new(),
        programs: &BTreeMap::new(),
        warnings: &[],
        standing: Standing::Out,
        expected_ms: None,
        limits: &context.limits,
    };
    parts.snapshot(context.clock.now())
}
