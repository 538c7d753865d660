//! The machine's networks and the nodes' links: which bridges, cables, addresses, routes and
//! kernel settings a spec means.
//!
//! Bridges and the upper cable ends are in the agent's network namespace, which has no addresses
//! of its own: the agent is on no network of the lab.

use std::fs;
use std::io;
use std::net::IpAddr;

use labwright_model::{LinkMode, LinkSpec, NetworkName, NetworkSpec, NodeSpec, Route, Shaping};

use super::kernel;
use super::netlink::{self, Netlink, NetlinkError};
use super::shaping;

/// Interface numbers of bridges start here, so that they are known without asking.
const FIRST_BRIDGE: u32 = 1000;
const LOOPBACK: u32 = 1;

/// Why a node could not be linked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// A request to the kernel.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
    /// A word of the spec is not what it should be.
    #[error("`{word}` is not {what}")]
    Word {
        /// The word.
        word: String,
        /// What it should be.
        what: &'static str,
    },
    /// A kernel setting.
    #[error("setting {name} to {value}")]
    Setting {
        /// Its dotted name.
        name: String,
        /// The value.
        value: String,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// The namespace could not be entered or asked.
    #[error("entering the node's network namespace")]
    Namespace(#[from] io::Error),
}

/// Makes the networks in the agent's namespace; call it on its first thread.
pub fn make_networks(networks: &[NetworkSpec]) -> Result<(), LinkError> {
    // The agent's own ends take part in nothing: no IPv6 chatter into the lab's captures.
    set("net.ipv6.conf.default.disable_ipv6", "1").or_else(ignore_missing)?;
    let mut here = Netlink::open()?;
    let bridges = networks
        .iter()
        .enumerate()
        .map(|(at, _)| netlink::add_bridge(&bridge_name(at), bridge_index(at)));
    here.run(bridges.collect())?;
    Ok(())
}

/// Name of the bridge of the network at this place in the spec.
pub fn bridge_name(network: usize) -> String {
    format!("net{network}")
}

fn bridge_index(network: usize) -> u32 {
    FIRST_BRIDGE + network as u32
}

/// Name of the upper end of a node's link.
pub fn port_name(node: usize, link: usize) -> String {
    format!("n{node}e{link}")
}

/// Where a node is in its machine.
pub struct Position<'a> {
    /// Its number in the spec.
    pub node: usize,
    /// Process id of its init.
    pub pid: i32,
    /// The machine's networks.
    pub networks: &'a [NetworkSpec],
}

/// Plugs in and configures all links of a node whose init waits.
///
/// Leaves the calling thread in the node's network namespace: call it on a thread that ends.
pub fn link_node(node: &NodeSpec, at: &Position<'_>) -> Result<(), LinkError> {
    let mut here = Netlink::open()?;
    kernel::enter_network_namespace(at.pid)?;
    let mut there = Netlink::open()?;
    settings_before_links()?;
    let mut cables = Vec::new();
    for (number, link) in node.links.iter().enumerate() {
        let network = position(at.networks, &link.network)?;
        cables.push(netlink::add_cable(
            &port_name(at.node, number),
            bridge_index(network),
            &format!("eth{number}"),
            mac(&link.mac)?,
            at.pid,
        ));
    }
    here.run(cables)?;
    there.run(vec![netlink::set_up(LOOPBACK, "lo", true)])?;
    for (number, link) in node.links.iter().enumerate() {
        // Packets are then what a wire would carry: whole checksums, no segments larger than the
        // MTU. Captures and user-space DHCP clients need that.
        kernel::disable_offloads(&format!("eth{number}"))?;
        there.run(addresses(number, link)?)?;
    }
    there.run(node.routes.iter().map(route).collect::<Result<_, _>>()?)?;
    for (name, value) in &node.sysctl {
        set(name, value)?;
    }
    Ok(())
}

/// Brings up the loopback of a container that has no other link.
///
/// Leaves the calling thread in the container's network namespace: call it on a thread that ends.
pub fn loopback(pid: i32) -> Result<(), LinkError> {
    kernel::enter_network_namespace(pid)?;
    Ok(Netlink::open()?.run(vec![netlink::set_up(LOOPBACK, "lo", true)])?)
}

/// Unplugs all links of a node. When a namespace ends its links go some time later, and their
/// names would be in the way of the node's next life. Links that are not there are no error.
pub fn unlink_node(node: &NodeSpec, number: usize) -> io::Result<()> {
    let mut here = Netlink::open()?;
    for link in 0..node.links.len() {
        let _ = here.run(vec![netlink::delete_link(&port_name(number, link))]);
    }
    Ok(())
}

