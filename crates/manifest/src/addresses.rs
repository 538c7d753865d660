//! Gives addresses to the links that leave theirs out, and hangs the checker on every network
//! (LAB_FORMAT.md, "Addresses" and "Checks").

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use labwright_model::{Attachment, CHECKER, Lab, LinkMode, NetworkName, NodeName, Param};

use crate::problems::Problems;
use crate::scalar;
use crate::yaml::Node as Yaml;

/// Where a network's addresses come from.
enum Pool {
    /// A fixed prefix.
    Fixed(IpNet),
    /// A learner's own subnet: the parameter's name, its prefix length, the bits of an address.
    Drawn(String, u8, u8),
}

/// Which end of a pool.
#[derive(Clone, Copy)]
enum End {
    Lowest,
    Highest,
}

/// Most addresses tried for one link; labs have tens of nodes.
const MAX_TRIES: u128 = 1 << 16;

/// Fills in what is missing and says so.
pub(crate) fn give_out(lab: &mut Lab, root: &Yaml, problems: &mut Problems) {
    join_checker(lab, root);
    let names: Vec<NodeName> = lab.nodes.keys().cloned().collect();
    let checker_is_free = root
        .get("nodes")
        .and_then(|n| n.get(CHECKER))
        .is_none_or(|node| node.get("networks").is_none());
    for name in names {
        let end = if name.as_str() == CHECKER && checker_is_free {
            End::Highest
        } else {
            End::Lowest
        };
        let silent: Vec<NetworkName> = lab.nodes.get(&name).map_or_else(Vec::new, |node| {
            let silent = node.networks.iter().filter(|(_, link)| is_silent(link));
            silent.map(|(network, _)| network.clone()).collect()
        });
        for network in silent {
            give_one(lab, root, &name, &network, end, problems);
        }
    }
}

/// A checker whose author names no networks hangs on all of them.
fn join_checker(lab: &mut Lab, root: &Yaml) {
    let declared = root.get("nodes").and_then(|nodes| nodes.get(CHECKER));
    if declared.is_some_and(|node| node.get("networks").is_some()) {
        return;
    }
    let networks: Vec<NetworkName> = lab.networks.keys().cloned().collect();
    if let Some(checker) = lab.nodes.get_mut(CHECKER) {
        for network in networks {
            let link = Attachment {
                mode: LinkMode::Static,
                addresses: Vec::new(),
                mac: None,
            };
            checker.networks.insert(network, link);
        }
    }
}

fn is_silent(link: &Attachment) -> bool {
    link.mode == LinkMode::Static && link.addresses.is_empty()
}

fn give_one(
    lab: &mut Lab,
    root: &Yaml,
    node: &NodeName,
    network: &NetworkName,
    end: End,
    problems: &mut Problems,
) {
    let path = [
        "nodes".into(),
        node.as_str().into(),
        "networks".into(),
        network.as_str().into(),
    ];
    let span = root.locate(&path);
    let is_checker = matches!(end, End::Highest);
    let found = pools(lab, network, is_checker);
    let taken = taken(lab, network);
    let addresses: Vec<String> = found
        .iter()
        .filter_map(|pool| pick(pool, end, &taken))
        .collect();
    let Some(link) = lab
        .nodes
        .get_mut(node)
        .and_then(|n| n.networks.get_mut(network))
    else {
        return;
    };
    if !addresses.is_empty() {
        let message = format!("`{node}` gets {} on `{network}`", addresses.join(" and "));
        problems.note(span, message, "");
        link.addresses = addresses;
        return;
    }
    // Without an address the checker still hears the network; its author may know better.
    link.mode = LinkMode::None;
    if !lab.networks.contains_key(network) {
        return; // Reported as an unknown network.
    }
    if !found.is_empty() {
        problems.error(
            span,
            format!("no address of `{network}` is left for `{node}`"),
            "choose a larger `subnet`",
        );
    } else if is_checker {
        let message =
            format!("the checker gets no address on `{network}`, because none is known there");
        problems.note(
            span,
            message,
            format!("give `{network}` a `subnet` if its checks need one"),
        );
    } else {
        let message = format!(
            "`{node}` has no address on `{network}`, and `{network}` has no subnet to take one from"
        );
        problems.error(
            span,
            message,
            "write an address, `dhcp` or `none`, or give the network a `subnet`",
        );
    }
}

