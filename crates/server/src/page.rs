//! The embedded page: its files, and its start page for every other address.

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::words::Refusal;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Vite names the files in this folder after their content: they never change.
const HASHED: &str = "assets/";

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Labwright</title>\
<h1>The page is not built</h1><p>This server was compiled without its page. \
Build both with <code>make build</code>, or the page alone with <code>npm --prefix web ci && npm \
--prefix web run build</code> and then compile again.</p><p>The API works: \
<a href=/api/openapi.json>/api/openapi.json</a>.</p>";

/// The built page's files, by their path; none when it was not built.
pub(crate) fn files() -> impl Iterator<Item = (String, Vec<u8>)> {
    Dist::iter().filter_map(|path| {
        let file = Dist::get(&path)?;
        Some((path.into_owned(), file.data.into_owned()))
    })
}

/// Answers what no route answers.
pub(crate) async fn fallback(request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Refusal::NotFound.into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Refusal::NoSuchMethod.into_response();
    }
    if let Some(file) = Dist::get(path).filter(|_| !path.is_empty()) {
        return send(&request, path, file);
    }
    // A missing script must not be answered with a page: the browser would run it as one.
    let is_file = path
        .rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.'));
    match Dist::get("index.html") {
        _ if is_file => Refusal::NotFound.into_response(),
        Some(file) => send(&request, "index.html", file),
        None => (StatusCode::SERVICE_UNAVAILABLE, Html(NOT_BUILT)).into_response(),
    }
}

fn send(request: &Request, path: &str, file: EmbeddedFile) -> Response {
    let tag: String = file
        .metadata
        .sha256_hash()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = format!("\"{tag}\"");
    let cache = if path.starts_with(HASHED) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let headers = [(CACHE_CONTROL, cache.to_owned()), (ETAG, tag)];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let kind = match kind.type_() {
        mime_guess::mime::TEXT => format!("{}; charset=utf-8", kind.essence_str()),
        _ => kind.essence_str().to_owned(),
    };
    (headers, [(CONTENT_TYPE, kind)], file.data).into_response()
}
