//! Looks over the shoulder: a teacher asks, the learner says yes or nothing happens.
//!
//! ```text
//! asks --allow--> watches --> over        keys: no --ask--> asked --give--> given
//!   |  (exam: at once)         ^                ^             |keep           |back
//!   +--refuse, no answer, end--+                +-------------+---------------+
//! ```
//!
//! A look has an id of its own, and consent names it: what was said to one look says nothing about
//! another. Every change is in the log before it has an effect, but for the end, which nothing holds
//! up. A task tends each look and ends it by the first of: its time, the session's end, a page that
//! is gone, a sign-in that is taken back, the server's end.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use labwright_api::{self as api, Keys, LookEnd};
use labwright_model::SessionId;
use labwright_store::{
    Account, CourseRole, Learner, LookAct, LookEntry, SessionRecord, SessionState, Store,
    StoreError, UnixMs,
};
use tokio::sync::watch;

use super::phase::{ASK_MS, LOOK_MS, Phase, Stage, text_of};
use super::{lock, state};
use crate::app::App;
use crate::clock::now;
use crate::reply::Reply;
use crate::secrets;
use crate::words::Refusal;

/// How long the learner's page may be gone: a reload, or a cut line.
const LEARNER_GRACE: Duration = Duration::from_secs(15);
/// How long the teacher's page may be silent; it asks for news all the time.
const TEACHER_GRACE_MS: i64 = 40_000;
/// How long a look that is over is remembered, so that its teacher learns why.
const REMEMBER: Duration = Duration::from_secs(120);
/// How often it is looked whether a look is over.
const TEND_EVERY: Duration = Duration::from_secs(1);

/// One teacher's look at one session.
pub(crate) struct Look {
    pub(crate) id: String,
    pub(crate) learner: Learner,
    pub(crate) session: SessionId,
    /// The learner's name.
    pub(crate) name: String,
    pub(crate) teacher: Arc<Account>,
    pub(crate) exam: bool,
    /// The teacher's sign-in.
    sign_in: String,
    /// The learner's that allowed it.
    allowed_by: watch::Sender<Option<String>>,
    phase: watch::Sender<Phase>,
    /// When the teacher's page last asked.
    seen: AtomicI64,
    /// What is in the log as seen.
    shown: Mutex<HashSet<String>>,
}

impl Look {
    pub(crate) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub(crate) fn watches(&self) -> bool {
        self.phase().watches()
    }

    /// The teacher may type.
    pub(crate) fn has_keys(&self) -> bool {
        let phase = self.phase();
        phase.watches() && phase.keys == Keys::Given
    }

    /// Completes when nobody looks any more.
    pub(crate) async fn over(&self) {
        let mut phase = self.phase.subscribe();
        let _ = phase.wait_for(|phase| !phase.watches()).await;
    }

    /// Completes when the teacher may type and could not, or the other way round.
    pub(crate) async fn keys_change(&self, had: bool) {
        let mut phase = self.phase.subscribe();
        let changed = |phase: &Phase| (phase.watches() && phase.keys == Keys::Given) != had;
        let _ = phase.wait_for(changed).await;
    }

    /// The teacher's page is there.
    pub(crate) fn sign_of_life(&self, now: UnixMs) {
        self.seen.store(now, Ordering::Relaxed);
    }

    /// Changes it at once or not at all; how it stood before.
    fn change(&self, next: impl FnOnce(Phase) -> Option<Phase>) -> Option<Phase> {
        let mut before = None;
        self.phase.send_if_modified(|phase| match next(*phase) {
            Some(next) => {
                before = Some(*phase);
                *phase = next;
                true
            }
            None => false,
        });
        before
    }

    fn entry(&self, act: LookAct, detail: &str) -> LookEntry {
        LookEntry {
            at_ms: now(),
            learner: self.learner.clone(),
            session: self.session.clone(),
            look: Some(self.id.clone()),
            teacher: self.teacher.display_name.clone(),
            act,
            detail: detail.to_owned(),
        }
    }
}

/// The looks that are not over, and for a while those that are: their teachers ask why.
#[derive(Default)]
pub(crate) struct Looks {
    living: Mutex<HashMap<SessionId, Arc<Look>>>,
    ended: Mutex<Vec<(Instant, Arc<Look>)>>,
}

