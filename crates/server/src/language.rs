//! Which language a request wants: `?lang=`, else `Accept-Language`, else English.

use axum::extract::{FromRequestParts, Request};
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use crate::words::Language;

/// Longest language tag that is looked at.
const MAX_TAG_CHARS: usize = 8;

/// The language of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// For an author's texts: `en`, `fr`, `de`, …
    pub(crate) tag: String,
    /// For the server's own words.
    pub(crate) language: Language,
}

impl Wanted {
    /// From a tag that somebody gave; nonsense is English.
    pub(crate) fn of_tag(tag: &str) -> Self {
        let primary: String = tag
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .take(MAX_TAG_CHARS)
            .collect::<String>()
            .to_ascii_lowercase();
        let language = Language::of_tag(&primary).unwrap_or_default();
        let tag = if primary.len() < 2 {
            language.tag().to_owned()
        } else {
            primary
        };
        Self { tag, language }
    }

    fn of_parts(parts: &Parts) -> Self {
        let query = parts.uri.query().unwrap_or_default();
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang="));
        let accepted = || parts.headers.get(ACCEPT_LANGUAGE)?.to_str().ok();
        match (asked, accepted()) {
            (Some(tag), _) => Self::of_tag(tag),
            (None, Some(header)) => Self::of_tag(header),
            (None, None) => Self::of_tag("en"),
        }
    }
}

/// Middleware: finds the language once, and tells refusals in it.
pub(crate) async fn speak(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let wanted = Wanted::of_parts(&parts);
    parts.extensions.insert(wanted.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    crate::reply::tell(response, wanted.language)
}

impl<S: Sync> FromRequestParts<S> for Wanted {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts
            .extensions
            .get()
            .cloned()
            .unwrap_or_else(|| Self::of_parts(parts)))
    }
}
