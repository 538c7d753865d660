//! Names in `{{ … }}`.

use labwright_model::{Lab, LinkMode, Param, placeholders};

use super::Facts;
use crate::addresses::host_count;
use crate::problem::Severity;
use crate::problems::{LAB_FILE, Problems, did_you_mean};
use crate::scalar;

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    for template in facts.templates {
        for (message, help) in faults(facts.lab, &template.text) {
            problems.add(
                Severity::Error,
                LAB_FILE,
                template.span.clone(),
                message,
                help,
            );
        }
    }
}

/// What is wrong with the templates of a text, each with a help.
fn faults(lab: &Lab, text: &str) -> Vec<(String, String)> {
    match placeholders(text) {
        Ok(found) => found
            .iter()
            .filter_map(|(_, name)| fault(lab, name))
            .collect(),
        Err(_) => vec![("`{{` has no `}}`".into(), String::new())],
    }
}

/// Why a name between braces means nothing, and what to do.
pub(super) fn fault(lab: &Lab, name: &str) -> Option<(String, String)> {
    let mut parts = name.split('.');
    let parts = [
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
        parts.next(),
    ];
    match parts {
        [Some("params"), Some(param), None, ..] => match lab.params.get(param) {
            Some(_) => None,
            None => Some(unknown_param(lab, param)),
        },
        [Some("params"), Some(param), Some(n), None, _] => numbered(lab, param, n),
        [
            Some("nodes"),
            Some(node),
            Some("address"),
            Some(network),
            None,
        ] => address(lab, node, network),
        _ => {
            let help = "templates are `params.NAME` and `nodes.NODE.address.NETWORK`";
            Some((format!("`{{{{ {name} }}}}` is not known"), help.into()))
        }
    }
}

fn unknown_param(lab: &Lab, param: &str) -> (String, String) {
    let names: Vec<&str> = lab.params.keys().map(|name| name.as_str()).collect();
    let mut help = did_you_mean(param, names.iter().copied());
    if help.is_empty() {
        help = match names.as_slice() {
            [] => "declare it under `params`".into(),
            names => format!("the lab's parameters: {}", names.join(", ")),
        };
    }
    (format!("there is no parameter `{param}`"), help)
}

/// `params.net.3`: a host of a drawn subnet.
fn numbered(lab: &Lab, param: &str, n: &str) -> Option<(String, String)> {
    match lab.params.get(param) {
        None => Some(unknown_param(lab, param)),
        Some(Param::Subnet { within, prefix }) => {
            let bits = scalar::prefix(within)?.max_prefix_len();
            let hosts = host_count(*prefix, bits);
            let fits = n.parse::<u128>().is_ok_and(|n| n >= 1 && n <= hosts);
            let help = format!("host numbers go from 1 to {hosts}");
            (!fits).then(|| (format!("`{param}` has no host number `{n}`"), help))
        }
        Some(_) => Some((
            format!("`{param}` is no subnet: it has no hosts"),
            format!("write `{{{{ params.{param} }}}}`"),
        )),
    }
}

fn address(lab: &Lab, node: &str, network: &str) -> Option<(String, String)> {
    let Some(found) = lab.nodes.get(node) else {
        let names = lab.nodes.keys().map(|name| name.as_str());
        return Some((
            format!("there is no node `{node}`"),
            did_you_mean(node, names),
        ));
    };
    let Some(link) = found.networks.get(network) else {
        let names = found.networks.keys().map(|name| name.as_str());
        let help = did_you_mean(network, names);
        return Some((format!("`{node}` is on no network `{network}`"), help));
    };
    let has_none = link.mode != LinkMode::Static || link.addresses.is_empty();
    has_none.then(|| {
        (
            format!("`{node}` has no fixed address on `{network}`"),
            String::new(),
        )
    })
}
