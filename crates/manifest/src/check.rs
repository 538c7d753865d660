//! Compares a YAML tree with the tables of the format and reports every difference.
//!
//! It knows nothing of what a lab means; the rules do. What it passes, the decoder can rely on.

use std::ops::Range;

use crate::problem::Severity;
use crate::problems::{LAB_FILE, Problems, guess_or_list};
use crate::scalar::is_template;
use crate::shape::{Choice, Kind, Object, Shape};
use crate::yaml::{Key, Node, Value};

/// A word in which templates are filled in, and where it stands.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
}

/// Checks a tree; gives the words with templates, whose names the rules look up.
pub(crate) fn check(
    root: &Node,
    object: &'static Object,
    problems: &mut Problems,
) -> Vec<Template> {
    let mut checker = Checker {
        problems,
        templates: Vec::new(),
    };
    checker.value(root, &Shape::Object(object), object.name);
    checker.templates
}

struct Checker<'a> {
    problems: &'a mut Problems,
    templates: Vec<Template>,
}

impl Checker<'_> {
    /// `what` names the value in messages.
    fn value(&mut self, node: &Node, shape: &Shape, what: &str) {
        match (shape, &node.value) {
            (Shape::Word(kind), Value::Word { text, .. }) => self.word(node, text, kind, what),
            (Shape::Flag, Value::Word { text, plain: true }) if is_flag(text) => {}
            (Shape::OneOf(choices), Value::Word { text, .. }) => {
                self.choice(node, text, choices, what);
            }
            (Shape::Text | Shape::FilledText, Value::Word { .. } | Value::Map(_)) => {
                self.text(node, matches!(shape, Shape::FilledText), what);
            }
            (Shape::Nothing, Value::Null) => {}
            (Shape::List(item), Value::List(items)) => self.items(items, item, what),
            (Shape::OneOrMore(item), Value::List(items)) => self.items(items, item, what),
            (Shape::OneOrMore(item), _) if accepts(item, node) => self.value(node, item, what),
            (Shape::Map(kind, inner), Value::Map(entries)) => {
                for (key, value) in entries {
                    self.free_key(key, kind);
                    self.value(value, inner, &key.text);
                }
            }
            (Shape::Object(object), Value::Map(entries)) => {
                self.object(node, entries, object, what);
            }
            (Shape::Tagged(objects), Value::Map(entries)) => {
                self.tagged(node, entries, objects, what);
            }
            (Shape::Either(shapes), _) => match shapes.iter().find(|s| accepts(s, node)) {
                Some(shape) => self.value(node, shape, what),
                None => self.wrong(node, shape, what),
            },
            _ => self.wrong(node, shape, what),
        }
    }

    fn wrong(&mut self, node: &Node, shape: &Shape, what: &str) {
        let message = match &node.value {
            Value::Null => format!("`{what}` is empty: it must be {}", shape.says()),
            Value::Word { text, .. } => {
                format!(
                    "`{}` does not fit `{what}`: it must be {}",
                    excerpt(text),
                    shape.says()
                )
            }
            _ => format!("`{what}` is {}: it must be {}", node.kind(), shape.says()),
        };
        self.problems.error(node.heading(), message, "");
    }

    fn word(&mut self, node: &Node, text: &str, kind: &'static Kind, what: &str) {
        if is_template(text) && kind.template {
            self.templates.push(Template {
                span: node.span.clone(),
                text: text.to_owned(),
            });
            return;
        }
        if !(kind.fits)(text) {
            let message = format!(
                "`{}` does not fit `{what}`: it must be {}",
                excerpt(text),
                kind.says
            );
            self.problems.error(node.span.clone(), message, "");
        } else if text.contains("{{ params.") || text.contains("{{params.") {
            self.problems.warning(
                node.span.clone(),
                format!("templates are not filled in in `{what}`"),
                "scripts and services find the value in their environment, as `$PARAM_<NAME>`",
            );
        }
    }

    fn free_key(&mut self, key: &Key, kind: &'static Kind) {
        if is_template(&key.text) && kind.template {
            self.templates.push(Template {
                span: key.span.clone(),
                text: key.text.clone(),
            });
        } else if !(kind.fits)(&key.text) {
            let message = format!(
                "`{}` is no {}: it must be {}",
                excerpt(&key.text),
                kind.name,
                kind.says
            );
            self.problems.error(key.span.clone(), message, "");
        }
    }

    fn choice(&mut self, node: &Node, text: &str, choices: &'static [Choice], what: &str) {
        match choices.iter().find(|choice| choice.word == text) {
            Some(choice) if !choice.runs => {
                self.later(node.span.clone(), &format!("`{what}: {text}`"))
            }
            Some(_) => {}
            None => {
                let words = choices.iter().map(|choice| choice.word);
                let help = guess_or_list(text, words, "allowed");
                let message = format!("`{}` does not fit `{what}`", excerpt(text));
                self.problems.error(node.span.clone(), message, help);
            }
        }
    }

    fn text(&mut self, node: &Node, filled: bool, what: &str) {
        let mut words: Vec<&Node> = Vec::new();
        if let Value::Map(entries) = &node.value {
            if entries.is_empty() {
                self.wrong(node, &Shape::Text, what);
            }
            for (key, value) in entries {
                self.free_key(key, &crate::format::LANGUAGE);
                words.push(value);
            }
        } else {
            words.push(node);
        }
        for word in words {
            let Some(text) = word.word() else {
                self.wrong(word, &Shape::Word(&crate::format::TEXT), what);
                continue;
            };
            if is_template(text) && filled {
                self.templates.push(Template {
                    span: word.span.clone(),
                    text: text.to_owned(),
                });
            } else {
                self.word(word, text, &crate::format::TEXT, what);
            }
        }
    }

    fn items(&mut self, items: &[Node], shape: &Shape, what: &str) {
        for item in items {
            self.value(item, shape, what);
        }
    }

    fn tagged(
        &mut self,
        node: &Node,
        entries: &[(Key, Node)],
        objects: &'static [Object],
        what: &str,
    ) {
        let found = objects.iter().find(|object| {
            let tag = object.fields.first().map(|field| field.key);
            entries
                .iter()
                .any(|(key, _)| Some(key.text.as_str()) == tag)
        });
        let Some(object) = found else {
            let tags: Vec<&str> = objects
                .iter()
                .filter_map(|o| o.fields.first())
                .map(|f| f.key)
                .collect();
            let first = entries.first().map(|(key, _)| key);
            let word = first.map_or("", |key| key.text.as_str());
            let message = match first {
                Some(key) => format!("unknown key `{}` in `{what}`", excerpt(&key.text)),
                None => format!("`{what}` is empty"),
            };
            let span = first.map_or_else(|| node.span.clone(), |key| key.span.clone());
            self.problems
                .error(span, message, guess_or_list(word, tags, "allowed"));
            return;
        };
        if !object.runs {
            let span = entries
                .first()
                .map_or_else(|| node.span.clone(), |(key, _)| key.span.clone());
            self.later(span, &format!("the {}", object.name));
        }
        self.object(node, entries, object, object.name);
    }

    fn object(
        &mut self,
        node: &Node,
        entries: &[(Key, Node)],
        object: &'static Object,
        what: &str,
    ) {
        for (key, value) in entries {
            let Some(field) = object.fields.iter().find(|field| field.key == key.text) else {
                let help = guess_or_list(
                    &key.text,
                    object.fields.iter().map(|field| field.key),
                    "allowed",
                );
                let owner = if what == "lab" { LAB_FILE } else { what };
                let message = format!("unknown key `{}` in `{owner}`", excerpt(&key.text));
                self.problems.error(key.span.clone(), message, help);
                continue;
            };
            if !field.runs {
                self.later(key.span.clone(), &format!("`{}`", field.key));
            }
            self.value(value, &field.shape, field.key);
        }
        for field in object.fields.iter().filter(|field| field.required) {
            if entries.iter().all(|(key, _)| key.text != field.key) {
                let message = format!("this {} lacks `{}`", object.name, field.key);
                self.problems.error(
                    node.heading(),
                    message,
                    format!("`{}` must be {}", field.key, field.shape.says()),
                );
            }
        }
    }

    fn later(&mut self, span: Range<usize>, what: &str) {
        self.problems.add(
            Severity::Unsupported,
            LAB_FILE,
            span,
            format!(
                "{what} is part of the format, but this version of Labwright cannot run it yet"
            ),
            "`labwright build` refuses this lab until then",
        );
    }
}

/// Whether an alternative is meant for such a value (a word, a list, a mapping, nothing).
fn accepts(shape: &Shape, node: &Node) -> bool {
    match (shape, &node.value) {
        (Shape::Nothing, Value::Null) => true,
        (Shape::Word(_) | Shape::Flag | Shape::OneOf(_), Value::Word { .. }) => true,
        (Shape::Text | Shape::FilledText, Value::Word { .. } | Value::Map(_)) => true,
        (Shape::List(_) | Shape::OneOrMore(_), Value::List(_)) => true,
        (Shape::Map(..) | Shape::Object(_) | Shape::Tagged(_), Value::Map(_)) => true,
        (Shape::OneOrMore(item), _) => accepts(item, node),
        (Shape::Either(shapes), _) => shapes.iter().any(|shape| accepts(shape, node)),
        _ => false,
    }
}

fn is_flag(text: &str) -> bool {
    matches!(text, "true" | "false")
}

/// A text short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST && line.len() == text.trim_end().len() {
        return line.to_owned();
    }
    let head: String = line.chars().take(LONGEST).collect();
    format!("{head}…")
}
