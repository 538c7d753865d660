//! What operators do with course platforms: list, add, remove, give out registration links.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use labwright_api as api;
use labwright_store::{AuditEntry, Registration, StoreError, random_id};
use url::Url;

use crate::access::{Caller, InCourse};
use crate::accounts;
use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::limits::DAY_MS;
use crate::lti::{self, REGISTERING, of_registration, self_test};
use crate::reply::{Body, Reply};
use crate::secrets;
use crate::words::Refusal;

/// Days that a registration link is open.
const LINK_DAYS: i64 = 7;
/// Longest text of a registration, in bytes, and its longest list.
const MAX_TEXT_BYTES: usize = 2048;
const MAX_LIST: usize = 64;

/// `GET /api/v1/operator/platforms`
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    wanted: Wanted,
) -> Reply<Json<api::Platforms>> {
    let tool = app.lti.tool.as_ref().ok_or(Refusal::Internal)?;
    let registrations = app.store.registrations().await?;
    Ok(Json(api::Platforms {
        login_url: tool.login_url().into(),
        launch_url: tool.launch_url().into(),
        jwks_url: tool.jwks_url().into(),
        domain: tool.base.host_str().unwrap_or_default().to_owned(),
        parameter: "labwright".to_owned(),
        courses: app
            .catalogue
            .configured()
            .iter()
            .map(|course| api::PlatformCourse {
                id: course.id.to_string(),
                title: accounts::title(&course.title, &wanted),
            })
            .collect(),
        platforms: registrations.into_iter().map(view).collect(),
    }))
}

/// `POST /api/v1/operator/platforms`
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Body(body): Body<api::NewPlatform>,
) -> Reply<(StatusCode, Json<api::Platform>)> {
    let registration = registration(body)?;
    if of_registration(&registration).is_none() {
        return Err(Refusal::BadRequest("an address is none".into()));
    }
    app.store
        .add_registration(&registration)
        .await
        .map_err(|error| match error {
            StoreError::Taken { .. } => Refusal::PlatformKnown,
            error => error.into(),
        })?;
    audit(&app, account.id.as_str(), "platform.add", &registration.id).await?;
    Ok((StatusCode::CREATED, Json(view(registration))))
}

/// `POST /api/v1/operator/platforms/{platform}`
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Path(id): Path<String>,
    Body(body): Body<api::NewPlatform>,
) -> Reply<Json<api::Platform>> {
    let known = known(&app, &id).await?;
    let changed = Registration {
        id: known.id,
        created_ms: known.created_ms,
        launched_ms: known.launched_ms,
        skew_s: known.skew_s,
        ..registration(body)?
    };
    if of_registration(&changed).is_none() {
        return Err(Refusal::BadRequest("an address is none".into()));
    }
    let done = app.store.change_registration(&changed).await;
    let done = done.map_err(|error| match error {
        StoreError::Taken { .. } => Refusal::PlatformKnown,
        error => error.into(),
    })?;
    if !done {
        return Err(Refusal::NotFound);
    }
    audit(&app, account.id.as_str(), "platform.change", &id).await?;
    Ok(Json(view(changed)))
}

/// `POST /api/v1/operator/platforms/{platform}/deployments`
pub(crate) async fn deploy(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Path(id): Path<String>,
    Body(body): Body<api::NewDeployment>,
) -> Reply<Json<api::Platform>> {
    let known = self::known(&app, &id).await?;
    let deployment = body.deployment.trim();
    let room = known.deployments.len() < MAX_LIST;
    // LTI 1.3 §5.3.3: 255 characters at most.
    if deployment.is_empty() || deployment.chars().count() > 255 || !room {
        return Err(Refusal::BadRequest("`deployment` is none".into()));
    }
    app.store.add_deployment(&id, deployment).await?;
    audit(&app, account.id.as_str(), "platform.deploy", &id).await?;
    let changed = app.store.registration(&id).await?;
    Ok(Json(view(changed.ok_or(Refusal::NotFound)?)))
}

