//! What is taken from, and put into, the heads of requests and answers on their way through.
//! Heads in, heads out.

use axum::http::header::{
    self, AUTHORIZATION, CONNECTION, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION,
    SET_COOKIE, UPGRADE,
};
use axum::http::{Method, Uri};

use super::domain::{AppsDomain, Site};
use super::pass::COOKIE_NAME;

/// Meant for the next hop alone (RFC 9110 §7.6.1), or spoken by proxies to each other.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What only we may say about where a request came from, and what our side has answered already.
const OURS_TO_SAY: [&str; 4] = ["forwarded", "x-real-ip", "expect", "via"];

/// What would reach beyond the app's origin, or what we say instead.
const NOT_FROM_APPS: [&str; 5] = [
    "alt-svc",
    "clear-site-data",
    "public-key-pins",
    "strict-transport-security",
    "x-frame-options",
];

const CSP: HeaderName = header::CONTENT_SECURITY_POLICY;
const SEC_FETCH_SITE: &str = "sec-fetch-site";
const SEC_FETCH_MODE: &str = "sec-fetch-mode";

/// Hexadecimal digits of a platform token.
const TOKEN_CHARS: usize = 64;

/// What an application is told of a request's way.
pub(super) struct Way<'a> {
    pub(super) host: &'a str,
    pub(super) scheme: &'a str,
    pub(super) client: String,
}

/// Why a request is nothing that may be passed on. Its framing has been judged where it was read: of
/// two lengths the chunks count, and the connection ends after the answer (RFC 9112 §6.1).
pub(super) fn fault(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<&'static str> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next();
    let one_host = host.is_some() && hosts.next().is_none();
    let authority = uri.authority().map(|authority| authority.as_str());
    if !one_host || authority.is_some_and(|named| host.is_none_or(|host| host != named)) {
        return Some("a request names one host, once");
    }
    if *method == Method::CONNECT || *method == Method::TRACE {
        return Some("this method is not passed on");
    }
    None
}

/// Whether a request comes from pages of the same session, or is an address that was opened.
/// Cookies for frames are sent whoever asks; this is the lock against pages of other labs.
pub(super) fn is_own(
    method: &Method,
    headers: &HeaderMap,
    domain: &AppsDomain,
    site: &Site,
) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let opens =
        matches!(*method, Method::GET | Method::HEAD) && text(SEC_FETCH_MODE) == Some("navigate");
    if let Some(origin) = text("origin").filter(|origin| *origin != "null") {
        let host = origin.split_once("://").map(|(_, host)| host);
        let from = host.and_then(|host| domain.site(host));
        return opens || from.is_some_and(|from| from.session == site.session);
    }
    match text(SEC_FETCH_SITE) {
        None | Some("same-origin" | "none") => true,
        Some(_) => opens,
    }
}

/// Whether a WebSocket is asked for (RFC 6455 §4.1); nothing else is upgraded to.
pub(super) fn wants_socket(headers: &HeaderMap) -> bool {
    let names = |name: HeaderName, word: &str| {
        let all = headers.get_all(name).into_iter();
        let mut words = all
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        words.any(|found| found.trim().eq_ignore_ascii_case(word))
    };
    names(CONNECTION, "upgrade") && names(UPGRADE, "websocket")
}

/// Makes a browser's head one for the application. The `Host` stays: applications build links
/// with it, and compare the `Origin` of WebSockets with it.
pub(super) fn to_app(headers: &mut HeaderMap, way: &Way<'_>) {
    let socket = wants_socket(headers);
    drop_hop_by_hop(headers);
    let names: Vec<HeaderName> = headers.keys().cloned().collect();
    for name in names {
        let forwarded = name.as_str().starts_with("x-forwarded-");
        if forwarded || OURS_TO_SAY.contains(&name.as_str()) {
            headers.remove(name);
        }
    }
    without_ours(headers);
    let said = [
        ("x-forwarded-host", way.host),
        ("x-forwarded-proto", way.scheme),
        ("x-forwarded-for", way.client.as_str()),
    ];
    for (name, value) in said {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if socket {
        upgrade(headers);
    }
}

/// Makes an application's head one for the browser.
pub(super) fn to_browser(
    headers: &mut HeaderMap,
    origin: &str,
    names: &[String],
    port: u16,
    platform: &str,
) {
    let socket = wants_socket(headers);
    drop_hop_by_hop(headers);
    for name in NOT_FROM_APPS {
        headers.remove(name);
    }
    each(headers, SET_COOKIE, set_cookie);
    each(headers, CSP, without_ancestors);
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let moved = |to: &str| {
        Some(
            location(to, host, names, port)
                .map_or_else(|| to.to_owned(), |path| format!("{origin}{path}")),
        )
    };
    each(headers, LOCATION, moved);
    let private = headers.get_all(header::CACHE_CONTROL).into_iter();
    let words: Vec<&str> = private.filter_map(|value| value.to_str().ok()).collect();
    if let Ok(value) = HeaderValue::from_str(&private_only(&words.join(","))) {
        headers.insert(header::CACHE_CONTROL, value);
    }
    if let Ok(value) = HeaderValue::from_str(&format!("frame-ancestors 'self' {platform}")) {
        headers.append(CSP, value);
    }
    // Pages of two sessions share a site, but no process and no `document.domain`.
    headers
        .entry("origin-agent-cluster")
        .or_insert(HeaderValue::from_static("?1"));
    if socket {
        upgrade(headers);
    }
}

fn upgrade(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        // A length that is not passed on would be another one than was read.
        .filter(|name| name != "content-length" && name != "host")
        .collect();
    let fixed = HOP_BY_HOP.iter().copied();
    for name in named.iter().map(String::as_str).chain(fixed) {
        headers.remove(name);
    }
}

/// Neither our cookie nor a token of the platform's goes to a lab.
fn without_ours(headers: &mut HeaderMap) {
    each(headers, COOKIE, |value| {
        let ours = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default();
            name.trim() == COOKIE_NAME
        };
        let kept: Vec<&str> = value
            .split(';')
            .map(str::trim)
            .filter(|pair| !ours(pair) && !pair.is_empty())
            .collect();
        (!kept.is_empty()).then(|| kept.join("; "))
    });
    each(headers, AUTHORIZATION, |value| {
        let token = value
            .split_once(' ')
            .map_or(value, |(_, token)| token)
            .trim();
        let ours = token.len() == TOKEN_CHARS && token.chars().all(|c| c.is_ascii_hexdigit());
        (!ours).then(|| value.to_owned())
    });
}

