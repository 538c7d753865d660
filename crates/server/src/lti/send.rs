//! Scores on their way out: in order per learner and link, until the platform has them.
//!
//! Safe to be killed at any point. What was sent but not written down as sent goes again with the
//! same timestamp: the platform says that it has it, and its results say whether that is so.

use std::collections::BTreeMap;

use futures::future::join_all;
use labwright_lti::{
    LineItem, Platform, Progress, Score, ScoreReply, find_line_item, judge_score_reply,
    line_items_url, names, parse_line_item, parse_results, results_url, same_result, scores_url,
};
use labwright_store::{DueScore, Link, Registration, ScoreState, ScoreUpdate, UnixMs};
use url::Url;

use super::of_registration;
use super::service::{Question, ServiceError, ask};
use crate::app::App;
use crate::clock::now;
use crate::reply::Reply;

/// Scores that are looked at in one round.
const ROUND: u32 = 500;
/// The first wait after a failure, and the longest.
const FIRST_WAIT_MS: i64 = 5_000;
const LONGEST_WAIT_MS: i64 = 180_000;
/// Longest wait that a platform can ask for.
const LONGEST_ASKED_MS: i64 = 600_000;
/// After so many failures in a row the rest of a platform's scores waits for the next round.
const TROUBLE: u32 = 3;
/// A score that is refused as it is stands in the teacher's list after so many tries.
const MOST_REFUSALS: u32 = 5;

/// What became of a try, in a word that the page has a sentence for.
struct Outcome {
    state: ScoreState,
    said: &'static str,
    status: Option<u16>,
    wait_ms: Option<i64>,
    timestamp_ms: Option<UnixMs>,
    /// The platform itself is in trouble, not this score.
    trouble: bool,
}

impl Outcome {
    fn sent(said: &'static str, status: u16) -> Self {
        Self {
            state: ScoreState::Sent,
            said,
            status: Some(status),
            wait_ms: None,
            timestamp_ms: None,
            trouble: false,
        }
    }

    fn later(said: &'static str, status: Option<u16>) -> Self {
        Self {
            state: ScoreState::Waiting,
            said,
            status,
            wait_ms: None,
            timestamp_ms: None,
            trouble: true,
        }
    }
}

/// Sends what is due; says how many it tried.
pub(crate) async fn send_due(app: &App) -> Reply<usize> {
    let due = app.store.due_scores(now(), ROUND).await?;
    let mut by_platform: BTreeMap<String, Vec<DueScore>> = BTreeMap::new();
    for score in due {
        let platform = score.link.registration.clone();
        by_platform.entry(platform).or_default().push(score);
    }
    // One after another within a platform, all platforms side by side: a slow one delays itself.
    let sending = by_platform
        .into_iter()
        .map(|(id, scores)| send_to(app, id, scores));
    let mut tried = 0;
    for sent in join_all(sending).await {
        tried += sent?;
    }
    Ok(tried)
}

async fn send_to(app: &App, id: String, scores: Vec<DueScore>) -> Reply<usize> {
    let Some(registration) = app.store.registration(&id).await? else {
        return Ok(0);
    };
    let Some(platform) = of_registration(&registration) else {
        return Ok(0);
    };
    let (mut tried, mut in_a_row) = (0, 0);
    for due in scores {
        if in_a_row >= TROUBLE || app.going_away.is_cancelled() {
            break;
        }
        // A newer one may have come while others were sent.
        let outcome = send_one(app, &registration, &platform, &due).await?;
        in_a_row = if outcome.trouble { in_a_row + 1 } else { 0 };
        tried += 1;
        write_down(app, &due, outcome).await?;
    }
    Ok(tried)
}

async fn write_down(app: &App, due: &DueScore, outcome: Outcome) -> Reply<()> {
    let now = now();
    let wait = outcome.wait_ms.unwrap_or_else(|| wait_ms(due.score.tries));
    if outcome.state != ScoreState::Sent {
        tracing::info!(score.id = %due.score.id, said = outcome.said, status = outcome.status, "a score waits");
    }
    let update = ScoreUpdate {
        state: outcome.state,
        next_ms: now + wait,
        sent_ms: (outcome.state == ScoreState::Sent).then_some(now),
        status: outcome.status,
        said: outcome.said.to_owned(),
        timestamp_ms: outcome.timestamp_ms,
    };
    app.store.update_score(&due.score.id, &update).await?;
    Ok(())
}

fn wait_ms(tries: u32) -> i64 {
    let doubled = FIRST_WAIT_MS.checked_shl(tries.min(16)).unwrap_or(i64::MAX);
    doubled.clamp(FIRST_WAIT_MS, LONGEST_WAIT_MS)
}

