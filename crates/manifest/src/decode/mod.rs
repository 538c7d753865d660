//! A checked tree becomes a [`Lab`](labwright_model::Lab): defaults filled in, scripts and pages read.
//!
//! What the tables refused was reported already; here a value that does not fit is taken as left
//! out, so that the rules can still look at all the rest.

mod app;
mod files;
mod lab;
mod limits;
mod node;
mod step;

pub(crate) use files::Source;
pub(crate) use lab::{lab, needs_checker};

use indexmap::IndexMap;
use labwright_model::Text;

use crate::yaml::{Node, Value};

/// The word at a key, read by `parse`.
fn parsed<T>(node: &Node, key: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    parse(node.get(key)?.word()?)
}

/// The word at a key.
fn string(node: &Node, key: &str) -> Option<String> {
    parsed(node, key, |text| Some(text.to_owned()))
}

/// The words of the list (or the one word) at a key.
fn strings(node: &Node, key: &str) -> Vec<String> {
    let items = node.get(key).map(Node::items).unwrap_or_default();
    items
        .iter()
        .filter_map(Node::word)
        .map(str::to_owned)
        .collect()
}

/// `true` or `false` at a key.
fn flag(node: &Node, key: &str) -> Option<bool> {
    parsed(node, key, |text| text.parse().ok())
}

/// Text for people.
fn text(node: &Node) -> Option<Text> {
    match &node.value {
        Value::Word { text, .. } => Some(Text::plain(text)),
        Value::Map(entries) => {
            let pairs = entries.iter();
            let texts: IndexMap<String, String> = pairs
                .filter_map(|(key, value)| Some((key.text.clone(), value.word()?.to_owned())))
                .collect();
            (!texts.is_empty()).then_some(Text(texts))
        }
        _ => None,
    }
}
