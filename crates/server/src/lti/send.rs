//! Scores on their way out: in order per learner and link, until the platform has them.
//!
//! Safe to be killed at any point. What was sent but not written down as sent goes again with the
//! same timestamp: the platform says that it has it, and its results say whether that is so.

use futures::future::join_all;
use labwright_lti::{
    LineItem, Platform, Progress, Score, ScoreReply, find_line_item, judge_score_reply,
    line_items_url, names, parse_line_item, parse_results, results_url, same_result, scores_url,
};
use labwright_store::{DueScore, Link, Registration, ScoreState, ScoreUpdate, UnixMs};
use url::Url;

use super::client::Replied;
use super::of_registration;
use super::service::{Question, ServiceError, ask};
use crate::app::App;
use crate::limits::DAY_MS;
use crate::reply::Reply;

/// Scores that are looked at in one round, of one platform.
const ROUND: u32 = 500;
/// Scores that are under way at once, to one platform.
const AT_ONCE: usize = 4;
/// The first wait after a failure, and the longest.
const FIRST_WAIT_MS: i64 = 5_000;
const LONGEST_WAIT_MS: i64 = 120_000;
/// The first wait after a refusal of one score, and the longest.
const FIRST_REFUSED_MS: i64 = 60_000;
const LONGEST_REFUSED_MS: i64 = 60 * 60 * 1000;
/// A score that a platform refuses for itself is tried for so long.
const GIVE_UP_MS: i64 = 30 * DAY_MS;
/// After so many failures in a row a platform is left alone for a while.
const TROUBLE: u32 = 3;
/// A score that failed so often may be refused for itself, although no other was taken since.
const MANY_TRIES: u32 = 20;
/// A score is put after what the platform has so often at most.
const MOST_LATER: u32 = 12;
/// Longest beginning of an answer that is kept, in characters.
const ANSWER_CHARS: usize = 300;

/// What became of a try, in a word that the page has a sentence for.
struct Outcome {
    state: ScoreState,
    said: &'static str,
    status: Option<u16>,
    answer: String,
    wait_ms: Option<i64>,
    timestamp_ms: Option<UnixMs>,
    /// The platform itself is in trouble, not this score.
    trouble: bool,
    /// This score is refused for itself.
    is_refusal: bool,
    /// How long the platform wants to be left alone.
    asked_ms: Option<i64>,
}

impl Outcome {
    fn of(state: ScoreState, said: &'static str) -> Self {
        Self {
            state,
            said,
            status: None,
            answer: String::new(),
            wait_ms: None,
            timestamp_ms: None,
            trouble: false,
            is_refusal: false,
            asked_ms: None,
        }
    }

    fn sent(said: &'static str) -> Self {
        Self::of(ScoreState::Sent, said)
    }

    /// The platform is in trouble.
    fn later(said: &'static str) -> Self {
        Self {
            trouble: true,
            ..Self::of(ScoreState::Waiting, said)
        }
    }

    /// This score is.
    fn refused(said: &'static str) -> Self {
        Self {
            is_refusal: true,
            ..Self::of(ScoreState::Waiting, said)
        }
    }

    fn with(self, replied: &Replied) -> Self {
        Self {
            status: Some(replied.status),
            answer: excerpt(&replied.body),
            ..self
        }
    }
}