/// Changes every value of a field; `None` drops it, and so does one that is no text.
fn each(headers: &mut HeaderMap, name: HeaderName, change: impl Fn(&str) -> Option<String>) {
    if !headers.contains_key(&name) {
        return;
    }
    let changed: Vec<HeaderValue> = headers
        .get_all(&name)
        .into_iter()
        .filter_map(|value| change(&String::from_utf8_lossy(value.as_bytes())))
        .filter_map(|value| HeaderValue::from_bytes(value.as_bytes()).ok())
        .collect();
    headers.remove(&name);
    for value in changed {
        headers.append(&name, value);
    }
}

/// An application's cookie stays with its origin, and works in a frame.
fn set_cookie(value: &str) -> Option<String> {
    let mut parts = value.split(';');
    let pair = parts.next()?.trim();
    let name = pair.split('=').next().unwrap_or_default().trim();
    if name.eq_ignore_ascii_case(COOKIE_NAME) {
        return None;
    }
    const DECIDED: [&str; 4] = ["domain", "samesite", "secure", "partitioned"];
    let kept = parts.map(str::trim).filter(|part| {
        let name = part.split('=').next().unwrap_or_default().trim();
        !part.is_empty() && !DECIDED.contains(&name.to_ascii_lowercase().as_str())
    });
    let kept: Vec<&str> = std::iter::once(pair).chain(kept).collect();
    Some(format!(
        "{}; Secure; SameSite=None; Partitioned",
        kept.join("; ")
    ))
}

/// Who may frame it is ours to say; the rest of the application's policy holds.
fn without_ancestors(policy: &str) -> Option<String> {
    let named = |directive: &&str| {
        let name = directive.split_whitespace().next().unwrap_or_default();
        !name.is_empty() && !name.eq_ignore_ascii_case("frame-ancestors")
    };
    let kept: Vec<&str> = policy.split(';').map(str::trim).filter(named).collect();
    (!kept.is_empty()).then(|| kept.join("; "))
}

/// The path of a redirect that leads to the application itself, under whatever name: the one that
/// it was asked by, or one that its node has.
fn location(to: &str, host: &str, names: &[String], port: u16) -> Option<String> {
    let (default, rest) = match to.split_once("//")? {
        ("http:" | "HTTP:" | "", rest) => (80, rest),
        ("https:" | "HTTPS:", rest) => (443, rest),
        _ => return None,
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let (name, named_port) = match authority.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => {
            (name, port.parse().ok()?)
        }
        _ => (authority, default),
    };
    let bare = |text: &str| text.trim_matches(['[', ']']).to_ascii_lowercase();
    // The port of its own name may be one that the node knows of, not the browser.
    let asked = name.eq_ignore_ascii_case(host.split(':').next().unwrap_or(host));
    let own = names.iter().any(|own| bare(own) == bare(name)) && named_port == port;
    let slash = if path.starts_with('/') { "" } else { "/" };
    (asked || own).then(|| format!("{slash}{path}"))
}

/// Caches on the way keep nothing of a lab.
fn private_only(words: &str) -> String {
    let kept = words.split(',').map(str::trim).filter(|word| {
        let name = word
            .split('=')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        !name.is_empty() && !matches!(name.as_str(), "public" | "s-maxage" | "private")
    });
    let kept: Vec<&str> = kept.collect();
    if kept
        .iter()
        .any(|word| word.eq_ignore_ascii_case("no-store"))
    {
        return kept.join(", ");
    }
    std::iter::once("private")
        .chain(kept)
        .collect::<Vec<_>>()
        .join(", ")
}
