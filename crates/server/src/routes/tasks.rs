//! Steps, checks, hints, attempts.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Path, State};
use labwright_api::{Check, CheckReply, RecordedAttempt, StepView, TaskView};
use labwright_grading::Words;
use labwright_model::{Lab, Task, TaskId};
use labwright_session::Given;
use labwright_store::StoredVerdict;

use crate::access::Owned;
use crate::app::App;
use crate::clock::now;
use crate::help::hands;
use crate::language::Wanted;
use crate::reply::{Body, Reply};
use crate::view;
use crate::words::Refusal;

/// Longest id that a page may choose for an attempt.
const MAX_ATTEMPT_ID_BYTES: usize = 64;

/// `GET /api/v1/sessions/{id}/steps/{n}`
pub(crate) async fn step(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
    Path((_, n)): Path<(String, String)>,
) -> Reply<Json<StepView>> {
    // Who reads is not idle.
    app.sessions.touch(&session.id);
    let set = app.sessions.set(&session.id).await?;
    let at = n
        .parse::<usize>()
        .ok()
        .and_then(|n| n.checked_sub(1))
        .ok_or(Refusal::NotFound)?;
    let step = set.lab().steps.get(at).ok_or(Refusal::NotFound)?;
    let progress = &app.sessions.snapshot(&session.id).await?.progress;
    let ticket = app.tickets.make(&session.id, now() / 1000);
    Ok(Json(view::step(
        at,
        step,
        progress,
        &set.scene(&wanted),
        &session.id,
        &ticket,
    )))
}

/// `POST /api/v1/sessions/{id}/tasks/{task}/check`
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
    Path((_, task)): Path<(String, String)>,
    Body(body): Body<Check>,
) -> Reply<Json<CheckReply>> {
    let set = app.sessions.set(&session.id).await?;
    let task = find(set.lab(), &task)?;
    if body
        .attempt
        .as_ref()
        .is_some_and(|id| id.len() > MAX_ATTEMPT_ID_BYTES)
    {
        return Err(Refusal::BadRequest("`attempt` is too long".into()));
    }
    let given = Given {
        answer: body.answer,
        attempt_id: body.attempt,
        words: Words::of_tag(wanted.language.tag()),
    };
    let attempt = app.sessions.check(&session.id, &task.id, given).await?;
    app.metrics.check(attempt.verdict);
    app.lti.bell.notify_one();
    if attempt.verdict == StoredVerdict::Done {
        hands::done(&app, &session, &task.id).await?;
    }
    let progress = &app.sessions.snapshot(&session.id).await?.progress;
    Ok(Json(CheckReply {
        task: view::task(task, progress.tasks.get(&task.id), &set.scene(&wanted)),
        attempt: view::attempt(&attempt),
        score: progress.score,
        points: progress.points,
    }))
}

/// `POST /api/v1/sessions/{id}/tasks/{task}/hint`
pub(crate) async fn hint(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
    wanted: Wanted,
    Path((_, task)): Path<(String, String)>,
) -> Reply<Json<TaskView>> {
    let set = app.sessions.set(&session.id).await?;
    let task = find(set.lab(), &task)?;
    let snapshot = app.sessions.hint(&session.id, &task.id).await?;
    Ok(Json(view::task(
        task,
        snapshot.progress.tasks.get(&task.id),
        &set.scene(&wanted),
    )))
}

/// `GET /api/v1/sessions/{id}/attempts`
pub(crate) async fn attempts(
    State(app): State<Arc<App>>,
    Extension(Owned(session)): Extension<Owned>,
) -> Reply<Json<Vec<RecordedAttempt>>> {
    let learner = crate::sessions::learner(&session);
    let attempts = app.store.attempts_of(&learner).await?;
    Ok(Json(attempts.iter().map(view::recorded).collect()))
}

fn find<'a>(lab: &'a Lab, id: &str) -> Result<&'a Task, Refusal> {
    let id = TaskId::new(id).map_err(|_| Refusal::NotFound)?;
    let mut tasks = lab.steps.iter().flat_map(|step| &step.tasks);
    tasks.find(|task| task.id == id).ok_or(Refusal::NotFound)
}
