//! Parser events to a tree, within bounds.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{Key, MAX_DEPTH, MAX_VALUES, Node, Value};

/// A reason to refuse the text, and where.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// A list or mapping that is not closed yet.
struct Open {
    start: usize,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        entries: Vec<(Key, Node)>,
        key: Option<Key>,
    },
}

struct Composer<'a> {
    text: &'a str,
    /// Byte offset of each character index; only the parser counts characters.
    offsets: Vec<usize>,
    anchors: HashMap<usize, Node>,
    stack: Vec<Open>,
    root: Option<Node>,
    values: usize,
    faults: Vec<Fault>,
}

/// Reads one document. The tree is there even when duplicate keys or the like were found in it;
/// it is missing when the text is no YAML or goes beyond a limit.
pub(crate) fn compose(text: &str) -> (Option<Node>, Vec<Fault>) {
    let mut offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    offsets.push(text.len());
    let mut composer = Composer {
        text,
        offsets,
        anchors: HashMap::new(),
        stack: Vec::new(),
        root: None,
        values: 0,
        faults: Vec::new(),
    };
    let complete = composer.run();
    let root = composer.root.take().filter(|_| complete);
    (root, composer.faults)
}

impl Composer<'_> {
    /// Whether the text was read to its end.
    fn run(&mut self) -> bool {
        let mut parser = Parser::new_from_str(self.text);
        let mut documents = 0;
        while let Some(next) = parser.next_event() {
            let (event, span) = match next {
                Ok(pair) => pair,
                Err(error) => {
                    let at = self.byte(error.marker().index());
                    let message = match error.info() {
                        // The parser has a limit of its own on `[[[…`, which it reads ahead.
                        info if info.contains("recursion limit") => too_deep(),
                        info => format!("this is not valid YAML: {info}"),
                    };
                    self.fault(at..at, message, syntax_help(self.text, at, error.info()));
                    return false;
                }
            };
            if matches!(event, Event::DocumentStart(_)) {
                documents += 1;
                if documents > 1 {
                    let at = self.span(span);
                    self.fault(
                        at,
                        "a second document starts here".into(),
                        Some("lab.yaml holds one document: remove the `---`".into()),
                    );
                    return true;
                }
            }
            if let Err(fault) = self.take(event, span) {
                self.faults.push(fault);
                return false;
            }
        }
        true
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let at = self.span(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.check_tag(tag.as_deref(), &at);
                let plain = style == ScalarStyle::Plain;
                let value = match (&*text, plain) {
                    ("" | "~" | "null" | "Null" | "NULL", true) => Value::Null,
                    _ => Value::Word {
                        text: text.into_owned(),
                        plain,
                    },
                };
                let span = at.start..self.trimmed_end(&at);
                self.place(
                    Node {
                        span,
                        value,
                        weight: 1,
                    },
                    anchor,
                )
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => self.place(Node { span: at, ..node }, 0),
                None => Err(Fault {
                    span: at,
                    message: "this alias stands inside its own anchor".into(),
                    help: None,
                }),
            },
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), &at);
                self.open(at, anchor, OpenKind::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), &at);
                self.open(
                    at,
                    anchor,
                    OpenKind::Map {
                        entries: Vec::new(),
                        key: None,
                    },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(at.end),
            _ => Ok(()),
        }
    }

    fn open(&mut self, at: Range<usize>, anchor: usize, kind: OpenKind) -> Result<(), Fault> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(Fault {
                span: at,
                message: too_deep(),
                help: None,
            });
        }
        self.stack.push(Open {
            start: at.start,
            anchor,
            kind,
        });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Fault> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let (value, weight) = match open.kind {
            OpenKind::List(items) => {
                let weight = items.iter().map(|item| item.weight).sum::<usize>();
                (Value::List(items), weight)
            }
            OpenKind::Map { entries, .. } => {
                let entries = merged(entries);
                let weight = entries.iter().map(|(_, value)| value.weight).sum::<usize>();
                (Value::Map(entries), weight)
            }
        };
        // The values inside were counted when they were placed.
        self.values = self.values.saturating_sub(weight);
        let node = Node {
            span: open.start..end.max(open.start),
            value,
            weight: weight + 1,
        };
        self.place(node, open.anchor)
    }

    /// Puts a finished value where it belongs.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.values += node.weight;
        if self.values > MAX_VALUES {
            return Err(Fault {
                span: node.heading(),
                message: format!("this makes more than {MAX_VALUES} values, aliases expanded"),
                help: Some("use fewer aliases (`*name`)".into()),
            });
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map { entries, key }) => match key.take() {
                Some(name) => {
                    let twin = entries.iter().find(|(k, _)| k.text == name.text);
                    if let Some((first, _)) = twin.filter(|(k, _)| k.text != "<<") {
                        let line = line_of(self.text, first.span.start);
                        let message = format!("the key `{}` stands here twice", name.text);
                        let help = format!("the first one is on line {line}: keep one of them");
                        self.fault(name.span, message, Some(help));
                    } else {
                        entries.push((name, node));
                    }
                }
                None => *key = Some(as_key(node)?),
            },
        }
        Ok(())
    }

    fn check_tag(&mut self, tag: Option<&Tag>, at: &Range<usize>) {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            let message = format!(
                "the YAML tag `{}{}` means nothing here",
                tag.handle, tag.suffix
            );
            self.fault(at.clone(), message, Some("remove it".into()));
        }
    }

    fn fault(&mut self, span: Range<usize>, message: String, help: Option<String>) {
        self.faults.push(Fault {
            span,
            message,
            help,
        });
    }

    fn byte(&self, index: usize) -> usize {
        self.offsets.get(index).copied().unwrap_or(self.text.len())
    }

    fn span(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start.index());
        start..self.byte(span.end.index()).max(start)
    }

    /// The end of a word without the line ends that block scalars carry.
    fn trimmed_end(&self, at: &Range<usize>) -> usize {
        let text = self.text.get(at.clone()).unwrap_or_default();
        at.start + text.trim_end().len()
    }
}

