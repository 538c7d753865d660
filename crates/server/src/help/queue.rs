//! The queue of a course, as its teachers see it.

use std::collections::HashMap;
use std::time::Duration;

use labwright_api as api;
use labwright_model::{LabName, TaskId};
use labwright_store::{Account, AccountId, CourseId, Hand, HandAttempt};
use tokio::time::Instant;

use super::{hands, state};
use crate::accounts;
use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::reply::Reply;
use crate::words::Refusal;

/// How long a page waits for news; also the time after which it learns who is stuck too.
const WAIT: Duration = Duration::from_secs(20);
/// Hands that are told.
const MAX_HANDS: u32 = 200;

/// Those who are perhaps stuck, by lab and task; asked for once a queue.
type Stuck = HashMap<(LabName, TaskId), Vec<AccountId>>;

/// The queue, as soon as it is newer than `after`.
pub(crate) async fn queue(
    app: &App,
    teacher: &Account,
    course: &CourseId,
    after: i64,
    wanted: &Wanted,
) -> Reply<api::HelpQueue> {
    app.help.on_duty(course);
    let mut news = app.help.listen();
    let until = Instant::now() + WAIT;
    while app.help.stamp(course) <= after {
        tokio::select! {
            _ = news.recv() => {}
            () = tokio::time::sleep_until(until) => break,
            () = app.going_away.cancelled() => break,
        }
    }
    app.help.on_duty(course);
    let listed = app.catalogue.course(course).ok_or(Refusal::NotFound)?;
    // Before the hands are read: what comes meanwhile is told next time.
    let stamp = app.help.stamp(course);
    let mut stuck = Stuck::new();
    let mut told = Vec::new();
    for hand in app.store.hands_up(course, MAX_HANDS).await? {
        told.push(queued(app, teacher, hand, &mut stuck, wanted).await?);
    }
    let first = listed.labs.first();
    Ok(api::HelpQueue {
        course: course.to_string(),
        course_title: accounts::title(&listed.title, wanted),
        lab: first.map(|lab| lab.runnable.lab.name.to_string()),
        at: now(),
        stamp,
        exam: state::is_exam(app, course),
        hands: told,
    })
}

async fn queued(
    app: &App,
    teacher: &Account,
    hand: Hand,
    stuck: &mut Stuck,
    wanted: &Wanted,
) -> Reply<api::QueuedHand> {
    let found = app.catalogue.lab(&hand.learner.course, &hand.learner.lab);
    let lab = found.as_ref().map(|found| &found.runnable.lab);
    let task = hand.task.as_ref().zip(lab);
    let stuck_too = match &hand.task {
        Some(task) => others(app, &hand, task, stuck).await?,
        None => 0,
    };
    Ok(api::QueuedHand {
        learner: hand.learner.account.to_string(),
        name: state::name(app, Some(&hand.learner.account))
            .await?
            .unwrap_or_default(),
        here: app.help.pages.gone_for(&hand.session).is_none(),
        lab: hand.learner.lab.to_string(),
        lab_title: lab.map_or_else(
            || hand.learner.lab.to_string(),
            |lab| lab.title.get(&wanted.tag).to_owned(),
        ),
        step: hand.step,
        task_title: task.and_then(|(task, lab)| state::title(lab, task, wanted)),
        taken_by: state::name(app, hand.taken_by.as_ref()).await?,
        mine: hand.taken_by.as_ref() == Some(&teacher.id),
        said: state::said(app, &hand.learner, Some(&hand), lab, wanted).await?,
        id: hand.id,
        task: hand.task.map(|task| task.to_string()),
        words: hand.words,
        attempts: hand.attempts.into_iter().map(attempt).collect(),
        tail: hand.tail.map(|tail| api::HandTail {
            of: tail.of,
            text: tail.text,
        }),
        raised_at: hand.raised_ms,
        waits: hand.waits,
        stuck_too,
    })
}

fn attempt(attempt: HandAttempt) -> api::HandAttempt {
    api::HandAttempt {
        at: attempt.at_ms,
        verdict: crate::view::verdict(attempt.verdict),
        score: attempt.score,
        feedback: attempt.feedback,
        answer: attempt.answer,
    }
}

/// How many others are perhaps stuck at a hand's task.
async fn others(app: &App, hand: &Hand, task: &TaskId, stuck: &mut Stuck) -> Reply<u32> {
    let key = (hand.learner.lab.clone(), task.clone());
    if !stuck.contains_key(&key) {
        // A lab that is no more in the course has nobody.
        let found = hands::stuck_at(app, &hand.learner.course, &key.0, task).await;
        stuck.insert(key.clone(), found.unwrap_or_default());
    }
    let found = stuck.get(&key).map_or(0, |found| {
        let others = found.iter().filter(|other| **other != hand.learner.account);
        others.count()
    });
    Ok(u32::try_from(found).unwrap_or(u32::MAX))
}