impl Looks {
    /// What the learner of a session is shown.
    pub(super) fn shown_to(&self, session: &SessionId) -> Option<api::MyLook> {
        let look = lock(&self.living).get(session).cloned()?;
        let phase = look.phase();
        let (watching, until) = match phase.stage {
            Stage::Asks { until } => (false, until),
            Stage::Watches { until } => (true, until),
            Stage::Over(_) => return None,
        };
        Some(api::MyLook {
            id: look.id.clone(),
            teacher: look.teacher.display_name.clone(),
            watching,
            until,
            keys: phase.keys,
            exam: look.exam,
        })
    }

    /// The look of this id.
    fn find(&self, id: &str) -> Option<Arc<Look>> {
        let living = lock(&self.living);
        let found = living.values().find(|look| look.id == id).cloned();
        drop(living);
        let ended = || {
            lock(&self.ended)
                .iter()
                .map(|(_, look)| look.clone())
                .find(|look| look.id == id)
        };
        found.or_else(ended)
    }

    /// Only one at a time: a learner is asked one question.
    fn add(&self, look: &Arc<Look>) -> Result<(), Refusal> {
        let mut living = lock(&self.living);
        if living.contains_key(&look.session) {
            return Err(Refusal::LookTaken);
        }
        living.insert(look.session.clone(), look.clone());
        Ok(())
    }

    fn is_free(&self, session: &SessionId) -> bool {
        !lock(&self.living).contains_key(session)
    }

    fn remove(&self, look: &Look) {
        let found = {
            let mut living = lock(&self.living);
            let is_this = living
                .get(&look.session)
                .is_some_and(|known| known.id == look.id);
            is_this.then(|| living.remove(&look.session)).flatten()
        };
        let Some(found) = found else { return };
        let mut ended = lock(&self.ended);
        ended.retain(|(at, _)| at.elapsed() < REMEMBER);
        ended.push((Instant::now(), found));
    }
}

/// A look of a teacher's own, while that one teaches the course; for all others it does not exist.
pub(crate) async fn of_teacher(app: &App, account: &Account, id: &str) -> Reply<Arc<Look>> {
    let look = app.help.looks.find(id);
    let look = look.filter(|look| look.teacher.id == account.id);
    let look = look.ok_or(Refusal::NotFound)?;
    match app.store.role_in(&look.learner.course, &account.id).await? {
        Some(CourseRole::Teacher) => Ok(look),
        _ => Err(Refusal::NotFound),
    }
}

/// A teacher asks to look at a learner's lab. By the rules of an exam it begins at once.
pub(crate) async fn ask(
    app: &Arc<App>,
    teacher: &Arc<Account>,
    token: &str,
    learner: Learner,
) -> Reply<Arc<Look>> {
    let session = app
        .store
        .find_open_session(&learner.account, &learner.course, &learner.lab)
        .await?;
    let session = session.ok_or(Refusal::NotFound)?;
    app.help.count_ask(&teacher.id, &learner.account)?;
    if app.sessions.snapshot(&session.id).await?.state != SessionState::Ready {
        return Err(Refusal::NotReady);
    }
    if app.help.pages.gone_for(&session.id).is_some() {
        return Err(Refusal::LearnerAway);
    }
    if !app.help.looks.is_free(&session.id) {
        return Err(Refusal::LookTaken);
    }
    let exam = state::is_exam(app, &learner.course);
    let now = app.clock.now();
    let look = Arc::new(Look {
        id: secrets::fresh()?,
        name: state::name(app, Some(&learner.account))
            .await?
            .unwrap_or_default(),
        session: session.id,
        learner,
        teacher: teacher.clone(),
        exam,
        sign_in: secrets::hash(token),
        allowed_by: watch::Sender::new(None),
        phase: watch::Sender::new(Phase {
            stage: match exam {
                true => Stage::Watches {
                    until: now + LOOK_MS,
                },
                false => Stage::Asks {
                    until: now + ASK_MS,
                },
            },
            keys: Keys::No,
        }),
        seen: AtomicI64::new(now),
        shown: Mutex::default(),
    });
    let act = if exam { LookAct::Exam } else { LookAct::Asked };
    app.store.log_look(&look.entry(act, "")).await?;
    if let Err(refusal) = app.help.looks.add(&look) {
        // Another teacher was faster; the log must not keep a look open that never was.
        let entry = look.entry(LookAct::Lapsed, text_of(LookEnd::Teacher));
        app.store.log_look(&entry).await?;
        return Err(refusal);
    }
    tell(app, &look);
    tokio::spawn(tend(app.clone(), look.clone()));
    Ok(look)
}

