//! Many sessions of one lab at once: all must become ready and stay usable, idle ones must rest.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labwright_model::{MachineSpec, SessionId};
use labwright_place::Place;
use serde::Serialize;

use super::{median, memory, rest};
use crate::failure::Outcome;
use crate::trial::{Machine, MachineError};

/// How long idle sessions are watched.
const IDLE: Duration = Duration::from_secs(60);

/// What the starts and the questions set going has come to rest by then.
const SETTLE: Duration = Duration::from_secs(20);

/// What a burst showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Burst {
    /// Sessions started at once.
    pub sessions: u32,
    /// Those that became ready.
    pub ready: u32,
    /// Why the others did not; each reason once.
    pub failures: BTreeSet<String>,
    /// Until the last was ready.
    pub all_ready_ms: f64,
    /// Median of the single starts.
    pub ready_ms: f64,
    /// Those that answered afterwards.
    pub usable: u32,
    /// Processor time of all agents and inits while idle, in percent of one processor.
    pub idle_cpu_percent: f64,
    /// How often an agent or init of one idle session wakes.
    pub idle_wakeups_per_s: f64,
}

/// Starts `sessions` machines at once, asks each, watches them idle, stops them.
pub async fn burst(spec: &MachineSpec, place: Arc<dyn Place>, sessions: u32) -> Outcome<Burst> {
    let began = Instant::now();
    let mut starts = tokio::task::JoinSet::new();
    for number in 0..sessions {
        let mut spec = spec.clone();
        spec.session = SessionId::new(format!("{}-b{number}", spec.session))?;
        let place = place.clone();
        starts.spawn(async move { Machine::start(place, &spec).await });
    }
    let outcomes = starts.join_all().await;
    let all_ready_ms = began.elapsed().as_secs_f64() * 1000.0;
    let (machines, errors): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    let machines: Vec<Machine> = machines.into_iter().flatten().collect();
    let failures = errors
        .into_iter()
        .filter_map(Result::err)
        .map(words)
        .collect();
    let mut usable = 0;
    for machine in &machines {
        usable += u32::from(machine.status().await.is_ok_and(|status| status.ready));
    }
    let idle = idle(&machines).await;
    let ready_ms = median(machines.iter().map(|machine| machine.ready_ms).collect());
    let ready = u32::try_from(machines.len()).unwrap_or(u32::MAX);
    for machine in machines {
        machine.stop().await?;
    }
    Ok(Burst {
        sessions,
        ready,
        failures,
        all_ready_ms,
        ready_ms,
        usable,
        idle_cpu_percent: idle.cpu_percent,
        idle_wakeups_per_s: idle.wakeups_per_s / f64::from(ready.max(1)),
    })
}

async fn idle(machines: &[Machine]) -> rest::Rest {
    let pids: Vec<u32> = machines
        .iter()
        .flat_map(|machine| memory::processes(machine.id.as_str()).into_keys())
        .collect();
    tokio::time::sleep(SETTLE).await;
    rest::watch(&pids, IDLE).await
}

fn words(error: MachineError) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
