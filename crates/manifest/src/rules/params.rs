//! Parameters.

use labwright_model::Param;

use super::Facts;
use crate::problems::Problems;
use crate::scalar;

/// Most values to choose from.
const MAX_CHOICES: usize = 1000;

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    variables(facts, problems);
    let entries = facts
        .root
        .get("params")
        .map(|node| node.entries())
        .unwrap_or_default();
    for (key, value) in entries {
        let int_is_pair = value
            .get("int")
            .is_none_or(|range| range.items().len() == 2);
        if !int_is_pair {
            problems.error(
                key.span.clone(),
                format!(
                    "`int` of `{}` must hold the lowest and the highest number",
                    key.text
                ),
                "such as `[2000, 9000]`",
            );
        }
        let Some(param) = facts.lab.params.get(key.text.as_str()) else {
            continue;
        };
        if let Some(message) = fault(param) {
            problems.error(key.span.clone(), format!("`{}` {message}", key.text), "");
        }
    }
}

fn fault(param: &Param) -> Option<String> {
    match param {
        Param::Choose(values) if values.is_empty() => Some("has nothing to choose from".into()),
        Param::Choose(values) if values.len() > MAX_CHOICES => {
            Some(format!("has more than {MAX_CHOICES} values to choose from"))
        }
        Param::Int(low, high) if low > high => Some(format!(
            "goes from {low} to {high}: the lowest number comes first"
        )),
        Param::Subnet { within, prefix } => {
            let net = scalar::prefix(within)?;
            let longest = net.max_prefix_len().saturating_sub(2);
            if *prefix < net.prefix_len() {
                Some(format!("is a /{prefix}, which does not fit into {within}"))
            } else if *prefix > longest {
                Some(format!("is a /{prefix}, which has no room for two hosts"))
            } else {
                None
            }
        }
        _ => None,
    }
}

/// `a-b` and `a_b` would both be `$PARAM_A_B`.
fn variables(facts: &Facts<'_>, problems: &mut Problems) {
    let variable = |name: &str| name.to_uppercase().replace('-', "_");
    let names = facts.names("params");
    for (n, name) in names.iter().enumerate() {
        let twin = names
            .iter()
            .take(n)
            .find(|other| variable(other) == variable(name));
        if let Some(twin) = twin {
            let span = facts
                .root
                .get("params")
                .and_then(|p| p.entries().get(n))
                .map(|(key, _)| key.span.clone());
            let message = format!(
                "`{twin}` and `{name}` are both `$PARAM_{}` in scripts",
                variable(name)
            );
            problems.error(span.unwrap_or(0..0), message, "rename one of them");
        }
    }
}
