//! The top of the lab.

use indexmap::IndexMap;
use labwright_model::{
    App, AppKind, Budget, CHECKER, Group, Internet, Lab, LabName, Network, NetworkName, NodeName,
    Param, ParamName, Shaping, Text, Times,
};

use super::limits::{self, Session, Written};
use super::step::Silent;
use super::{Source, app, flag, node, parsed, step, string, strings, text};
use crate::scalar;
use crate::yaml::Node as Yaml;

const BASE: &str = "debian/bookworm";

/// Two hours, twenty minutes.
const TIMES: Times = Times {
    session_s: 2 * 3600,
    idle_s: 20 * 60,
};

/// Decodes the whole lab. `None` only when not even its name could be had.
pub(crate) fn lab(root: &Yaml, source: &mut Source<'_>) -> Option<Lab> {
    let name = parsed(root, "name", |text| LabName::new(text).ok());
    let name = name.or_else(|| LabName::new("unnamed").ok())?;
    let written = written_limits(root);
    let session = Session::new(limits::written(root), &written);
    let nodes = nodes(root, session, source);
    let base = string(root, "base").unwrap_or_else(|| BASE.to_owned());
    let apps: Vec<App> = match root.get("apps") {
        Some(list) => list.items().iter().filter_map(app::app).collect(),
        None => app::terminals(&nodes),
    };
    let visible: Vec<&NodeName> = nodes
        .iter()
        .filter(|(_, node)| !node.hidden)
        .map(|(name, _)| name)
        .collect();
    let lonely = match visible.as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    };
    let silent = Silent {
        node: lonely.as_ref(),
        database: only_database(&apps),
    };
    let steps = step::steps(root, &silent, source);
    Some(Lab {
        format: 1,
        title: root
            .get("title")
            .and_then(text)
            .unwrap_or_else(|| Text::plain(name.as_str())),
        name,
        summary: root.get("summary").and_then(text),
        authors: strings(root, "authors"),
        license: string(root, "license"),
        base,
        keep: keep(root, &nodes),
        apps,
        nodes,
        networks: networks(root),
        params: params(root),
        steps,
        group: root.get("group").and_then(group),
        limits: session.limits,
        browser_memory_bytes: limits::other_memory(session.limits, session.in_browser),
        time: times(root),
        internet: internet(root),
        places: root.get("places").map(|_| strings(root, "places")),
        budget: budget(root),
    })
}

/// The file of the `sql` tabs, if it is one.
fn only_database(apps: &[App]) -> Option<&str> {
    let mut files = apps.iter().filter_map(|app| match &app.kind {
        AppKind::Sql { file } => Some(file.as_str()),
        _ => None,
    });
    let first = files.next()?;
    files.all(|file| file == first).then_some(first)
}

/// What each node says about its limits; a checker that `lab` does not name counts too.
fn written_limits(root: &Yaml) -> Vec<Written> {
    let nodes = root.get("nodes").map(Yaml::entries).unwrap_or_default();
    let mut all: Vec<Written> = nodes
        .iter()
        .map(|(_, node)| limits::written(node))
        .collect();
    if needs_checker(root) && nodes.iter().all(|(key, _)| key.text != CHECKER) {
        all.push(Written::default());
    }
    all
}

/// Whether some task is checked on the checker.
pub(crate) fn needs_checker(root: &Yaml) -> bool {
    let steps = root.get("steps").map(Yaml::items).unwrap_or_default();
    steps
        .iter()
        .flat_map(|step| step.get("tasks").map(Yaml::items).unwrap_or_default())
        .any(|task| {
            let solves = task.get("solve").and_then(|solve| solve.get("on"));
            [task.get("on"), solves]
                .into_iter()
                .flatten()
                .any(|on| on.word() == Some(CHECKER))
        })
}

fn nodes(
    root: &Yaml,
    session: Session,
    source: &mut Source<'_>,
) -> IndexMap<NodeName, labwright_model::Node> {
    let mut nodes = IndexMap::new();
    for (key, value) in root.get("nodes").map(Yaml::entries).unwrap_or_default() {
        if let Ok(name) = NodeName::new(&key.text) {
            let node = node::node(&name, value, session, source);
            nodes.insert(name, node);
        }
    }
    if needs_checker(root)
        && !nodes.contains_key(CHECKER)
        && let Ok(name) = NodeName::new(CHECKER)
    {
        nodes.insert(name, node::default_checker(session));
    }
    nodes
}

