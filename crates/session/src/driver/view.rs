//! From a driver's state to a snapshot.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use labwright_model::{NodeName, NodeSpec, NodeState};
use labwright_store::{SessionRecord, SessionState, UnixMs};

use super::terminals;
use crate::context::Prepared;
use crate::gate::Standing;
use crate::limits::Limits;
use crate::machine::Machine;
use crate::stages::Stages;
use crate::view::{NodeView, Progress, Snapshot};

/// All that a snapshot is made of.
pub(crate) struct Parts<'a> {
    pub(crate) record: &'a SessionRecord,
    pub(crate) machine: &'a Machine,
    pub(crate) prepared: Option<&'a Prepared>,
    pub(crate) progress: &'a Progress,
    pub(crate) stages: &'a Stages,
    pub(crate) terminals: &'a [(String, NodeName)],
    pub(crate) nodes: &'a BTreeMap<NodeName, NodeState>,
    pub(crate) warnings: &'a [String],
    pub(crate) standing: Standing,
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
