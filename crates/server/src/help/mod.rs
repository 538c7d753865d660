//! Help: raised hands and their answers, and looks over the shoulder.
//!
//! Hands, what was said and the log of looks are in the store; here is what lives no longer than the
//! server: which pages are open, who looks, and whom to tell of what is new. A look is nobody's by
//! default: with the server gone it is over.

pub(crate) mod feed;
pub(crate) mod hands;
pub(crate) mod looks;
pub(crate) mod pages;
pub(crate) mod phase;
pub(crate) mod queue;
pub(crate) mod state;

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use labwright_store::{AccountId, CourseId};
use tokio::sync::broadcast;

use self::looks::Looks;
use self::pages::{Pages, Sizes};
use crate::clock::now;
use crate::config::Config;
use crate::words::Refusal;

/// News that a slow listener may be behind; it then looks at everything.
const NEWS_WAITING: usize = 256;
/// A teacher whose page has asked within this time is on duty.
const ON_DUTY: Duration = Duration::from_secs(60);
/// Hands and words of one learner at once, and the time after which one more is given.
const WORDS: (u32, Duration) = (8, Duration::from_secs(20));
/// Questions of one teacher to one learner at once, and the time after which one more is given.
const ASKS: (u32, Duration) = (3, Duration::from_secs(60));

/// What is new: something about help in a course.
#[derive(Debug, Clone)]
pub(crate) struct News {
    course: CourseId,
    /// The learner whom it is about; none: the whole queue.
    account: Option<AccountId>,
}

/// Help, as far as it is not in the store.
pub(crate) struct Help {
    news: broadcast::Sender<News>,
    /// The stamp of each course's queue; the first is later than every one of an earlier process.
    stamps: Mutex<HashMap<CourseId, i64>>,
    born: i64,
    duty: Mutex<HashMap<CourseId, Instant>>,
    pub(crate) pages: Pages,
    pub(crate) sizes: Sizes,
    pub(crate) looks: Looks,
    words: DefaultKeyedRateLimiter<String>,
    asks: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
    /// Courses whose teachers may look without asking.
    exams: HashSet<CourseId>,
}

impl Help {
    pub(crate) fn new(config: &Config) -> Self {
        let exams = config.courses.iter().filter(|course| course.exam);
        Self {
            news: broadcast::Sender::new(NEWS_WAITING),
            stamps: Mutex::default(),
            born: now(),
            duty: Mutex::default(),
            pages: Pages::default(),
            sizes: Sizes::default(),
            looks: Looks::default(),
            words: RateLimiter::keyed(quota(WORDS)),
            asks: RateLimiter::keyed(quota(ASKS)),
            clock: DefaultClock::default(),
            exams: exams.map(|course| CourseId::new(&course.id)).collect(),
        }
    }

    /// Whether teachers of a configured course may look without asking.
    fn is_exam(&self, course: &CourseId) -> bool {
        self.exams.contains(course)
    }

    /// Something about help in a course is new.
    pub(crate) fn changed(&self, course: &CourseId, account: Option<&AccountId>) {
        {
            let mut stamps = lock(&self.stamps);
            let stamp = stamps.entry(course.clone()).or_insert(self.born);
            *stamp += 1;
        }
        // Nobody may listen.
        let _ = self.news.send(News {
            course: course.clone(),
            account: account.cloned(),
        });
    }

    fn stamp(&self, course: &CourseId) -> i64 {
        lock(&self.stamps).get(course).copied().unwrap_or(self.born)
    }

    fn listen(&self) -> broadcast::Receiver<News> {
        self.news.subscribe()
    }

    /// A teacher's page has the course's queue.
    fn on_duty(&self, course: &CourseId) {
        lock(&self.duty).insert(course.clone(), Instant::now());
    }

    fn is_on_duty(&self, course: &CourseId) -> bool {
        let duty = lock(&self.duty);
        duty.get(course).is_some_and(|at| at.elapsed() < ON_DUTY)
    }

    /// Counts a hand or words of a learner.
    fn count_words(&self, account: &AccountId) -> Result<(), Refusal> {
        self.count(&self.words, account.to_string())
    }

    /// Counts a question of a teacher to a learner.
    fn count_ask(&self, teacher: &AccountId, learner: &AccountId) -> Result<(), Refusal> {
        self.count(&self.asks, format!("{teacher} {learner}"))
    }

    fn count(&self, limiter: &DefaultKeyedRateLimiter<String>, key: String) -> Result<(), Refusal> {
        limiter.check_key(&key).map_err(|early| Refusal::TooMany {
            after_s: early.wait_time_from(self.clock.now()).as_secs() + 1,
        })
    }

    /// Forgets those who have all their tries again.
    pub(crate) fn sweep(&self) {
        self.words.retain_recent();
        self.asks.retain_recent();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn quota((burst, refill): (u32, Duration)) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(refill)
        .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
        .allow_burst(burst)
}

/// Words of somebody, if they are some and not too many.
fn within(words: &str, most: usize, what: &str) -> Result<String, Refusal> {
    let words = words.trim();
    if words.chars().count() > most {
        return Err(Refusal::BadRequest(format!(
            "`{what}` is longer than {most} characters"
        )));
    }
    Ok(words.to_owned())
}