/// The learner answers. Only the look that is named, only its own session's, and only once.
pub(crate) async fn answer(
    app: &App,
    session: &SessionRecord,
    token: &str,
    id: &str,
    answer: api::LookAnswer,
) -> Reply<()> {
    let look = app.help.looks.find(id);
    let look = look.filter(|look| look.session == session.id);
    let look = look.ok_or(Refusal::LookOver)?;
    match answer {
        api::LookAnswer::Allow => allow(app, &look, token).await,
        api::LookAnswer::Refuse => match look.phase().stage {
            Stage::Asks { .. } => end(app, &look, LookEnd::Refused).await,
            _ => Err(Refusal::LookOver),
        },
        api::LookAnswer::End if look.exam => Err(Refusal::Forbidden),
        api::LookAnswer::End => {
            let asks = matches!(look.phase().stage, Stage::Asks { .. });
            let why = if asks {
                LookEnd::Refused
            } else {
                LookEnd::Learner
            };
            end(app, &look, why).await
        }
        api::LookAnswer::GiveKeys => {
            let next = |phase: Phase| phase.keys(&[Keys::Asked], Keys::Given);
            hand_over(app, &look, LookAct::KeysGiven, next).await
        }
        api::LookAnswer::KeepKeys => keep_keys(app, &look).await,
    }
}

async fn allow(app: &App, look: &Look, token: &str) -> Reply<()> {
    if look.phase().allow(app.clock.now()).is_none() {
        return Err(Refusal::LookOver);
    }
    app.store
        .log_look(&look.entry(LookAct::Allowed, ""))
        .await?;
    look.allowed_by.send_replace(Some(secrets::hash(token)));
    if look.change(|phase| phase.allow(app.clock.now())).is_none() {
        return Err(Refusal::LookOver);
    }
    tell(app, look);
    Ok(())
}

/// The teacher wishes.
pub(crate) async fn wish(app: &App, look: &Look, wish: api::LookWish) -> Reply<()> {
    match wish {
        api::LookWish::AskKeys => {
            let next = |phase: Phase| phase.keys(&[Keys::No], Keys::Asked);
            app.help
                .count_ask(&look.teacher.id, &look.learner.account)?;
            hand_over(app, look, LookAct::KeysAsked, next).await
        }
        api::LookWish::GiveKeysBack => keep_keys(app, look).await,
        api::LookWish::End => end(app, look, LookEnd::Teacher).await,
    }
}

/// The learner alone has the keyboard. It takes effect first: nothing holds it up.
async fn keep_keys(app: &App, look: &Look) -> Reply<()> {
    let before = look.change(|phase| phase.keys(&[Keys::Asked, Keys::Given], Keys::No));
    let before = before.ok_or(Refusal::LookOver)?;
    tell(app, look);
    let act = match before.keys {
        Keys::Given => LookAct::KeysBack,
        _ => LookAct::KeysRefused,
    };
    Ok(app.store.log_look(&look.entry(act, "")).await?)
}

/// A change of the keyboard that is in the log before it has an effect.
async fn hand_over(
    app: &App,
    look: &Look,
    act: LookAct,
    next: impl Fn(Phase) -> Option<Phase>,
) -> Reply<()> {
    if next(look.phase()).is_none() {
        return Err(Refusal::LookOver);
    }
    app.store.log_look(&look.entry(act, "")).await?;
    look.change(next).ok_or(Refusal::LookOver)?;
    tell(app, look);
    Ok(())
}

