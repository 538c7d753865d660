//! Nodes and what they are attached to.

use labwright_model::{CHECKER, NodeSource};

use super::Facts;
use super::lab::unknown;
use crate::problems::Problems;
use crate::scalar;
use crate::yaml::{Node as Yaml, Value};

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    let entries = facts
        .root
        .get("nodes")
        .map(Yaml::entries)
        .unwrap_or_default();
    for (key, node) in entries {
        source(&key.text, node, problems);
        networks(facts, node, problems);
        packages(node, problems);
        if key.text == CHECKER && node.get("hidden").and_then(Yaml::word) == Some("false") {
            let at = node.locate(&["hidden".into()]);
            problems.error(
                at,
                "the checker is always hidden",
                "choose another name for a node that learners see",
            );
        }
        if key.text == CHECKER && !crate::decode::needs_checker(facts.root) {
            problems.warning(
                key.span.clone(),
                "no task is checked `on: checker`",
                "remove the node, or give a task `on: checker`",
            );
        }
    }
    unused_networks(facts, problems);
    images(facts, problems);
}

/// Packages, an image and a Dockerfile exclude each other.
fn source(name: &str, node: &Yaml, problems: &mut Problems) {
    let given: Vec<&str> = ["packages", "image", "dockerfile"]
        .into_iter()
        .filter(|key| node.get(key).is_some())
        .collect();
    if let [first, second, ..] = given.as_slice() {
        let at = node.entries().iter().find(|(key, _)| key.text == *second);
        let span = at.map_or_else(|| node.heading(), |(key, _)| key.span.clone());
        let message = format!("node `{name}` has both `{first}` and `{second}`");
        problems.error(span, message, "a node is made in one way: keep one of them");
    }
}

fn networks(facts: &Facts<'_>, node: &Yaml, problems: &mut Problems) {
    let known = facts.names("networks");
    let Some(networks) = node.get("networks") else {
        return;
    };
    let names: Vec<(&str, std::ops::Range<usize>)> = match &networks.value {
        Value::Map(entries) => entries
            .iter()
            .map(|(key, _)| (key.text.as_str(), key.span.clone()))
            .collect(),
        Value::List(items) => items
            .iter()
            .filter_map(|item| Some((item.word()?, item.span.clone())))
            .collect(),
        _ => Vec::new(),
    };
    for (n, (name, span)) in names.iter().enumerate() {
        if !known.contains(name) {
            let (message, help) = unknown("network", name, &known);
            problems.error(span.clone(), message, help);
        } else if names.iter().take(n).any(|(other, _)| other == name) {
            problems.error(
                span.clone(),
                format!("`{name}` stands here twice"),
                "a node has one link to a network",
            );
        }
    }
}

fn packages(node: &Yaml, problems: &mut Problems) {
    let items = node.get("packages").map(Yaml::items).unwrap_or_default();
    for (n, item) in items.iter().enumerate() {
        if items
            .iter()
            .take(n)
            .any(|other| other.word() == item.word())
        {
            let message = format!("`{}` stands here twice", item.word().unwrap_or_default());
            problems.warning(item.span.clone(), message, "remove one");
        }
    }
}

fn unused_networks(facts: &Facts<'_>, problems: &mut Problems) {
    for network in facts.lab.networks.keys() {
        let authored = facts
            .lab
            .nodes
            .iter()
            .filter(|(name, _)| name.as_str() != CHECKER);
        let users = authored
            .filter(|(_, node)| node.networks.contains_key(network))
            .count();
        if users == 0 {
            let span = facts.root.locate(&["networks".into()]);
            let entries = facts
                .root
                .get("networks")
                .map(Yaml::entries)
                .unwrap_or_default();
            let key = entries.iter().find(|(key, _)| key.text == network.as_str());
            let span = key.map_or(span, |(key, _)| key.span.clone());
            problems.warning(
                span,
                format!("no node hangs on the network `{network}`"),
                "",
            );
        }
    }
}

/// An image by tag may be another one tomorrow.
fn images(facts: &Facts<'_>, problems: &mut Problems) {
    for (name, node) in &facts.lab.nodes {
        let at = |key| {
            facts
                .root
                .locate(&["nodes".into(), name.as_str().into(), key])
        };
        match &node.source {
            NodeSource::Image(image) if !image.contains("@sha256:") => problems.warning(
                at("image".into()),
                format!("`{image}` has no digest: it may be another image tomorrow"),
                "write it as NAME@sha256:…",
            ),
            NodeSource::Dockerfile(folder) => {
                let file = format!("{}/Dockerfile", folder.trim_end_matches('/'));
                // A path that leads elsewhere was refused by its form.
                let fault = facts
                    .folder
                    .holds(&file)
                    .err()
                    .filter(|_| scalar::is_inside(folder));
                if let Some(fault) = fault {
                    problems.error(at("dockerfile".into()), fault.to_string(), "");
                }
            }
            _ => {}
        }
    }
}
