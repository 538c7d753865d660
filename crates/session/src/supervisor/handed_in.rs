//! What was done in the learner's own browser: judged again where that can be done without its machine, and kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labwright_grading::{AnswerError, Evidence, Judgement, Shut, Verdict, Words, feedback};
use labwright_model::{Check, Task, TaskId};
use labwright_store::{
    Attempt, BROWSER, Learner, SessionRecord, SessionState, StoredEvidence, UnixMs,
};

use super::Supervisor;
use super::check::{find_task, parsed, scoped, stored_evidence, stored_verdict};
use crate::context::{Prepared, learner};
use crate::error::SessionError;

/// Judging again stops after this time; the rest is asked for once more.
const TIME: Duration = Duration::from_secs(20);

/// A browser's work on a lab, as it is handed in.
#[derive(Debug, Clone)]
pub struct BrowserWork {
    /// Its name, which the browser chose.
    pub id: String,
    /// The environment of the checks that it was done with; none: nobody knows it any more.
    pub env: Option<BTreeMap<String, String>>,
    /// What nobody can judge again is kept all the same, and marked.
    pub takes_reports: bool,
    /// The language of the words about rows.
    pub words: Words,
}

/// An attempt as the browser has it.
#[derive(Debug, Clone)]
pub struct Handed {
    /// Its id, one of its own in its work.
    pub id: String,
    /// The task.
    pub task: String,
    /// When, by the learner's clock.
    pub at_ms: UnixMs,
    /// What the browser's judge said.
    pub verdict: Verdict,
    /// Share of the task's points.
    pub share: f64,
    /// Lines for the learner.
    pub feedback: Vec<String>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What was answered.
    pub answer: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// It is kept; `true`: it was already.
    Kept(Box<Attempt>, bool),
    /// It is not, and never will be.
    Refused(NotTaken),
    /// It is not now: there was no time for it, or this forbids it.
    Later(Option<Shut>),
}

/// Why an attempt is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTaken {
    /// The lab has no such task.
    NoTask,
    /// All tries at it are used.
    NoTriesLeft,
    /// Its answer cannot be judged.
    Answer(AnswerError),
    /// Nobody can judge it again, and this course does not take a browser's word for it.
    SelfReported,
}

impl Supervisor {
    /// The session that stands for a learner's work in a browser; made when it is missing.
    pub async fn browser_session(&self, learner: &Learner) -> Result<SessionRecord, SessionError> {
        let store = &self.context.store;
        if let Some(known) = store.browser_session(learner).await? {
            return Ok(known);
        }
        let new = self.fresh_record(learner)?;
        let now = self.now();
        store
            .add_browser_session(&SessionRecord {
                state: SessionState::Ended,
                ended_ms: Some(now),
                place: Some(BROWSER.to_owned()),
                ..new.clone()
            })
            .await?;
        // Another request may have made it first.
        let made = store.browser_session(learner).await?;
        made.ok_or(SessionError::NoSession { id: new.id })
    }

    /// Keeps what was done in a browser, oldest first. What was handed in before is not judged again.
    pub async fn hand_in(
        &self,
        learner: &Learner,
        work: &BrowserWork,
        handed: &[Handed],
    ) -> Result<Vec<Taken>, SessionError> {
        let session = self.browser_session(learner).await?;
        let (prepared, values_known) = self.prepared_for(&session, work)?;
        let began = Instant::now();
        let mut taken = Vec::with_capacity(handed.len());
        let mut last_ms = 0;
        for one in handed {
            if began.elapsed() > TIME {
                taken.push(Taken::Later(None));
                continue;
            }
            // In the order in which they were done, also within a millisecond.
            last_ms = self.now().max(last_ms + 1);
            let at = (one, last_ms);
            taken.push(
                self.take(&session, (&prepared, values_known), work, at)
                    .await?,
            );
        }
        let store = &self.context.store;
        store.touch_browser_session(&session, self.now()).await?;
        self.show_progress(learner).await?;
        Ok(taken)
    }

    /// A session of the lab that is open shows what has come.
    pub async fn show_progress(&self, learner: &Learner) -> Result<(), SessionError> {
        let store = &self.context.store;
        let Learner {
            account,
            course,
            lab,
        } = learner;
        if let Some(open) = store.find_open_session(account, course, lab).await? {
            self.refresh(&open.id).await;
        }
        Ok(())
    }

    /// The lab as it was for this work; `false`: with other values, for its own are not known any more.
    fn prepared_for(
        &self,
        session: &SessionRecord,
        work: &BrowserWork,
    ) -> Result<(Prepared, bool), SessionError> {
        let with = |env| self.context.prepare_with(session, env);
        if let Some(prepared) = work.env.as_ref().and_then(with) {
            return Ok((prepared, true));
        }
        let prepared = self.context.prepare(session);
        let prepared = prepared.map_err(|cause| SessionError::Prepare { cause })?;
        let has_values = !prepared.lab.lab.params.is_empty();
        Ok((prepared, !has_values))
    }