fn as_key(node: Node) -> Result<Key, Fault> {
    match node.value {
        Value::Word { text, .. } => Ok(Key {
            text,
            span: node.span,
        }),
        Value::Null => Ok(Key {
            text: String::new(),
            span: node.span,
        }),
        _ => Err(Fault {
            message: format!("a key must be a word, not {}", node.kind()),
            help: Some(
                "a value that holds `{{ … }}` must stand in quotes: \"{{ params.word }}\"".into(),
            ),
            span: node.span,
        }),
    }
}

/// Resolves `<<: *other` as YAML 1.1 does: keys that stand in the mapping itself win.
fn merged(entries: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
    if entries.iter().all(|(key, _)| key.text != "<<") {
        return entries;
    }
    let mut own: Vec<(Key, Node)> = Vec::new();
    let mut others: Vec<(Key, Node)> = Vec::new();
    for (key, value) in entries {
        if key.text == "<<" {
            for source in value.items() {
                others.extend(source.entries().iter().cloned());
            }
        } else {
            own.push((key, value));
        }
    }
    for (key, value) in others {
        if own.iter().all(|(k, _)| k.text != key.text) {
            own.push((key, value));
        }
    }
    own
}

fn too_deep() -> String {
    format!("this is nested deeper than {MAX_DEPTH} levels")
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

/// What usually is behind a syntax error at a place.
fn syntax_help(text: &str, at: usize, info: &str) -> Option<String> {
    let head = text.get(..at).unwrap_or_default();
    let line = text
        .get(head.rfind('\n').map_or(0, |n| n + 1)..)
        .unwrap_or_default();
    let line = line.lines().next().unwrap_or_default();
    if line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
        return Some("YAML is indented with spaces, never with tabs".into());
    }
    if line.contains("{{") {
        return Some("a value that holds `{{ … }}` must stand in quotes".into());
    }
    if info.contains("did not find expected") {
        return Some(
            "keys of one mapping, and the `-` of one list, begin in the same column: compare this line with those above"
                .into(),
        );
    }
    // The parser sees a key without its colon only where the next one begins.
    if info.contains("simple key expect") {
        return Some("a key is followed by `: `; look at the line above, too".into());
    }
    if line.matches(": ").count() > 1 {
        return Some("a value that holds `: ` must stand in quotes".into());
    }
    None
}
