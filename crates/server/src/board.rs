//! Teachers' boards: one lab of a course, everybody at once, kept in memory while somebody looks.
//!
//! A fold over what the store has; it writes nothing, and a restart loses nothing. Every row carries the
//! stamp of its last change, so that a page is sent what is new to it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use labwright_api::{self as api, LineReport, Presence};
use labwright_grading::{Class, Reason, Signs, Tried, Work, points_of};
use labwright_model::{Lab, LabName, SessionId, Task, TaskId};
use labwright_session::verdict;
use labwright_store::{
    AccountId, Attempt, CourseId, SessionRecord, Store, StoreError, StoredEvidence,
};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::clock::now;
use crate::language::Wanted;
use crate::lines::{self, Lines};
use crate::{presence, view};

/// Shortest time between two looks into the store, however many teachers look.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// An attempt may be stored so much later than it was judged, in milliseconds.
const LATE_MS: i64 = 60_000;
/// A board that nobody has asked for is forgotten after this time.
const FORGET: Duration = Duration::from_secs(600);
/// Words of failed checks that are told of a task.
const WORDS: usize = 5;

type Key = (CourseId, LabName);
/// A board, and when it was asked for last.
type Asked = (Arc<Mutex<Kept>>, Instant);

/// The boards that somebody looks at.
#[derive(Default)]
pub(crate) struct Boards(StdMutex<HashMap<Key, Asked>>);

impl Boards {
    /// The board of a lab, which may know nothing yet.
    pub(crate) fn of(&self, course: &CourseId, lab: &Lab) -> Arc<Mutex<Kept>> {
        let mut boards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        boards.retain(|_, (_, asked)| asked.elapsed() < FORGET);
        let key = (course.clone(), lab.name.clone());
        let fresh = || (Arc::new(Mutex::new(Kept::new(lab))), Instant::now());
        let (board, asked) = boards.entry(key).or_insert_with(fresh);
        *asked = Instant::now();
        board.clone()
    }
}

/// What is known of one lab's class.
pub(crate) struct Kept {
    class: Class,
    rows: BTreeMap<AccountId, Row>,
    /// Attempts from [`LATE_MS`] ago on, by id and time: they are not counted again.
    recent: HashMap<String, i64>,
    newest_ms: i64,
    /// Stamps are later than every one of an earlier process.
    stamp: i64,
    born: i64,
    looked: Option<Looked>,
}

/// A look into the store: when, and what was written and measured until then.
#[derive(Clone, Copy)]
struct Looked {
    at: Instant,
    writes: u64,
    lines: u64,
}

struct Row {
    name: String,
    session: Option<SessionRecord>,
    line: Option<LineReport>,
    changed: i64,
}

impl Kept {
    fn new(lab: &Lab) -> Self {
        let born = now();
        Self {
            class: Class::new(tasks(lab).map(|(_, task)| task.id.clone())),
            rows: BTreeMap::new(),
            recent: HashMap::new(),
            newest_ms: 0,
            stamp: born,
            born,
            looked: None,
        }
    }

    /// The stamp of the last change.
    pub(crate) fn stamp(&self) -> i64 {
        self.stamp
    }

    /// Returns when the board may be another one, and may look again. Whoever waits costs nothing
    /// until then.
    pub(crate) fn stale(&self, store: &Store, lines: &Lines) -> impl Future<Output = ()> + use<> {
        let (mut writes, mut changes) = (store.writes(), lines.changes());
        let looked = self.looked;
        async move {
            let Some(looked) = looked else { return };
            tokio::select! {
                _ = writes.wait_for(|writes| *writes != looked.writes) => {}
                _ = changes.wait_for(|lines| *lines != looked.lines) => {}
            }
            tokio::time::sleep_until(looked.at + LOOK_EVERY).await;
        }
    }

