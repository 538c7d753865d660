//! Hands go up and down, and are answered.

use labwright_api as api;
use labwright_model::{Lab, LabName, TaskId};
use labwright_store::{
    Account, AccountId, CourseId, Hand, HandAttempt, HandTail, HandWords, Learner, LookAct,
    LookEntry, SessionRecord, random_id,
};

use super::{state, within};
use crate::app::App;
use crate::clock::now;
use crate::reply::Reply;
use crate::words::Refusal;

/// Most characters of what a learner asks.
const MAX_QUESTION: usize = 2_000;
/// Most characters of an answer.
const MAX_ANSWER: usize = 4_000;
/// Most characters of a terminal's end, and of the terminal's title.
const MAX_TAIL: usize = 16_000;
const MAX_TAIL_TITLE: usize = 100;
/// Attempts that go along at most.
const MAX_ATTEMPTS: usize = 5;

/// Raises a learner's hand. What goes along is what the learner was shown: of the attempts those
/// that are the learner's own, whatever was asked for.
pub(crate) async fn raise(app: &App, session: &SessionRecord, asked: api::RaiseHand) -> Reply<()> {
    app.help.count_words(&session.account)?;
    let learner = crate::sessions::learner(session);
    let set = app.sessions.set(&session.id).await?;
    let task = place(set.lab(), &asked)?;
    if asked.attempts.len() > MAX_ATTEMPTS {
        let words = format!("more than {MAX_ATTEMPTS} `attempts`");
        return Err(Refusal::BadRequest(words));
    }
    let hand = Hand {
        id: random_id()?,
        session: session.id.clone(),
        step: asked.step,
        words: within(&asked.words, MAX_QUESTION, "words")?,
        attempts: attempts(app, &learner, task.as_ref(), &asked.attempts).await?,
        task,
        tail: asked.tail.map(tail).transpose()?,
        learner,
        raised_ms: now(),
        up: true,
        waits: true,
        taken_by: None,
        answered_ms: None,
        down_ms: None,
        down_why: None,
    };
    if !app.store.raise_hand(&hand).await? {
        return Err(Refusal::HandUp);
    }
    changed(app, &hand.learner);
    Ok(())
}

/// The task that a hand is about, if the lab has it there.
fn place(lab: &Lab, asked: &api::RaiseHand) -> Reply<Option<TaskId>> {
    let at = usize::try_from(asked.step)
        .ok()
        .and_then(|n| n.checked_sub(1));
    let step = at.and_then(|at| lab.steps.get(at));
    let step = step.ok_or_else(|| Refusal::BadRequest("there is no such step".into()))?;
    let Some(task) = &asked.task else {
        return Ok(None);
    };
    let found = step.tasks.iter().find(|known| known.id.as_str() == task);
    match found {
        Some(found) => Ok(Some(found.id.clone())),
        None => Err(Refusal::BadRequest("the step has no such task".into())),
    }
}

fn tail(asked: api::HandTail) -> Reply<HandTail> {
    let too_long = asked.text.chars().count() > MAX_TAIL;
    if too_long || asked.of.chars().count() > MAX_TAIL_TITLE {
        return Err(Refusal::BadRequest("`tail` is too long".into()));
    }
    Ok(HandTail {
        of: asked.of,
        text: asked.text,
    })
}

async fn attempts(
    app: &App,
    learner: &Learner,
    task: Option<&TaskId>,
    times: &[i64],
) -> Reply<Vec<HandAttempt>> {
    let Some(task) = task.filter(|_| !times.is_empty()) else {
        return Ok(Vec::new());
    };
    let all = app.store.attempts_of(learner).await?;
    let wanted = all
        .into_iter()
        .filter(|attempt| attempt.task == *task && times.contains(&attempt.at_ms));
    let along = wanted.take(MAX_ATTEMPTS).map(|attempt| HandAttempt {
        at_ms: attempt.at_ms,
        verdict: attempt.verdict,
        score: labwright_grading::points_of(attempt.share, attempt.points),
        feedback: attempt.feedback,
        answer: attempt.answer,
    });
    Ok(along.collect())
}

/// A learner takes the hand back.
pub(crate) async fn lower(app: &App, session: &SessionRecord) -> Reply<()> {
    let learner = crate::sessions::learner(session);
    if let Some(hand) = up(app, &learner).await? {
        app.store.lower_hand(&hand.id, "lowered", now()).await?;
        changed(app, &learner);
    }
    Ok(())
}

/// A learner says more, or answers back.
pub(crate) async fn say_more(app: &App, session: &SessionRecord, words: &str) -> Reply<()> {
    app.help.count_words(&session.account)?;
    let words = some(within(words, MAX_QUESTION, "words")?)?;
    let learner = crate::sessions::learner(session);
    let hand = up(app, &learner).await?.ok_or(Refusal::HandDown)?;
    let said = HandWords {
        hand: Some(hand.id),
        learner,
        task: hand.task,
        teacher: None,
        words,
        at_ms: now(),
    };
    if !app.store.say(&said).await? {
        return Err(Refusal::HandDown);
    }
    changed(app, &said.learner);
    Ok(())
}

/// A task is done: a hand about it goes down by itself.
pub(crate) async fn done(app: &App, session: &SessionRecord, task: &TaskId) -> Reply<()> {
    let learner = crate::sessions::learner(session);
    let hand = up(app, &learner).await?;
    if let Some(hand) = hand.filter(|hand| hand.task.as_ref() == Some(task)) {
        app.store.lower_hand(&hand.id, "done", now()).await?;
        changed(app, &learner);
    }
    Ok(())
}