/// The beginning of an answer as a person reads it.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..16 * 1024).unwrap_or(body)).into_owned();
    let mut plain = String::new();
    let mut in_tag = false;
    for sign in text.chars() {
        match sign {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            sign if sign.is_control() => plain.push(' '),
            sign => plain.push(sign),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(ANSWER_CHARS).collect()
}

/// When something is to be sent that is not due yet.
pub(crate) async fn next_due_ms(app: &App) -> Reply<Option<UnixMs>> {
    let now = app.clock.now();
    let next = app.store.next_score_ms(now).await?;
    Ok(next.into_iter().chain(app.lti.rests.next_ms(now)).min())
}

/// Sends what is due; says how many it tried.
pub(crate) async fn send_due(app: &App) -> Reply<usize> {
    let now = app.clock.now();
    let mut platforms = app.store.due_platforms(now).await?;
    platforms.retain(|id| !app.lti.rests.rests(id, now));
    // All platforms side by side: a slow one delays itself.
    let sending = platforms.iter().map(|id| send_to(app, id, now));
    let mut tried = 0;
    for sent in join_all(sending).await {
        tried += sent?;
    }
    Ok(tried)
}

async fn send_to(app: &App, id: &str, now: UnixMs) -> Reply<usize> {
    let Some(registration) = app.store.registration(id).await? else {
        return Ok(0);
    };
    let Some(platform) = of_registration(&registration) else {
        return Ok(0);
    };
    let due = app.store.due_scores(id, now, ROUND).await?;
    let to = To {
        registration: &registration,
        platform: &platform,
        making: tokio::sync::Mutex::default(),
    };
    let (mut tried, mut in_a_row, mut asked_ms) = (0, 0, None);
    for some in due.chunks(AT_ONCE) {
        if in_a_row >= TROUBLE || app.going_away.is_cancelled() {
            break;
        }
        // One score a learner and link waits at a time: their order is safe.
        let outcomes = join_all(some.iter().map(|due| send_one(app, &to, due))).await;
        for (due, outcome) in some.iter().zip(outcomes) {
            let outcome = outcome?;
            if outcome.trouble {
                in_a_row += 1;
                app.lti.rests.trouble(id);
            } else {
                in_a_row = 0;
            }
            asked_ms = outcome.asked_ms.or(asked_ms);
            tried += 1;
            let is_taken = outcome.state == ScoreState::Sent;
            write_down(app, due, outcome).await?;
            if is_taken && app.lti.rests.well(id) {
                app.store.wake_scores(id, app.clock.now()).await?;
            }
        }
    }
    if in_a_row >= TROUBLE || asked_ms.is_some() {
        app.lti.rests.rest(id, asked_ms, app.clock.now());
    }
    Ok(tried)
}

/// Where scores of one round go.
struct To<'a> {
    registration: &'a Registration,
    platform: &'a Platform,
    /// Held while a line item is looked for: of two scores of a link, one makes it.
    making: tokio::sync::Mutex<()>,
}

async fn write_down(app: &App, due: &DueScore, outcome: Outcome) -> Reply<()> {
    let now = app.clock.now();
    let wait = outcome.wait_ms.unwrap_or_else(|| {
        if outcome.is_refusal {
            refused_wait_ms(due.score.refusals)
        } else {
            wait_ms(due.score.tries)
        }
    });
    let given_up = outcome.is_refusal && now - due.score.created_ms > GIVE_UP_MS;
    let state = if given_up {
        ScoreState::Failed
    } else {
        outcome.state
    };
    if state != ScoreState::Sent {
        tracing::info!(score.id = %due.score.id, said = outcome.said, status = outcome.status, "a score waits");
    }
    let update = ScoreUpdate {
        state,
        tried_ms: now,
        next_ms: now + wait,
        sent_ms: (state == ScoreState::Sent).then_some(now),
        status: outcome.status,
        said: outcome.said.to_owned(),
        answer: outcome.answer,
        is_refusal: outcome.is_refusal,
        timestamp_ms: outcome.timestamp_ms,
    };
    app.store.update_score(&due.score.id, &update).await?;
    Ok(())
}

fn wait_ms(tries: u32) -> i64 {
    let doubled = FIRST_WAIT_MS.saturating_mul(1 << tries.min(16));
    doubled.min(LONGEST_WAIT_MS)
}

fn refused_wait_ms(refusals: u32) -> i64 {
    let doubled = FIRST_REFUSED_MS.saturating_mul(1 << refusals.min(16));
    doubled.min(LONGEST_REFUSED_MS)
}

/// What grade books say of points that rest on the word of the learner's own browser; whoever reads them, in whichever language.
const SELF_REPORTED: &str = "In part as the learner's own browser reported it; not checked again. / \
    En partie tel que rapporté par le navigateur de l’apprenant ; non revérifié.";

