//! The list of living terminals. The agent knows them; this gives them order, titles and new ids.

use std::collections::BTreeMap;

use labwright_model::{AppKind, NodeName};
use labwright_store::random_id;
use labwright_wire::{ClientError, TerminalReport};
use tokio::sync::oneshot;

use super::{Driver, Input};
use crate::error::SessionError;
use crate::link;
use crate::machine::{Phase, Refusal};
use crate::view::TerminalView;

/// Characters of a terminal id behind its number.
const RANDOM_CHARS: usize = 12;

impl Driver {
    /// Makes a terminal for somebody who waits for it.
    pub(super) fn make_terminal(
        &mut self,
        node: NodeName,
        answer: oneshot::Sender<Result<TerminalView, SessionError>>,
    ) {
        let (client, id) = match self.may_make_terminal(&node) {
            Ok(ready) => ready,
            Err(error) => {
                let _ = answer.send(Err(error));
                return;
            }
        };
        let (me, link) = (self.me.clone(), self.link.serial);
        tokio::spawn(async move {
            let made = link::make_terminal(&client, &node, &id).await;
            let input = Input::TerminalMade {
                link,
                id,
                node,
                made,
                answer,
            };
            let _ = me.send(input).await;
        });
    }

    fn may_make_terminal(
        &mut self,
        node: &NodeName,
    ) -> Result<(labwright_wire::Client, String), SessionError> {
        let not_ready = || SessionError::Refused {
            id: self.record.id.clone(),
            refusal: Refusal::NotReady,
        };
        let prepared = self.prepared.as_ref().ok_or_else(not_ready)?;
        if !prepared.visible().any(|visible| visible == node) {
            return Err(SessionError::NoNode { node: node.clone() });
        }
        let client = self.link.client.borrow().clone();
        let client = client
            .filter(|_| matches!(self.machine.phase, Phase::Ready { .. }))
            .ok_or_else(not_ready)?;
        Ok((client, self.new_terminal_id()?))
    }

    pub(super) fn terminal_made(
        &mut self,
        link: u64,
        id: String,
        node: NodeName,
        made: Result<(), ClientError>,
    ) -> Result<TerminalView, SessionError> {
        made.map_err(|source| SessionError::Agent {
            id: self.record.id.clone(),
            source,
        })?;
        // On another channel the agent's own report has told of it already, if it is there.
        if link == self.link.serial && !self.terminals.iter().any(|(known, _)| *known == id) {
            self.terminals.push((id.clone(), node));
        }
        titled(&self.terminals)
            .into_iter()
            .find(|terminal| terminal.id == id)
            .ok_or(SessionError::NoTerminal { terminal: id })
    }

    /// Takes over the agent's list.
    pub(super) fn set_terminals(&mut self, report: &[TerminalReport]) {
        let mut terminals: Vec<(String, NodeName)> = report
            .iter()
            .map(|terminal| (terminal.terminal.clone(), terminal.node.clone()))
            .collect();
        terminals.sort_by_key(|(id, _)| (number(id).unwrap_or(u64::MAX), id.clone()));
        let last = terminals.iter().filter_map(|(id, _)| number(id)).max();
        self.next_terminal = self.next_terminal.max(last.map_or(1, |last| last + 1));
        self.terminals = terminals;
    }

    /// Nodes of the lab's terminal tabs, each once, with an id for its terminal.
    pub(super) fn tabs(&mut self) -> Result<Vec<(String, NodeName)>, SessionError> {
        let Some(prepared) = &self.prepared else {
            return Ok(Vec::new());
        };
        let mut nodes: Vec<NodeName> = Vec::new();
        for app in &prepared.lab.lab.apps {
            if let AppKind::Terminal { node } = &app.kind
                && !nodes.contains(node)
                && prepared.visible().any(|visible| visible == node)
            {
                nodes.push(node.clone());
            }
        }
        nodes
            .into_iter()
            .map(|node| Ok((self.new_terminal_id()?, node)))
            .collect()
    }

    /// `3-k2m9…`: in the order of making, never used twice, not to be guessed.
    fn new_terminal_id(&mut self) -> Result<String, SessionError> {
        let random: String = random_id()?.chars().take(RANDOM_CHARS).collect();
        let id = format!("{}-{random}", self.next_terminal);
        self.next_terminal += 1;
        Ok(id)
    }
}

/// `client`, `client 2`, … in the order of the list.
pub(super) fn titled(terminals: &[(String, NodeName)]) -> Vec<TerminalView> {
    let mut seen: BTreeMap<&NodeName, usize> = BTreeMap::new();
    terminals
        .iter()
        .map(|(id, node)| {
            let count = seen.entry(node).or_default();
            *count += 1;
            TerminalView {
                id: id.clone(),
                node: node.clone(),
                title: if *count == 1 {
                    node.to_string()
                } else {
                    format!("{node} {count}")
                },
            }
        })
        .collect()
}

fn number(id: &str) -> Option<u64> {
    id.split_once('-')?.0.parse().ok()
}
