//! Scores on their way, through everything that goes wrong at a platform, and through kills at every step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use labwright_model::{LabName, SessionId, TaskId};
use labwright_server::Clock;
use labwright_store::{
    Account, AccountId, AccountRole, Attempt, Columns, Course, CourseId, Learner, Link, Points,
    ScoreState, SentScore, SessionRecord, SessionState, Store, StoredEvidence, StoredVerdict,
    random_id,
};

use crate::platform::{Fault, Platform, Step};
use crate::world::World;

const MINUTE_MS: i64 = 60_000;
const COURSE: &str = "campus";
const LINK: &str = "link";
/// Longest wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server with a clock that the test moves, a platform, and learners who came by one link of it.
struct Books {
    world: World,
    platform: Platform,
    clock: Clock,
    /// A second connection to the server's own file.
    store: Store,
    ahead_ms: i64,
}

impl Books {
    async fn new(learners: usize) -> Self {
        let clock = Clock::by_hand();
        let open = |config: &mut labwright_server::Config| config.lti.private_networks = true;
        let world = World::by_clock(clock.clone(), open).await;
        let platform = Platform::start().await;
        let olga = world.browser("olga").await;
        let added = olga
            .post("/api/v1/operator/platforms", platform.registration())
            .await;
        let registration = added.json()["id"].as_str().unwrap().to_owned();
        let store = Store::open(&world.state().join("labwright.db"))
            .await
            .unwrap();
        let course = Course {
            id: CourseId::new(COURSE),
            title: BTreeMap::new(),
        };
        store.put_course(&course, 1).await.unwrap();
        store
            .put_link(&link(&platform, &registration))
            .await
            .unwrap();
        for number in 0..learners {
            let account = account(number);
            store
                .lti_account(&platform.issuer(), &user(number), &account)
                .await
                .unwrap();
            store.open_session(&session(number)).await.unwrap();
            store
                .tie_learner(LINK, &account.id, &user(number))
                .await
                .unwrap();
        }
        Self {
            world,
            platform,
            clock,
            store,
            ahead_ms: 0,
        }
    }

    /// Moves both clocks.
    fn set(&mut self, ahead_ms: i64) {
        self.set_apart(ahead_ms, 0);
    }

    /// Moves the platform's clock, and ours that is off by so much.
    fn set_apart(&mut self, ahead_ms: i64, off_ms: i64) {
        self.ahead_ms = ahead_ms;
        self.platform.kept.lock().unwrap().ahead_ms = ahead_ms;
        self.clock.set_ahead(ahead_ms + off_ms);
    }

    /// A learner gets so many tenths of the link's points.
    async fn reaches(&self, number: usize, tenths: u32) {
        let attempt = attempt(number, tenths, self.clock.now());
        let count = |attempts: &[Attempt], _: &Link| Points {
            given: attempts.iter().map(|one| one.share).fold(0.0, f64::max) * 10.0,
            maximum: 10.0,
            self_reported: false,
        };
        assert!(
            self.store
                .add_counted_attempt(&attempt, count)
                .await
                .unwrap()
        );
    }

    async fn scores(&self) -> Vec<SentScore> {
        let course = CourseId::new(COURSE);
        self.store.scores_in(&course, 100_000).await.unwrap()
    }

    fn told(&self) -> usize {
        self.platform.kept.lock().unwrap().told.len()
    }

    async fn is_done(&self) -> bool {
        let scores = self.scores().await;
        scores
            .iter()
            .all(|score| matches!(score.state, ScoreState::Sent | ScoreState::Superseded))
    }

