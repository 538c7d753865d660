//! From a lab and one learner's parameters to what a machine is started from.
//!
//! Pure: values in, value out. It must not let a check, a solution or a page through.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;
use labwright_model::{
    AppKind, DisplaySpec, HostEntry, Lab, LinkSpec, MachineSpec, NetworkName, NetworkSpec, Node,
    NodeName, NodeSpec, Route, SessionId, Shown, TemplateError, app_id, fill,
};
use sha2::{Digest, Sha256};

use crate::addresses::{self, Addresses, addresses_of, value_of, without_prefix};

/// Why a lab cannot be made into a machine for these parameters.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The image has no layers for a node of the lab.
    #[error("node {node} has no layers in the lab image")]
    NoLayers {
        /// The node.
        node: NodeName,
    },
    /// The image has no layers for a lab's desktops.
    #[error(
        "the desktop of node {node} has no display layer in the lab image; build the lab again"
    )]
    NoDisplay {
        /// The node.
        node: NodeName,
    },
    /// A template cannot be filled.
    #[error("{what} of node {node} cannot be filled in")]
    Template {
        /// `env GREETING`, `an address on lan`, …
        what: String,
        /// The node.
        node: NodeName,
        /// Why.
        #[source]
        source: TemplateError,
    },
    /// The subnet of a network cannot be filled in.
    #[error("the subnet of network {network} cannot be filled in")]
    SubnetTemplate {
        /// The network.
        network: NetworkName,
        /// Why.
        #[source]
        source: TemplateError,
    },
    /// A filled-in value is not an address with a prefix.
    #[error("`{value}` on network {network} is not an address with a prefix length")]
    NotAnAddress {
        /// The network.
        network: NetworkName,
        /// The value.
        value: String,
    },
    /// A network has no free address left.
    #[error("network {network} has no free address for node {node}")]
    NoFreeAddress {
        /// The network.
        network: NetworkName,
        /// The node.
        node: NodeName,
    },
}

/// The machine of one session.
///
/// `layers` are the unpacked layers of each node, lowest first, as the agent sees them, and
/// `display` those of its displays; `params` are the learner's values by parameter name.
pub fn spec(
    lab: &Lab,
    layers: &BTreeMap<NodeName, Vec<PathBuf>>,
    display: &[PathBuf],
    params: &IndexMap<String, String>,
    session: SessionId,
) -> Result<MachineSpec, SpecError> {
    let addresses = addresses::all(lab, params)?;
    let nodes = lab
        .nodes
        .iter()
        .map(|(name, node)| {
            let layers = layers
                .get(name)
                .ok_or_else(|| SpecError::NoLayers { node: name.clone() })?;
            node_spec(lab, name, node, layers, params, &addresses)
        })
        .collect::<Result<_, _>>()?;
    Ok(MachineSpec {
        session,
        lab: lab.name.clone(),
        nodes,
        displays: displays(lab, display, |wanted| value_of(wanted, params, &addresses))?,
        networks: lab
            .networks
            .iter()
            .map(|(name, network)| NetworkSpec {
                name: name.clone(),
                shaping: network.shaping,
            })
            .collect(),
        params: params.clone(),
        limits: lab.limits,
        keep: lab.keep.clone(),
        internet: lab.internet,
    })
}

/// The screens of a lab's desktops.
fn displays(
    lab: &Lab,
    layers: &[PathBuf],
    value: impl Fn(&str) -> Option<String>,
) -> Result<Vec<DisplaySpec>, SpecError> {
    let mut displays = Vec::new();
    for (at, app) in lab.apps.iter().enumerate() {
        let AppKind::Desktop { node, run, session } = &app.kind else {
            continue;
        };
        if layers.is_empty() {
            return Err(SpecError::NoDisplay { node: node.clone() });
        }
        let shows = match (run, session) {
            (_, Some(session)) => Shown::Session(session.clone()),
            (run, None) => {
                let run = run.as_deref().unwrap_or_default();
                let command = fill(run, &value).map_err(|source| SpecError::Template {
                    what: "the program of a desktop".to_owned(),
                    node: node.clone(),
                    source,
                })?;
                Shown::Run(command)
            }
        };
        displays.push(DisplaySpec {
            app: app_id(at),
            node: node.clone(),
            layers: layers.to_vec(),
            shows,
        });
    }
    Ok(displays)
}

fn node_spec(
    lab: &Lab,
    name: &NodeName,
    node: &Node,
    layers: &[PathBuf],
    params: &IndexMap<String, String>,
    addresses: &Addresses,
) -> Result<NodeSpec, SpecError> {
    let value = |wanted: &str| value_of(wanted, params, addresses);
    let filled = |what: String, text: &str| {
        fill(text, value).map_err(|source| SpecError::Template {
            what,
            node: name.clone(),
            source,
        })
    };
    let env = node
        .env
        .iter()
        .map(|(key, text)| Ok((key.clone(), filled(format!("env {key}"), text)?)))
        .collect::<Result<_, _>>()?;
    let routes = node
        .routes
        .iter()
        .map(|route| {
            Ok(Route {
                to: filled("a route".to_owned(), &route.to)?,
                via: filled(format!("the gateway of route {}", route.to), &route.via)?,
            })
        })
        .collect::<Result<_, _>>()?;
    let links = node
        .networks
        .iter()
        .map(|(network, attachment)| LinkSpec {
            network: network.clone(),
            mode: attachment.mode,
            addresses: addresses_of(addresses, name, network).to_vec(),
            mac: attachment
                .mac
                .clone()
                .unwrap_or_else(|| mac(lab, name, network)),
        })
        .collect();
    Ok(NodeSpec {
        name: name.clone(),
        layers: layers.to_vec(),
        image_env: Vec::new(),
        links,
        routes,
        user: node.user.clone(),
        services: node.services.clone(),
        restore: false,
        start: node.start.clone(),
        env,
        sysctl: node.sysctl.clone(),
        hidden: node.hidden,
        limits: node.limits,
        hosts: hosts(lab, name, node, addresses),
    })
}

/// Every other node by name. Addresses on shared networks come first, so that a name means the
/// nearest address of a node that has several.
fn hosts(lab: &Lab, name: &NodeName, node: &Node, addresses: &Addresses) -> Vec<HostEntry> {
    let mut hosts = Vec::new();
    for (other, other_node) in lab.nodes.iter().filter(|(other, _)| *other != name) {
        let (near, far): (Vec<_>, Vec<_>) = other_node
            .networks
            .keys()
            .partition(|network| node.networks.contains_key(*network));
        for network in near.into_iter().chain(far) {
            for address in addresses_of(addresses, other, network) {
                hosts.push(HostEntry {
                    address: without_prefix(address).to_owned(),
                    name: other.to_string(),
                });
            }
        }
    }
    hosts
}

/// A locally administered unicast address (IEEE 802-2014 §8.4), the same at every boot and for
/// every learner, so that pages and captures may speak of it.
fn mac(lab: &Lab, node: &NodeName, network: &NetworkName) -> String {
    let hash = Sha256::digest(format!("{}/{node}/{network}", lab.name));
    let tail: String = hash.iter().take(5).map(|b| format!(":{b:02x}")).collect();
    format!("02{tail}")
}