/// The prefixes of a network: its subnet; for a checker without one, those its nodes use.
fn pools(lab: &Lab, network: &NetworkName, infer: bool) -> Vec<Pool> {
    let subnet = lab
        .networks
        .get(network)
        .and_then(|network| network.subnet.as_deref());
    match subnet {
        Some(text) => drawn(lab, text)
            .or_else(|| scalar::prefix(text).map(Pool::Fixed))
            .into_iter()
            .collect(),
        None if infer => inferred(lab, network),
        None => Vec::new(),
    }
}

/// One IPv4 and one IPv6 prefix, the first of each that a node has an address of.
fn inferred(lab: &Lab, network: &NetworkName) -> Vec<Pool> {
    let links = lab
        .nodes
        .values()
        .filter_map(|node| node.networks.get(network));
    let nets: Vec<IpNet> = links
        .flat_map(|link| &link.addresses)
        .filter_map(|text| scalar::address(text))
        .collect();
    let first = |v4: bool| {
        nets.iter()
            .find(|net| net.addr().is_ipv4() == v4)
            .map(IpNet::trunc)
    };
    [first(true), first(false)]
        .into_iter()
        .flatten()
        .map(Pool::Fixed)
        .collect()
}

/// `{{ params.net }}` where `net` is a subnet parameter.
fn drawn(lab: &Lab, text: &str) -> Option<Pool> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let name = inner.strip_prefix("params.")?;
    match lab.params.get(name) {
        Some(Param::Subnet { within, prefix }) => {
            let bits = scalar::prefix(within)?.max_prefix_len();
            Some(Pool::Drawn(name.to_owned(), *prefix, bits))
        }
        _ => None,
    }
}

/// Host addresses that links of a network already have, templates without their blanks.
fn taken(lab: &Lab, network: &NetworkName) -> HashSet<String> {
    let links = lab
        .nodes
        .values()
        .filter_map(|node| node.networks.get(network));
    links
        .flat_map(|link| &link.addresses)
        .map(|text| host_of(text))
        .collect()
}

/// The address without its prefix length, in one spelling.
pub(crate) fn host_of(text: &str) -> String {
    match scalar::address(text) {
        Some(net) => net.addr().to_string(),
        None => {
            let host = text.rsplit_once('/').map_or(text, |(host, _)| host);
            host.split_whitespace().collect()
        }
    }
}

fn pick(pool: &Pool, end: End, taken: &HashSet<String>) -> Option<String> {
    let (length, bits) = match pool {
        Pool::Fixed(net) => (net.prefix_len(), net.max_prefix_len()),
        Pool::Drawn(_, prefix, bits) => (*prefix, *bits),
    };
    let hosts = host_count(length, bits);
    (1..=hosts.min(MAX_TRIES))
        .map(|n| match end {
            End::Lowest => n,
            End::Highest => hosts + 1 - n,
        })
        .map(|n| match pool {
            Pool::Fixed(net) => format!("{}/{length}", nth(net, n)),
            Pool::Drawn(name, ..) => format!("{{{{ params.{name}.{n} }}}}/{length}"),
        })
        .find(|address| !taken.contains(&host_of(address)))
}

/// How many hosts fit; the first has number 1 (IPv4 keeps the highest for broadcast).
pub(crate) fn host_count(length: u8, bits: u8) -> u128 {
    let free = u32::from(bits.saturating_sub(length)).min(64);
    let all = 1_u128 << free;
    match bits {
        32 => all.saturating_sub(2),
        _ => all.saturating_sub(1),
    }
}

fn nth(net: &IpNet, n: u128) -> IpAddr {
    match net.network() {
        IpAddr::V4(base) => {
            let n = u32::try_from(n).unwrap_or(u32::MAX);
            IpAddr::V4(Ipv4Addr::from(u32::from(base).saturating_add(n)))
        }
        IpAddr::V6(base) => IpAddr::V6(Ipv6Addr::from(u128::from(base).saturating_add(n))),
    }
}
