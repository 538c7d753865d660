//! Tabs.

use indexmap::IndexMap;
use labwright_model::{App, AppKind, Node, NodeName};

use super::{string, strings, text};
use crate::yaml::Node as Yaml;

/// The tabs of a lab that names none.
pub(super) fn terminals(nodes: &IndexMap<NodeName, Node>) -> Vec<App> {
    let visible = nodes.iter().filter(|(_, node)| !node.hidden);
    visible
        .map(|(name, _)| App {
            kind: AppKind::Terminal { node: name.clone() },
            title: None,
            not_in: Vec::new(),
        })
        .collect()
}

pub(super) fn app(yaml: &Yaml) -> Option<App> {
    let title = yaml.get("title").and_then(text);
    Some(App {
        kind: kind(yaml)?,
        title,
        not_in: strings(yaml, "not_in"),
    })
}

fn kind(yaml: &Yaml) -> Option<AppKind> {
    let node = |key| NodeName::new(yaml.get(key)?.word()?).ok();
    if let Some(node) = node("terminal") {
        return Some(AppKind::Terminal { node });
    }
    if let Some(node) = node("desktop") {
        let (run, session) = (string(yaml, "run"), string(yaml, "session"));
        return Some(AppKind::Desktop { node, run, session });
    }
    if let Some(node) = node("web") {
        let port = string(yaml, "port").unwrap_or_else(|| "80".into());
        let path = string(yaml, "path").unwrap_or_else(|| "/".into());
        return Some(AppKind::Web { node, port, path });
    }
    if let Some(source) = string(yaml, "wireshark") {
        return Some(AppKind::Wireshark { source });
    }
    if let Some(file) = string(yaml, "sql") {
        return Some(AppKind::Sql { file });
    }
    string(yaml, "page").map(|file| AppKind::Page { file })
}