async fn send_one(app: &App, to: &To<'_>, due: &DueScore) -> Reply<Outcome> {
    let line_item = match line_item(app, to, &due.link).await {
        Ok(Some(line_item)) => line_item,
        Ok(None) => return Ok(Outcome::refused("no_line_item")),
        Err(NoLineItem::NotAsked(error)) => return Ok(not_asked(&error)),
        Err(NoLineItem::Trouble(replied)) => return Ok(Outcome::later("trouble").with(&replied)),
    };
    let Ok(url) = to.platform.own("lineitem", &line_item) else {
        return Ok(Outcome {
            state: ScoreState::Failed,
            ..Outcome::refused("foreign_line_item")
        });
    };
    let score = Score {
        user: due.subject.clone(),
        given: due.score.points.given,
        maximum: due.score.points.maximum,
        progress: if due.score.completed {
            Progress::Completed
        } else {
            Progress::InProgress
        },
        timestamp_ms: due.score.timestamp_ms,
        comment: due.score.points.self_reported.then_some(SELF_REPORTED),
    };
    let body = score.document().to_string();
    let question = Question::Post(names::TYPE_SCORE, body);
    let id = &to.registration.id;
    let replied = match ask(app, id, to.platform, &scores_url(&url), question).await {
        Ok(replied) => replied,
        Err(error) => return Ok(not_asked(&error)),
    };
    let outcome = match judge_score_reply(replied.status, &replied.body) {
        ScoreReply::Taken => Outcome::sent("taken"),
        ScoreReply::TokenRefused => Outcome::later("refused_access"),
        ScoreReply::AlreadyThere => compare(app, to, &url, due).await,
        ScoreReply::NoLineItem => {
            // Of several that find it gone at once, the first gives it up.
            let _turn = to.making.lock().await;
            let known = app.store.link(&due.link.id).await?;
            if known.is_some_and(|link| link.line_item.as_deref() == Some(line_item.as_str())) {
                let now = app.clock.now();
                app.store.lose_line_item(&due.link.id, now).await?;
            }
            Outcome {
                wait_ms: (due.score.tries == 0).then_some(0),
                ..Outcome::of(ScoreState::Waiting, "no_line_item")
            }
        }
        ScoreReply::Later if is_alone(app, to, &url, due, replied.status).await? => {
            Outcome::refused("refused")
        }
        ScoreReply::Later => Outcome {
            asked_ms: replied.retry_after_s.map(|s| s.saturating_mul(1000)),
            ..Outcome::later("trouble")
        },
        ScoreReply::Never => Outcome::refused("refused"),
    };
    Ok(outcome.with(&replied))
}

/// Whether a server's error is about this score alone, as Open edX answers for a learner whom it does
/// not know: others were taken since this one was tried before, or it was found so already or is asked
/// for long in vain, while its results can be read.
async fn is_alone(
    app: &App,
    to: &To<'_>,
    line_item: &Url,
    due: &DueScore,
    status: u16,
) -> Reply<bool> {
    let Some(tried_ms) = due.score.tried_ms.filter(|_| status == 500) else {
        return Ok(false);
    };
    let taken_ms = app.store.last_taken_ms(&to.registration.id).await?;
    if taken_ms.is_some_and(|taken_ms| taken_ms > tried_ms) {
        return Ok(true);
    }
    let known = due.score.refusals > 0 || due.score.tries >= MANY_TRIES;
    Ok(known && result_of(app, to, line_item, &due.subject).await.is_some())
}

fn not_asked(error: &ServiceError) -> Outcome {
    use labwright_lti::TokenError;
    match error {
        ServiceError::Token(TokenError::Refused { code }) => Outcome {
            answer: code.clone(),
            ..Outcome::later("refused_token")
        },
        ServiceError::Token(TokenError::Trouble { status }) => Outcome {
            status: Some(*status),
            ..Outcome::later("trouble")
        },
        _ => Outcome::later("no_answer"),
    }
}

/// The platform says that it has this time or a later one: does it have this score?
async fn compare(app: &App, to: &To<'_>, line_item: &Url, due: &DueScore) -> Outcome {
    let found = result_of(app, to, line_item, &due.subject).await;
    let points = due.score.points;
    let same = match &found {
        Some(Some(result)) => same_result(result, points.given, points.maximum),
        // It has nothing of this learner: that is not our score.
        Some(None) => false,
        // Its results cannot be read: a repeated time is all that we can know.
        None => true,
    };
    if same {
        return Outcome::sent("already_there");
    }
    if due.score.tries >= MOST_LATER {
        return Outcome::refused("older");
    }
    // Something else is there, with a later time than ours: ours is the newest we know.
    let later = 1000_i64 << due.score.tries.min(30);
    Outcome {
        timestamp_ms: Some(app.clock.now().max(due.score.timestamp_ms) + later),
        wait_ms: Some(1000),
        ..Outcome::of(ScoreState::Waiting, "older")
    }
}

