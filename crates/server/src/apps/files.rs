//! A page of the author's: files of the lab's `assets/` as a site of their own.

use std::path::Path;

use axum::body::Body;
use axum::http::Method;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use super::proxy::Asked;
use crate::routes::assets::open;

/// Its own scripts, WebAssembly and files, and nothing of anybody else's.
const POLICY: &str = "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; \
    object-src 'none'; base-uri 'self'; form-action 'self'";

/// Sends a file below `root`; the folder itself is `first`.
pub(super) async fn send(
    (method, uri): &Asked,
    root: &Path,
    first: &str,
    platform: &str,
) -> Result<Response, ()> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return Err(());
    }
    let path = decoded(uri.path().trim_start_matches('/')).ok_or(())?;
    let path = if path.is_empty() {
        first.to_owned()
    } else {
        path
    };
    let (folder, inner) = (root.to_owned(), path.clone());
    let opened = tokio::task::spawn_blocking(move || open(folder, &inner)).await;
    let (file, length) = opened.map_err(drop)?.map_err(drop)?;
    let body = if *method == Method::HEAD {
        Body::empty()
    } else {
        Body::from_stream(ReaderStream::new(file))
    };
    let kind = mime_guess::from_path(&path).first_or_octet_stream();
    let kind = match kind.type_() {
        mime_guess::mime::TEXT => format!("{}; charset=utf-8", kind.essence_str()),
        _ => kind.essence_str().to_owned(),
    };
    let policy = format!("{POLICY}; frame-ancestors 'self' {platform}");
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_str(&kind).map_err(drop)?);
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_str(&policy).map_err(drop)?,
    );
    Ok(response)
}

/// Percent-decoded (RFC 3986 §2.1).
fn decoded(path: &str) -> Option<String> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let (high, low) = (bytes.next()? as char, bytes.next()? as char);
        out.push(u8::try_from(high.to_digit(16)? * 16 + low.to_digit(16)?).ok()?);
    }
    String::from_utf8(out).ok()
}