/// Ends it, or the question for it. Whoever is first ends it.
async fn end(app: &App, look: &Look, why: LookEnd) -> Reply<()> {
    let Some(before) = look.change(|phase| phase.end(why)) else {
        return Ok(());
    };
    app.help.looks.remove(look);
    tell(app, look);
    if before.keys == Keys::Given {
        app.store
            .log_look(&look.entry(LookAct::KeysBack, ""))
            .await?;
    }
    let act = match (before.stage, why) {
        (Stage::Asks { .. }, LookEnd::Refused) => LookAct::Refused,
        (Stage::Asks { .. }, _) => LookAct::Lapsed,
        _ => LookAct::Ended,
    };
    Ok(app.store.log_look(&look.entry(act, text_of(why))).await?)
}

/// A terminal or desktop is opened in a look: in the log once.
pub(crate) async fn saw(app: &App, look: &Look, what: &str) -> Reply<()> {
    if lock(&look.shown).contains(what) {
        return Ok(());
    }
    app.store.log_look(&look.entry(LookAct::Saw, what)).await?;
    lock(&look.shown).insert(what.to_owned());
    Ok(())
}

fn tell(app: &App, look: &Look) {
    let learner = &look.learner;
    app.help.changed(&learner.course, Some(&learner.account));
}

/// Ends a look when its time has come.
async fn tend(app: Arc<App>, look: Arc<Look>) {
    let mut ticks = tokio::time::interval(TEND_EVERY);
    let over = async {
        let mut phase = look.phase.subscribe();
        let _ = phase
            .wait_for(|phase| matches!(phase.stage, Stage::Over(_)))
            .await;
    };
    let signed_out = async {
        tokio::select! {
            () = app.sign_ins.ended(&look.sign_in) => {}
            () = allower_signed_out(&app, &look) => {}
        }
    };
    let due = async {
        loop {
            ticks.tick().await;
            if let Some(end) = due(&app, &look).await {
                return end;
            }
        }
    };
    let why = tokio::select! {
        () = over => return,
        () = signed_out => LookEnd::SignedOut,
        end = due => end,
        () = app.going_away.cancelled() => LookEnd::Restart,
    };
    if end(&app, &look, why).await.is_err() {
        tracing::warn!(session.id = %look.session, "the end of a look is not in its log yet");
    }
}

/// Completes when the sign-in that allowed the look is taken back.
async fn allower_signed_out(app: &App, look: &Look) {
    let mut allowed = look.allowed_by.subscribe();
    let by = allowed.wait_for(Option::is_some).await;
    let by = by.ok().and_then(|by| by.clone());
    match by {
        Some(hash) => app.sign_ins.ended(&hash).await,
        None => std::future::pending().await,
    }
}

/// Why a look is over by itself now.
async fn due(app: &App, look: &Look) -> Option<LookEnd> {
    let now = app.clock.now();
    if let Some(late) = look.phase().late(now) {
        return Some(late);
    }
    let gone = app.help.pages.gone_for(&look.session);
    if gone.is_some_and(|gone| gone >= LEARNER_GRACE) {
        return Some(LookEnd::LearnerGone);
    }
    if now - look.seen.load(Ordering::Relaxed) >= TEACHER_GRACE_MS {
        return Some(LookEnd::TeacherGone);
    }
    let snapshot = app.sessions.snapshot(&look.session).await;
    if snapshot.is_ok_and(|snapshot| snapshot.state != SessionState::Ready) {
        return Some(LookEnd::Session);
    }
    let role = app
        .store
        .role_in(&look.learner.course, &look.teacher.id)
        .await;
    // A database that fails takes nothing away.
    match role {
        Ok(Some(CourseRole::Teacher)) | Err(_) => None,
        Ok(_) => Some(LookEnd::SignedOut),
    }
}

/// Looks that were not over when an earlier process went are over: the log says so.
pub(crate) async fn settle(store: &Store) -> Result<(), StoreError> {
    for began in store.unended_looks().await? {
        let entry = LookEntry {
            at_ms: now(),
            act: LookAct::Ended,
            detail: text_of(LookEnd::Restart).to_owned(),
            ..began
        };
        store.log_look(&entry).await?;
    }
    Ok(())
}
