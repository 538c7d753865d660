//! Help as a learner's page shows it, and the log that a learner reads.

use labwright_api as api;
use labwright_model::{Lab, TaskId};
use labwright_store::{
    AccountId, CourseId, Hand, HandWords, Learner, LookAct, LookEntry, SessionRecord,
};

use super::phase::end_of;
use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::limits::DAY_MS;
use crate::reply::Reply;

/// Words of one hand that are shown.
const MAX_SAID: u32 = 100;
/// Hands by whose wait the next one's is guessed, and the fewest that say anything.
const WAITS: u32 = 10;
const FEWEST_WAITS: usize = 3;
/// Names of teachers that are told.
const MAX_TEACHERS: u32 = 10;
/// Lines of the log that are told.
const MAX_LINES: u32 = 500;

/// A learner's hand, what was said, and who asks to look.
pub(crate) async fn help(
    app: &App,
    session: &SessionRecord,
    wanted: &Wanted,
) -> Reply<api::HelpState> {
    let learner = crate::sessions::learner(session);
    let since = now() - DAY_MS;
    let lab = app.catalogue.lab(&learner.course, &learner.lab);
    let lab = lab.as_ref().map(|found| &found.runnable.lab);
    // A hand and its words are read one after the other: again, if it changed meanwhile.
    let mut last = app.store.last_hand(&learner).await?;
    let (hand, said) = loop {
        let is_shown = |hand: &&Hand| hand.up || hand.down_ms.is_some_and(|down| down > since);
        let hand = last.as_ref().filter(is_shown);
        let said = said(app, &learner, hand, lab, wanted).await?;
        let after = app.store.last_hand(&learner).await?;
        if after == last {
            break (hand.cloned(), said);
        }
        last = after;
    };
    let hand = match hand {
        Some(hand) => Some(my_hand(app, &hand, lab, wanted).await?),
        None => None,
    };
    Ok(api::HelpState {
        hand,
        said,
        on_duty: app.help.is_on_duty(&learner.course),
        teachers: app.store.teachers_in(&learner.course, MAX_TEACHERS).await?,
        exam: is_exam(app, &learner.course),
        look: app.help.looks.shown_to(&session.id),
    })
}

/// Whether a course's teachers may look without asking. A platform's course has the rules of the
/// one that its labs come from.
pub(crate) fn is_exam(app: &App, course: &CourseId) -> bool {
    let template = app.catalogue.template(course);
    app.help.is_exam(template.as_ref().unwrap_or(course))
}

async fn my_hand(app: &App, hand: &Hand, lab: Option<&Lab>, wanted: &Wanted) -> Reply<api::MyHand> {
    let place = match hand.up && hand.waits {
        true => Some(app.store.hands_before(hand).await?.saturating_add(1)),
        false => None,
    };
    let wait_ms = match place {
        Some(place) => guess(app, &hand.learner.course, place).await?,
        None => None,
    };
    let task = hand.task.as_ref().zip(lab);
    Ok(api::MyHand {
        id: hand.id.clone(),
        step: hand.step,
        task: task.and_then(|(task, lab)| title(lab, task, wanted)),
        words: hand.words.clone(),
        attempts: u32::try_from(hand.attempts.len()).unwrap_or(u32::MAX),
        tail: hand.tail.as_ref().map(|tail| tail.of.clone()),
        raised_at: hand.raised_ms,
        up: hand.up,
        place,
        wait_ms,
        taken_by: name(app, hand.taken_by.as_ref()).await?,
        down: hand.down_why.as_deref().map(|why| match why {
            "done" => api::HandDown::Done,
            "closed" => api::HandDown::Closed,
            _ => api::HandDown::Lowered,
        }),
    })
}

/// How long somebody at this place in line may wait: half of the last ones waited no longer. The
/// time that those before need is in it, for those waited for others too.
async fn guess(app: &App, course: &CourseId, place: u32) -> Reply<Option<i64>> {
    let mut waits = app.store.hand_waits(course, WAITS).await?;
    if waits.len() < FEWEST_WAITS {
        return Ok(None);
    }
    waits.sort_unstable();
    let median = waits.get(waits.len() / 2).copied();
    Ok(median.map(|median| median.saturating_mul(i64::from(place).min(10))))
}

