//! From a driver's state to a snapshot.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use labwright_model::{NodeName, NodeSpec, NodeState};
use labwright_store::{SessionRecord, SessionState, UnixMs};
use labwright_wire::{DisplayReport, Exit};

use super::terminals;
use crate::context::Prepared;
use crate::gate::Standing;
use crate::limits::Limits;
use crate::machine::Machine;
use crate::stages::Stages;
use crate::view::{Ending, NodeView, ProgramView, Progress, Snapshot};

/// All that a snapshot is made of.
pub(crate) struct Parts<'a> {
    pub(crate) record: &'a SessionRecord,
    pub(crate) machine: &'a Machine,
    pub(crate) prepared: Option<&'a Prepared>,
    pub(crate) progress: &'a Progress,
    pub(crate) stages: &'a Stages,
    pub(crate) terminals: &'a [(String, NodeName)],
    pub(crate) nodes: &'a BTreeMap<NodeName, NodeState>,
    pub(crate) programs: &'a BTreeMap<String, ProgramView>,
    pub(crate) warnings: &'a [String],
    pub(crate) standing: Standing,
    /// Milliseconds until it is ready, if it is in line and that can be guessed.
    pub(crate) expected_ms: Option<i64>,
    pub(crate) limits: &'a Limits,
}

impl Parts<'_> {
    pub(crate) fn snapshot(&self, now: UnixMs) -> Snapshot {
        let state = self.machine.state();
        let line = match self.standing {
            Standing::Waiting(position) if state == SessionState::Queued => Some(position),
            _ => None,
        };
        Snapshot {
            id: self.record.id.clone(),
            course: self.record.course.clone(),
            lab: self.record.lab.clone(),
            account: self.record.account.clone(),
            state,
            stages: self.stages.views(now),
            line,
            expected_at: line.and(self.expected_ms).map(|ms| now + ms),
            problem: self.machine.problem.clone(),
            created_at: self.record.created_ms,
            ready_at: self.machine.ready_ms,
            ends_at: self.machine.ends_ms.filter(|_| !self.machine.is_steady()),
            extensions_left: self
                .limits
                .extensions
                .saturating_sub(self.machine.extensions),
            saved_at: self.machine.saved_ms,
            kept_until: self.machine.kept_until(),
            nodes: self.nodes(),
            terminals: terminals::titled(self.terminals),
            programs: self.programs.clone(),
            warnings: self.warnings.to_vec(),
            progress: self.progress.clone(),
        }
    }

    fn nodes(&self) -> Vec<NodeView> {
        let Some(prepared) = self.prepared else {
            return Vec::new();
        };
        let visible = prepared.spec.nodes.iter().filter(|node| !node.hidden);
        visible
            .map(|node| NodeView {
                name: node.name.clone(),
                state: self
                    .nodes
                    .get(&node.name)
                    .copied()
                    .unwrap_or(NodeState::Waiting),
                addresses: addresses(node),
            })
            .collect()
    }
}

/// What an agent tells of a desktop's program.
pub(super) fn program(report: &DisplayReport) -> ProgramView {
    let killed = |exit| !matches!(exit, Exit::Code(0));
    let ending = match report.exit {
        Some(exit) if report.out_of_memory && killed(exit) => Some(Ending::OutOfMemory),
        // The shell that ran it says so (POSIX.1-2017, Shell, 2.8.2).
        Some(Exit::Code(status @ 129..=192)) => Some(Ending::Signal(status - 128)),
        Some(Exit::Code(status)) => Some(Ending::Status(status)),
        Some(Exit::Signal(signal)) => Some(Ending::Signal(signal)),
        None if report.words.is_empty() => None,
        None => Some(Ending::NotStarted),
    };
    ProgramView {
        running: report.running,
        restarts: report.restarts,
        ending,
        words: report.words.clone(),
    }
}

fn addresses(node: &NodeSpec) -> IndexMap<labwright_model::NetworkName, Vec<String>> {
    node.links
        .iter()
        .map(|link| {
            let bare = |address: &String| address.split('/').next().unwrap_or_default().to_owned();
            let addresses = link.addresses.iter().map(bare).collect();
            (link.network.clone(), addresses)
        })
        .collect()
}
