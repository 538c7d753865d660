//! `{{ params.word }}` and `{{ nodes.client.address.lan }}`: filled from a lookup, nothing else.

use std::net::IpAddr;

use indexmap::IndexMap;

/// Why a template cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("`{{{{` at byte {at} has no `}}}}`")]
    Unclosed {
        /// Byte offset of the braces.
        at: usize,
    },
    /// The name between the braces means nothing here.
    #[error("`{name}` is not known here")]
    Unknown {
        /// The name.
        name: String,
        /// Byte offset of the braces.
        at: usize,
    },
}

/// The names between braces with the byte offset of their braces, in order.
pub fn placeholders(text: &str) -> Result<Vec<(usize, &str)>, TemplateError> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((at, name, next)) = next_placeholder(text, from)? {
        found.push((at, name));
        from = next;
    }
    Ok(found)
}

/// Fills every placeholder of `text` by asking `value` for its name.
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, TemplateError> {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some((at, name, next)) = next_placeholder(text, from)? {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(&value(name).ok_or_else(|| TemplateError::Unknown {
            name: name.to_owned(),
            at,
        })?);
        from = next;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Ok(out)
}

/// What stands for `params.NAME`: the parameter's value; for `params.NAME.N`, where its value is
/// a subnet such as `10.3.7.0/24`: host number `N` of it, without prefix length.
pub fn param(params: &IndexMap<String, String>, name: &str) -> Option<String> {
    if let Some(value) = params.get(name) {
        return Some(value.clone());
    }
    let (name, number) = name.rsplit_once('.')?;
    let (network, _) = params.get(name)?.split_once('/')?;
    let host = match network.parse().ok()? {
        IpAddr::V4(base) => IpAddr::V4(u32::from(base).checked_add(number.parse().ok()?)?.into()),
        IpAddr::V6(base) => IpAddr::V6(u128::from(base).checked_add(number.parse().ok()?)?.into()),
    };
    Some(host.to_string())
}

fn next_placeholder(
    text: &str,
    from: usize,
) -> Result<Option<(usize, &str, usize)>, TemplateError> {
    let rest = text.get(from..).unwrap_or_default();
    let Some(open) = rest.find("{{") else {
        return Ok(None);
    };
    let at = from + open;
    let inside = rest.get(open + 2..).unwrap_or_default();
    let Some(close) = inside.find("}}") else {
        return Err(TemplateError::Unclosed { at });
    };
    let name = inside.get(..close).unwrap_or_default().trim();
    Ok(Some((at, name, at + 2 + close + 2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_have_hosts() {
        let params = IndexMap::from([
            ("net".to_owned(), "10.3.7.0/24".to_owned()),
            ("word".to_owned(), "cat".to_owned()),
        ]);
        assert_eq!(param(&params, "net").as_deref(), Some("10.3.7.0/24"));
        assert_eq!(param(&params, "net.254").as_deref(), Some("10.3.7.254"));
        assert_eq!(param(&params, "word.1"), None);
        assert_eq!(param(&params, "other"), None);
    }

    #[test]
    fn fills_names_and_keeps_the_rest() {
        let value = |name: &str| (name == "params.word").then(|| "cat".to_owned());
        assert_eq!(
            fill("a {{ params.word }}{{params.word}} z", value),
            Ok("a catcat z".into())
        );
        assert_eq!(fill("plain } {", value), Ok("plain } {".into()));
        assert_eq!(fill("é {{", value), Err(TemplateError::Unclosed { at: 3 }));
        assert!(matches!(
            fill("{{ x }}", value),
            Err(TemplateError::Unknown { .. })
        ));
    }
}
