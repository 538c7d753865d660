//! The one place where untrusted HTML becomes trusted.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};

use super::PageContext;

/// Cleans HTML: no script, no style, no form, no frame, no address but https, http, mailto, an
/// anchor of this page, or a file of the lab's `assets/`.
pub(super) fn clean(html: &str, context: &PageContext<'_>) -> String {
    let asset = context.asset;
    let tasks = owned(context.tasks);
    let nodes = owned(context.nodes);
    Builder::default()
        .add_tags(["section"])
        .add_generic_attributes(["id"])
        .id_prefix(Some("page-"))
        .tag_attributes(attributes())
        .url_schemes(HashSet::from(["https", "http", "mailto"]))
        .url_relative(UrlRelative::Custom(Box::new(evaluator(move |url| {
            relative(url, asset).map(Cow::Owned)
        }))))
        .attribute_filter(move |tag, name, value| {
            let keep = match (tag, name) {
                ("div", "data-task") => tasks.contains(value),
                ("pre", "data-run") => nodes.contains(value),
                ("code", "class") => is_language(value),
                // A picture from elsewhere would tell that site who reads the page.
                ("img", "src") => !is_absolute(value),
                _ => true,
            };
            keep.then_some(Cow::Borrowed(value))
        })
        .clean(html)
        .to_string()
}

fn owned(names: &[&str]) -> HashSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Gives a closure the lifetimes that [`UrlRelative::Custom`] wants.
fn evaluator<F: Fn(&str) -> Option<Cow<'_, str>>>(evaluate: F) -> F {
    evaluate
}

fn attributes() -> HashMap<&'static str, HashSet<&'static str>> {
    HashMap::from([
        ("a", HashSet::from(["href"])),
        ("img", HashSet::from(["src", "alt", "width", "height"])),
        ("ol", HashSet::from(["start"])),
        ("td", HashSet::from(["align", "colspan", "rowspan"])),
        (
            "th",
            HashSet::from(["align", "colspan", "rowspan", "scope"]),
        ),
        ("code", HashSet::from(["class"])),
        ("pre", HashSet::from(["data-run"])),
        ("div", HashSet::from(["data-task"])),
        ("details", HashSet::from(["open"])),
    ])
}

/// `assets/x`, also as seen from `steps/`, and anchors; nothing else that is relative.
fn relative(url: &str, asset: &dyn Fn(&str) -> String) -> Option<String> {
    if let Some(anchor) = url.strip_prefix('#') {
        return Some(format!("#page-{anchor}"));
    }
    let path = url
        .strip_prefix("../")
        .or(url.strip_prefix("./"))
        .unwrap_or(url);
    let file = path.strip_prefix("assets/")?;
    let plain = !file.split('/').any(|part| matches!(part, "" | "." | ".."));
    let lower = file.to_ascii_lowercase();
    // An encoded dot, slash, backslash or NUL has no honest use in a file's address.
    let encoded = ["%2e", "%2f", "%5c", "%00"]
        .iter()
        .any(|code| lower.contains(code));
    (plain && !encoded && !file.contains(['?', '#', '\\', '\0'])).then(|| asset(file))
}

fn is_absolute(url: &str) -> bool {
    url.contains(':') || url.starts_with("//") || url.starts_with("\\")
}

fn is_language(class: &str) -> bool {
    class.strip_prefix("language-").is_some_and(|name| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-_#".contains(c))
    })
}
