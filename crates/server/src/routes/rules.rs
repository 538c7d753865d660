//! Dates and tries of a lab, and more time for a learner: set by teachers.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use labwright_api::{LabRule, MoreTime};
use labwright_model::LabName;
use labwright_store::{AccountId, AuditEntry, CourseId, CourseRole, Learner};

use crate::access::{Caller, InCourse};
use crate::app::App;
use crate::clock::now;
use crate::reply::{Body, Reply};
use crate::rules;
use crate::words::Refusal;

/// `POST /api/v1/courses/{course}/labs/{lab}/rule`
pub(crate) async fn set(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Path((_, lab)): Path<(String, String)>,
    Body(rule): Body<LabRule>,
) -> Reply<StatusCode> {
    let lab = LabName::new(lab).map_err(|_| Refusal::NotFound)?;
    rules::change(&app, &course, &lab, Some(&rule)).await?;
    audit(&app, &account.id, "rule.set", &course, &lab).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /api/v1/courses/{course}/labs/{lab}/rule`
pub(crate) async fn unset(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Path((_, lab)): Path<(String, String)>,
) -> Reply<StatusCode> {
    let lab = LabName::new(lab).map_err(|_| Refusal::NotFound)?;
    rules::change(&app, &course, &lab, None).await?;
    audit(&app, &account.id, "rule.unset", &course, &lab).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/courses/{course}/labs/{lab}/extensions`
pub(crate) async fn extend(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Path((_, lab)): Path<(String, String)>,
    Body(MoreTime { learner, until }): Body<MoreTime>,
) -> Reply<StatusCode> {
    let lab = LabName::new(lab).map_err(|_| Refusal::NotFound)?;
    app.catalogue.lab(&course, &lab).ok_or(Refusal::NotFound)?;
    let learner = Learner {
        account: AccountId::new(learner),
        course: course.clone(),
        lab: lab.clone(),
    };
    let role = app.store.role_in(&course, &learner.account).await?;
    if role != Some(CourseRole::Learner) {
        return Err(Refusal::BadRequest("no such learner here".to_owned()));
    }
    app.store
        .set_extension(&learner, until, &account.id, now())
        .await?;
    app.sessions.lab_changed(&lab).await;
    rules::recount(&app, &course, Some(&lab)).await?;
    audit(&app, &account.id, "rule.more_time", &course, &lab).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn audit(
    app: &App,
    actor: &AccountId,
    action: &str,
    course: &CourseId,
    lab: &LabName,
) -> Reply<()> {
    let entry = AuditEntry {
        at_ms: now(),
        actor: actor.to_string(),
        action: action.to_owned(),
        object: format!("{course}/{lab}"),
        detail: String::new(),
    };
    app.store.audit(&entry).await?;
    Ok(())
}
