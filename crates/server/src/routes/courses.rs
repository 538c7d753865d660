//! The catalogue.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use labwright_api::{Course, CourseLab, LabNeeds, LabSession};
use labwright_model::{Internet, Lab};
use labwright_store::{Account, Enrolment, SessionRecord};

use crate::access::Caller;
use crate::accounts;
use crate::app::App;
use crate::catalogue::{CatalogueCourse, CatalogueLab};
use crate::language::Wanted;
use crate::reply::Reply;
use crate::routes::tab;
use crate::rules;
use crate::view;
use crate::words::Refusal;

/// `GET /api/v1/courses`
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    wanted: Wanted,
) -> Reply<Json<Vec<Course>>> {
    let open = app.store.open_sessions_of(&account.id).await?;
    let mut courses = Vec::new();
    for enrolment in app.store.enrolments_of(&account.id).await? {
        if let Some(course) = app.catalogue.course(&enrolment.course) {
            courses.push(course_view(&app, &account, &enrolment, &course, &open, &wanted).await?);
        }
    }
    Ok(Json(courses))
}

async fn course_view(
    app: &App,
    account: &Account,
    enrolment: &Enrolment,
    course: &CatalogueCourse,
    open: &[SessionRecord],
    wanted: &Wanted,
) -> Result<Course, Refusal> {
    let mut labs = Vec::with_capacity(course.labs.len());
    for lab in &course.labs {
        let session = open
            .iter()
            .find(|session| session.course == course.id && session.lab == lab.runnable.lab.name);
        labs.push(lab_view(app, account, course, lab, session, wanted).await?);
    }
    Ok(Course {
        id: course.id.to_string(),
        title: accounts::title(&course.title, wanted),
        role: accounts::role(enrolment.role),
        labs,
    })
}

async fn lab_view(
    app: &App,
    account: &Account,
    course: &CatalogueCourse,
    lab: &CatalogueLab,
    session: Option<&SessionRecord>,
    wanted: &Wanted,
) -> Result<CourseLab, Refusal> {
    let progress = app
        .sessions
        .progress(&account.id, &course.id, &lab.runnable.lab)
        .await?;
    let lab = &lab.runnable.lab;
    Ok(CourseLab {
        name: lab.name.to_string(),
        title: lab.title.get(&wanted.tag).to_owned(),
        summary: lab
            .summary
            .as_ref()
            .map(|text| text.get(&wanted.tag).to_owned())
            .unwrap_or_default(),
        minutes: u32::try_from(lab.time.session_s / 60).unwrap_or(u32::MAX),
        points: progress.points,
        score: progress.score,
        steps: u32::try_from(lab.steps.len()).unwrap_or(u32::MAX),
        rule: rules::view(progress.rule),
        session: session.map(|session| LabSession {
            id: session.id.to_string(),
            state: view::state(session.state),
        }),
        needs: needs(lab),
        tab: tab::address(app, &course.id, lab).await?,
    })
}

/// What a learner's computer and a place must have.
fn needs(lab: &Lab) -> LabNeeds {
    let mut apps: Vec<_> = lab.apps.iter().map(|app| view::kind(&app.kind)).collect();
    if !lab.nodes.is_empty() && !lab.networks.is_empty() {
        apps.push(labwright_api::AppKind::Map);
    }
    let mut seen = Vec::new();
    apps.retain(|kind| {
        !seen.contains(kind) && {
            seen.push(*kind);
            true
        }
    });
    LabNeeds {
        apps,
        nodes: u32::try_from(lab.nodes.len()).unwrap_or(u32::MAX),
        memory_mb: lab.limits.memory_bytes >> 20,
        internet: lab.internet != Internet::None,
        places: lab.places.clone(),
    }
}
