//! What a platform's grade book has of a link: one column, or one for every task.

use labwright_lti::names::SCOPE_LINE_ITEM;
use labwright_store::{Link, Registration};

use crate::app::App;
use crate::reply::Reply;
use crate::rules;

/// In the sign-in address of an Open edX. It takes several line items of a link and makes one grade of all: whichever
/// score came last (`publish_grade_on_score_update` of xblock-lti-consumer).
const ONE_GRADE: &str = "/api/lti_consumer/";

/// Stores a link with its columns. What learners have already goes to columns that are new.
pub(super) async fn store(
    app: &App,
    registration: &Registration,
    link: &Link,
    per_task: bool,
) -> Reply<Link> {
    if !per_task {
        return Ok(app.store.put_link(link).await?);
    }
    let found = app.catalogue.lab(&link.course, &link.lab);
    let steps = found
        .as_ref()
        .map_or(&[][..], |found| &found.runnable.lab.steps);
    let part = (1..)
        .zip(steps)
        .filter(|(n, _)| link.step.is_none_or(|step| step == *n));
    let many = !registration.auth_url.contains(ONE_GRADE);
    let tasks: Vec<_> = part
        .filter(|_| many)
        .flat_map(|(_, step)| &step.tasks)
        .filter(|task| task.points > 0.0)
        .map(|task| {
            let title = format!("{}: {}", link.title, task.title.get("en"));
            (task.id.clone(), title.chars().take(200).collect())
        })
        .collect();
    let before = app.store.links_in(&link.course).await?.len();
    let link = app
        .store
        .put_link_of_tasks(link, &tasks, SCOPE_LINE_ITEM)
        .await?;
    if app.store.links_in(&link.course).await?.len() > before {
        rules::recount(app, &link.course, Some(&link.lab)).await?;
    }
    Ok(link)
}