/// A teacher takes a hand; another one's only `over` that one's head.
pub(crate) async fn take(
    app: &App,
    teacher: &Account,
    course: &CourseId,
    id: &str,
    over: bool,
) -> Reply<Hand> {
    let hand = app.store.hand(course, id).await?.ok_or(Refusal::NotFound)?;
    if !app.store.take_hand(id, &teacher.id, over).await? {
        let now = app.store.hand(course, id).await?.ok_or(Refusal::NotFound)?;
        let by = state::name(app, now.taken_by.as_ref()).await?;
        return Err(match now.up {
            true => Refusal::HandTaken(by.unwrap_or_default()),
            false => Refusal::HandDown,
        });
    }
    changed(app, &hand.learner);
    Ok(hand)
}

/// A teacher answers a hand, and perhaps everybody else who is stuck at its task. How many were
/// told.
pub(crate) async fn answer(
    app: &App,
    teacher: &Account,
    course: &CourseId,
    id: &str,
    asked: api::AnswerHand,
) -> Reply<u32> {
    let words = some(within(&asked.words, MAX_ANSWER, "words")?)?;
    let hand = take(app, teacher, course, id, false).await?;
    let said = HandWords {
        hand: Some(hand.id.clone()),
        learner: hand.learner.clone(),
        task: hand.task.clone(),
        teacher: Some(teacher.id.clone()),
        words: words.clone(),
        at_ms: now(),
    };
    if !app.store.say(&said).await? {
        return Err(Refusal::HandDown);
    }
    log(app, teacher, &said.learner, LookAct::Answered).await?;
    changed(app, &said.learner);
    let Some(task) = hand.task.filter(|_| asked.all) else {
        return Ok(1);
    };
    let others = stuck_at(app, course, &hand.learner.lab, &task).await?;
    let others = others
        .into_iter()
        .filter(|other| *other != hand.learner.account);
    let at = (course, &hand.learner.lab, &task);
    Ok(1 + tell(app, teacher, at, others.collect(), &words).await?)
}

/// A teacher answers everybody who is perhaps stuck at a task. How many were told.
pub(crate) async fn answer_task(
    app: &App,
    teacher: &Account,
    course: &CourseId,
    asked: api::AnswerTask,
) -> Reply<u32> {
    let words = some(within(&asked.words, MAX_ANSWER, "words")?)?;
    let lab = LabName::new(asked.lab).map_err(|_| Refusal::NotFound)?;
    let task = TaskId::new(asked.task).map_err(|_| Refusal::NotFound)?;
    let learners = stuck_at(app, course, &lab, &task).await?;
    tell(app, teacher, (course, &lab, &task), learners, &words).await
}

/// Tells each of these learners. A hand that is up for the same task, and that no other teacher
/// has, is answered by it.
async fn tell(
    app: &App,
    teacher: &Account,
    (course, lab, task): (&CourseId, &LabName, &TaskId),
    learners: Vec<AccountId>,
    words: &str,
) -> Reply<u32> {
    let mut told = 0;
    for account in learners {
        let learner = Learner {
            account,
            course: course.clone(),
            lab: lab.clone(),
        };
        let hand = up(app, &learner).await?;
        let hand = hand.filter(|hand| {
            hand.task.as_ref() == Some(task)
                && hand.taken_by.as_ref().is_none_or(|by| *by == teacher.id)
        });
        let said = HandWords {
            hand: hand.map(|hand| hand.id),
            learner,
            task: Some(task.clone()),
            teacher: Some(teacher.id.clone()),
            words: words.to_owned(),
            at_ms: now(),
        };
        if app.store.say(&said).await? {
            log(app, teacher, &said.learner, LookAct::AnsweredAll).await?;
            changed(app, &said.learner);
            told += 1;
        }
    }
    Ok(told)
}

/// A teacher takes a learner's hand down.
pub(crate) async fn close(app: &App, course: &CourseId, id: &str) -> Reply<()> {
    let hand = app.store.hand(course, id).await?.ok_or(Refusal::NotFound)?;
    app.store.lower_hand(&hand.id, "closed", now()).await?;
    changed(app, &hand.learner);
    Ok(())
}

/// Who is perhaps stuck at a task, by the board's rule.
pub(super) async fn stuck_at(
    app: &App,
    course: &CourseId,
    lab: &LabName,
    task: &TaskId,
) -> Reply<Vec<AccountId>> {
    let found = app.catalogue.lab(course, lab).ok_or(Refusal::NotFound)?;
    let lab = &found.runnable.lab;
    let board = app.boards.of(course, lab);
    let mut board = board.lock().await;
    board
        .look(&app.store, course, &lab.name, &app.measures.lines)
        .await?;
    Ok(board.stuck_at(lab, task))
}

async fn up(app: &App, learner: &Learner) -> Reply<Option<Hand>> {
    let hand = app.store.last_hand(learner).await?;
    Ok(hand.filter(|hand| hand.up))
}

async fn log(app: &App, teacher: &Account, learner: &Learner, act: LookAct) -> Reply<()> {
    let session = app
        .store
        .find_open_session(&learner.account, &learner.course, &learner.lab)
        .await?;
    let Some(session) = session else {
        return Ok(());
    };
    let entry = LookEntry {
        at_ms: now(),
        learner: learner.clone(),
        session: session.id,
        look: None,
        teacher: teacher.display_name.clone(),
        act,
        detail: String::new(),
    };
    Ok(app.store.log_look(&entry).await?)
}

fn changed(app: &App, learner: &Learner) {
    app.help.changed(&learner.course, Some(&learner.account));
}

fn some(words: String) -> Reply<String> {
    match words.is_empty() {
        true => Err(Refusal::BadRequest("`words` is empty".into())),
        false => Ok(words),
    }
}
