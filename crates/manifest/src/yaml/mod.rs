//! YAML text becomes a tree in which every value knows where it stands.
//!
//! Only the subset that a lab needs: words, lists and mappings with words as keys. It must not
//! know what a lab is, and it must bound size, depth and alias expansion before it builds values.

mod compose;

use std::ops::Range;

pub(crate) use compose::compose;

/// Deepest nesting of lists and mappings.
pub const MAX_DEPTH: usize = 64;

/// Most values in one document, aliases expanded.
pub const MAX_VALUES: usize = 50_000;

/// A value and where it stands (bytes of the text).
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
    /// Values in this tree, itself included; what an alias to it costs.
    weight: usize,
}

/// What stands there.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// A word; `plain` when without quotes.
    Word { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A mapping in the order of the text; keys are unique.
    Map(Vec<(Key, Node)>),
}

/// The key of a mapping's entry.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

/// A step on the way to a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seg<'a> {
    Key(&'a str),
    Item(usize),
}

impl<'a> From<&'a str> for Seg<'a> {
    fn from(key: &'a str) -> Self {
        Seg::Key(key)
    }
}

impl From<usize> for Seg<'_> {
    fn from(item: usize) -> Self {
        Seg::Item(item)
    }
}

impl Node {
    /// The word, whatever its quotes.
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.value {
            Value::Word { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping; none for anything else.
    pub(crate) fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; a lone value counts as a list of one, nothing as an empty one.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            Value::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The value of a mapping's key.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entries()
            .iter()
            .find(|(k, _)| k.text == key)
            .map(|(_, value)| value)
    }

    /// What kind of value it is, in words.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Word { .. } => "a word",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    /// Where the value at `path` stands, or the nearest one above it that exists.
    pub(crate) fn locate(&self, path: &[Seg<'_>]) -> Range<usize> {
        let mut here = self;
        let mut span = self.heading();
        for seg in path {
            let next = match seg {
                Seg::Key(key) => here.entries().iter().find(|(k, _)| k.text == *key),
                Seg::Item(n) => {
                    let Some(item) = here.items().get(*n) else {
                        break;
                    };
                    here = item;
                    span = item.heading();
                    continue;
                }
            };
            let Some((key, value)) = next else { break };
            here = value;
            span = match value.value {
                Value::Word { .. } => value.span.clone(),
                _ => key.span.clone(),
            };
        }
        span
    }

    /// What to underline when the whole value is meant: a word, or a collection's first key.
    pub(crate) fn heading(&self) -> Range<usize> {
        match &self.value {
            Value::Map(entries) => entries
                .first()
                .map_or_else(|| self.span.clone(), |(key, _)| key.span.clone()),
            Value::List(items) => items
                .first()
                .map_or_else(|| self.span.clone(), Node::heading),
            _ => self.span.clone(),
        }
    }
}
