//! Nodes.

use indexmap::IndexMap;
use labwright_model::{
    Attachment, CHECKER, LinkMode, NetworkName, Node, NodeName, NodeSource, Route, Service,
    ServiceKind,
};

use super::limits::Session;
use super::{Source, flag, lab, limits, string, strings};
use crate::yaml::{Node as Yaml, Value};

/// What the checker has when the author does not declare it.
const CHECKER_PACKAGES: [&str; 2] = ["curl", "bind9-dnsutils"];

pub(super) fn node(
    name: &NodeName,
    yaml: &Yaml,
    session: Session,
    source: &mut Source<'_>,
) -> Node {
    let written = limits::written(yaml);
    let limits = limits::node(written, session.limits);
    let in_browser = limits::node(written.in_browser(), session.in_browser);
    let setup = source.script(yaml.get("setup"));
    let start = source.script(yaml.get("start"));
    Node {
        source: node_source(name, yaml),
        networks: attachments(yaml),
        routes: routes(yaml),
        user: string(yaml, "user").unwrap_or_else(|| "root".into()),
        services: services(yaml),
        setup,
        start,
        env: pairs(yaml, "env"),
        sysctl: pairs(yaml, "sysctl"),
        hidden: lab::is_hidden(name, yaml),
        limits,
        browser_memory_bytes: limits::other_memory(limits, in_browser),
    }
}

/// The checker that every lab may rely on; its links come with the addresses.
pub(super) fn default_checker(session: Session) -> Node {
    Node {
        source: NodeSource::Packages(CHECKER_PACKAGES.map(str::to_owned).to_vec()),
        networks: IndexMap::new(),
        routes: Vec::new(),
        user: "root".into(),
        services: Vec::new(),
        setup: None,
        start: None,
        env: IndexMap::new(),
        sysctl: IndexMap::new(),
        hidden: true,
        limits: session.limits,
        browser_memory_bytes: limits::other_memory(session.limits, session.in_browser),
    }
}

fn node_source(name: &NodeName, yaml: &Yaml) -> NodeSource {
    if let Some(image) = string(yaml, "image") {
        return NodeSource::Image(image);
    }
    if let Some(folder) = string(yaml, "dockerfile") {
        return NodeSource::Dockerfile(folder);
    }
    if name.as_str() == CHECKER && yaml.get("packages").is_none() {
        return NodeSource::Packages(CHECKER_PACKAGES.map(str::to_owned).to_vec());
    }
    let mut packages: Vec<String> = Vec::new();
    for package in strings(yaml, "packages") {
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    NodeSource::Packages(packages)
}

fn attachments(yaml: &Yaml) -> IndexMap<NetworkName, Attachment> {
    let Some(networks) = yaml.get("networks") else {
        return IndexMap::new();
    };
    let silent = || Attachment {
        mode: LinkMode::Static,
        addresses: Vec::new(),
        mac: None,
    };
    match &networks.value {
        Value::Map(entries) => entries
            .iter()
            .filter_map(|(key, value)| Some((NetworkName::new(&key.text).ok()?, attachment(value))))
            .collect(),
        Value::List(names) => names
            .iter()
            .filter_map(|name| Some((NetworkName::new(name.word()?).ok()?, silent())))
            .collect(),
        _ => IndexMap::new(),
    }
}

fn attachment(yaml: &Yaml) -> Attachment {
    if let Value::Map(_) = yaml.value {
        let inner = yaml.get("address");
        let plain = Attachment {
            mode: LinkMode::Static,
            addresses: Vec::new(),
            mac: None,
        };
        let link = inner.map_or(plain, attachment);
        return Attachment {
            mac: string(yaml, "mac").map(|mac| mac.to_lowercase()),
            ..link
        };
    }
    let mode = match yaml.word() {
        Some("dhcp") => LinkMode::Dhcp,
        Some("none") => LinkMode::None,
        _ => LinkMode::Static,
    };
    let words = yaml.items().iter().filter_map(Yaml::word);
    let addresses = match mode {
        LinkMode::Static => words.map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    Attachment {
        mode,
        addresses,
        mac: None,
    }
}

fn routes(yaml: &Yaml) -> Vec<Route> {
    let entries = yaml.get("routes").map(Yaml::entries).unwrap_or_default();
    let routes = entries.iter().filter_map(|(key, value)| {
        Some(Route {
            to: key.text.clone(),
            via: value.word()?.to_owned(),
        })
    });
    routes.collect()
}

fn services(yaml: &Yaml) -> Vec<Service> {
    let items = yaml.get("services").map(Yaml::items).unwrap_or_default();
    let mut services: Vec<Service> = Vec::new();
    for mut service in items.iter().filter_map(service) {
        // Reports go by name: the second of two nameless equal commands gets a number.
        let base = service.name.clone();
        let mut n = 2;
        while services.iter().any(|other| other.name == service.name) {
            service.name = format!("{base}-{n}");
            n += 1;
        }
        services.push(service);
    }
    services
}

fn service(yaml: &Yaml) -> Option<Service> {
    if let Some(name) = yaml.word() {
        return Some(Service {
            name: name.into(),
            kind: ServiceKind::InitScript,
            restart: false,
        });
    }
    if let Some(command) = string(yaml, "run") {
        let name = string(yaml, "name").unwrap_or_else(|| name_of(&command));
        let restart = flag(yaml, "restart").unwrap_or(true);
        return Some(Service {
            name,
            kind: ServiceKind::Run(command),
            restart,
        });
    }
    let restart = flag(yaml, "restart").unwrap_or(false);
    Some(Service {
        name: string(yaml, "name")?,
        kind: ServiceKind::InitScript,
        restart,
    })
}

/// The program of a command: its first word that is neither `exec` nor an assignment.
fn name_of(command: &str) -> String {
    let mut words = command
        .split_whitespace()
        .filter(|word| *word != "exec" && !word.contains('='));
    let program = words.next().unwrap_or("service");
    let name = program.rsplit('/').next().unwrap_or(program);
    let clean: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .collect();
    if clean.is_empty() {
        "service".into()
    } else {
        clean
    }
}

fn pairs(yaml: &Yaml, key: &str) -> IndexMap<String, String> {
    let entries = yaml.get(key).map(Yaml::entries).unwrap_or_default();
    let pairs = entries
        .iter()
        .filter_map(|(key, value)| Some((key.text.clone(), value.word()?.to_owned())));
    pairs.collect()
}