    /// Reads what is new, from the store only when something was written to it.
    pub(crate) async fn look(
        &mut self,
        store: &Store,
        course: &CourseId,
        lab: &LabName,
        lines: &Lines,
    ) -> Result<(), StoreError> {
        // Before the tables are read: what is written meanwhile is read next time.
        let looking = Looked {
            at: Instant::now(),
            writes: *store.writes().borrow(),
            lines: *lines.changes().borrow(),
        };
        if let Some(last) = self.looked {
            if last.at.elapsed() < LOOK_EVERY {
                return Ok(());
            }
            if last.writes == looking.writes {
                self.looked = Some(looking);
                let next = self.stamp + 1;
                if self.take_lines(&lines.fresh(), next) {
                    self.stamp = next;
                }
                return Ok(());
            }
        }
        let learners = store.learners_in(course).await?;
        let sessions = store.sessions_at(course, lab).await?;
        let from_ms = self.newest_ms - LATE_MS;
        let attempts = store.attempts_at(course, lab, from_ms).await?;
        self.looked = Some(looking);
        let next = self.stamp + 1;
        let mut changed = self.take_people(learners, next);
        for session in &sessions {
            if let Some(ready_ms) = session.ready_ms {
                self.class.began(session.account.as_str(), ready_ms);
            }
        }
        for attempt in attempts {
            changed |= self.take_attempt(&attempt, next);
        }
        let oldest = self.newest_ms - LATE_MS;
        self.recent.retain(|_, at_ms| *at_ms >= oldest);
        for (account, session) in presence::latest(sessions) {
            changed |= self.take_session(&account, session, next);
        }
        changed |= self.take_lines(&lines.fresh(), next);
        if changed {
            self.stamp = next;
        }
        Ok(())
    }

    fn take_people(&mut self, learners: Vec<(AccountId, String)>, next: i64) -> bool {
        let mut changed = false;
        for (account, name) in learners {
            let row = self.rows.entry(account).or_insert_with(|| Row {
                name: String::new(),
                session: None,
                line: None,
                changed: next,
            });
            if row.name != name {
                row.name = name;
                row.changed = next;
                changed = true;
            }
        }
        changed
    }

    fn take_attempt(&mut self, attempt: &Attempt, next: i64) -> bool {
        if self.recent.contains_key(&attempt.id) {
            return false;
        }
        self.newest_ms = self.newest_ms.max(attempt.at_ms);
        self.recent.insert(attempt.id.clone(), attempt.at_ms);
        let last_line = attempt.feedback.iter().rev().find(|line| !line.is_empty());
        self.class.add(&Tried {
            learner: attempt.learner.account.to_string(),
            task: attempt.task.clone(),
            // What was handed in later was done one after another, too.
            at_ms: attempt.done_ms.unwrap_or(attempt.at_ms),
            self_reported: attempt.evidence == StoredEvidence::SelfReported,
            verdict: verdict(attempt.verdict),
            share: attempt.share,
            words: last_line.cloned(),
        });
        if let Some(row) = self.rows.get_mut(&attempt.learner.account) {
            row.changed = next;
        }
        true
    }

    fn take_session(&mut self, account: &AccountId, session: SessionRecord, next: i64) -> bool {
        let Some(row) = self.rows.get_mut(account) else {
            return false;
        };
        if row.session.as_ref() == Some(&session) {
            return false;
        }
        row.session = Some(session);
        row.changed = next;
        true
    }

    fn take_lines(&mut self, lines: &HashMap<SessionId, LineReport>, next: i64) -> bool {
        let mut changed = false;
        for row in self.rows.values_mut() {
            let session = row.session.as_ref();
            let line = session.and_then(|session| lines.get(&session.id).copied());
            if lines::differ(row.line, line) {
                row.line = line;
                row.changed = next;
                changed = true;
            }
        }
        changed
    }

