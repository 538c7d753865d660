//! A learner's saved files of a lab: what a browser takes from the server, and the server from a browser.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use labwright_api::{KeptFiles, KeptNode, LabSession};
use labwright_model::NodeName;
use labwright_session::{Brought, Incoming, Kept};
use tokio_util::io::ReaderStream;

use crate::app::App;
use crate::reply::Reply;
use crate::routes::results::Asked;
use crate::view;
use crate::words::Refusal;

/// Most bytes of one upload: what a browser keeps of a lab, and what multipart adds to it.
const MAX_UPLOAD_BYTES: usize = (64 << 20) + (64 << 10);
/// Time for the next bytes of an upload to arrive.
const PART_TIMEOUT: Duration = Duration::from_secs(30);
/// Time for all of it: on a slow line an hour.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// `GET /api/v1/courses/{course}/labs/{lab}/kept`
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Asked { learner, .. }: Asked,
) -> Reply<Json<KeptFiles>> {
    Ok(Json(view_of(&app.sessions.kept(&learner).await?)))
}

/// `GET /api/v1/courses/{course}/labs/{lab}/kept/{node}`
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Asked { learner, .. }: Asked,
    Path((_, _, node)): Path<(String, String, String)>,
) -> Reply<Response> {
    let node = NodeName::new(node).map_err(|_| Refusal::NotFound)?;
    let kept = app.sessions.kept(&learner).await?;
    let file = app.sessions.open_kept(&kept, &node).await?;
    let file = file.ok_or(Refusal::NotFound)?;
    let length = file.metadata().await.map_err(|_| Refusal::Internal)?.len();
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/x-tar")),
        (CONTENT_LENGTH, HeaderValue::from(length)),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
    ];
    Ok((headers, Body::from_stream(ReaderStream::new(file))).into_response())
}

/// `POST /api/v1/courses/{course}/labs/{lab}/kept`: a longer body than other routes take.
pub(crate) fn post() -> MethodRouter<Arc<App>> {
    axum::routing::post(put).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES))
}

async fn put(
    State(app): State<Arc<App>>,
    Asked { learner, .. }: Asked,
    parts: Result<Multipart, MultipartRejection>,
) -> Reply<Json<KeptFiles>> {
    let mut parts = parts.map_err(|why| Refusal::BadRequest(why.body_text()))?;
    let incoming = app.sessions.take_files(&learner).await?;
    let mut incoming = incoming.ok_or(Refusal::SessionOpen)?;
    let reading = read(&mut parts, &mut incoming);
    let read = tokio::time::timeout(UPLOAD_TIMEOUT, reading).await;
    read.map_err(|_| too_slow())??;
    // To its end, also when whoever sent it goes away now.
    let finishing = tokio::spawn(incoming.finish());
    let brought = finishing.await.map_err(|_| Refusal::Internal)??;
    match brought {
        Brought::Taken => Ok(Json(view_of(&app.sessions.kept(&learner).await?))),
        Brought::Nothing => Err(Refusal::BadRequest("no archive came".into())),
        Brought::SessionOpen => Err(Refusal::SessionOpen),
    }
}

async fn read(parts: &mut Multipart, incoming: &mut Incoming) -> Reply<()> {
    while let Some(part) = in_time(parts.next_field()).await? {
        let node = part.name().unwrap_or_default().to_owned();
        let node = NodeName::new(node).map_err(|_| Refusal::NotFound)?;
        take(part, &node, incoming).await?;
    }
    Ok(())
}

async fn take(mut part: Field<'_>, node: &NodeName, incoming: &mut Incoming) -> Reply<()> {
    while let Some(bytes) = in_time(part.chunk()).await? {
        if !incoming.write(node, &bytes).await? {
            return Err(Refusal::NotFound);
        }
    }
    Ok(())
}

async fn in_time<T>(next: impl Future<Output = Result<T, MultipartError>>) -> Reply<T> {
    match tokio::time::timeout(PART_TIMEOUT, next).await {
        Ok(Ok(next)) => Ok(next),
        Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(Refusal::TooLarge),
        Ok(Err(error)) => Err(Refusal::BadRequest(error.body_text())),
        Err(_) => Err(too_slow()),
    }
}

fn too_slow() -> Refusal {
    Refusal::BadRequest("the body did not arrive in time".into())
}

fn view_of(kept: &Kept) -> KeptFiles {
    let nodes = kept.nodes.iter();
    KeptFiles {
        at: kept.at_ms,
        nodes: nodes
            .map(|(node, bytes)| KeptNode {
                node: node.to_string(),
                bytes: *bytes,
            })
            .collect(),
        session: kept.session.as_ref().map(|session| LabSession {
            id: session.id.to_string(),
            state: view::state(session.state),
        }),
    }
}