/// A learner's result. Outer `None`: results cannot be read; inner: there is none.
async fn result_of(
    app: &App,
    to: &To<'_>,
    line_item: &Url,
    subject: &str,
) -> Option<Option<labwright_lti::GradeResult>> {
    let url = results_url(line_item, subject);
    let question = Question::Get(names::TYPE_RESULTS);
    let replied = ask(app, &to.registration.id, to.platform, &url, question)
        .await
        .ok()?;
    if replied.status != 200 {
        return None;
    }
    let results = parse_results(&replied.body)?;
    Some(results.into_iter().find(|result| result.user == subject))
}

/// Why it is not known whether there is a line item.
enum NoLineItem {
    NotAsked(ServiceError),
    Trouble(Replied),
}

impl From<ServiceError> for NoLineItem {
    fn from(error: ServiceError) -> Self {
        Self::NotAsked(error)
    }
}

/// Where a link's scores go: what we know, else the one that the platform has for it, else a new
/// one. `None`: there is none and we may not make one.
async fn line_item(app: &App, to: &To<'_>, link: &Link) -> Result<Option<String>, NoLineItem> {
    let _turn = to.making.lock().await;
    // As it is now: another score of this round may have found it, or found it gone.
    let link = app.store.link(&link.id).await.ok().flatten();
    let Some(link) = link else { return Ok(None) };
    if let Some(known) = &link.line_item {
        return Ok(Some(known.clone()));
    }
    let Some(all) = &link.line_items else {
        return Ok(None);
    };
    let Ok(all) = to.platform.own("lineitems", all) else {
        return Ok(None);
    };
    let id = &to.registration.id;
    let question = Question::Get(names::TYPE_LINE_ITEMS);
    let listed = line_items_url(&all, &link.resource_link);
    let found = ask(app, id, to.platform, &listed, question).await?;
    if found.status != 200 || found.body.trim_ascii_start().starts_with(b"<") {
        return Err(NoLineItem::Trouble(found));
    }
    let resource = resource_id(&link);
    let mut line_item = find_line_item(
        &found.body,
        &link.resource_link,
        &resource,
        link.task.is_some(),
    );
    let may_make = link
        .scopes
        .iter()
        .any(|scope| scope == names::SCOPE_LINE_ITEM);
    if line_item.is_none() && may_make {
        let item = LineItem {
            label: link.title.clone(),
            maximum: maximum(app, &link),
            resource_id: resource,
            resource_link_id: Some(link.resource_link.clone()),
            is_task: link.task.is_some(),
        };
        let question = Question::Post(names::TYPE_LINE_ITEM, item.document().to_string());
        let made = ask(app, id, to.platform, &all, question).await?;
        if !matches!(made.status, 200 | 201) {
            return Err(NoLineItem::Trouble(made));
        }
        line_item = parse_line_item(&made.body);
    }
    if let Some(line_item) = &line_item {
        let stored = app.store.set_line_item(&link.id, Some(line_item)).await;
        if let Err(error) = stored {
            tracing::warn!(%error, "a line item will be looked for again");
        }
    }
    Ok(line_item)
}

/// What a line item is for.
fn resource_id(link: &Link) -> String {
    match (&link.task, link.step) {
        // No step is called so.
        (Some(task), _) => format!("{}#{task}", link.lab),
        (None, Some(step)) => format!("{}/{step}", link.lab),
        (None, None) => link.lab.to_string(),
    }
}

/// Whole points of a link's lab, step or task.
fn maximum(app: &App, link: &Link) -> u32 {
    let lab = app.catalogue.lab(&link.course, &link.lab);
    let points = lab.map_or(100.0, |lab| {
        let task = link.task.as_ref();
        labwright_session::points(&lab.runnable.lab, link.step, task, |_| None).maximum
    });
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = points.ceil().clamp(1.0, f64::from(u32::MAX)) as u32;
    whole
}
