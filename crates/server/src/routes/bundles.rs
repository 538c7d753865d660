//! Parts of the page that are not embedded in this program: Wireshark's dissectors, which are
//! under another licence and can be replaced (`web/wireshark`).
//!
//! They run in a frame that has an origin of its own and may load nothing.

use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderName,
};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

use crate::app::App;
use crate::reply::Reply;
use crate::words::Refusal;

/// What the frame may do: run its own scripts and what the page hands it, in an origin of its own.
/// It reaches no server and knows nothing but what the page around it says, so that anybody may frame
/// it: around our page there may be a course platform's.
const FRAME_POLICY: &str = "default-src 'none'; script-src 'self' blob: 'wasm-unsafe-eval'; \
    worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors *; \
    sandbox allow-scripts";

/// Named with the bundle's hash (`?v=…`), a file never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Where the bundle is in a folder that has it, and how it is told that it is there.
const NAME: &str = "wireshark";
const MARK: &str = "bundle.json";
/// Where bundles are beside the program: installed, packed, or built from source.
const BESIDE: [&str; 3] = [
    "bundles/wireshark",
    "share/labwright/bundles/wireshark",
    "web/dist-wireshark",
];

/// The folder of the Wireshark bundle: in the configured folder of bundles, else beside this
/// program or above it.
pub(crate) fn find(configured: Option<&FilePath>) -> Option<PathBuf> {
    let is_bundle = |folder: &PathBuf| folder.join(MARK).is_file();
    if let Some(folder) = configured {
        return Some(folder.join(NAME)).filter(is_bundle);
    }
    let program = std::env::current_exe().ok()?;
    program
        .ancestors()
        .skip(1)
        .flat_map(|folder| BESIDE.map(|inner| folder.join(inner)))
        .find(is_bundle)
}

/// `GET /bundles/wireshark/{file}`
pub(crate) async fn wireshark(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
) -> Reply<Response> {
    let folder = app.wireshark.as_deref().ok_or(Refusal::NotFound)?;
    let (opened, length, packed) = open(folder, &file).await.map_err(|_| Refusal::NotFound)?;
    let mut response = Body::from_stream(ReaderStream::new(opened)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind(&file)));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(FRAME_POLICY),
    );
    // To the frame, whose origin is its own, every file is another origin's.
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    if packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let versioned = query.is_some_and(|query| query.starts_with("v="));
    let cache = if versioned { FOR_EVER } else { "no-cache" };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

/// Opens a file of the folder, or its packed twin: every browser takes gzip.
async fn open(folder: &FilePath, name: &str) -> io::Result<(tokio::fs::File, u64, bool)> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.starts_with('.') || !name.chars().all(plain) {
        return Err(io::ErrorKind::NotFound.into());
    }
    for (name, packed) in [(name.to_owned(), false), (format!("{name}.gz"), true)] {
        let Ok(file) = tokio::fs::File::open(folder.join(name)).await else {
            continue;
        };
        let about = file.metadata().await?;
        if about.is_file() {
            return Ok((file, about.len(), packed));
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("data") => "application/octet-stream",
        _ => "text/plain; charset=utf-8",
    }
}