fn networks(root: &Yaml) -> IndexMap<NetworkName, Network> {
    let entries = root.get("networks").map(Yaml::entries).unwrap_or_default();
    let pairs = entries.iter().filter_map(|(key, value)| {
        let shaping = Shaping {
            delay_us: parsed(value, "delay", scalar::duration_us).unwrap_or(0),
            jitter_us: parsed(value, "jitter", scalar::duration_us).unwrap_or(0),
            loss: parsed(value, "loss", scalar::percent).unwrap_or(0.0),
            rate_bps: parsed(value, "rate", scalar::rate_bps).unwrap_or(0),
        };
        let network = Network {
            subnet: string(value, "subnet"),
            shaping,
        };
        Some((NetworkName::new(&key.text).ok()?, network))
    });
    pairs.collect()
}

fn params(root: &Yaml) -> IndexMap<ParamName, Param> {
    let entries = root.get("params").map(Yaml::entries).unwrap_or_default();
    entries
        .iter()
        .filter_map(|(key, value)| Some((ParamName::new(&key.text).ok()?, param(value)?)))
        .collect()
}

fn param(node: &Yaml) -> Option<Param> {
    if node.get("choose").is_some() {
        return Some(Param::Choose(strings(node, "choose")));
    }
    if let Some(range) = node.get("int") {
        let mut ends = range
            .items()
            .iter()
            .filter_map(|end| end.word()?.parse().ok());
        return Some(Param::Int(ends.next()?, ends.next()?));
    }
    if let Some(digits) = parsed(node, "hex", |text| text.parse().ok()) {
        return Some(Param::Hex(digits));
    }
    let prefix = parsed(node, "prefix", |text| text.parse().ok())?;
    Some(Param::Subnet {
        within: string(node, "subnet")?,
        prefix,
    })
}

fn group(node: &Yaml) -> Option<Group> {
    let (min, max) = parsed(node, "size", scalar::people)?;
    let roles = node.get("roles").map(Yaml::entries).unwrap_or_default();
    let roles = roles.iter().map(|(key, value)| {
        let names = value
            .items()
            .iter()
            .filter_map(|item| NodeName::new(item.word()?).ok());
        (key.text.clone(), names.collect())
    });
    Some(Group {
        min,
        max,
        roles: roles.collect(),
    })
}

fn times(root: &Yaml) -> Times {
    const SECOND_US: u64 = 1_000_000;
    let seconds = |key| {
        let node = root.get("time")?;
        parsed(node, key, scalar::duration_us).map(|us| us.div_ceil(SECOND_US))
    };
    Times {
        session_s: seconds("session").unwrap_or(TIMES.session_s),
        idle_s: seconds("idle").unwrap_or(TIMES.idle_s),
    }
}

fn internet(root: &Yaml) -> Internet {
    match root.get("internet").and_then(Yaml::word) {
        Some("packages") => Internet::Packages,
        Some("full") => Internet::Full,
        _ => Internet::None,
    }
}

fn budget(root: &Yaml) -> Budget {
    const MILLI_US: u64 = 1000;
    let Some(node) = root.get("budget") else {
        return Budget::default();
    };
    Budget {
        image_bytes: parsed(node, "image", scalar::size),
        start_ms: parsed(node, "start", scalar::duration_us).map(|us| us.div_ceil(MILLI_US)),
    }
}

/// What the author lists, else root's home and those of the learners' users.
fn keep(root: &Yaml, nodes: &IndexMap<NodeName, labwright_model::Node>) -> Vec<String> {
    if root.get("keep").is_some() {
        return strings(root, "keep");
    }
    let mut paths = vec!["/root".to_owned()];
    for node in nodes
        .values()
        .filter(|node| !node.hidden && node.user != "root")
    {
        let home = format!("/home/{}", node.user);
        if !paths.contains(&home) {
            paths.push(home);
        }
    }
    paths
}

/// Whether a node of the tree is hidden from the learner.
pub(super) fn is_hidden(name: &NodeName, node: &Yaml) -> bool {
    name.as_str() == CHECKER || flag(node, "hidden").unwrap_or(false)
}
