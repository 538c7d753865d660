//! What a teacher has picked, on its way back (Deep Linking 2.0 §4.5).

use serde_json::{Map, Value, json};

use crate::{DeepLinkSettings, KeyError, LineItem, Platform, ToolKey, names};

/// How long an answer is good for, in seconds.
const LIFE_S: i64 = 300;

/// A link that a teacher has picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentItem {
    /// Where it leads: our launch address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// A line about it.
    pub text: Option<String>,
    /// What every launch of it brings back.
    pub custom: Vec<(String, String)>,
    /// Where its scores go, if it has any.
    pub line_item: Option<LineItem>,
    /// Until when work is taken (ISO 8601).
    pub due: Option<String>,
}

/// The signed answer to a picking request.
pub fn deep_link_response(
    key: &ToolKey,
    platform: &Platform,
    deployment: &str,
    settings: &DeepLinkSettings,
    items: &[ContentItem],
    nonce: &str,
    now_s: i64,
) -> Result<String, KeyError> {
    let items: Vec<Value> = items
        .iter()
        .map(|item| document(item, settings.accept_lineitem != Some(false)))
        .collect();
    let mut claims = Map::new();
    let claim = |name: &str| format!("{}{name}", names::CLAIM);
    for (name, value) in [
        ("iss".to_owned(), json!(platform.client_id)),
        ("aud".to_owned(), json!(platform.issuer)),
        ("azp".to_owned(), json!(platform.issuer)),
        ("iat".to_owned(), json!(now_s)),
        ("exp".to_owned(), json!(now_s + LIFE_S)),
        ("nonce".to_owned(), json!(nonce)),
        (claim("message_type"), json!(names::DEEP_LINKING_RESPONSE)),
        (claim("version"), json!(names::VERSION)),
        (claim("deployment_id"), json!(deployment)),
        (names::CONTENT_ITEMS.to_owned(), json!(items)),
    ] {
        claims.insert(name, value);
    }
    // It must come back as it was, also when it is no text (§4.5.2).
    if let Some(data) = &settings.data {
        claims.insert(names::DEEP_LINKING_DATA.to_owned(), data.clone());
    }
    key.sign(&claims)
}

fn document(item: &ContentItem, takes_line_item: bool) -> Value {
    let custom: Map<String, Value> = item
        .custom
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let line_item = item.line_item.as_ref().filter(|_| takes_line_item);
    let optional = [
        ("text", item.text.as_ref().map(|text| json!(text))),
        ("lineItem", line_item.map(LineItem::document)),
        (
            "submission",
            item.due.as_ref().map(|due| json!({ "endDateTime": due })),
        ),
    ];
    let mut object = Map::new();
    object.insert("type".to_owned(), json!("ltiResourceLink"));
    object.insert("url".to_owned(), json!(item.url));
    object.insert("title".to_owned(), json!(item.title));
    object.insert("custom".to_owned(), Value::Object(custom));
    for (name, value) in optional {
        if let Some(value) = value {
            object.insert(name.to_owned(), value);
        }
    }
    Value::Object(object)
}