    /// Until the outbox does nothing any more at this time of its clock.
    async fn settle(&self) {
        let mut before = usize::MAX;
        loop {
            let now = self.told() + usize::try_from(self.requests()).unwrap();
            if now == before || self.is_done().await {
                return;
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    fn requests(&self) -> u32 {
        self.platform.kept.lock().unwrap().requests
    }

    async fn restart(self) -> Self {
        let open = |config: &mut labwright_server::Config| config.lti.private_networks = true;
        Self {
            world: self.world.restart_with(open).await,
            ..self
        }
    }
}

fn user(number: usize) -> String {
    format!("user-{number:03}")
}

fn account(number: usize) -> Account {
    Account {
        id: AccountId::new(format!("account-{number:03}")),
        name: user(number),
        display_name: user(number),
        password: None,
        role: AccountRole::Member,
        language: String::new(),
        created_ms: 1,
    }
}

fn learner(number: usize) -> Learner {
    Learner {
        account: account(number).id,
        course: CourseId::new(COURSE),
        lab: LabName::new("tiny").unwrap(),
    }
}

fn session(number: usize) -> SessionRecord {
    let id = SessionId::new(format!("s00000-{number}")).unwrap();
    SessionRecord {
        files: id.clone(),
        id,
        course: CourseId::new(COURSE),
        lab: LabName::new("tiny").unwrap(),
        account: account(number).id,
        key_id: "k".to_owned(),
        state: SessionState::Ended,
        created_ms: 1,
        active_ms: 1,
        ready_ms: None,
        ends_ms: None,
        ended_ms: Some(1),
        saved_ms: None,
        extensions: 0,
        boots: 0,
        restore: false,
        failure: None,
        place: None,
    }
}

fn attempt(number: usize, tenths: u32, at_ms: i64) -> Attempt {
    Attempt {
        id: random_id().unwrap(),
        session: session(number).id,
        learner: learner(number),
        task: TaskId::new("count").unwrap(),
        at_ms,
        verdict: StoredVerdict::Part,
        evidence: StoredEvidence::InNode,
        share: f64::from(tenths) / 10.0,
        points: 10.0,
        feedback: Vec::new(),
        answer: None,
        took_ms: 1,
        broken: None,
        done_ms: None,
    }
}

fn link(platform: &Platform, registration: &str) -> Link {
    let scope = |name: &str| format!("https://purl.imsglobal.org/spec/lti-ags/scope/{name}");
    Link {
        id: LINK.to_owned(),
        registration: registration.to_owned(),
        deployment: "1".to_owned(),
        resource_link: "link+1".to_owned(),
        title: "Lab one".to_owned(),
        course: CourseId::new(COURSE),
        lab: LabName::new("tiny").unwrap(),
        step: None,
        line_item: None,
        line_items: Some(platform.url("/items?course=7")),
        scopes: vec![scope("lineitem"), scope("score")],
        members_url: None,
        columns: Columns::One,
        parent: None,
        task: None,
    }
}

/// What the platform does in which minute, and how far the tool's clock is off.
const HOUR: [(i64, Fault, i64); 11] = [
    (0, Fault::Down, 0),
    (6, Fault::Error, 0),
    (12, Fault::Busy, 0),
    (18, Fault::Maintenance, 0),
    (24, Fault::Reset, 0),
    (30, Fault::NoAccess, 0),
    (36, Fault::NoLineItem, 0),
    (42, Fault::Slow, 0),
    (46, Fault::None, -60),
    (50, Fault::Forgetful, 0),
    (54, Fault::Down, 0),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_scores_through_an_hour_of_trouble() {
    const LEARNERS: usize = 100;
    let mut books = Books::new(LEARNERS).await;
    let step_ms = 10_000;
    let steps = 60 * MINUTE_MS / step_ms;
    let (mut made, mut since) = (0, i64::MIN);
    for step in 0..steps {
        let minute = step * step_ms / MINUTE_MS;
        let now = HOUR.iter().rfind(|(from, ..)| *from <= minute).unwrap();
        if now.0 != since {
            since = now.0;
            books.platform.fault(now.1);
            if now.1 == Fault::NoLineItem {
                let mut kept = books.platform.kept.lock().unwrap();
                kept.line_items.clear();
                kept.scores.clear();
            }
        }
        books.set_apart(step * step_ms, now.2 * MINUTE_MS);
        // A thousand in the hour: everybody gets a tenth more, again and again.
        while made < 1000 * (step + 1) / steps {
            let (number, tenths) = (made % 100, made / 100 + 1);
            let number = usize::try_from(number).unwrap();
            books.reaches(number, u32::try_from(tenths).unwrap()).await;
            made += 1;
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    assert_eq!(books.scores().await.len(), 1000);
    assert!(!books.is_done().await);
    // A platform in trouble is not asked by every score that waits.
    let before = books.requests();
    books.set(books.ahead_ms + 3 * MINUTE_MS);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(
        books.requests() - before < 50,
        "{}",
        books.requests() - before
    );

    // It is back: everything is there within five minutes of its clock.
    books.platform.fault(Fault::None);
    let back_ms = books.ahead_ms;
    while !books.is_done().await {
        assert!(books.ahead_ms - back_ms < 5 * MINUTE_MS, "not in time");
        books.set(books.ahead_ms + step_ms);
        books.settle().await;
    }
    all_is_there_once_and_in_order(&books.platform, LEARNERS);
}

fn all_is_there_once_and_in_order(platform: &Platform, learners: usize) {
    let kept = platform.kept.lock().unwrap();
    assert_eq!(kept.scores.len(), learners);
    for (user, (given, maximum, _)) in &kept.scores {
        assert!(
            (given - 10.0).abs() < 1e-9 && (maximum - 10.0).abs() < 1e-9,
            "{user}: {given}"
        );
    }
    // None twice with an effect, and each learner's in order.
    let mut newest: BTreeMap<(&str, &str), f64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (item, user, given) in &kept.told {
        assert!(
            seen.insert(format!("{item} {user} {given}")),
            "{user} got {given} twice"
        );
        let before = newest.insert((item, user), *given);
        assert!(
            before.is_none_or(|before| before < *given),
            "{user}: {given} after {before:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_every_step_loses_nothing_and_repeats_nothing() {
    for step in [
        Step::Token,
        Step::Items,
        Step::MakeItem,
        Step::Score,
        Step::Results,
    ] {
        let mut books = Books::new(1).await;
        {
            let mut kept = books.platform.kept.lock().unwrap();
            kept.hold = Some(step);
            // The results are asked for when a score was taken, and the tool did not hear of it.
            if step == Step::Results {
                kept.fault = Fault::Forgetful;
            }
        }
        books.reaches(0, 5).await;
        let began = Instant::now();
        while !books.platform.kept.lock().unwrap().held {
            assert!(began.elapsed() < PATIENCE, "{step:?} was not reached");
            books.set(books.ahead_ms + 10_000);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // What was under way is dropped where it stands, as a kill does: nothing of it is written.
        books = books.restart().await;
        let began = Instant::now();
        while !books.is_done().await {
            assert!(began.elapsed() < PATIENCE, "{step:?}");
            books.set(books.ahead_ms + 10_000);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let kept = books.platform.kept.lock().unwrap();
        assert_eq!(kept.told.len(), 1, "{step:?}");
        assert_eq!(kept.line_items.len(), 1, "{step:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_score_that_is_refused_for_ever_slows_down_and_is_shown() {
    let mut books = Books::new(30).await;
    books.platform.kept.lock().unwrap().unknown = vec![user(0)];
    books.reaches(0, 5).await;
    let mut longest = 0;
    for minute in 1..60 * 6 {
        books.set(minute * MINUTE_MS);
        if minute % 30 == 1 {
            let number = usize::try_from(minute / 30 + 1).unwrap();
            books.reaches(number, 5).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        let scores = books.scores().await;
        let first = scores.iter().find(|score| score.account == account(0).id);
        let first = first.unwrap();
        longest = longest.max(first.next_ms - first.tried_ms.unwrap_or(first.next_ms));
    }
    books.settle().await;
    let scores = books.scores().await;
    let (refused, others): (Vec<_>, Vec<_>) = scores
        .iter()
        .partition(|score| score.account == account(0).id);
    let first = refused[0];
    assert_eq!(longest, 60 * MINUTE_MS);
    assert!(first.tries < 60, "{} tries", first.tries);
    assert_eq!(
        (first.state, first.said.as_str(), first.status),
        (ScoreState::Waiting, "refused", Some(500))
    );
    assert_eq!(first.answer, "Server Error (500)");
    assert!(first.refusals > 5, "{}", first.refusals);
    assert!(others.iter().all(|score| score.state == ScoreState::Sent));
    // They are enrolled: the score is there within the hour.
    books.platform.kept.lock().unwrap().unknown.clear();
    for _ in 0..61 {
        books.set(books.ahead_ms + MINUTE_MS);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    books.settle().await;
    assert_eq!(books.platform.score_of(&user(0)), Some(5.0));
}
