//! A teacher's board of one lab.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Path, Query, State};
use labwright_api::{Board, BoardLab};
use labwright_model::LabName;
use serde::Deserialize;
use tokio::time::Instant;

use crate::access::InCourse;
use crate::accounts;
use crate::app::App;
use crate::language::Wanted;
use crate::reply::Reply;
use crate::words::Refusal;

/// How long a page waits for news. Also the time after which somebody silent shows as stuck.
const WAIT: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
pub(crate) struct After {
    #[serde(default)]
    after: i64,
}

/// `GET /api/v1/courses/{course}/labs/{lab}/board`
pub(crate) async fn board(
    State(app): State<Arc<App>>,
    Extension(InCourse(course)): Extension<InCourse>,
    Path((_, lab)): Path<(String, String)>,
    Query(After { after }): Query<After>,
    wanted: Wanted,
) -> Reply<Json<Board>> {
    let lab = LabName::new(lab).map_err(|_| Refusal::NotFound)?;
    let listed = app.catalogue.course(&course).ok_or(Refusal::NotFound)?;
    let found = app.catalogue.lab(&course, &lab).ok_or(Refusal::NotFound)?;
    let lab = &found.runnable.lab;
    let kept = app.boards.of(&course, lab);
    let until = Instant::now() + WAIT;
    let mut view = loop {
        let stale = {
            let mut kept = kept.lock().await;
            kept.look(&app.store, &course, &lab.name, &app.measures.lines)
                .await?;
            if kept.stamp() > after || Instant::now() >= until || app.going_away.is_cancelled() {
                break kept.view(lab, &wanted, app.sessions.place(), after);
            }
            kept.stale(&app.store, &app.measures.lines)
        };
        tokio::select! {
            () = stale => {}
            () = tokio::time::sleep_until(until) => {}
            () = app.going_away.cancelled() => {}
        }
    };
    view.course = course.to_string();
    view.course_title = accounts::title(&listed.title, &wanted);
    let labs = listed.labs.iter().map(|lab| &lab.runnable.lab);
    view.labs = labs
        .map(|lab| BoardLab {
            name: lab.name.to_string(),
            title: lab.title.get(&wanted.tag).to_owned(),
        })
        .collect();
    Ok(Json(view))
}
