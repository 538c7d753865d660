//! The lab's networks as the learner's map shows them: those that a visible node is on.

use std::net::IpAddr;

use labwright_api::{NetworkView, ShapingView};
use labwright_model::{Network, NetworkName, Shaping};

use crate::view::Scene;

/// The networks that the learner sees, in the lab's order.
pub(crate) fn seen(scene: &Scene<'_>) -> Vec<NetworkView> {
    let networks = scene.lab.networks.iter();
    networks
        .filter_map(|(name, network)| view(name, network, scene))
        .collect()
}

/// Nothing for a network that hidden nodes have to themselves.
fn view(name: &NetworkName, network: &Network, scene: &Scene<'_>) -> Option<NetworkView> {
    let nodes = scene.lab.nodes.values().filter(|node| !node.hidden);
    let links: Vec<_> = nodes.filter_map(|node| node.networks.get(name)).collect();
    if links.is_empty() {
        return None;
    }
    let filled = |text: &String| scene.values.fill_page(text);
    let mut addresses = links.iter().flat_map(|link| &link.addresses);
    let subnet = network
        .subnet
        .as_ref()
        .map(filled)
        .or_else(|| addresses.find_map(|address| prefix(&filled(address))));
    Some(NetworkView {
        name: name.to_string(),
        subnet,
        shaping: shaping(&network.shaping),
    })
}

/// How a network slows traffic down; none when it does not.
#[allow(clippy::cast_precision_loss)] // Far below 2^53.
fn shaping(shaping: &Shaping) -> Option<ShapingView> {
    (*shaping != Shaping::default()).then(|| ShapingView {
        delay_ms: shaping.delay_us as f64 / 1000.0,
        jitter_ms: shaping.jitter_us as f64 / 1000.0,
        loss: shaping.loss,
        rate_kbps: shaping.rate_bps as f64 / 1000.0,
    })
}

/// The prefix of an `address/length`.
fn prefix(address: &str) -> Option<String> {
    let (address, length) = address.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    let network: IpAddr = match address.parse().ok()? {
        IpAddr::V4(address) => {
            let mask = u32::MAX
                .checked_shl(32_u32.checked_sub(length)?)
                .unwrap_or(0);
            IpAddr::from((u32::from(address) & mask).to_be_bytes())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX
                .checked_shl(128_u32.checked_sub(length)?)
                .unwrap_or(0);
            IpAddr::from((u128::from(address) & mask).to_be_bytes())
        }
    };
    Some(format!("{network}/{length}"))
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn prefixes_of_addresses() {
        for (address, expected) in [
            ("10.0.0.2/24", Some("10.0.0.0/24")),
            ("10.9.8.7/32", Some("10.9.8.7/32")),
            ("10.9.8.7/0", Some("0.0.0.0/0")),
            ("2001:db8::5/64", Some("2001:db8::/64")),
            ("2001:db8::5/0", Some("::/0")),
            ("10.0.0.2/33", None),
            ("10.0.0.2", None),
            ("dhcp", None),
        ] {
            assert_eq!(prefix(address).as_deref(), expected, "{address}");
        }
    }
}
