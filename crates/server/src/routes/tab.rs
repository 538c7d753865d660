//! A lab as a page that runs in the learner's own browser: a folder's files, as any web server would give them, and whose
//! they are.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use labwright_api::TabHome;
use labwright_grading::Shut;
use labwright_model::{Lab, LabName};
use labwright_store::{BROWSER, CourseId};
use tokio_util::io::ReaderStream;

use crate::accounts;
use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::offers::Offer;
use crate::origin;
use crate::reply::Reply;
use crate::routes::assets;
use crate::words::Refusal;

/// The page itself.
const INDEX: &str = "index.html";
/// Every file with its digest: the page asks for it to see whether there is a newer version.
const LIST: &str = "offline.json";
/// What lies in the author's own `assets/`.
const ASSETS: &str = "lab/assets/";
/// Whose folder it is; made here.
const HOME: &str = "lab/home.json";
/// Marks a reply that is packed already: packing it again would cost much and save nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed;

/// Ends of the names of such files.
const PACKED: [&str; 4] = [".zst", ".packed", ".img", ".gz"];

/// Where a lab of a course is offered as a page, if it is.
pub(crate) async fn address(app: &App, course: &CourseId, lab: &Lab) -> Reply<Option<String>> {
    let offer = offer(app, course, &lab.name).await?;
    Ok(offer.map(|_| format!("/tab/{course}/{}/", lab.name)))
}

/// The folder of a lab of a course.
pub(crate) async fn offer(
    app: &App,
    course: &CourseId,
    lab: &LabName,
) -> Reply<Option<Arc<Offer>>> {
    let Some(listed) = app.catalogue.lab(course, lab) else {
        return Ok(None);
    };
    let places = &listed.runnable.lab.places;
    let is_allowed = |places: &Vec<String>| places.iter().any(|place| place == BROWSER);
    if !places.as_ref().is_none_or(is_allowed) {
        return Ok(None);
    }
    let Some(offer) = app.offers.of(lab) else {
        return Ok(None);
    };
    let rule = labwright_session::rule(app.store.rule_of(course, lab).await?, None);
    if matches!(rule.may_open(now()), Err(Shut::NotOpen)) {
        // Its hints and answers are not to be read before.
        return Ok(None);
    }
    if !offer.is_remembered() {
        // What is done with it may come when it is another one.
        app.store
            .offer(lab, &offer.made_of, &offer.env, now())
            .await?;
        offer.remember();
    }
    Ok(Some(offer))
}

/// `GET /tab/{course}/{lab}`: addresses in the page are below its own.
pub(crate) async fn bare(Path((course, lab)): Path<(String, String)>) -> Redirect {
    Redirect::permanent(&format!("/tab/{course}/{lab}/"))
}

/// `GET /tab/{course}/{lab}/`
pub(crate) async fn index(
    State(app): State<Arc<App>>,
    Path((course, lab)): Path<(String, String)>,
    headers: HeaderMap,
) -> Reply<Response> {
    send(&app, &course, lab, INDEX, &headers).await
}

/// `GET /tab/{course}/{lab}/{*path}`
pub(crate) async fn file(
    State(app): State<Arc<App>>,
    Path((course, lab, path)): Path<(String, String, String)>,
    wanted: Wanted,
    headers: HeaderMap,
) -> Reply<Response> {
    if path != HOME {
        return send(&app, &course, lab, &path, &headers).await;
    }
    let course = CourseId::new(course);
    let name = LabName::new(lab).map_err(|_| Refusal::NotFound)?;
    let listed = app.catalogue.course(&course).ok_or(Refusal::NotFound)?;
    offer(&app, &course, &name)
        .await?
        .ok_or(Refusal::NotFound)?;
    Ok(Json(TabHome {
        labwright: 1,
        course: course.to_string(),
        title: accounts::title(&listed.title, &wanted),
        lab: name.to_string(),
    })
    .into_response())
}

async fn send(
    app: &App,
    course: &str,
    lab: String,
    path: &str,
    asked: &HeaderMap,
) -> Reply<Response> {
    let lab = LabName::new(lab).map_err(|_| Refusal::NotFound)?;
    let offer = offer(app, &CourseId::new(course), &lab).await?;
    let offer = offer.ok_or(Refusal::NotFound)?;
    // Nothing but what the folder lists, whatever else lies in it.
    let listed = offer.listed(path);
    let tag = match listed {
        Some(listed) => Some(format!("\"{}\"", listed.sha256)),
        None if path == LIST => None,
        None => return Err(Refusal::NotFound),
    };
    // What an author put there must not run as a page of ours.
    let policy = match path.starts_with(ASSETS) {
        true => HeaderValue::from_static(assets::SANDBOX),
        false => origin::tab_policy(offer.has_frames),
    };
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    if let Some(tag) = &tag {
        let value = HeaderValue::from_str(tag).map_err(|_| Refusal::Internal)?;
        if asked.get(IF_NONE_MATCH) == Some(&value) {
            headers.insert(ETAG, value);
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        headers.insert(ETAG, value);
    }
    let (root, inner) = (offer.root.clone(), path.to_owned());
    let opened = tokio::task::spawn_blocking(move || assets::open(root, &inner)).await;
    let (file, length) = opened
        .map_err(|_| Refusal::Internal)?
        .map_err(|_| Refusal::NotFound)?;
    if listed.is_some_and(|listed| listed.bytes != length) {
        // It is being replaced: what is there is not what the list says.
        return Err(Refusal::Busy);
    }
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    let kind = HeaderValue::from_str(&kind(path)).map_err(|_| Refusal::Internal)?;
    headers.insert(CONTENT_TYPE, kind);
    let mut response = (headers, Body::from_stream(ReaderStream::new(file))).into_response();
    if PACKED.iter().any(|end| path.ends_with(end)) {
        response.extensions_mut().insert(Packed);
    }
    Ok(response)
}

fn kind(path: &str) -> String {
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    match (kind.type_(), path.ends_with(".webmanifest")) {
        (_, true) => "application/manifest+json".to_owned(),
        (mime_guess::mime::TEXT, _) => format!("{}; charset=utf-8", kind.essence_str()),
        _ => kind.essence_str().to_owned(),
    }
}
