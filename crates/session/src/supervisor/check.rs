//! One check of one task: run or compare, judge, store, count.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use labwright_grading::{
    AnswerError, Ended, Evidence, Judgement, Rule, Verdict, Words, compare, judge, judge_answer,
    parse_answer, parse_query,
};
use labwright_model::{Answer, Check, Lab, SessionId, Task, TaskId};
use labwright_sql::SqlSource;
use labwright_store::{
    Attempt, Learner, Link, SessionRecord, SessionState, StoreError, StoredEvidence, StoredVerdict,
    random_id,
};
use labwright_wire::{CheckOutput, ClientError, Exit, Open, Reply};

use super::{Supervisor, is_lost, not_ready};
use crate::context::{Prepared, learner};
use crate::error::SessionError;
use crate::progress::{counted_points, counted_shares};

/// How much longer than its own timeout the agent may take to tell of a check.
const GRACE: Duration = Duration::from_secs(15);
/// How often an attempt is stored again when the database is busy.
const STORE_TRIES: u32 = 3;

/// What a learner gives to a check.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The answer; of an `sql` task, the query.
    pub answer: Option<String>,
    /// Makes a repetition harmless: the attempt that was stored under it is returned and nothing is run.
    pub attempt_id: Option<String>,
    /// The language of the words about rows.
    pub words: Words,
}

impl Supervisor {
    /// Checks a task: runs its script or compares the answer, and keeps the attempt. What fails
    /// before there is a verdict is an error, and no attempt.
    pub async fn check(
        &self,
        id: &SessionId,
        task: &TaskId,
        given: Given,
    ) -> Result<Attempt, SessionError> {
        let Given {
            answer,
            attempt_id,
            words,
        } = given;
        let record = self.record(id).await?;
        if let Some(known) = self.known(&record, task, attempt_id.as_deref()).await? {
            return Ok(known);
        }
        let prepared = self
            .context
            .prepare(&record)
            .map_err(|cause| SessionError::Prepare { cause })?;
        let lab = Arc::clone(&prepared.lab);
        let found = find_task(&lab.lab, task)?;
        let answer = parsed(found, answer)?;
        let _turn = self.take_turn(&learner(&record), task)?;
        let rule = self.may_try(&record, task).await?;
        self.touch(id);
        let began = Instant::now();
        let (judgement, took) = self
            .decide(&record, &prepared, found, answer.as_deref(), words)
            .await?;
        let attempt = Attempt {
            id: match attempt_id {
                Some(attempt_id) => scoped(id, &attempt_id),
                None => random_id()?,
            },
            session: id.clone(),
            learner: learner(&record),
            task: task.clone(),
            at_ms: self.now(),
            verdict: stored_verdict(judgement.verdict),
            evidence: stored_evidence(Evidence::of(&lab.lab, found)),
            share: judgement.share,
            points: found.points,
            feedback: judgement.feedback,
            answer,
            took_ms: took.unwrap_or_else(|| to_ms(began.elapsed())),
            broken: judgement.broken,
            done_ms: None,
        };
        self.keep(&attempt, &lab.lab, rule).await?;
        self.refresh(id).await;
        Ok(attempt)
    }

    /// The attempt that a repeated request has made already.
    async fn known(
        &self,
        record: &SessionRecord,
        task: &TaskId,
        attempt_id: Option<&str>,
    ) -> Result<Option<Attempt>, SessionError> {
        let Some(attempt_id) = attempt_id else {
            return Ok(None);
        };
        let known = self
            .context
            .store
            .attempt(&scoped(&record.id, attempt_id))
            .await?;
        match known {
            Some(attempt) if attempt.task != *task => Err(SessionError::AttemptMismatch),
            known => Ok(known),
        }
    }

    /// The rule of the lab, if it allows one more try.
    pub(super) async fn may_try(
        &self,
        record: &SessionRecord,
        task: &TaskId,
    ) -> Result<Rule, SessionError> {
        let learner = learner(record);
        let rule = self.context.rule(&learner).await?;
        let tries = match rule.tries {
            Some(_) => {
                let attempts = self.context.store.attempts_of(&learner).await?;
                let counted = counted_shares(rule, &attempts);
                counted.get(task).map_or(0, |counted| counted.tries)
            }
            None => 0,
        };
        rule.may_try(self.now(), tries)
            .map_err(SessionError::Shut)?;
        Ok(rule)
    }

    pub(super) async fn decide(
        &self,
        record: &SessionRecord,
        prepared: &Prepared,
        task: &Task,
        answer: Option<&str>,
        words: Words,
    ) -> Result<(Judgement, Option<u64>), SessionError> {
        match &task.check {
            Check::Script { .. } => {
                let output = self.run(&record.id, prepared, task, answer).await?;
                Ok((judge_output(&output), Some(output.took_ms)))
            }
            Check::Expect(expect) => {
                let kind = task.answer.as_ref().unwrap_or(&Answer::Text);
                let Some(answer) = answer else {
                    return Err(AnswerError::Missing.into());
                };
                let judgement = match prepared.values().fill(&expect.value) {
                    Ok(value) => match compare(expect, &value, kind, answer) {
                        Ok(right) => judge_answer(right),
                        Err(error) => Judgement::broken(error.to_string()),
                    },
                    Err(error) => Judgement::broken(error.to_string()),
                };
                Ok((judgement, None))
            }
            Check::Sql { query, database } => {
                let source = SqlSource {
                    asker: &self.context.asker,
                    assets: &prepared.lab.assets,
                    database,
                };
                let answer = answer.unwrap_or_default();
                Ok((source.judge(&query.text, answer, words).await, None))
            }
        }
    }

