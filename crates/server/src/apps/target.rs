//! What an app's site shows, looked up in the session's lab.

use std::path::PathBuf;
use std::sync::Arc;

use labwright_model::{AppKind, NodeName};
use labwright_store::{SessionRecord, SessionState};

use super::domain::Site;
use crate::app::App;
use crate::words::Refusal;

/// What an app's site shows.
pub(crate) enum Target {
    /// A node's web server.
    Node(NodeTarget),
    /// Files of the lab: the folder, and the first page's name in it.
    Files { root: PathBuf, first: String },
}

/// A port of a node.
pub(crate) struct NodeTarget {
    pub(crate) node: NodeName,
    pub(crate) port: u16,
    /// The path to open, from `/` on.
    pub(crate) path: String,
    /// What the node may call itself in a redirect.
    pub(crate) names: Vec<String>,
    /// The session's machine runs.
    pub(crate) ready: bool,
}

/// Finds it. Refused when there is no such app, or the session is over.
pub(crate) async fn find(
    app: &App,
    session: &Arc<SessionRecord>,
    id: &str,
) -> Result<Target, Refusal> {
    let set = app.sessions.set(&session.id).await?;
    let number: Option<usize> = id
        .strip_prefix("app-")
        .and_then(|number| number.parse().ok())
        .filter(|number| format!("app-{number}") == id);
    let found = number.and_then(|number| set.lab().apps.get(number.checked_sub(1)?));
    let snapshot = app.sessions.snapshot(&session.id).await?;
    if matches!(
        snapshot.state,
        SessionState::Ended | SessionState::Ending | SessionState::Failed
    ) {
        return Err(Refusal::Over);
    }
    match found.map(|found| &found.kind) {
        Some(AppKind::Web { node, port, path }) => {
            let fill = |text: &str| set.values().fill(text).map_err(|_| Refusal::Internal);
            let port = fill(port)?.trim().parse().map_err(|_| Refusal::Internal)?;
            let path = format!("/{}", fill(path)?.trim_start_matches('/'));
            let shown = snapshot.nodes.iter().filter(|shown| shown.name == *node);
            let addresses = shown.flat_map(|shown| shown.addresses.values().flatten().cloned());
            let names = [node.as_str(), "localhost", "127.0.0.1", "[::1]"];
            Ok(Target::Node(NodeTarget {
                node: node.clone(),
                port,
                path,
                names: names
                    .map(str::to_owned)
                    .into_iter()
                    .chain(addresses)
                    .collect(),
                ready: snapshot.state == SessionState::Ready,
            }))
        }
        Some(AppKind::Page { file }) => {
            let lab = app.catalogue.lab(&session.course, &session.lab);
            let assets = lab.ok_or(Refusal::NotFound)?.runnable.assets.clone();
            let inner = file.strip_prefix("assets/").unwrap_or(file);
            let (folder, first) = inner.rsplit_once('/').unwrap_or(("", inner));
            Ok(Target::Files {
                root: assets.join(folder),
                first: first.to_owned(),
            })
        }
        _ => Err(Refusal::NotFound),
    }
}

/// A site of a session.
pub(crate) fn site(session: &SessionRecord, app: &str) -> Site {
    Site {
        session: session.id.clone(),
        app: app.to_owned(),
    }
}