async fn send_one(
    app: &App,
    registration: &Registration,
    platform: &Platform,
    due: &DueScore,
) -> Reply<Outcome> {
    let line_item = match line_item(app, registration, platform, &due.link).await {
        Ok(Some(line_item)) => line_item,
        Ok(None) => return Ok(Outcome::later("no_line_item", None)),
        Err(error) => return Ok(not_asked(&error)),
    };
    let Ok(url) = platform.own("lineitem", &line_item) else {
        return Ok(Outcome {
            state: ScoreState::Failed,
            ..Outcome::later("foreign_line_item", None)
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
    };
    let body = score.document().to_string();
    let question = Question::Post(names::TYPE_SCORE, body);
    let replied = match ask(app, &registration.id, platform, &scores_url(&url), question).await {
        Ok(replied) => replied,
        Err(error) => return Ok(not_asked(&error)),
    };
    let status = replied.status;
    Ok(match judge_score_reply(status, &replied.body) {
        ScoreReply::Taken => Outcome::sent("taken", status),
        ScoreReply::TokenRefused => Outcome::later("refused_access", Some(status)),
        ScoreReply::AlreadyThere => compare(app, registration, platform, &url, due, status).await,
        ScoreReply::NoLineItem => {
            app.store.set_line_item(&due.link.id, None).await?;
            Outcome {
                trouble: false,
                ..Outcome::later("no_line_item", Some(status))
            }
        }
        ScoreReply::Later => Outcome {
            wait_ms: replied.retry_after_s.map(|seconds| {
                let asked = seconds.saturating_mul(1000);
                asked.clamp(wait_ms(due.score.tries), LONGEST_ASKED_MS)
            }),
            ..Outcome::later("trouble", Some(status))
        },
        ScoreReply::Never => Outcome {
            state: if due.score.tries + 1 >= MOST_REFUSALS {
                ScoreState::Failed
            } else {
                ScoreState::Waiting
            },
            trouble: false,
            ..Outcome::later("refused", Some(status))
        },
    })
}

fn not_asked(error: &ServiceError) -> Outcome {
    use labwright_lti::TokenError;
    match error {
        ServiceError::Token(TokenError::Refused { .. }) => Outcome::later("refused_token", None),
        ServiceError::Token(TokenError::Trouble { status }) => {
            Outcome::later("trouble", Some(*status))
        }
        _ => Outcome::later("no_answer", None),
    }
}

/// The platform says that it has this time or a later one: does it have this score?
async fn compare(
    app: &App,
    registration: &Registration,
    platform: &Platform,
    line_item: &Url,
    due: &DueScore,
    status: u16,
) -> Outcome {
    match result_of(app, registration, platform, line_item, &due.subject).await {
        Some(Some(result)) => {
            let points = due.score.points;
            if same_result(&result, points.given, points.maximum) {
                return Outcome::sent("already_there", status);
            }
            // Something else is there, with a later time than ours: ours is the newest we know.
            let later = 1000_i64 << due.score.tries.min(30);
            Outcome {
                timestamp_ms: Some(now().max(due.score.timestamp_ms) + later),
                wait_ms: Some(1000),
                trouble: false,
                ..Outcome::later("older", Some(status))
            }
        }
        // Its results cannot be read: a repeated time is all that we can know.
        _ => Outcome::sent("already_there", status),
    }
}

/// A learner's result. Outer `None`: results cannot be read; inner: there is none.
async fn result_of(
    app: &App,
    registration: &Registration,
    platform: &Platform,
    line_item: &Url,
    subject: &str,
) -> Option<Option<labwright_lti::GradeResult>> {
    let url = results_url(line_item, subject);
    let question = Question::Get(names::TYPE_RESULTS);
    let replied = ask(app, &registration.id, platform, &url, question)
        .await
        .ok()?;
    if replied.status != 200 {
        return None;
    }
    let results = parse_results(&replied.body)?;
    Some(results.into_iter().find(|result| result.user == subject))
}

/// Where a link's scores go: what we know, else the one that the platform has for it, else a new
/// one. `None`: there is none and we may not make one.
async fn line_item(
    app: &App,
    registration: &Registration,
    platform: &Platform,
    link: &Link,
) -> Result<Option<String>, ServiceError> {
    // As it is now: another score of this round may have found it, or found it gone.
    let link = app.store.link(&link.id).await.ok().flatten();
    let Some(link) = link else { return Ok(None) };
    if let Some(known) = &link.line_item {
        return Ok(Some(known.clone()));
    }
    let Some(all) = &link.line_items else {
        return Ok(None);
    };
    let Ok(all) = platform.own("lineitems", all) else {
        return Ok(None);
    };
    let resource = resource_id(&link);
    let found = ask(
        app,
        &registration.id,
        platform,
        &line_items_url(&all, &link.resource_link),
        Question::Get(names::TYPE_LINE_ITEMS),
    )
    .await?;
    let mut line_item = match found.status {
        200 => find_line_item(&found.body, &link.resource_link, &resource),
        _ => None,
    };
    let may_make = link
        .scopes
        .iter()
        .any(|scope| scope == names::SCOPE_LINE_ITEM);
    if line_item.is_none() && found.status == 200 && may_make {
        let item = LineItem {
            label: link.title.clone(),
            maximum: maximum(app, &link),
            resource_id: resource,
            resource_link_id: Some(link.resource_link.clone()),
        };
        let body = item.document().to_string();
        let question = Question::Post(names::TYPE_LINE_ITEM, body);
        let made = ask(app, &registration.id, platform, &all, question).await?;
        if matches!(made.status, 200 | 201) {
            line_item = parse_line_item(&made.body);
        }
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
    match link.step {
        Some(step) => format!("{}/{step}", link.lab),
        None => link.lab.to_string(),
    }
}

/// Whole points of a link's lab or step.
fn maximum(app: &App, link: &Link) -> u32 {
    let lab = app.catalogue.lab(&link.course, &link.lab);
    let points = lab.map_or(100.0, |lab| {
        labwright_session::points(&lab.runnable.lab, link.step, &BTreeMap::new()).maximum
    });
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = points.ceil().clamp(1.0, f64::from(u32::MAX)) as u32;
    whole
}