    /// The board as a page wants it that has everything up to `after`; `place` is where labs run.
    pub(crate) fn view(&self, lab: &Lab, wanted: &Wanted, place: &str, after: i64) -> api::Board {
        let whole = after < self.born;
        let stuck = self.stuck(lab);
        let rows = self
            .rows
            .iter()
            .filter(|(_, row)| whole || row.changed > after);
        let mut learners: Vec<_> = rows
            .map(|(id, row)| self.learner(lab, place, id, row))
            .collect();
        learners.sort_by(|a, b| (&a.display_name, &a.id).cmp(&(&b.display_name, &b.id)));
        api::Board {
            course: String::new(),
            course_title: String::new(),
            lab: lab.name.to_string(),
            title: lab.title.get(&wanted.tag).to_owned(),
            labs: Vec::new(),
            at: now(),
            stamp: self.stamp,
            whole,
            tasks: self.tasks(lab, wanted),
            steps: self.steps(lab, wanted),
            learners,
            stuck,
        }
    }

    fn tasks(&self, lab: &Lab, wanted: &Wanted) -> Vec<api::BoardTask> {
        let mut at_it: HashMap<&TaskId, u32> = HashMap::new();
        let here = self
            .rows
            .iter()
            .filter(|(_, row)| presence(row) == Presence::Here);
        for (id, _) in here {
            if let Some(task) = self.class.at_hand(id.as_str()) {
                *at_it.entry(task).or_default() += 1;
            }
        }
        let column = |(step, task): (u32, &Task)| {
            let sum = self.class.sum(&task.id);
            let words = sum.words.into_iter().take(WORDS);
            api::BoardTask {
                id: task.id.to_string(),
                title: task.title.get(&wanted.tag).to_owned(),
                step,
                points: task.points,
                done: sum.done,
                part: sum.part,
                tried: sum.tried,
                at_it: at_it.get(&task.id).copied().unwrap_or_default(),
                attempts: sum.attempts,
                broken: sum.broken,
                median_ms: sum.median_ms,
                words: words
                    .map(|(words, learners)| api::BoardWords { words, learners })
                    .collect(),
            }
        };
        tasks(lab).map(column).collect()
    }

    fn steps(&self, lab: &Lab, wanted: &Wanted) -> Vec<api::BoardStep> {
        let tasks: Vec<Vec<_>> = lab
            .steps
            .iter()
            .map(|step| step.tasks.iter().map(|task| task.id.clone()).collect())
            .collect();
        let started = self.rows.iter().filter(|(_, row)| row.session.is_some());
        let sums = self.class.steps(&tasks, started.map(|(id, _)| id.as_str()));
        let steps = lab.steps.iter().zip(sums).enumerate();
        steps
            .map(|(at, (step, sum))| api::BoardStep {
                n: u32::try_from(at + 1).unwrap_or(u32::MAX),
                title: view::plain_title(at, step, wanted),
                tasks: u32::try_from(step.tasks.len()).unwrap_or(u32::MAX),
                reached: sum.reached,
                finished: sum.finished,
                median_ms: sum.median_ms,
            })
            .collect()
    }

    fn learner(&self, lab: &Lab, place: &str, id: &AccountId, row: &Row) -> api::BoardLearner {
        let works = self.class.works(id.as_str());
        let cell = |(_, task): (u32, &Task)| {
            let work = works.and_then(|works| works.get(&task.id));
            api::BoardCell {
                state: work.map_or(api::TaskState::Untried, state),
                score: work.map_or(0.0, |work| points_of(work.best, task.points)),
                attempts: work.map_or(0, |work| work.attempts),
                self_reported: work.is_some_and(|work| work.self_reported),
            }
        };
        let cells: Vec<_> = tasks(lab).map(cell).collect();
        api::BoardLearner {
            id: id.to_string(),
            display_name: row.name.clone(),
            presence: presence(row),
            active_at: row.session.as_ref().map(|session| session.active_ms),
            score: cells.iter().map(|cell| cell.score).sum(),
            cells,
            work: self
                .class
                .work(id.as_str(), signs(row))
                .map(|work| api::BoardWork {
                    task: work.task.to_string(),
                    since: work.since_ms,
                    failed: work.failed,
                }),
            place: place_of(row, place),
            line: row.line,
        }
    }

