//! A course's scores as its teachers see them: a fold over attempts, and the outbox beside it.

use std::collections::BTreeMap;

use labwright_api as api;
use labwright_model::LabName;
use labwright_store::{AccountId, OutboxScore, ScoreState};

use crate::accounts;
use crate::app::App;
use crate::catalogue::CatalogueCourse;
use crate::language::Wanted;
use crate::reply::Reply;

/// Everybody's scores.
pub(crate) async fn view(
    app: &App,
    course: &CatalogueCourse,
    wanted: &Wanted,
) -> Reply<api::Scores> {
    let mut had = points(app, course).await?;
    let mut sent: BTreeMap<AccountId, Vec<api::SentScore>> = BTreeMap::new();
    for score in app.store.last_scores_in(&course.id).await? {
        let account = score.score.account.clone();
        sent.entry(account).or_default().push(self::sent(score));
    }
    let learners = app.store.learners_in(&course.id).await?;
    let names = app.store.names_in(&course.id).await?;
    Ok(api::Scores {
        course: course.id.to_string(),
        title: accounts::title(&course.title, wanted),
        labs: labs(course, wanted),
        links: links(app, course).await?,
        learners: learners
            .into_iter()
            .map(|(account, display_name)| api::ScoreLearner {
                id: account.to_string(),
                name: names.get(&account).cloned().unwrap_or_default(),
                display_name,
                labs: had.remove(&account).unwrap_or_default(),
                sent: sent.remove(&account).unwrap_or_default(),
            })
            .collect(),
    })
}

/// A score of the outbox in the words of the API.
pub(crate) fn sent(outbox: OutboxScore) -> api::SentScore {
    let OutboxScore { score, subject } = outbox;
    api::SentScore {
        id: score.id,
        link: score.link,
        subject,
        score: score.points.given,
        points: score.points.maximum,
        reached_at: score.created_ms,
        state: match score.state {
            ScoreState::Waiting => api::SentState::Waiting,
            ScoreState::Sent => api::SentState::Sent,
            ScoreState::Superseded => api::SentState::Superseded,
            ScoreState::Failed => api::SentState::Failed,
        },
        tries: score.tries,
        next_at: score.next_ms,
        sent_at: score.sent_ms,
        status: score.status,
        said: score.said,
    }
}

fn labs(course: &CatalogueCourse, wanted: &Wanted) -> Vec<api::ScoreLab> {
    let view = |lab: &crate::catalogue::CatalogueLab| {
        let lab = &lab.runnable.lab;
        api::ScoreLab {
            name: lab.name.to_string(),
            title: lab.title.get(&wanted.tag).to_owned(),
            points: labwright_session::points(lab, None, &BTreeMap::new()).maximum,
        }
    };
    course.labs.iter().map(view).collect()
}

async fn links(app: &App, course: &CatalogueCourse) -> Reply<Vec<api::ScoreLink>> {
    let platforms: BTreeMap<String, String> = app
        .store
        .registrations()
        .await?
        .into_iter()
        .map(|registration| (registration.id, registration.name))
        .collect();
    let links = app.store.links_in(&course.id).await?.into_iter();
    Ok(links
        .map(|link| api::ScoreLink {
            platform: platforms
                .get(&link.registration)
                .cloned()
                .unwrap_or_default(),
            column: link.line_item.is_some() || link.line_items.is_some(),
            id: link.id,
            title: link.title,
            lab: link.lab.to_string(),
            step: link.step,
        })
        .collect())
}

/// What everybody has of the labs that they tried.
async fn points(
    app: &App,
    course: &CatalogueCourse,
) -> Reply<BTreeMap<AccountId, Vec<api::LabScore>>> {
    let labs: BTreeMap<&LabName, _> = course
        .labs
        .iter()
        .map(|lab| (&lab.runnable.lab.name, &lab.runnable.lab))
        .collect();
    let mut had: BTreeMap<AccountId, Vec<api::LabScore>> = BTreeMap::new();
    for (learner, best) in app.store.best_in_course(&course.id).await? {
        let Some(lab) = labs.get(&learner.lab) else {
            continue;
        };
        had.entry(learner.account).or_default().push(api::LabScore {
            lab: learner.lab.to_string(),
            score: labwright_session::points(lab, None, &best).given,
        });
    }
    Ok(had)
}
