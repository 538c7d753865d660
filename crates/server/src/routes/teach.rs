//! What teachers do: invite, look at progress.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use labwright_api::{
    LearnerProgress, LearnerTask, MakeInvitation, NewInvitation, Progress, ProgressTask, Role,
};
use labwright_model::{LabName, Task, TaskId};
use labwright_store::{CourseRole, Invitation, random_id};

use crate::access::{Caller, InCourse};
use crate::accounts;
use crate::app::App;
use crate::catalogue::CatalogueCourse;
use crate::clock::now;
use crate::language::Wanted;
use crate::limits::{DAY_MS, INVITATION_DAYS, INVITATION_USES, MAX_INVITATION_DAYS};
use crate::reply::{Body, Reply};
use crate::rules;
use crate::secrets;
use crate::words::Refusal;

/// Characters of a code by which its maker knows it again.
const HINT_CHARS: usize = 2;

/// `POST /api/v1/courses/{course}/invitations`
pub(crate) async fn invite(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Body(body): Body<MakeInvitation>,
) -> Reply<(StatusCode, Json<NewInvitation>)> {
    let role = match body.role.unwrap_or(Role::Learner) {
        Role::Learner => CourseRole::Learner,
        Role::Teacher => CourseRole::Teacher,
        Role::Operator => return Err(Refusal::Forbidden),
    };
    let days = body
        .days
        .unwrap_or(INVITATION_DAYS)
        .clamp(1, MAX_INVITATION_DAYS);
    let code = if body.short {
        secrets::short()?
    } else {
        secrets::fresh()?
    };
    let uses = body.uses.map_or(INVITATION_USES, i64::from);
    let now = now();
    let invitation = Invitation {
        hash: secrets::hash(&secrets::typed(&code)),
        course,
        role,
        created_by: Some(account.id.clone()),
        created_ms: now,
        expires_ms: now + i64::from(days) * DAY_MS,
        uses_left: uses.clamp(1, INVITATION_USES),
        id: random_id()?,
        hint: if body.short {
            code.chars().take(HINT_CHARS).collect()
        } else {
            String::new()
        },
        account: None,
    };
    app.store.add_invitation(&invitation).await?;
    let url = format!("{}/invitations/{code}", app.link);
    let expires_at = invitation.expires_ms;
    Ok((
        StatusCode::CREATED,
        Json(NewInvitation {
            code,
            url,
            expires_at,
        }),
    ))
}

/// `GET /api/v1/courses/{course}/progress`
pub(crate) async fn progress(
    State(app): State<Arc<App>>,
    Extension(InCourse(course)): Extension<InCourse>,
    wanted: Wanted,
) -> Reply<Json<Progress>> {
    let course = app.catalogue.course(&course).ok_or(Refusal::NotFound)?;
    let tasks = columns(&course, &wanted);
    let points = points(&course);
    let mut learners = rows(&app, &course).await?;
    for (learner, counted) in rules::shares(&app, &course).await? {
        let Some(row) = learners.get_mut(learner.account.as_str()) else {
            continue;
        };
        for (task, counted) in counted {
            let worth = points
                .get(&(learner.lab.clone(), task.clone()))
                .copied()
                .unwrap_or(0.0);
            let score = labwright_grading::points_of(counted.share, worth);
            row.score += score;
            row.tasks.push(LearnerTask {
                lab: learner.lab.to_string(),
                task: task.to_string(),
                score,
            });
        }
    }
    let mut learners: Vec<LearnerProgress> = learners.into_values().collect();
    learners.sort_by(|a, b| a.display_name.cmp(&b.display_name));
    let title = accounts::title(&course.title, &wanted);
    Ok(Json(Progress {
        course: course.id.to_string(),
        title,
        tasks,
        learners,
    }))
}

fn columns(course: &CatalogueCourse, wanted: &Wanted) -> Vec<ProgressTask> {
    let column = |(lab, task): (&LabName, &Task)| ProgressTask {
        lab: lab.to_string(),
        task: task.id.to_string(),
        title: task.title.get(&wanted.tag).to_owned(),
        points: task.points,
    };
    tasks(course).map(column).collect()
}

fn points(course: &CatalogueCourse) -> BTreeMap<(LabName, TaskId), f64> {
    tasks(course)
        .map(|(lab, task)| ((lab.clone(), task.id.clone()), task.points))
        .collect()
}

fn tasks(course: &CatalogueCourse) -> impl Iterator<Item = (&LabName, &Task)> {
    course.labs.iter().flat_map(|lab| {
        let lab = &lab.runnable.lab;
        lab.steps
            .iter()
            .flat_map(|step| &step.tasks)
            .map(move |task| (&lab.name, task))
    })
}

async fn rows(app: &App, course: &CatalogueCourse) -> Reply<BTreeMap<String, LearnerProgress>> {
    let mut rows = BTreeMap::new();
    for enrolment in app.store.enrolments_in(&course.id).await? {
        if enrolment.role != CourseRole::Learner {
            continue;
        }
        if let Some(account) = app.store.account(&enrolment.account).await? {
            let id = account.id.to_string();
            let row = LearnerProgress {
                id: id.clone(),
                display_name: account.display_name,
                score: 0.0,
                tasks: Vec::new(),
            };
            rows.insert(id, row);
        }
    }
    Ok(rows)
}
