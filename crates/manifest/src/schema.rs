//! The JSON Schema of `lab.yaml`, written from the tables of the format.

use serde_json::{Map, Value, json};

use crate::format::LAB;
use crate::shape::{Kind, Object, Shape};

/// JSON Schema (2020-12) for editors, pretty-printed with a final newline.
pub fn json_schema() -> String {
    let mut definitions = Map::new();
    let mut schema = object(&LAB, &mut definitions);
    if let Some(map) = schema.as_object_mut() {
        map.insert(
            "$schema".into(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        map.insert("title".into(), json!("lab.yaml of a Labwright lab"));
        map.insert("$defs".into(), Value::Object(definitions));
    }
    // Serialising plain JSON values to a string cannot fail; an empty schema would fail its test.
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text + "\n"
}

fn object(object: &Object, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for field in object.fields {
        let mut value = shape(&field.shape, definitions);
        let mut doc = field.doc.to_owned();
        if !field.default.is_empty() {
            doc.push_str(&format!(" Default: {}.", field.default));
        }
        if !field.runs {
            doc.push_str(" Not run by this version yet.");
        }
        if let Some(map) = value.as_object_mut() {
            map.insert("description".into(), json!(doc));
        }
        properties.insert(field.key.into(), value);
    }
    let required: Vec<&str> = object
        .fields
        .iter()
        .filter(|f| f.required)
        .map(|f| f.key)
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": object.doc,
        "properties": properties,
        "additionalProperties": false,
    });
    if let Some(map) = schema.as_object_mut().filter(|_| !required.is_empty()) {
        map.insert("required".into(), json!(required));
    }
    schema
}

fn shape(shape: &Shape, definitions: &mut Map<String, Value>) -> Value {
    match shape {
        Shape::Word(kind) => word(kind, definitions),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::OneOf(choices) => {
            let words: Vec<&str> = choices.iter().map(|choice| choice.word).collect();
            json!({ "type": "string", "enum": words })
        }
        Shape::Text | Shape::FilledText => text(definitions),
        Shape::Nothing => json!({ "type": "null" }),
        Shape::List(item) => json!({ "type": "array", "items": self::shape(item, definitions) }),
        Shape::OneOrMore(item) => {
            let item = self::shape(item, definitions);
            json!({ "anyOf": [item, { "type": "array", "items": item }] })
        }
        Shape::Map(_, inner) => {
            json!({ "type": "object", "additionalProperties": self::shape(inner, definitions) })
        }
        Shape::Object(inner) => named(inner, definitions),
        Shape::Tagged(objects) => {
            let all: Vec<Value> = objects
                .iter()
                .map(|inner| object(inner, definitions))
                .collect();
            json!({ "anyOf": all })
        }
        Shape::Either(shapes) => {
            let all: Vec<Value> = shapes.iter().map(|s| self::shape(s, definitions)).collect();
            json!({ "anyOf": all })
        }
    }
}

/// Objects and kinds are defined once and referred to.
fn named(inner: &Object, definitions: &mut Map<String, Value>) -> Value {
    let name = inner.name.replace(' ', "-");
    if !definitions.contains_key(&name) {
        let schema = object(inner, definitions);
        definitions.insert(name.clone(), schema);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn word(kind: &Kind, definitions: &mut Map<String, Value>) -> Value {
    let name = kind.name.replace(' ', "-");
    let types = if kind.numeric {
        json!(["string", "number", "boolean"])
    } else {
        json!("string")
    };
    let example = kind.example;
    let schema = json!({ "type": types, "description": format!("It must be {}.", kind.says), "examples": [example] });
    definitions.entry(name.clone()).or_insert(schema);
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn text(definitions: &mut Map<String, Value>) -> Value {
    let schema = json!({
        "description": "Text for people: a string, or a mapping from language to string.",
        "anyOf": [
            { "type": "string" },
            { "type": "object", "additionalProperties": { "type": "string" } },
        ],
    });
    definitions.entry("translated-text").or_insert(schema);
    json!({ "$ref": "#/$defs/translated-text" })
}
