//! The addresses of a lab for one learner: templates filled in, silent links given one.
//!
//! Pure: values in, values out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use indexmap::IndexMap;
use labwright_model::{Attachment, CHECKER, Lab, LinkMode, NetworkName, NodeName, fill, param};

use crate::SpecError;

/// Addresses with prefix of each node on each network.
pub(crate) type Addresses = BTreeMap<(NodeName, NetworkName), Vec<String>>;

/// All addresses: the written ones first, then those that are left to us.
pub(crate) fn all(lab: &Lab, params: &IndexMap<String, String>) -> Result<Addresses, SpecError> {
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
            if attachment.mode == LinkMode::Static
                && silent
                && let Some(subnet) = subnet(lab, network, params)?
            {
                let address = allocate(&subnet, node_name, network, &addresses)?;
                addresses.insert(key, vec![address]);
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

/// What stands for `params.NAME` and `nodes.NODE.address.NETWORK`.
pub(crate) fn value_of(
    wanted: &str,
    params: &IndexMap<String, String>,
    addresses: &Addresses,
) -> Option<String> {
    if let Some(name) = wanted.strip_prefix("params.") {
        return param(params, name);
    }
    let (node, network) = wanted.strip_prefix("nodes.")?.split_once(".address.")?;
    let key = (NodeName::new(node).ok()?, NetworkName::new(network).ok()?);
    let address = addresses.get(&key)?.first()?;
    Some(without_prefix(address).to_owned())
}

/// The addresses of a node on a network.
pub(crate) fn addresses_of<'a>(
    addresses: &'a Addresses,
    node: &NodeName,
    network: &NetworkName,
) -> &'a [String] {
    addresses
        .get(&(node.clone(), network.clone()))
        .map_or(&[], Vec::as_slice)
}

/// `10.0.0.1` of `10.0.0.1/24`.
pub(crate) fn without_prefix(address: &str) -> &str {
    address.split_once('/').map_or(address, |(bare, _)| bare)
}
