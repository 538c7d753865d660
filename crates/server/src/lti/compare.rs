//! Our last scores beside what the platforms have. Asked for by a teacher, and stored nowhere.

use std::collections::{BTreeMap, HashMap};

use futures::future::join_all;
use labwright_api as api;
use labwright_lti::names;
use labwright_lti::{GradeResult, next_page, parse_results, results_of_all_url, same_result};
use labwright_store::{Columns, CourseId, Link, OutboxScore};
use url::Url;

use super::of_registration;
use super::service::{Question, ask};
use crate::app::App;
use crate::clock::now;
use crate::reply::Reply;

/// Pages of results that are read of one link: 100 at 50 a page are 5,000 learners.
const MAX_PAGES: usize = 100;

/// How a platform answered.
enum Answer {
    Results(HashMap<String, GradeResult>),
    No(api::ComparedOutcome, Option<u16>),
}

/// Asks the platforms of a course what they have.
pub(crate) async fn compare(app: &App, course: &CourseId) -> Reply<api::Comparison> {
    let mut ours: BTreeMap<String, Vec<OutboxScore>> = BTreeMap::new();
    for score in app.store.last_scores_in(course).await? {
        ours.entry(score.score.link.clone())
            .or_default()
            .push(score);
    }
    let links = app.store.links_in(course).await?;
    // A link whose tasks have columns has none.
    let columns = links.iter().filter(|link| link.columns != Columns::Tasks);
    let asked = columns.map(|link| {
        let mine = ours.get(&link.id).map_or(&[][..], Vec::as_slice);
        compare_link(app, link, mine)
    });
    let links: Reply<Vec<_>> = join_all(asked).await.into_iter().collect();
    Ok(api::Comparison {
        at: now(),
        links: links?,
    })
}

async fn compare_link(app: &App, link: &Link, ours: &[OutboxScore]) -> Reply<api::ComparedLink> {
    let mut compared = api::ComparedLink {
        link: link.id.clone(),
        outcome: api::ComparedOutcome::Read,
        status: None,
        same: 0,
        differences: Vec::new(),
    };
    let theirs = match results(app, link).await? {
        Answer::Results(theirs) => theirs,
        Answer::No(outcome, status) => {
            compared.outcome = outcome;
            compared.status = status;
            return Ok(compared);
        }
    };
    for OutboxScore { score, subject } in ours {
        let result = theirs.get(subject);
        let points = score.points;
        if result.is_some_and(|result| same_result(result, points.given, points.maximum)) {
            compared.same += 1;
            continue;
        }
        let graded = result.filter(|result| result.score.is_some());
        compared.differences.push(api::Difference {
            learner: score.account.to_string(),
            score_id: score.id.clone(),
            score: points.given,
            points: points.maximum,
            theirs: graded.and_then(|result| result.score),
            their_points: graded.and_then(|result| result.maximum),
        });
    }
    Ok(compared)
}

/// All results of a link's column, page by page.
async fn results(app: &App, link: &Link) -> Reply<Answer> {
    use api::ComparedOutcome::{NoAnswer, NoColumn, Refused};
    let registration = app.store.registration(&link.registration).await?;
    let platform = registration.as_ref().and_then(of_registration);
    let (Some(platform), Some(line_item)) = (platform, &link.line_item) else {
        return Ok(Answer::No(NoColumn, None));
    };
    let Ok(line_item) = platform.own("lineitem", line_item) else {
        return Ok(Answer::No(NoColumn, None));
    };
    let mut all = HashMap::new();
    let mut next: Option<Url> = Some(results_of_all_url(&line_item));
    for _ in 0..MAX_PAGES {
        let Some(url) = next.take() else { break };
        let question = Question::Get(names::TYPE_RESULTS);
        let Ok(replied) = ask(app, &link.registration, &platform, &url, question).await else {
            return Ok(Answer::No(NoAnswer, None));
        };
        let status = Some(replied.status);
        match (replied.status, parse_results(&replied.body)) {
            (200, Some(page)) => {
                all.extend(page.into_iter().map(|result| (result.user.clone(), result)));
            }
            (404, _) => return Ok(Answer::No(NoColumn, status)),
            (401 | 403, _) => return Ok(Answer::No(Refused, status)),
            _ => return Ok(Answer::No(NoAnswer, status)),
        }
        let links = replied.links.iter().map(String::as_str);
        next = next_page(links, &platform).ok().flatten();
    }
    Ok(Answer::Results(all))
}