    /// Runs a task's script on its node.
    async fn run(
        &self,
        id: &SessionId,
        prepared: &Prepared,
        task: &Task,
        answer: Option<&str>,
    ) -> Result<CheckOutput, SessionError> {
        let Check::Script {
            on,
            script,
            user,
            timeout_ms,
        } = &task.check
        else {
            return Err(SessionError::Unsupported {
                task: task.id.clone(),
            });
        };
        if self.view(id).await?.state != SessionState::Ready {
            return Err(not_ready(id));
        }
        let open = Open::Check {
            node: on.clone(),
            script: script.text.clone(),
            env: check_env(prepared, task, answer),
            user: user.clone(),
            timeout_ms: *timeout_ms,
        };
        let client = self.client(id)?;
        let limit = Duration::from_millis(*timeout_ms) + GRACE;
        let asked = tokio::time::timeout(limit, client.open(&open)).await;
        match asked {
            Ok(Ok((Reply::Check(output), _))) => Ok(output),
            Ok(Ok(_)) => Err(not_ready(id)),
            // The machine died, or the server lost it: no verdict, no attempt.
            Ok(Err(error)) if is_lost(&error) => Err(SessionError::Agent {
                id: id.clone(),
                source: error,
            }),
            Ok(Err(ClientError::Refused(failure))) if failure.code == "not_ready" => {
                Err(not_ready(id))
            }
            Ok(Err(error)) => Ok(not_run(&crate::link::chain(&error))),
            Err(_) => Err(SessionError::Timeout { id: id.clone() }),
        }
    }

    /// Stores an attempt, and with it the scores that a course elsewhere waits for; a busy database
    /// is asked again.
    pub(super) async fn keep(
        &self,
        attempt: &Attempt,
        lab: &Lab,
        rule: Rule,
    ) -> Result<(), SessionError> {
        let count = |attempts: &[Attempt], link: &Link| counted_points(lab, link, rule, attempts);
        let mut tries = 1;
        loop {
            match self.context.store.add_counted_attempt(attempt, count).await {
                Err(StoreError::Busy { .. }) if tries < STORE_TRIES => tries += 1,
                stored => {
                    stored?;
                    return Ok(());
                }
            }
        }
    }

    /// A learner's turn at a task, on whichever computer.
    pub(super) fn take_turn(&self, learner: &Learner, task: &TaskId) -> Result<Turn, SessionError> {
        let key = (learner.clone(), task.clone());
        let mut checking = self.checking.lock().unwrap_or_else(PoisonError::into_inner);
        if !checking.insert(key.clone()) {
            return Err(SessionError::Checking { task: task.clone() });
        }
        drop(checking);
        Ok(Turn {
            supervisor: self.clone(),
            key,
        })
    }
}

/// A task's turn to be checked; ends when dropped, also when whoever asked went away.
pub(super) struct Turn {
    supervisor: Supervisor,
    key: (Learner, TaskId),
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut checking = self
            .supervisor
            .checking
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        checking.remove(&self.key);
    }
}

/// What was answered, as the task takes it; none where it asks for nothing.
pub(super) fn parsed(task: &Task, answer: Option<String>) -> Result<Option<String>, AnswerError> {
    match (&task.check, &task.answer) {
        (Check::Sql { .. }, _) => parse_query(answer).map(Some),
        (_, Some(kind)) => parse_answer(kind, answer.as_deref()).map(Some),
        (_, None) => Ok(None),
    }
}

pub(super) fn find_task<'a>(lab: &'a Lab, id: &TaskId) -> Result<&'a Task, SessionError> {
    lab.steps
        .iter()
        .flat_map(|step| &step.tasks)
        .find(|task| task.id == *id)
        .ok_or_else(|| SessionError::NoTask { task: id.clone() })
}

fn check_env(prepared: &Prepared, task: &Task, answer: Option<&str>) -> IndexMap<String, String> {
    let mut env = prepared.values().env();
    env.insert("TASK".to_owned(), task.id.to_string());
    env.insert("ANSWER".to_owned(), answer.unwrap_or_default().to_owned());
    env
}

fn judge_output(output: &CheckOutput) -> Judgement {
    let ended = match output.exit {
        Some(Exit::Code(code)) => Ended::Code(code),
        Some(Exit::Signal(signal)) => Ended::Signal(signal),
        None => Ended::TimedOut,
    };
    judge(ended, &output.stdout, &output.stderr)
}

/// A check that the agent refused to run is a broken one.
fn not_run(why: &str) -> CheckOutput {
    CheckOutput {
        // 126: found, but not run; as a shell has it.
        exit: Some(Exit::Code(126)),
        stdout: String::new(),
        stderr: why.to_owned(),
        took_ms: 0,
    }
}

/// Ids that callers choose are theirs within a session only.
pub(super) fn scoped(id: &SessionId, attempt_id: &str) -> String {
    format!("{id}/{attempt_id}")
}

fn to_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn stored_verdict(verdict: Verdict) -> StoredVerdict {
    match verdict {
        Verdict::Done => StoredVerdict::Done,
        Verdict::Part => StoredVerdict::Part,
        Verdict::NotYet => StoredVerdict::NotYet,
        Verdict::Broken => StoredVerdict::Broken,
    }
}

pub(super) fn stored_evidence(evidence: Evidence) -> StoredEvidence {
    match evidence {
        Evidence::InNode => StoredEvidence::InNode,
        Evidence::Guarded => StoredEvidence::Guarded,
        Evidence::Answer => StoredEvidence::Answer,
    }
}
