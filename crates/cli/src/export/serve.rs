//! An exported folder, served to the browsers of this computer: what a stick or a download needs, since
//! browsers keep no work and start no worker for files that are opened without a server.
//!
//! It must know nothing of labs: it hands out the files that the folder's list names, and no others.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tower_http::services::ServeDir;

use super::list::List;
use super::web::{INDEX, WithPath as _};
use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::serving;

/// Ports of exported folders: beyond those that browsers refuse, below those that systems hand out by themselves.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 10_000;

/// Serves an export until Ctrl-C, and prints its link.
pub fn run(folder: &Path, port: Option<u16>, context: &Context) -> Outcome {
    let list = List::read(folder)?;
    list.must_be_whole(folder)?;
    let folder = std::fs::canonicalize(folder).with_path("finding", folder)?;
    let port = port.unwrap_or_else(|| usual_port(&list.lab));
    context.block_on(async {
        let listener = listen(port, &list.lab).await?;
        let port = listener.local_addr()?.port();
        let routes = routes(folder, list.paths(), port);
        let serve = async {
            println!("http://{}:{port}/", Ipv4Addr::LOCALHOST);
            eprintln!(
                "open this link; the work is kept in the browser, under this very address; Ctrl-C ends it"
            );
            axum::serve(listener, routes).await
        };
        tokio::select! {
            // In this order: whoever has read the link may press Ctrl-C at once.
            biased;
            ended = serving::told_to_end() => ended,
            served = serve => Ok(served?),
        }
    })
}

/// The port of a lab's folder, always the same: a browser keeps work for an address, its port included.
/// Labs have different ones, so that two can be open and none is given what another keeps.
fn usual_port(lab: &str) -> u16 {
    let digest = Sha256::digest(lab);
    let number = digest
        .iter()
        .take(4)
        .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    FIRST_PORT + u16::try_from(number % u32::from(PORTS)).unwrap_or_default()
}

async fn listen(port: u16, lab: &str) -> Outcome<TcpListener> {
    let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    listening.map_err(|error| {
        let is_taken = error.kind() == ErrorKind::AddrInUse;
        let failure = Failure::from(error).context(match is_taken {
            true => format!("port {port} of this computer is taken"),
            false => format!("listening on port {port} of this computer"),
        });
        failure.hint(format!(
            "if {lab} is running already, open http://{}:{port}/; else end what uses the port.\n\
             Another one can be given (--port), but browsers keep work for an address with its port:\n\
             what was done under this one is not found under another",
            Ipv4Addr::LOCALHOST
        ))
    })
}

/// What is handed out, and to whom.
struct Served {
    /// Paths of the list.
    files: BTreeSet<String>,
    /// The `Host` of the link.
    host: String,
    /// Another name of this computer, that people type.
    other_host: String,
}

fn routes(folder: PathBuf, files: BTreeSet<String>, port: u16) -> Router {
    let served = Served {
        files,
        host: format!("{}:{port}", Ipv4Addr::LOCALHOST),
        other_host: format!("localhost:{port}"),
    };
    Router::new()
        .fallback_service(ServeDir::new(folder))
        .layer(from_fn_with_state(Arc::new(served), guard))
}

/// Lets through what asks this computer by its own name for a file of the list.
async fn guard(State(served): State<Arc<Served>>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let host = host.unwrap_or_default().to_ascii_lowercase();
    if host == served.other_host {
        // To a browser this is another address, with other work.
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        return Redirect::temporary(&format!("http://{}{path}", served.host)).into_response();
    }
    if host != served.host {
        // A name of somebody else's that leads here, to read with that name's rights (DNS rebinding).
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    let path = request.uri().path();
    let path = percent_decode_str(path.strip_prefix('/').unwrap_or(path)).decode_utf8_lossy();
    let file = if path.is_empty() {
        INDEX
    } else {
        path.as_ref()
    };
    if !served.files.contains(file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // Asked for each time, and sent only when it has changed: a stick may have a newer export tomorrow.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(text) = headers.get(CONTENT_TYPE).and_then(text_kind) {
        headers.insert(CONTENT_TYPE, text);
    }
    response
}

/// Text with its encoding: everything that is written in a lab is UTF-8. Scripts by the one name that is left (RFC 9239 §6).
fn text_kind(kind: &HeaderValue) -> Option<HeaderValue> {
    let kind = match kind.to_str().ok()? {
        "application/javascript" => "text/javascript",
        kind => kind,
    };
    let text = kind
        .starts_with("text/")
        .then(|| format!("{kind}; charset=utf-8"))?;
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_labs_port_never_changes_and_lies_where_no_other_program_is_given_one() {
        assert_eq!(usual_port("sql-shop"), 29_667);
        assert_eq!(usual_port("shell-basics"), 29_603);
        for number in 0..1000 {
            let port = usual_port(&format!("lab-{number}"));
            assert!((FIRST_PORT..FIRST_PORT + PORTS).contains(&port));
        }
    }
}
