//! Addresses, MAC addresses and routes.

use std::collections::HashMap;
use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;
use labwright_model::{Attachment, CHECKER, Network, NetworkName, Node, NodeName, Route};

use super::Facts;
use crate::addresses::host_of;
use crate::problems::Problems;
use crate::scalar::{self, is_template};

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    for (name, network) in &facts.lab.networks {
        twins(facts, name, problems);
        for (node, link) in links(facts, name) {
            one_link(facts, node, name, network, link, problems);
        }
    }
    for (name, node) in &facts.lab.nodes {
        for route in &node.routes {
            self::route(facts, name, node, route, problems);
        }
    }
}

fn links<'a>(facts: &Facts<'a>, network: &NetworkName) -> Vec<(&'a NodeName, &'a Attachment)> {
    let nodes = facts.lab.nodes.iter();
    nodes
        .filter_map(|(name, node)| Some((name, node.networks.get(network)?)))
        .collect()
}

fn span(facts: &Facts<'_>, node: &NodeName, network: &NetworkName, address: &str) -> Range<usize> {
    let path = [
        "nodes".into(),
        node.as_str().into(),
        "networks".into(),
        network.as_str().into(),
    ];
    let networks = facts
        .root
        .get("nodes")
        .and_then(|nodes| nodes.get(node.as_str()));
    let link = networks.and_then(|node| node.get("networks")?.get(network.as_str()));
    let lists = [link, link.and_then(|link| link.get("address"))];
    let words = lists.into_iter().flatten().flat_map(|list| list.items());
    let found = words.into_iter().find(|item| item.word() == Some(address));
    found.map_or_else(|| facts.root.locate(&path), |item| item.span.clone())
}

/// The same address or MAC address twice on one network.
fn twins(facts: &Facts<'_>, network: &NetworkName, problems: &mut Problems) {
    let mut owners: HashMap<String, &NodeName> = HashMap::new();
    for (node, link) in links(facts, network) {
        let macs = link
            .mac
            .iter()
            .map(|mac| (mac.clone(), mac.clone(), "MAC address"));
        let addresses = link
            .addresses
            .iter()
            .map(|a| (host_of(a), a.clone(), "address"));
        for (key, text, what) in addresses.chain(macs) {
            if let Some(first) = owners.insert(key.clone(), node) {
                let at = span(facts, node, network, &text);
                let message = format!(
                    "the {what} {key} is on `{network}` twice: `{first}` and `{node}` have it"
                );
                problems.error(at, message, "");
            }
        }
    }
}

fn one_link(
    facts: &Facts<'_>,
    node: &NodeName,
    name: &NetworkName,
    network: &Network,
    link: &Attachment,
    problems: &mut Problems,
) {
    let subnet = network.subnet.as_deref().and_then(scalar::prefix);
    for text in link.addresses.iter().filter(|text| !is_template(text)) {
        let Some(net) = scalar::address(text) else {
            continue;
        };
        let at = || span(facts, node, name, text);
        if let Some(message) = no_host(net) {
            problems.error(
                at(),
                format!("`{text}` cannot be the address of `{node}`: {message}"),
                "",
            );
        }
        match subnet {
            Some(subnet) if same_family(subnet, net) && !subnet.contains(&net.addr()) => {
                let message = format!("`{text}` is outside the subnet of `{name}`, {subnet}");
                problems.error(at(), message, "");
            }
            Some(subnet) if same_family(subnet, net) && subnet.prefix_len() != net.prefix_len() => {
                let message = format!(
                    "`{text}` has another prefix length than the subnet of `{name}`, {subnet}"
                );
                problems.warning(at(), message, format!("write /{}", subnet.prefix_len()));
            }
            None => stranger(facts, node, name, net, &at(), problems),
            _ => {}
        }
    }
}

fn same_family(a: IpNet, b: IpNet) -> bool {
    a.addr().is_ipv4() == b.addr().is_ipv4()
}