/// Shapes what a network sends to a node, at the upper end of its link; call it in the agent's
/// namespace. The upper end alone: every packet passes one, so that it is delayed once, and the
/// node's root cannot take the shaping away.
pub fn shape_port(port: &str, shaping: &Shaping) -> Result<(), LinkError> {
    let index = kernel::interface_index(port)?;
    let mut here = Netlink::open()?;
    // What was there; nothing is no error.
    let _ = here.run(vec![shaping::delete(index, port)]);
    here.run(shaping::requests(index, port, shaping))?;
    Ok(())
}

/// Sets the upper end of a node's link up or down, which the node sees as a pulled cable.
pub fn set_port(port: &str, up: bool) -> Result<(), LinkError> {
    let index = kernel::interface_index(port)?;
    Netlink::open()?.run(vec![netlink::set_up(index, port, up)])?;
    Ok(())
}

/// No router advertisement is believed and no address is doubted, on links that come later too.
fn settings_before_links() -> Result<(), LinkError> {
    for (name, value) in [
        ("net.ipv6.conf.default.accept_ra", "0"),
        ("net.ipv6.conf.default.accept_dad", "0"),
        ("net.ipv6.conf.all.accept_ra", "0"),
        ("net.ipv4.ping_group_range", "0 65535"),
    ] {
        set(name, value).or_else(ignore_missing)?;
    }
    Ok(())
}

fn addresses(number: usize, link: &LinkSpec) -> Result<Vec<netlink::Request>, LinkError> {
    let name = format!("eth{number}");
    let index = kernel::interface_index(&name)?;
    let mut requests = vec![netlink::set_up(index, &name, true)];
    if link.mode == LinkMode::Static {
        for address in &link.addresses {
            let (address, prefix) = prefixed(address)?;
            requests.push(netlink::add_address(index, address, prefix));
        }
    }
    Ok(requests)
}

fn route(route: &Route) -> Result<netlink::Request, LinkError> {
    let via = address(&route.via)?;
    let to = match route.to.as_str() {
        "default" => None,
        prefix => Some(prefixed(prefix)?),
    };
    Ok(netlink::add_route(to, via))
}

fn position(networks: &[NetworkSpec], name: &NetworkName) -> Result<usize, LinkError> {
    networks
        .iter()
        .position(|network| network.name == *name)
        .ok_or_else(|| word(name.as_str(), "a network of this lab"))
}

fn prefixed(text: &str) -> Result<(IpAddr, u8), LinkError> {
    let wrong = || word(text, "an address with a prefix length");
    let (host, prefix) = text.split_once('/').ok_or_else(wrong)?;
    Ok((address(host)?, prefix.parse().map_err(|_| wrong())?))
}

fn address(text: &str) -> Result<IpAddr, LinkError> {
    text.parse().map_err(|_| word(text, "an IP address"))
}

fn mac(text: &str) -> Result<[u8; 6], LinkError> {
    let bytes: Option<Vec<u8>> = text
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect();
    bytes
        .and_then(|bytes| <[u8; 6]>::try_from(bytes).ok())
        .ok_or_else(|| word(text, "a MAC address"))
}

fn word(word: &str, what: &'static str) -> LinkError {
    LinkError::Word {
        word: word.to_owned(),
        what,
    }
}

/// Writes a kernel setting of the calling thread's network namespace: /proc/sys/net is that of
/// the task that looks.
fn set(name: &str, value: &str) -> Result<(), LinkError> {
    let parts: Vec<&str> = name.split('.').collect();
    let plain = |part: &&str| !part.is_empty() && !part.contains('/');
    if parts.first() != Some(&"net") || !parts.iter().all(plain) {
        return Err(word(name, "a net.* kernel setting"));
    }
    fs::write(format!("/proc/sys/{}", parts.join("/")), value).map_err(|source| {
        LinkError::Setting {
            name: name.to_owned(),
            value: value.to_owned(),
            source,
        }
    })
}

/// A kernel without IPv6 lacks its settings.
fn ignore_missing(error: LinkError) -> Result<(), LinkError> {
    match error {
        LinkError::Setting { source, .. } if source.kind() == io::ErrorKind::NotFound => Ok(()),
        error => Err(error),
    }
}