/// `POST /api/v1/operator/platforms/{platform}/test`
pub(crate) async fn test(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Reply<Json<api::PlatformTest>> {
    let known = known(&app, &id).await?;
    let findings = self_test(&app, &known).await?;
    Ok(Json(api::PlatformTest {
        at: now(),
        findings,
    }))
}

/// `POST /api/v1/courses/{course}/roster`
pub(crate) async fn roster(
    State(app): State<Arc<App>>,
    Extension(InCourse(course)): Extension<InCourse>,
) -> Reply<Json<api::RosterView>> {
    let known = lti::roster::refresh_now(&app, &course).await?;
    let listed = known.is_some();
    let known = known.as_ref();
    Ok(Json(api::RosterView {
        listed,
        read_at: known.and_then(|known| known.read_ms),
        learners: known.map_or(0, |known| known.learners),
        said: known.map(|known| known.said.clone()).unwrap_or_default(),
    }))
}

async fn known(app: &App, id: &str) -> Reply<Registration> {
    let known = app.store.registration(id).await?;
    known.ok_or(Refusal::NotFound)
}

/// `DELETE /api/v1/operator/platforms/{platform}`
pub(crate) async fn remove(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Path(id): Path<String>,
) -> Reply<StatusCode> {
    app.store.remove_registration(&id).await?;
    audit(&app, account.id.as_str(), "platform.remove", &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/operator/platforms/links`
pub(crate) async fn link(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
) -> Reply<(StatusCode, Json<api::RegistrationLink>)> {
    let tool = app.lti.tool.as_ref().ok_or(Refusal::Internal)?;
    let code = secrets::fresh()?;
    let expires_at = now() + LINK_DAYS * DAY_MS;
    app.store
        .add_lti_code(&secrets::hash(&code), REGISTERING, "[]", expires_at)
        .await?;
    audit(&app, account.id.as_str(), "platform.link", "").await?;
    let url = tool.url(&format!("/lti/register/{code}")).into();
    Ok((
        StatusCode::CREATED,
        Json(api::RegistrationLink { url, expires_at }),
    ))
}

async fn audit(app: &App, actor: &str, action: &str, object: &str) -> Reply<()> {
    let entry = AuditEntry {
        at_ms: now(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        object: object.to_owned(),
        detail: String::new(),
    };
    app.store.audit(&entry).await?;
    Ok(())
}

fn registration(new: api::NewPlatform) -> Reply<Registration> {
    let texts = [&new.name, &new.issuer, &new.client_id];
    let missing = texts.iter().any(|text| text.trim().is_empty());
    let long = texts.iter().any(|text| text.len() > MAX_TEXT_BYTES);
    let lists = [&new.deployments, &new.origins, &new.courses];
    if missing || long || lists.iter().any(|list| list.len() > MAX_LIST) {
        return Err(Refusal::BadRequest(
            "`name`, `issuer` and `client_id` are needed".into(),
        ));
    }
    for url in [&new.auth_url, &new.token_url, &new.keyset_url]
        .into_iter()
        .chain(&new.origins)
    {
        let web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        if url.len() > MAX_TEXT_BYTES || !Url::parse(url).is_ok_and(|url| web(&url)) {
            return Err(Refusal::BadRequest(format!("`{url}` is no address")));
        }
    }
    Ok(Registration {
        id: random_id()?,
        name: new.name.trim().to_owned(),
        // Compared letter by letter: a slash at its end counts.
        issuer: new.issuer.trim().to_owned(),
        client_id: new.client_id.trim().to_owned(),
        auth_url: new.auth_url,
        token_url: new.token_url,
        keyset_url: new.keyset_url,
        token_audience: new.token_audience.filter(|text| !text.is_empty()),
        origins: new.origins,
        courses: new.courses,
        deployments: new.deployments,
        created_ms: now(),
        launched_ms: None,
        skew_s: None,
    })
}

fn view(registration: Registration) -> api::Platform {
    api::Platform {
        id: registration.id,
        name: registration.name,
        issuer: registration.issuer,
        client_id: registration.client_id,
        auth_url: registration.auth_url,
        token_url: registration.token_url,
        keyset_url: registration.keyset_url,
        deployments: registration.deployments,
        origins: registration.origins,
        courses: registration.courses,
        token_audience: registration.token_audience,
        created_at: registration.created_ms,
        launched_at: registration.launched_ms,
    }
}
