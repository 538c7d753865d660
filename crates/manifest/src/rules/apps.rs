//! Tabs and groups.

use std::ops::Range;

use labwright_model::{AppKind, NodeName};

use super::Facts;
use super::lab::unknown;
use crate::problems::Problems;
use crate::yaml::Node as Yaml;

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    // The decoder skips entries it cannot read, so the tree gives the places.
    let items = facts.root.get("apps").map(Yaml::items).unwrap_or_default();
    let entries = items
        .iter()
        .filter_map(|item| Some((item, item.entries().first()?)));
    for ((item, (key, _)), app) in entries.zip(&facts.lab.apps) {
        let at = item
            .get(&key.text)
            .map_or_else(|| key.span.clone(), |value| value.span.clone());
        self::app(facts, &app.kind, item, at, problems);
    }
    if let Some(empty) = facts
        .root
        .get("apps")
        .filter(|list| list.items().is_empty())
    {
        problems.warning(
            empty.span.clone(),
            "`apps` is empty: learners see no tab",
            "leave it out for a terminal on every visible node",
        );
    }
    group(facts, problems);
}

fn app(facts: &Facts<'_>, kind: &AppKind, item: &Yaml, at: Range<usize>, problems: &mut Problems) {
    match kind {
        AppKind::Terminal { node } => learners_node(facts, node, "terminal", at, problems),
        AppKind::Desktop { node, run, session } => {
            learners_node(facts, node, "desktop", at, problems);
            if run.is_some() == session.is_some() {
                problems.error(
                    item.heading(),
                    "a desktop shows one program (`run`) or a whole desktop (`session`)",
                    "write one of them",
                );
            }
        }
        AppKind::Web { node, .. } => known_node(facts, node, at, problems),
        AppKind::Wireshark { source } => {
            if facts.names("networks").contains(&source.as_str()) {
                shown_network(facts, source, at, problems);
            } else {
                wireshark_file(facts, source, at, problems);
            }
        }
        AppKind::Sql { file } | AppKind::Page { file } => asset(facts, file, at, problems),
    }
}

fn wireshark_file(facts: &Facts<'_>, source: &str, at: Range<usize>, problems: &mut Problems) {
    if source.contains('/') {
        asset(facts, source, at, problems);
    } else {
        let (message, help) = unknown("network", source, &facts.names("networks"));
        problems.error(at, message, help);
    }
}

/// A learner captures where a node of theirs is.
fn shown_network(facts: &Facts<'_>, network: &str, at: Range<usize>, problems: &mut Problems) {
    let visible = facts.lab.nodes.values().filter(|node| !node.hidden);
    let mut links = visible.flat_map(|node| node.networks.keys());
    if !links.any(|link| link.as_str() == network) {
        problems.error(
            at,
            format!("no visible node is on `{network}`: learners cannot capture there"),
            "name a network that a visible node hangs on",
        );
    }
}

fn asset(facts: &Facts<'_>, file: &str, at: Range<usize>, problems: &mut Problems) {
    if !file.starts_with("assets/") {
        problems.error(
            at,
            format!("`{file}` is not under `assets/`"),
            "files for tabs and pages live there",
        );
    } else if let Err(fault) = facts.folder.holds(file) {
        problems.error(at, fault.to_string(), "");
    }
}

fn known_node(facts: &Facts<'_>, node: &NodeName, at: Range<usize>, problems: &mut Problems) {
    let known = facts.node_names();
    if !known.contains(&node.as_str()) {
        let (message, help) = unknown("node", node.as_str(), &known);
        problems.error(at, message, help);
    }
}

fn learners_node(
    facts: &Facts<'_>,
    node: &NodeName,
    what: &str,
    at: Range<usize>,
    problems: &mut Problems,
) {
    let hidden = facts.lab.nodes.get(node).is_some_and(|node| node.hidden);
    if hidden {
        problems.error(
            at,
            format!("`{node}` is hidden: learners get no {what} on it"),
            "name a visible node",
        );
    } else {
        known_node(facts, node, at, problems);
    }
}

fn group(facts: &Facts<'_>, problems: &mut Problems) {
    let roles = facts.root.get("group").and_then(|group| group.get("roles"));
    let roles = roles.map(Yaml::entries).unwrap_or_default();
    for (_, nodes) in roles {
        for node in nodes.items() {
            if let Some(name) = node.word().and_then(|word| NodeName::new(word).ok()) {
                learners_node(facts, &name, "terminal", node.span.clone(), problems);
            }
        }
    }
    if let Some(group) = &facts.lab.group {
        let least = usize::try_from(group.max).unwrap_or(usize::MAX);
        if !roles.is_empty() && roles.len() < least {
            let at = facts.root.locate(&["group".into(), "size".into()]);
            let message = format!("up to {} people, but only {} roles", group.max, roles.len());
            problems.note(at, message, "several people may share a role");
        }
    }
}
