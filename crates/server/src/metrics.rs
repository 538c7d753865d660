//! Figures for Prometheus. Labels hold kinds and states, never a name, an id or an address.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use labwright_gateway::Counts;
use labwright_store::{SessionRecord, SessionState, StoredVerdict};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::socket::Sockets;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Direction {
    to: &'static str,
}

/// Upper bounds of the buckets of start times, in seconds.
const START_BUCKETS: [f64; 10] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 60.0, 300.0];

const STATES: [SessionState; 6] = [
    SessionState::Queued,
    SessionState::Starting,
    SessionState::Ready,
    SessionState::Ending,
    SessionState::Asleep,
    SessionState::Failed,
];

/// All figures.
pub(crate) struct Metrics {
    registry: Registry,
    sockets: Sockets,
    open_sockets: Gauge,
    sessions: Family<State, Gauge>,
    starts: Family<Outcome, Counter>,
    start_seconds: Histogram,
    checks: Family<Outcome, Counter>,
    sign_ins: Family<Outcome, Counter>,
    /// What passes on displays; copied when somebody reads the figures.
    pub(crate) displays: Arc<Counts>,
    display_updates: Counter,
    display_bytes: Family<Direction, Counter>,
}

impl Metrics {
    pub(crate) fn new(sockets: Sockets) -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("labwright"),
            sockets,
            open_sockets: Gauge::default(),
            sessions: Family::default(),
            starts: Family::default(),
            start_seconds: Histogram::new(START_BUCKETS),
            checks: Family::default(),
            sign_ins: Family::default(),
            displays: Arc::default(),
            display_updates: Counter::default(),
            display_bytes: Family::default(),
        };
        metrics.register()
    }

    fn register(mut self) -> Self {
        let registry = &mut self.registry;
        registry.register("sessions", "Open sessions by state", self.sessions.clone());
        registry.register("websockets", "Open WebSockets", self.open_sockets.clone());
        registry.register(
            "starts",
            "Starts of sessions by outcome",
            self.starts.clone(),
        );
        registry.register_with_unit(
            "start",
            "Time from launch to ready",
            Unit::Seconds,
            self.start_seconds.clone(),
        );
        registry.register("checks", "Checks by verdict", self.checks.clone());
        registry.register("sign_ins", "Sign-ins by outcome", self.sign_ins.clone());
        registry.register(
            "display_updates",
            "Updates of displays that were passed on",
            self.display_updates.clone(),
        );
        registry.register_with_unit(
            "display",
            "What displays and their viewers sent, by direction",
            Unit::Bytes,
            self.display_bytes.clone(),
        );
        self
    }

    pub(crate) fn sign_in(&self, opened: bool) {
        let outcome = if opened { "opened" } else { "refused" };
        self.sign_ins.get_or_create(&Outcome { outcome }).inc();
    }

    pub(crate) fn check(&self, verdict: StoredVerdict) {
        self.checks
            .get_or_create(&Outcome {
                outcome: verdict.as_str(),
            })
            .inc();
    }

    pub(crate) fn started(&self, took: Option<Duration>) {
        let outcome = if took.is_some() { "ready" } else { "failed" };
        self.starts.get_or_create(&Outcome { outcome }).inc();
        if let Some(took) = took {
            self.start_seconds.observe(took.as_secs_f64());
        }
    }

    /// The text that Prometheus reads.
    pub(crate) fn encode(&self, open: &[SessionRecord]) -> Option<String> {
        for state in STATES {
            let count = open.iter().filter(|session| session.state == state).count();
            let gauge = self.sessions.get_or_create(&State {
                state: state.as_str(),
            });
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        self.open_sockets
            .set(i64::try_from(self.sockets.count()).unwrap_or(i64::MAX));
        self.count_displays();
        let mut text = String::new();
        encode(&mut text, &self.registry).ok()?;
        Some(text)
    }

    fn count_displays(&self) {
        let counts = &self.displays;
        let set = |counter: &Counter, to: u64| counter.inner().store(to, Ordering::Relaxed);
        set(&self.display_updates, counts.updates());
        for (to, bytes) in [
            ("viewer", counts.to_viewer_bytes()),
            ("server", counts.from_viewer_bytes()),
        ] {
            set(&self.display_bytes.get_or_create(&Direction { to }), bytes);
        }
    }
}
