//! From a lab and one learner's parameters to what a machine is started from.
//!
//! Pure: values in, value out. It must not let a check, a solution or a page through.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

use indexmap::IndexMap;
use labwright_model::{
    Attachment, CHECKER, HostEntry, Lab, LinkMode, LinkSpec, MachineSpec, NetworkName, NetworkSpec,
    Node, NodeName, NodeSpec, Route, SessionId, TemplateError, fill,
};
use sha2::{Digest, Sha256};

/// Why a lab cannot be made into a machine for these parameters.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// The image has no layers for a node of the lab.
    #[error("node {node} has no layers in the lab image")]
    NoLayers {
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

/// Addresses with prefix of each node on each network, templates filled in.
type Addresses = BTreeMap<(NodeName, NetworkName), Vec<String>>;

/// The addresses that parameters and nodes have, for pages and app arguments too:
/// `params.NAME` and `nodes.NODE.address.NETWORK`.
pub fn lookup(spec: &MachineSpec, name: &str) -> Option<String> {
    if let Some(param) = name.strip_prefix("params.") {
        return labwright_model::param(&spec.params, param);
    }
    let (node, network) = name.strip_prefix("nodes.")?.split_once(".address.")?;
    let node = spec.nodes.iter().find(|n| n.name.as_str() == node)?;
    let link = node.links.iter().find(|l| l.network.as_str() == network)?;
    link.addresses.first().map(|a| without_prefix(a).to_owned())
}

/// The machine of one session.
///
/// `layers` are the unpacked layers of each node, lowest first, as the agent sees them; `params`
/// are the learner's values by parameter name.
pub fn spec(
    lab: &Lab,
    layers: &BTreeMap<NodeName, Vec<PathBuf>>,
    params: &IndexMap<String, String>,
    session: SessionId,
) -> Result<MachineSpec, SpecError> {
    let addresses = addresses(lab, params)?;
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

/// All addresses: the written ones first, then those that are left to us.
fn addresses(lab: &Lab, params: &IndexMap<String, String>) -> Result<Addresses, SpecError> {
    let mut addresses = Addresses::new();
    for (node_name, node) in &lab.nodes {
        for (network, attachment) in &node.networks {
            let written = written_addresses(node_name, network, attachment, params)?;
            addresses.insert((node_name.clone(), network.clone()), written);
        }
    }
    let (checker, others): (Vec<_>, Vec<_>) = lab
        .nodes
        .iter()
        .partition(|(name, _)| name.as_str() == CHECKER);
    for (node_name, node) in others.into_iter().chain(checker) {
        for (network, attachment) in &node.networks {
            let key = (node_name.clone(), network.clone());
            let silent = addresses.get(&key).is_none_or(Vec::is_empty);
            if attachment.mode == LinkMode::Static && silent {
                if let Some(subnet) = subnet(lab, network, params)? {
                    let address = allocate(&subnet, node_name, network, &addresses)?;
                    addresses.insert(key, vec![address]);
                }
            }
        }
    }
    Ok(addresses)
}

fn written_addresses(
    node: &NodeName,
    network: &NetworkName,
    attachment: &Attachment,
    params: &IndexMap<String, String>,
) -> Result<Vec<String>, SpecError> {
    let none = Addresses::new();
    attachment
        .addresses
        .iter()
        .map(|text| {
            let address =
                fill(text, |wanted| value_of(wanted, params, &none)).map_err(|source| {
                    SpecError::Template {
                        what: format!("an address on {network}"),
                        node: node.clone(),
                        source,
                    }
                })?;
            parse_prefixed(network, &address)?;
            Ok(address)
        })
        .collect()
}

/// The subnet of a network for these parameters, when it has one.
fn subnet(
    lab: &Lab,
    network: &NetworkName,
    params: &IndexMap<String, String>,
) -> Result<Option<(IpAddr, u8)>, SpecError> {
    let Some(text) = lab.networks.get(network).and_then(|n| n.subnet.as_deref()) else {
        return Ok(None);
    };
    let none = Addresses::new();
    let filled = fill(text, |wanted| value_of(wanted, params, &none)).map_err(|source| {
        SpecError::SubnetTemplate {
            network: network.clone(),
            source,
        }
    })?;
    parse_prefixed(network, &filled).map(Some)
}

/// The lowest free host address; the checker takes the highest, out of the author's way.
fn allocate(
    subnet: &(IpAddr, u8),
    node: &NodeName,
    network: &NetworkName,
    addresses: &Addresses,
) -> Result<String, SpecError> {
    let (address, prefix) = *subnet;
    let taken: BTreeSet<IpAddr> = addresses
        .iter()
        .filter(|((_, on), _)| on == network)
        .flat_map(|(_, list)| list)
        .filter_map(|a| without_prefix(a).parse().ok())
        .collect();
    let free = |wanted: &u128| {
        let candidate = to_address(&address, *wanted);
        candidate.is_some_and(|a| !taken.contains(&a))
    };
    let no_room = || SpecError::NoFreeAddress {
        network: network.clone(),
        node: node.clone(),
    };
    let (first, last) = host_range(&address, prefix).ok_or_else(no_room)?;
    // No more addresses than are taken can be in the way.
    let tries = taken.len() + 1;
    let found = if node.as_str() == CHECKER {
        (first..=last).rev().take(tries).find(free)
    } else {
        (first..=last).take(tries).find(free)
    };
    let found = found
        .and_then(|number| to_address(&address, number))
        .ok_or_else(no_room)?;
    Ok(format!("{found}/{prefix}"))
}

/// First and last host address of a subnet as numbers; none in a subnet without hosts.
fn host_range(address: &IpAddr, prefix: u8) -> Option<(u128, u128)> {
    let (number, bits) = match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    };
    let host_bits = bits - u32::from(prefix);
    let hosts = match host_bits {
        128 => u128::MAX,
        n => (1_u128 << n) - 1,
    };
    let base = number & !hosts;
    match host_bits {
        0 => Some((base, base)),
        // RFC 3021 §2.1 and RFC 6164 §4: both addresses of a point-to-point link are hosts.
        1 => Some((base, base + 1)),
        _ => Some((base + 1, base + hosts - 1)),
    }
}

fn to_address(family: &IpAddr, number: u128) -> Option<IpAddr> {
    match family {
        IpAddr::V4(_) => u32::try_from(number)
            .ok()
            .map(|bits| IpAddr::V4(bits.into())),
        IpAddr::V6(_) => Some(IpAddr::V6(number.into())),
    }
}

fn parse_prefixed(network: &NetworkName, text: &str) -> Result<(IpAddr, u8), SpecError> {
    let parsed = text.split_once('/').and_then(|(address, prefix)| {
        let address: IpAddr = address.trim().parse().ok()?;
        let prefix: u8 = prefix.trim().parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        (prefix <= bits).then_some((address, prefix))
    });
    parsed.ok_or_else(|| SpecError::NotAnAddress {
        network: network.clone(),
        value: text.to_owned(),
    })
}

fn value_of(
    wanted: &str,
    params: &IndexMap<String, String>,
    addresses: &Addresses,
) -> Option<String> {
    if let Some(param) = wanted.strip_prefix("params.") {
        return labwright_model::param(params, param);
    }
    let (node, network) = wanted.strip_prefix("nodes.")?.split_once(".address.")?;
    let key = (NodeName::new(node).ok()?, NetworkName::new(network).ok()?);
    let address = addresses.get(&key)?.first()?;
    Some(without_prefix(address).to_owned())
}

fn addresses_of<'a>(
    addresses: &'a Addresses,
    node: &NodeName,
    network: &NetworkName,
) -> &'a [String] {
    addresses
        .get(&(node.clone(), network.clone()))
        .map_or(&[], Vec::as_slice)
}

fn without_prefix(address: &str) -> &str {
    address.split_once('/').map_or(address, |(bare, _)| bare)
}

/// A locally administered unicast address (IEEE 802-2014 §8.4), the same at every boot and for
/// every learner, so that pages and captures may speak of it.
fn mac(lab: &Lab, node: &NodeName, network: &NetworkName) -> String {
    let hash = Sha256::digest(format!("{}/{node}/{network}", lab.name));
    let tail: String = hash.iter().take(5).map(|b| format!(":{b:02x}")).collect();
    format!("02{tail}")
}
