//! Limits that can never be reached, or never be kept.

use super::Facts;
use crate::problems::Problems;
use crate::yaml::Node as Yaml;

/// Least memory with which a node's init and a shell start.
const LEAST_MEMORY: u64 = 8 << 20;

/// Least disk space with which a file system is made.
const LEAST_DISK: u64 = 4 << 20;

/// Reads one limit in units that compare.
type Read = fn(&str) -> Option<u64>;

const KINDS: [(&str, Read); 5] = [
    ("memory", crate::scalar::size),
    ("browser", crate::scalar::size),
    ("cpu", crate::scalar::cpu_milli),
    ("pids", |text| text.parse().ok()),
    ("disk", crate::scalar::size),
];

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    let session = facts.root.get("limits");
    let nodes = facts
        .root
        .get("nodes")
        .map(Yaml::entries)
        .unwrap_or_default();
    for (key, read) in KINDS {
        let value = |owner: Option<&Yaml>| {
            let word = owner?.get(key)?;
            Some((
                word.span.clone(),
                word.word()?.to_owned(),
                read(word.word()?)?,
            ))
        };
        let whole = value(session);
        least(key, whole.as_ref(), problems);
        let mut sum = 0_u64;
        for (name, node) in nodes {
            let Some((span, text, amount)) = value(node.get("limits")) else {
                continue;
            };
            least(key, Some(&(span.clone(), text.clone(), amount)), problems);
            sum = sum.saturating_add(amount);
            if let Some((_, most, whole)) = &whole
                && amount > *whole
            {
                let message = format!(
                    "node `{}` may use {text} of `{key}`, but the whole session only {most}: the limit can never be reached",
                    name.text
                );
                problems.error(
                    span,
                    message,
                    format!("lower it to {most}, or raise the session's `limits`"),
                );
            }
        }
        if let Some((span, most, whole)) = whole.filter(|(_, _, whole)| sum > *whole) {
            let _ = whole;
            let message = format!(
                "the nodes' limits of `{key}` are more than the session's {most} together: not all can use theirs at once"
            );
            problems.note(span, message, "");
        }
    }
}

fn least(
    key: &str,
    value: Option<&(std::ops::Range<usize>, String, u64)>,
    problems: &mut Problems,
) {
    let least = match key {
        "memory" | "browser" => LEAST_MEMORY,
        "disk" => LEAST_DISK,
        _ => return,
    };
    if let Some((span, text, amount)) = value.filter(|(_, _, amount)| *amount < least) {
        let _ = amount;
        let message = format!("with {text} of `{key}` no node can start");
        problems.error(
            span.clone(),
            message,
            format!("give at least {}M", least >> 20),
        );
    }
}