    async fn take(
        &self,
        session: &SessionRecord,
        (prepared, values_known): (&Prepared, bool),
        work: &BrowserWork,
        (one, now): (&Handed, UnixMs),
    ) -> Result<Taken, SessionError> {
        let id = scoped(&session.id, &format!("{}.{}", work.id, one.id));
        if let Some(known) = self.context.store.attempt(&id).await? {
            return Ok(Taken::Kept(Box::new(known), true));
        }
        let lab = Arc::clone(&prepared.lab);
        let task = TaskId::new(&one.task).ok();
        let Some(task) = task.and_then(|id| find_task(&lab.lab, &id).ok()) else {
            return Ok(Taken::Refused(NotTaken::NoTask));
        };
        let answer = match parsed(task, one.answer.clone()) {
            Ok(answer) => answer,
            Err(error) => return Ok(Taken::Refused(NotTaken::Answer(error))),
        };
        let _turn = match self.take_turn(&learner(session), &task.id) {
            Ok(turn) => turn,
            Err(SessionError::Checking { .. }) => return Ok(Taken::Later(None)),
            Err(error) => return Err(error),
        };
        let rule = match self.may_try(session, &task.id).await {
            Ok(rule) => rule,
            Err(SessionError::Shut(Shut::NoTriesLeft)) => {
                return Ok(Taken::Refused(NotTaken::NoTriesLeft));
            }
            // Dates change, for everybody and for one: it may come in time yet.
            Err(SessionError::Shut(shut)) => return Ok(Taken::Later(Some(shut))),
            Err(error) => return Err(error),
        };
        let asked = (prepared, task, answer.as_deref());
        let judged = match can_judge(task, values_known) {
            Some(true) => self.judge_again(session, asked, work, one).await?,
            // Nobody knows what was asked for, and who asks does not say.
            Some(false) => return Ok(Taken::Refused(NotTaken::SelfReported)),
            None if work.takes_reports => Some((reported(one), StoredEvidence::SelfReported)),
            None => return Ok(Taken::Refused(NotTaken::SelfReported)),
        };
        let Some((judgement, evidence)) = judged else {
            return Ok(Taken::Later(None));
        };
        let attempt = Attempt {
            id,
            session: session.id.clone(),
            learner: learner(session),
            task: task.id.clone(),
            at_ms: now,
            verdict: stored_verdict(judgement.verdict),
            evidence,
            share: judgement.share,
            points: task.points,
            feedback: judgement.feedback,
            answer,
            took_ms: one.took_ms,
            broken: judgement.broken,
            // Clocks of learners go wrong; nothing was done later than it came.
            done_ms: Some(one.at_ms.clamp(0, now)),
        };
        self.keep(&attempt, &lab.lab, rule).await?;
        Ok(Taken::Kept(Box::new(attempt), false))
    }

    /// Judges an answer here. A judge that failed itself is none, for the learner cannot press again; nor is a first word that
    /// says less than the browser did, for a busy machine stops queries too early.
    async fn judge_again(
        &self,
        session: &SessionRecord,
        (prepared, task, answer): (&Prepared, &Task, Option<&str>),
        work: &BrowserWork,
        one: &Handed,
    ) -> Result<Option<(Judgement, StoredEvidence)>, SessionError> {
        let decide = || self.decide(session, prepared, task, answer, work.words);
        let mut judgement = decide().await?.0;
        if one.verdict == Verdict::Done && judgement.verdict != Verdict::Done {
            judgement = decide().await?.0;
        }
        let failed = judgement.verdict == Verdict::Broken && one.verdict != Verdict::Broken;
        let evidence = stored_evidence(Evidence::of(&prepared.lab.lab, task));
        Ok((!failed).then_some((judgement, evidence)))
    }
}

/// An answer needs the values that it was asked for. None: a script needs the learner's machine, which is gone.
fn can_judge(task: &Task, values_known: bool) -> Option<bool> {
    match &task.check {
        Check::Script { .. } => None,
        Check::Sql { .. } => Some(true),
        Check::Expect(_) => Some(values_known),
    }
}

/// The browser's word, within what a verdict can be worth.
fn reported(one: &Handed) -> Judgement {
    let share = match one.verdict {
        Verdict::Done => 1.0,
        Verdict::Part if one.share.is_finite() => one.share.clamp(0.0, 1.0),
        Verdict::Part | Verdict::NotYet | Verdict::Broken => 0.0,
    };
    let broken = (one.verdict == Verdict::Broken)
        .then(|| "it was broken in the learner's browser".to_owned());
    Judgement {
        verdict: one.verdict,
        share,
        feedback: feedback(&one.feedback),
        broken,
    }
}
