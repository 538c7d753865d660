//! The reference part of `docs/lab-format.md`, written from the tables of the format.

use std::fmt::Write;

use crate::format::LAB;
use crate::shape::{Choice, Kind, Object, Shape};

/// Markdown: a section for every mapping of the format, in the order in which they are met.
pub fn reference() -> String {
    let mut queue: Vec<&'static Object> = vec![&LAB];
    let mut kinds: Vec<&'static Kind> = Vec::new();
    let mut out = String::new();
    let mut done = 0;
    while let Some(object) = queue.get(done).copied() {
        section(object, &mut out);
        for field in object.fields {
            visit(&field.shape, &mut queue, &mut kinds);
            choices(field.key, &field.shape, &mut out);
        }
        done += 1;
    }
    out.push_str("### Words and amounts\n\n| kind | it must be | example |\n|---|---|---|\n");
    kinds.sort_by_key(|kind| kind.name);
    for kind in kinds {
        let fills = if kind.template {
            " Templates are filled in."
        } else {
            ""
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {} | {}.{fills} | `{}` |",
            kind.name, kind.says, kind.example
        );
    }
    out
}

fn section(object: &Object, out: &mut String) {
    let later = if object.runs {
        ""
    } else {
        " *Not run by this version yet.*"
    };
    let _ = write!(out, "### {}\n\n{}{later}\n\n", heading(object), object.doc);
    out.push_str("| key | value | meaning |\n|---|---|---|\n");
    for field in object.fields {
        let mut meaning = field.doc.to_owned();
        if field.required {
            meaning.push_str(" **Required.**");
        }
        if !field.default.is_empty() {
            let _ = write!(meaning, " Default: {}.", field.default);
        }
        if !field.runs {
            meaning.push_str(" *Not run by this version yet.*");
        }
        let _ = writeln!(
            out,
            "| `{}` | {} | {meaning} |",
            field.key,
            value(&field.shape)
        );
    }
    out.push('\n');
}

/// Two objects may share a name with other things (`sql` is a tab): their first key tells.
fn heading(object: &Object) -> String {
    match object.fields.first() {
        Some(first)
            if first.required && !object.name.ends_with(" tab") && first.key != object.name =>
        {
            format!("{} (`{}:`)", capital(object.name), first.key)
        }
        _ => capital(object.name),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// The value of a key in a few words.
fn value(shape: &Shape) -> String {
    match shape {
        Shape::Word(kind) => kind.name.to_owned(),
        Shape::Flag => "`true` or `false`".into(),
        Shape::OneOf(choices) => {
            let words: Vec<String> = choices.iter().map(|c| format!("`{}`", c.word)).collect();
            words.join(", ")
        }
        Shape::Text | Shape::FilledText => "text, or `{language: text}`".into(),
        Shape::Nothing => "nothing".into(),
        Shape::List(item) => format!("list of {}", value(item)),
        Shape::OneOrMore(item) => format!("{}, or a list of such", value(item)),
        Shape::Map(key, inner) => format!("mapping from {} to {}", key.name, value(inner)),
        Shape::Object(object) => format!("*{}*", object.name),
        Shape::Tagged(objects) => {
            let names: Vec<String> = objects.iter().map(|o| format!("*{}*", o.name)).collect();
            names.join(", ")
        }
        Shape::Either(shapes) => {
            let all: Vec<String> = shapes.iter().map(value).collect();
            all.join("; or ")
        }
    }
}

/// Fixed words are explained under the mapping that they belong to.
fn choices(key: &str, shape: &Shape, out: &mut String) {
    let found: &[Choice] = match shape {
        Shape::OneOf(choices) => choices,
        Shape::OneOrMore(Shape::OneOf(choices)) => choices,
        Shape::Either(shapes) => {
            for shape in *shapes {
                choices(key, shape, out);
            }
            return;
        }
        _ => return,
    };
    let _ = writeln!(out, "`{key}` is one of:\n");
    for choice in found {
        let later = if choice.runs {
            ""
        } else {
            " *Not run by this version yet.*"
        };
        let _ = writeln!(out, "- `{}`: {}{later}", choice.word, choice.doc);
    }
    out.push('\n');
}

/// Queues the mappings and notes the kinds of words that a shape leads to.
fn visit(shape: &Shape, queue: &mut Vec<&'static Object>, kinds: &mut Vec<&'static Kind>) {
    let mut add = |object: &'static Object| {
        if !queue.iter().any(|known| std::ptr::eq(*known, object)) {
            queue.push(object);
        }
    };
    match shape {
        Shape::Object(object) => add(object),
        Shape::Tagged(objects) => objects.iter().for_each(add),
        Shape::List(inner) | Shape::OneOrMore(inner) => visit(inner, queue, kinds),
        Shape::Either(shapes) => shapes.iter().for_each(|inner| visit(inner, queue, kinds)),
        Shape::Map(kind, inner) => {
            note(kind, kinds);
            visit(inner, queue, kinds);
        }
        Shape::Word(kind) => note(kind, kinds),
        _ => {}
    }
}

fn note(kind: &'static Kind, kinds: &mut Vec<&'static Kind>) {
    if !kinds.iter().any(|known| known.name == kind.name) {
        kinds.push(kind);
    }
}