    /// Who is perhaps stuck at a task.
    pub(crate) fn stuck_at(&self, lab: &Lab, task: &TaskId) -> Vec<AccountId> {
        let stuck = self.stuck(lab).into_iter();
        stuck
            .filter(|stuck| stuck.task == task.as_str())
            .map(|stuck| AccountId::new(stuck.learner))
            .collect()
    }

    fn stuck(&self, lab: &Lab) -> Vec<api::BoardStuck> {
        let medians: HashMap<_, _> = tasks(lab)
            .map(|(_, task)| (&task.id, self.class.sum(&task.id).median_ms))
            .collect();
        let now_ms = now();
        let mut all: Vec<_> = self
            .rows
            .iter()
            .filter_map(|(id, row)| {
                let median = medians.get(self.class.at_hand(id.as_str())?);
                let median_ms = median.copied().flatten();
                let found = self
                    .class
                    .stuck(id.as_str(), signs(row), median_ms, now_ms)?;
                Some(api::BoardStuck {
                    learner: id.to_string(),
                    task: found.task.to_string(),
                    reason: match found.reason {
                        Reason::Tries => api::StuckReason::Tries,
                        Reason::Quiet => api::StuckReason::Quiet,
                        Reason::Time => api::StuckReason::Time,
                    },
                    since: found.since_ms,
                    failed: found.failed,
                    words: found.words,
                })
            })
            .collect();
        all.sort_by_key(|stuck| stuck.since);
        all
    }
}

/// Tasks with the number of their step.
fn tasks(lab: &Lab) -> impl Iterator<Item = (u32, &Task)> {
    (1..)
        .zip(&lab.steps)
        .flat_map(|(step, one)| one.tasks.iter().map(move |task| (step, task)))
}

/// As in the learner's own page: done stays done.
fn state(work: &Work) -> api::TaskState {
    match (work.done_ms, work.best > 0.0) {
        (Some(_), _) => api::TaskState::Done,
        (None, true) => api::TaskState::Part,
        (None, false) => api::TaskState::NotYet,
    }
}

/// Where the lab of somebody is who has it open here, or last worked on it in a browser.
fn place_of(row: &Row, place: &str) -> Option<String> {
    let session = row.session.as_ref()?;
    match &session.place {
        Some(elsewhere) => Some(elsewhere.clone()),
        None => (presence(row) == Presence::Here).then(|| place.to_owned()),
    }
}

fn presence(row: &Row) -> Presence {
    presence::of(row.session.as_ref())
}

fn signs(row: &Row) -> Signs {
    let session = row.session.as_ref();
    Signs {
        is_here: presence(row) == Presence::Here,
        since_ms: session.map_or(0, |one| one.ready_ms.unwrap_or(one.created_ms)),
        active_ms: session.map_or(0, |session| session.active_ms),
    }
}

#[cfg(test)]
mod tests {
    use labwright_store::Course;

    use super::*;

    #[tokio::test]
    async fn an_idle_board_asks_the_database_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("db")).await.unwrap();
        let lines = Lines::default();
        let lab = lab();
        let course = CourseId::new("nets");
        let mut kept = Kept::new(&lab);
        kept.look(&store, &course, &lab.name, &lines).await.unwrap();

        let quiet = tokio::time::timeout(LOOK_EVERY * 2, kept.stale(&store, &lines));
        assert!(quiet.await.is_err(), "nothing was written: it sleeps");
        let stale = kept.stale(&store, &lines);
        let put = Course {
            id: course.clone(),
            title: BTreeMap::new(),
        };
        store.put_course(&put, 1).await.unwrap();
        stale.await;
        kept.look(&store, &course, &lab.name, &lines).await.unwrap();

        let line = LineReport {
            round_trip_ms: 900,
            lost_percent: 0,
            polling: false,
        };
        let stale = kept.stale(&store, &lines);
        lines.note(&SessionId::new("t-1").unwrap(), line);
        stale.await;
        // The database is gone: a look that had to read would fail.
        store.close().await;
        kept.look(&store, &course, &lab.name, &lines).await.unwrap();
    }

    fn lab() -> Lab {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/lab");
        labwright_manifest::load(folder.as_ref()).lab.unwrap()
    }
}
