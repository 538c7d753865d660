//! Many launches at once: a few in CI; on request as many as you like, with figures.
//!
//! `cargo test --release -p labwright-server --test it -- --ignored a_thousand_launches --nocapture`;
//! `LAUNCHES`, `LAUNCH_SECONDS` and `STARTS` change the numbers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use labwright_server::AccountConfig;
use serde_json::{Value, json};

use crate::world::{Browser, World};

/// How many times an impatient learner clicks at once.
const CLICKS: usize = 20;

/// What became of one learner's launch.
struct Outcome {
    /// How long each answer took.
    answers: Vec<Duration>,
    /// Statuses that were no success.
    failures: Vec<StatusCode>,
    created: usize,
    /// The session, the same from every click.
    sessions: Vec<String>,
    /// Of the first answer: the place in line and when it was said to be ready.
    queued: Option<Option<u64>>,
    /// From the first click until it was ready.
    ready: Duration,
}

pub async fn world(learners: usize, starts: usize, sessions: usize) -> World {
    World::with(|config| {
        config.limits.starts = Some(starts);
        config.limits.sessions = Some(sessions);
        config.accounts.extend((0..learners).map(|n| AccountConfig {
            name: format!("learner{n}"),
            display_name: None,
            password: None,
            password_hash: None,
            operator: false,
            language: None,
        }));
        let names = (0..learners).map(|n| format!("learner{n}"));
        config.courses[0].learners.extend(names);
    })
    .await
}

/// Clicks so often at once, listens to the session, and waits until it is ready.
async fn launch(browser: Browser, clicks: usize) -> Outcome {
    let began = Instant::now();
    let click = || async {
        let at = Instant::now();
        let body = json!({ "course": "nets", "lab": "tiny" });
        let answer = browser.post("/api/v1/sessions", body).await;
        (answer, at.elapsed())
    };
    let clicked = futures::future::join_all((0..clicks).map(|_| click())).await;
    let mut outcome = Outcome {
        answers: clicked.iter().map(|(_, took)| *took).collect(),
        failures: Vec::new(),
        created: 0,
        sessions: Vec::new(),
        queued: None,
        ready: Duration::ZERO,
    };
    for (answer, _) in clicked {
        if !answer.status.is_success() {
            outcome.failures.push(answer.status);
            continue;
        }
        outcome.created += usize::from(answer.status == StatusCode::CREATED);
        let view: Value = answer.ok();
        if view["state"] == "queued" {
            let queue = &view["queue"];
            assert!(queue["place"].as_u64().unwrap() >= 1, "{queue}");
            outcome.queued = outcome.queued.or(Some(queue["expected_ms"].as_u64()));
        }
        outcome
            .sessions
            .push(view["id"].as_str().unwrap().to_owned());
    }
    outcome.sessions.dedup();
    let Some(session) = outcome.sessions.first() else {
        return outcome;
    };
    let hello = json!({ "token": browser.token });
    let path = format!("/api/v1/sessions/{session}/events");
    let mut events = browser.socket(&path, hello).await;
    loop {
        let event = events.text().await;
        if event["session"]["state"] == "ready" {
            break;
        }
    }
    outcome.ready = began.elapsed();
    outcome
}

/// Half of them come in the first sixth of the time, as when a class begins.
fn arrival(n: usize, learners: usize, all: Duration) -> Duration {
    let at = n as f64 / learners as f64;
    let share = if at < 0.5 {
        at / 3.0
    } else {
        1.0 / 6.0 + (at - 0.5) * 5.0 / 3.0
    };
    all.mul_f64(share)
}

async fn run(world: &Arc<World>, learners: usize, all: Duration) -> Vec<Outcome> {
    // Tokens first: signing in is not what is measured.
    let mut browsers = Vec::new();
    for n in 0..learners {
        browsers.push(world.browser(&format!("learner{n}")).await);
    }
    let began = tokio::time::Instant::now();
    let launches = browsers.into_iter().enumerate().map(|(n, browser)| {
        tokio::spawn(async move {
            tokio::time::sleep_until(began + arrival(n, learners, all)).await;
            launch(browser, if n % 10 == 0 { CLICKS } else { 1 }).await
        })
    });
    let outcomes = futures::future::join_all(launches).await;
    outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap())
        .collect()
}

fn check(world: &World, outcomes: &[Outcome]) {
    for outcome in outcomes {
        assert!(outcome.failures.is_empty(), "{:?}", outcome.failures);
        assert_eq!(outcome.sessions.len(), 1, "one session each");
        assert_eq!(outcome.created, 1, "made once");
    }
    assert_eq!(
        world.place.starts() as usize,
        outcomes.len(),
        "one machine each"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn launches_at_once_have_one_session_each_and_a_place_in_line() {
    let world = Arc::new(world(30, 2, 30).await);
    world
        .place
        .behave(|fake| fake.start_delay = Duration::from_millis(50));
    let outcomes = run(&world, 30, Duration::ZERO).await;
    check(&world, &outcomes);
    assert!(outcomes.iter().any(|outcome| outcome.queued.is_some()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a load: run it on request"]
async fn a_thousand_launches() {
    let number = |name: &str, otherwise: usize| {
        let given = std::env::var(name).ok();
        given.map_or(otherwise, |given| given.parse().unwrap())
    };
    let learners = number("LAUNCHES", 1000);
    let all = Duration::from_secs(number("LAUNCH_SECONDS", 60) as u64);
    let world = Arc::new(world(learners, number("STARTS", 8), learners).await);
    world.place.behave(|fake| {
        fake.start_delay = Duration::from_millis(300);
        fake.ready_delay = Duration::from_millis(200);
    });
    let (cpu, began) = (cpu_s(), Instant::now());
    let outcomes = run(&world, learners, all).await;
    let (cpu, took) = (cpu_s() - cpu, began.elapsed().as_secs_f64());
    let answers = outcomes.iter().flat_map(|outcome| outcome.answers.clone());
    let answers = sorted(answers.map(|took| took.as_secs_f64() * 1000.0));
    let queued = outcomes
        .iter()
        .filter(|outcome| outcome.queued.is_some())
        .count();
    let told = outcomes.iter().filter_map(|outcome| {
        Some((
            outcome.queued.flatten()? as f64,
            outcome.ready.as_secs_f64() * 1000.0,
        ))
    });
    let told: Vec<_> = told.collect();
    let off = sorted(told.iter().map(|(said, was)| (said - was) / was.max(1.0)));
    println!(
        "{learners} launches in {} s; {took:.1} s until all were ready",
        all.as_secs()
    );
    println!(
        "{} answers: p50 {:.0} ms, p95 {:.0} ms, p99 {:.0} ms, most {:.0} ms",
        answers.len(),
        at(&answers, 0.5),
        at(&answers, 0.95),
        at(&answers, 0.99),
        at(&answers, 1.0)
    );
    println!(
        "{queued} were queued, {} of them were told a time; said against was: p5 {:+.0} %, p50 {:+.0} %, p95 {:+.0} %",
        told.len(),
        100.0 * at(&off, 0.05),
        100.0 * at(&off, 0.5),
        100.0 * at(&off, 0.95)
    );
    println!(
        "CPU of server, fake place and load generator together: {cpu:.1} s, {:.2} cores",
        cpu / took
    );
    check(&world, &outcomes);
    assert!(at(&answers, 1.0) < 1000.0, "every answer within a second");
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn at(values: &[f64], share: f64) -> f64 {
    let last = values.len().saturating_sub(1);
    values
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

/// Of this process, all threads.
pub fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    let ticks: f64 = fields[11..13]
        .iter()
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum();
    ticks / 100.0
}
