//! Which places a lab fits, and why not: plain data in, plain data out.
//!
//! It must not ask a place: who knows one better (the CLI does) passes its facts.

use std::collections::BTreeSet;

use labwright_model::{AppKind, Internet, Lab, NodeSource};
use serde::{Deserialize, Serialize};

use crate::format::PLACES;

/// What a place can do, as far as a lab cares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceFacts {
    /// Its name.
    pub name: String,
    /// This version of Labwright has it.
    pub available: bool,
    /// Its machines' kernels can delay and lose packets; `None` is not known.
    pub netem: Option<bool>,
    /// Its machines can hold networks and more than one node.
    pub networks: bool,
    /// Nodes can reach the internet through it.
    pub internet: bool,
    /// A server stands behind the page: tabs can show what only a server passes on.
    pub served: bool,
    /// Most memory of its machines, if bounded.
    pub most_memory_bytes: Option<u64>,
}

/// How a lab fits a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceFit {
    /// The place.
    pub place: String,
    /// This version of Labwright has it.
    pub available: bool,
    /// The lab runs there.
    pub runs: bool,
    /// Why not; or, if it runs, what is missing there.
    pub reasons: Vec<String>,
}

/// Memory of the emulated PC in a learner's tab.
const BROWSER_MEMORY: u64 = 256 << 20;

impl PlaceFacts {
    /// The places of the format, with what is known of them without asking.
    pub fn known() -> Vec<Self> {
        let facts = PLACES.iter().map(|place| Self {
            name: place.word.to_owned(),
            available: matches!(place.word, "local" | "browser"),
            netem: match place.word {
                "qemu" | "download" | "browser" => Some(true),
                _ => None,
            },
            networks: true,
            internet: place.word != "browser",
            served: place.word != "browser",
            most_memory_bytes: (place.word == "browser").then_some(BROWSER_MEMORY),
        });
        facts.collect()
    }
}

/// How a lab fits each place.
pub fn fit(lab: &Lab, places: &[PlaceFacts]) -> Vec<PlaceFit> {
    places.iter().map(|place| one(lab, place)).collect()
}

fn one(lab: &Lab, place: &PlaceFacts) -> PlaceFit {
    let lab = &lab.clone().in_place(&place.name);
    let mut refused = Vec::new();
    if lab
        .places
        .as_ref()
        .is_some_and(|allowed| !allowed.contains(&place.name))
    {
        refused.push("the author does not list it under `places`".to_owned());
    }
    if !place.available {
        refused.push("this version of Labwright does not have it yet".to_owned());
    }
    if !place.internet && lab.internet != Internet::None {
        refused.push("the lab needs the internet, which is out of reach there".to_owned());
    }
    if !place.networks && (lab.nodes.len() > 1 || !lab.networks.is_empty()) {
        refused.push("the lab has networks, which machines there cannot hold".to_owned());
    }
    if let Some(most) = place
        .most_memory_bytes
        .filter(|most| lab.limits.memory_bytes > *most)
    {
        let (needs, has) = (lab.limits.memory_bytes >> 20, most >> 20);
        let large = lab.nodes.iter();
        let large = large.filter(|(_, node)| node.limits.memory_bytes > most);
        let names: Vec<String> = large.map(|(name, _)| format!("`{name}`")).collect();
        let alone = match names.as_slice() {
            [] => String::new(),
            names => format!(", {} alone more than that", names.join(" and ")),
        };
        refused.push(format!(
            "the lab may use {needs} MB of memory{alone}; machines there have {has} MB"
        ));
    }
    if !place.served {
        refused.extend(needs_server(lab));
    }
    if place.available {
        refused.extend(not_yet(lab));
    }
    let runs = refused.is_empty();
    let mut reasons = refused;
    if runs {
        reasons.extend(shaping(lab, place));
    }
    PlaceFit {
        place: place.name.clone(),
        available: place.available,
        runs,
        reasons,
    }
}

/// The tabs that cannot be shown without a server, by their kinds.
fn needs_server(lab: &Lab) -> Option<String> {
    let kinds = lab.apps.iter().filter_map(|app| match app.kind {
        AppKind::Desktop { .. } => Some("`desktop`"),
        AppKind::Web { .. } => Some("`web`"),
        AppKind::Sql { .. }
        | AppKind::Terminal { .. }
        | AppKind::Wireshark { .. }
        | AppKind::Page { .. } => None,
    });
    let kinds: BTreeSet<&str> = kinds.collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    (!kinds.is_empty()).then(|| {
        format!(
            "it has a tab of the kind {}, which needs a server: serve the lab; or, where its tasks can do without, \
             give that tab `not_in: [browser]`",
            kinds.join(" and one of ")
        )
    })
}

/// What a lab asks for that no place of this version can give.
fn not_yet(lab: &Lab) -> Vec<String> {
    let mut reasons = Vec::new();
    let foreign = lab.nodes.iter();
    let foreign = foreign.filter(|(_, node)| !matches!(node.source, NodeSource::Packages(_)));
    let names: Vec<String> = foreign.map(|(name, _)| format!("`{name}`")).collect();
    if !names.is_empty() {
        let names = names.join(", ");
        reasons.push(format!(
            "nodes from images or Dockerfiles are not run yet: {names}"
        ));
    }
    if lab.group.is_some() {
        reasons.push("labs for groups are not run yet".to_owned());
    }
    if lab.internet != Internet::None {
        reasons.push("the internet is not reached yet".to_owned());
    }
    reasons
}

fn shaping(lab: &Lab, place: &PlaceFacts) -> Option<String> {
    let needs = lab.networks.values().any(|network| {
        let shaping = network.shaping;
        shaping.delay_us > 0 || shaping.jitter_us > 0 || shaping.loss > 0.0
    });
    match place.netem {
        Some(true) => None,
        _ if !needs => None,
        Some(false) => {
            Some("delay, jitter and loss have no effect: the kernel there lacks netem".into())
        }
        None => Some("delay, jitter and loss need netem in the kernel there".into()),
    }
}
