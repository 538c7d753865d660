//! A course's scores as its teachers see them: a fold over attempts, and the outbox beside it.

use std::collections::BTreeMap;

use labwright_api as api;
use labwright_grading::total;
use labwright_model::{LabName, TaskId};
use labwright_store::{AccountId, Columns, OutboxScore, RuleSource, ScoreState};

use crate::accounts;
use crate::app::App;
use crate::catalogue::CatalogueCourse;
use crate::language::Wanted;
use crate::reply::Reply;
use crate::rules;

/// Everybody's scores.
pub(crate) async fn view(
    app: &App,
    course: &CatalogueCourse,
    wanted: &Wanted,
) -> Reply<api::Scores> {
    let mut had = points(app, course).await?;
    let mut more = more_time(app, course).await?;
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
        labs: labs(app, course, wanted).await?,
        links: links(app, course).await?,
        learners: learners
            .into_iter()
            .map(|(account, display_name)| api::ScoreLearner {
                id: account.to_string(),
                name: names.get(&account).cloned().unwrap_or_default(),
                display_name,
                labs: had.remove(&account).unwrap_or_default(),
                more_time: more.remove(&account).unwrap_or_default(),
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
        tried_at: score.tried_ms,
        answer: score.answer,
        refusals: score.refusals,
    }
}

async fn labs(app: &App, course: &CatalogueCourse, wanted: &Wanted) -> Reply<Vec<api::ScoreLab>> {
    let mut labs = Vec::with_capacity(course.labs.len());
    for lab in &course.labs {
        let lab = &lab.runnable.lab;
        let stored = app.store.rule_of(&course.id, &lab.name).await?;
        labs.push(api::ScoreLab {
            name: lab.name.to_string(),
            title: lab.title.get(&wanted.tag).to_owned(),
            points: total(lab, |_| None).points,
            rule: rules::view(labwright_session::rule(stored, None)),
            own_rule: stored.is_some_and(|stored| stored.source == RuleSource::Teacher),
        });
    }
    Ok(labs)
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
            task: link.task.map(|task| task.to_string()),
            by_tasks: link.columns == Columns::Tasks,
            no_task_columns: link.columns == Columns::Refused,
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
    for (learner, counted) in rules::shares(app, course).await? {
        let Some(lab) = labs.get(&learner.lab) else {
            continue;
        };
        let share = |task: &TaskId| counted.get(task).map(|one| one.share);
        had.entry(learner.account).or_default().push(api::LabScore {
            lab: learner.lab.to_string(),
            score: total(lab, share).score,
            late: counted.values().any(|one| one.late),
            self_reported: counted.values().any(|one| one.self_reported),
        });
    }
    Ok(had)
}

/// Who was given more time, for which labs.
async fn more_time(
    app: &App,
    course: &CatalogueCourse,
) -> Reply<BTreeMap<AccountId, Vec<api::LabTime>>> {
    let mut given: BTreeMap<AccountId, Vec<api::LabTime>> = BTreeMap::new();
    for lab in &course.labs {
        let lab = &lab.runnable.lab.name;
        for (account, until) in app.store.extensions_in(&course.id, lab).await? {
            given.entry(account).or_default().push(api::LabTime {
                lab: lab.to_string(),
                until,
            });
        }
    }
    Ok(given)
}
