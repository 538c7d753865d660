//! Pictures and downloads of a lab. What an author put there must not run as a page of ours.

use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::response::{IntoResponse, Response};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use tokio_util::io::ReaderStream;

use crate::access::Owned;
use crate::app::App;
use crate::reply::Reply;
use crate::words::Refusal;

/// Nothing runs, nothing loads, and the page has an origin of its own: also for SVG and HTML.
pub(crate) const SANDBOX: &str =
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// What browsers show in a page; the rest is downloaded.
const SHOWN: [&str; 10] = [
    "png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "txt", "pdf", "html",
];

/// `GET /api/v1/sessions/{id}/assets/{*path}`
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    Path((_, path)): Path<(String, String)>,
) -> Reply<Response> {
    let lab = app
        .catalogue
        .lab(&session.course, &session.lab)
        .ok_or(Refusal::NotFound)?;
    let (root, inner) = (lab.runnable.assets.clone(), path.clone());
    let opened = tokio::task::spawn_blocking(move || open(root, &inner)).await;
    let (file, length) = opened
        .map_err(|_| Refusal::Internal)?
        .map_err(|_| Refusal::NotFound)?;
    let mut response = Body::from_stream(ReaderStream::new(file)).into_response();
    let headers = response.headers_mut();
    let kind = mime_guess::from_path(&path).first_or_octet_stream();
    let kind = HeaderValue::from_str(kind.essence_str()).map_err(|_| Refusal::Internal)?;
    headers.insert(CONTENT_TYPE, kind);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=3600"),
    );
    if !is_shown(&path) {
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    Ok(response)
}

fn is_shown(path: &str) -> bool {
    let extension = FilePath::new(path)
        .extension()
        .and_then(|text| text.to_str());
    extension.is_some_and(|extension| SHOWN.contains(&extension.to_ascii_lowercase().as_str()))
}

/// Opens a file below `root`; the kernel refuses every way out of it.
pub(crate) fn open(root: PathBuf, path: &str) -> io::Result<(tokio::fs::File, u64)> {
    let folder = openat(
        CWD,
        &root,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let file = openat2(
        &folder,
        path,
        // Not blocking: a pipe must not hold the thread.
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS,
    )?;
    let file = std::fs::File::from(file);
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok((tokio::fs::File::from_std(file), about.len()))
}