pub(super) async fn said(
    app: &App,
    learner: &Learner,
    hand: Option<&Hand>,
    lab: Option<&Lab>,
    wanted: &Wanted,
) -> Reply<Vec<api::HelpSaid>> {
    let since = now() - DAY_MS;
    let from = hand.map_or(since, |hand| hand.raised_ms.min(since));
    let words = app.store.words_with(learner, from, MAX_SAID).await?;
    let fits = |words: &HandWords| match &words.hand {
        Some(of) => hand.is_some_and(|hand| hand.id == *of),
        None => words.at_ms > since,
    };
    let mut said = Vec::new();
    for words in words.into_iter().filter(fits) {
        let to_all = words.hand.is_none();
        let task = words.task.as_ref().zip(lab).filter(|_| to_all);
        said.push(api::HelpSaid {
            teacher: name(app, words.teacher.as_ref()).await?,
            words: words.words,
            at: words.at_ms,
            all_at: task.and_then(|(task, lab)| title(lab, task, wanted)),
        });
    }
    Ok(said)
}

/// The name that others see.
pub(super) async fn name(app: &App, account: Option<&AccountId>) -> Reply<Option<String>> {
    match account {
        Some(account) => {
            let found = app.store.account(account).await?;
            Ok(Some(
                found.map(|found| found.display_name).unwrap_or_default(),
            ))
        }
        None => Ok(None),
    }
}

/// The title of a task.
pub(super) fn title(lab: &Lab, task: &TaskId, wanted: &Wanted) -> Option<String> {
    let mut tasks = lab.steps.iter().flat_map(|step| &step.tasks);
    let found = tasks.find(|known| known.id == *task)?;
    Some(found.title.get(&wanted.tag).to_owned())
}

/// Everything that happened with a learner's labs in the course of a session.
pub(crate) async fn log(
    app: &App,
    session: &SessionRecord,
    wanted: &Wanted,
) -> Reply<Vec<api::LookLine>> {
    let entries = app
        .store
        .look_log(&session.account, &session.course, MAX_LINES)
        .await?;
    let line = |entry: LookEntry| {
        let lab = app
            .catalogue
            .lab(&entry.learner.course, &entry.learner.lab)
            .map(|found| found.runnable.lab.title.get(&wanted.tag).to_owned());
        let over = matches!(
            entry.act,
            LookAct::Ended | LookAct::Refused | LookAct::Lapsed
        );
        api::LookLine {
            at: entry.at_ms,
            lab: lab.unwrap_or_else(|| entry.learner.lab.to_string()),
            look: entry.look,
            teacher: entry.teacher,
            act: act(entry.act),
            end: over.then(|| end_of(&entry.detail)).flatten(),
            what: (entry.act == LookAct::Saw).then_some(entry.detail),
        }
    };
    Ok(entries.into_iter().map(line).collect())
}

fn act(act: LookAct) -> api::LookAct {
    match act {
        LookAct::Asked => api::LookAct::Asked,
        LookAct::Exam => api::LookAct::Exam,
        LookAct::Allowed => api::LookAct::Allowed,
        LookAct::Refused => api::LookAct::Refused,
        LookAct::Lapsed => api::LookAct::Lapsed,
        LookAct::Saw => api::LookAct::Saw,
        LookAct::KeysAsked => api::LookAct::KeysAsked,
        LookAct::KeysGiven => api::LookAct::KeysGiven,
        LookAct::KeysRefused => api::LookAct::KeysRefused,
        LookAct::KeysBack => api::LookAct::KeysBack,
        LookAct::Ended => api::LookAct::Ended,
        LookAct::Answered => api::LookAct::Answered,
        LookAct::AnsweredAll => api::LookAct::AnsweredAll,
    }
}