/// Why no host can have this address.
fn no_host(net: IpNet) -> Option<&'static str> {
    let addr = net.addr();
    if addr.is_multicast() {
        return Some("it is a multicast address");
    }
    if addr.is_loopback() || addr.is_unspecified() {
        return Some("it never leaves a host");
    }
    let crowded = net.prefix_len() + 1 >= net.max_prefix_len();
    match net {
        IpNet::V4(v4) if !crowded && v4.addr() == v4.network() => {
            Some("it is the network's own address")
        }
        IpNet::V4(v4) if !crowded && v4.addr() == v4.broadcast() => {
            Some("it is the broadcast address")
        }
        _ => None,
    }
}

/// An address that no neighbour shares a prefix with: mostly a mistyped digit.
fn stranger(
    facts: &Facts<'_>,
    node: &NodeName,
    name: &NetworkName,
    net: IpNet,
    at: &Range<usize>,
    problems: &mut Problems,
) {
    let all = links(facts, name);
    let others = all
        .iter()
        .filter(|(other, _)| *other != node && other.as_str() != CHECKER);
    let addresses: Vec<&String> = others.flat_map(|(_, link)| &link.addresses).collect();
    if addresses.is_empty() || addresses.iter().any(|text| is_template(text)) {
        return;
    }
    let near = addresses
        .iter()
        .filter_map(|text| scalar::address(text))
        .any(|other| {
            same_family(other, net) && (other.contains(&net.addr()) || net.contains(&other.addr()))
        });
    if !near {
        let message = format!("no other node on `{name}` is in {}", net.trunc());
        problems.warning(at.clone(), message, "is a digit wrong?");
    }
}

fn route(facts: &Facts<'_>, name: &NodeName, node: &Node, route: &Route, problems: &mut Problems) {
    let path = [
        "nodes".into(),
        name.as_str().into(),
        "routes".into(),
        route.to.as_str().into(),
    ];
    let at = facts.root.locate(&path);
    let Some(via) = scalar::ip(&route.via) else {
        return;
    };
    if scalar::prefix(&route.to).is_some_and(|to| to.addr().is_ipv4() != via.is_ipv4()) {
        problems.error(
            at,
            format!(
                "the route to {} goes over {via}, of another IP version",
                route.to
            ),
            "",
        );
        return;
    }
    let own: Vec<&String> = node
        .networks
        .values()
        .flat_map(|link| &link.addresses)
        .collect();
    let unknowable = own.iter().any(|text| is_template(text))
        || node.networks.values().any(|link| link.addresses.is_empty());
    let network = node.networks.iter().find(|(_, link)| {
        let nets = link
            .addresses
            .iter()
            .filter_map(|text| scalar::address(text));
        nets.into_iter().any(|net| net.contains(&via))
    });
    match network {
        None if !unknowable => problems.warning(
            at,
            format!("the gateway {via} is on no network of `{name}`: the route cannot be set"),
            "a gateway must be a neighbour",
        ),
        Some((network, _)) => gateway(facts, name, network, via, at, problems),
        None => {}
    }
}

/// Whether somebody has the gateway's address, and forwards.
fn gateway(
    facts: &Facts<'_>,
    name: &NodeName,
    network: &NetworkName,
    via: IpAddr,
    at: Range<usize>,
    problems: &mut Problems,
) {
    let all = links(facts, network);
    let unknowable = all.iter().any(|(_, link)| {
        link.addresses.is_empty() || link.addresses.iter().any(|text| is_template(text))
    });
    let owner = all.iter().find(|(_, link)| {
        link.addresses
            .iter()
            .any(|text| host_of(text) == via.to_string())
    });
    let key = if via.is_ipv4() {
        "net.ipv4.ip_forward"
    } else {
        "net.ipv6.conf.all.forwarding"
    };
    match owner {
        None if !unknowable => {
            problems.warning(
                at,
                format!("no node on `{network}` has the gateway's address {via}"),
                "",
            );
        }
        Some((owner, _)) if *owner == name => {
            problems.warning(at, format!("`{name}` is its own gateway"), "");
        }
        Some((owner, _)) => {
            let forwards = facts.lab.nodes.get(*owner).is_some_and(|node| {
                node.start.is_some() || node.sysctl.get(key).is_some_and(|value| value != "0")
            });
            if !forwards {
                let message = format!("`{name}` routes over `{owner}`, which does not forward");
                problems.note(
                    at,
                    message,
                    format!("unless that is the exercise, give `{owner}` `sysctl: {{ {key}: 1 }}`"),
                );
            }
        }
        None => {}
    }
}
