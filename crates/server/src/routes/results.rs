//! What learners did of a lab in their own browser.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, RawPathParams, State};
use axum::http::request::Parts;
use indexmap::IndexMap;
use labwright_api::{
    AttemptVerdict, CarriedTask, HandIn, HandInOutcome, HandedAttempt, HandedIn, TakenAttempt,
};
use labwright_grading::{Verdict, Words};
use labwright_model::{Lab, LabName, TaskId};
use labwright_session::{BrowserWork, Handed, NotTaken, Taken};
use labwright_store::{Learner, StoredEvidence};

use crate::access::{Caller, InCourse};
use crate::app::App;
use crate::catalogue::CatalogueLab;
use crate::clock::now;
use crate::language::Wanted;
use crate::reply::{Body, Reply};
use crate::routes::tab;
use crate::view;
use crate::words::{Language, Refusal};

/// Version of what is handed in.
const VERSION: u32 = 1;
/// Attempts in one request.
const MAX_ATTEMPTS: usize = 64;
/// Attempts at a lab after which no more come in this way: far more than anybody makes by hand.
const MAX_ATTEMPTS_KEPT: i64 = 5_000;
/// Browsers that a learner may use for a lab.
const MAX_WORKS: i64 = 50;
/// Longest id that a browser may choose, for its work and for an attempt.
const MAX_ID_CHARS: usize = 64;
/// Hexadecimal characters of a SHA-256.
const DIGEST_CHARS: usize = 64;

/// A lab of the caller's course, and the caller as its learner.
pub(crate) struct Asked {
    pub(crate) learner: Learner,
    listed: CatalogueLab,
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Reply<Self> {
        let params = RawPathParams::from_request_parts(parts, app).await;
        let params = params.map_err(|_| Refusal::NotFound)?;
        let lab = params.iter().find(|(name, _)| *name == "lab");
        let (_, lab) = lab.ok_or(Refusal::NotFound)?;
        let lab = LabName::new(lab).map_err(|_| Refusal::NotFound)?;
        let extensions = &parts.extensions;
        // The rule of the route has put both there.
        let caller = extensions.get::<Caller>().ok_or(Refusal::Internal)?;
        let course = extensions.get::<InCourse>().ok_or(Refusal::Internal)?;
        let listed = app.catalogue.lab(&course.0, &lab);
        Ok(Self {
            learner: Learner {
                account: caller.0.id.clone(),
                course: course.0.clone(),
                lab,
            },
            listed: listed.ok_or(Refusal::NotFound)?,
        })
    }
}

/// `GET /api/v1/courses/{course}/labs/{lab}/results`
pub(crate) async fn carried(
    State(app): State<Arc<App>>,
    Asked { learner, listed }: Asked,
) -> Reply<Json<HandedIn>> {
    let lab = &listed.runnable.lab;
    Ok(Json(view_of(&app, &learner, lab, Vec::new()).await?))
}

/// `POST /api/v1/courses/{course}/labs/{lab}/results`
pub(crate) async fn hand_in(
    State(app): State<Arc<App>>,
    Asked { learner, listed }: Asked,
    wanted: Wanted,
    Body(body): Body<HandIn>,
) -> Reply<Json<HandedIn>> {
    let lab = &listed.runnable.lab;
    must_be_bounded(&body)?;
    if body.lab != learner.lab.as_str() {
        return Err(Refusal::OtherLab);
    }
    let offered = tab::offer(&app, &learner.course, &learner.lab).await?;
    let work = BrowserWork {
        id: body.work,
        env: app.store.offered(&learner.lab, &body.made_of).await?,
        takes_reports: offered.is_some(),
        words: Words::of_tag(wanted.language.tag()),
    };
    let (attempts, works) = app.store.amount_of(&learner).await?;
    if attempts > MAX_ATTEMPTS_KEPT || works > MAX_WORKS {
        return Err(Refusal::TooMuchKept);
    }
    if !app.store.claim_work(&work.id, &learner, now()).await? {
        return Err(Refusal::OthersWork);
    }
    for (task, revealed) in &body.hints {
        let known = lab.steps.iter().flat_map(|step| &step.tasks);
        let Some(task) = known.into_iter().find(|known| known.id.as_str() == task) else {
            continue;
        };
        let most = u32::try_from(task.hints.len()).unwrap_or(u32::MAX);
        app.store
            .hints_revealed(&learner, &task.id, (*revealed).min(most))
            .await?;
    }
    let handed: Vec<Handed> = body.attempts.iter().map(handed).collect();
    let taken = app.sessions.hand_in(&learner, &work, &handed).await?;
    let mut attempts = Vec::with_capacity(taken.len());
    for (one, taken) in handed.iter().zip(&taken) {
        if let Taken::Kept(attempt, false) = taken {
            app.metrics.check(attempt.verdict);
        }
        attempts.push(told(&one.id, taken, wanted.language));
    }
    app.lti.bell.notify_one();
    Ok(Json(view_of(&app, &learner, lab, attempts).await?))
}

fn must_be_bounded(body: &HandIn) -> Reply<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_id = |id: &str| !id.is_empty() && id.len() <= MAX_ID_CHARS && id.chars().all(plain);
    let bad = |cause: &str| Err(Refusal::BadRequest(cause.to_owned()));
    if body.labwright != VERSION {
        return bad("`labwright` is not 1");
    }
    if body.attempts.len() > MAX_ATTEMPTS {
        return bad("more than 64 attempts at once");
    }
    if body.made_of.len() != DIGEST_CHARS || !is_id(&body.work) {
        return bad("`made_of` or `work` is not what a page writes");
    }
    if !body.attempts.iter().all(|attempt| is_id(&attempt.id)) {
        return bad("the id of an attempt is not what a page writes");
    }
    Ok(())
}

fn handed(attempt: &HandedAttempt) -> Handed {
    Handed {
        id: attempt.id.clone(),
        task: attempt.task.clone(),
        at_ms: attempt.at,
        verdict: match attempt.verdict {
            AttemptVerdict::Done => Verdict::Done,
            AttemptVerdict::Part => Verdict::Part,
            AttemptVerdict::NotYet => Verdict::NotYet,
            AttemptVerdict::Broken => Verdict::Broken,
        },
        share: attempt.share,
        feedback: attempt.feedback.clone(),
        took_ms: attempt.took_ms,
        answer: attempt.answer.clone(),
    }
}

fn told(id: &str, taken: &Taken, language: Language) -> TakenAttempt {
    let (outcome, kept, refusal) = match taken {
        Taken::Kept(attempt, false) => (HandInOutcome::Taken, Some(attempt), None),
        Taken::Kept(attempt, true) => (HandInOutcome::Known, Some(attempt), None),
        Taken::Refused(why) => (HandInOutcome::Refused, None, Some(refusal(why))),
        Taken::Later(why) => (HandInOutcome::Later, None, why.map(Refusal::from)),
    };
    TakenAttempt {
        id: id.to_owned(),
        outcome,
        self_reported: kept.is_some_and(|attempt| attempt.evidence == StoredEvidence::SelfReported),
        verdict: kept.map(|attempt| view::verdict(attempt.verdict)),
        message: refusal.map(|refusal| refusal.tell(language).message),
    }
}

fn refusal(why: &NotTaken) -> Refusal {
    match why {
        NotTaken::NoTask => Refusal::NoSuchTask,
        NotTaken::NoTriesLeft => Refusal::NoTriesLeft,
        NotTaken::Answer(error) => Refusal::BadAnswer(error.clone()),
        NotTaken::SelfReported => Refusal::SelfReported,
    }
}

/// How far the learner is, over all places.
async fn view_of(
    app: &App,
    learner: &Learner,
    lab: &Lab,
    attempts: Vec<TakenAttempt>,
) -> Reply<HandedIn> {
    let progress = app
        .sessions
        .progress(&learner.account, &learner.course, lab)
        .await?;
    let hints = app.store.hints_of(learner).await?;
    let share = |score: f64, points: f64| if points > 0.0 { score / points } else { 0.0 };
    let tasks: IndexMap<_, _> = progress
        .tasks
        .iter()
        .map(|(id, task)| {
            let carried = CarriedTask {
                state: view::task_state(task.state),
                share: share(task.score, task.points),
                attempts: u32::try_from(task.attempts).unwrap_or(u32::MAX),
                hints: revealed(&hints, id),
            };
            (id.to_string(), carried)
        })
        .collect();
    Ok(HandedIn {
        attempts,
        tasks,
        score: progress.score,
        points: progress.points,
        at: now(),
    })
}

fn revealed(hints: &BTreeMap<TaskId, u32>, task: &TaskId) -> u32 {
    hints.get(task).copied().unwrap_or_default()
}
