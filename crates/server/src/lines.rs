//! How learners' lines are, as their pages say: in memory, as long as it is fresh, and nowhere else.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use labwright_api::LineReport;
use labwright_model::SessionId;
use tokio::sync::watch;

/// A page that can be seen measures every 15 s.
const FRESH: Duration = Duration::from_secs(120);
/// Longest round trip that makes sense, in milliseconds.
const MOST_ROUND_TRIP_MS: u32 = 60_000;

/// The lines of sessions.
#[derive(Default)]
pub(crate) struct Lines {
    known: Mutex<HashMap<SessionId, (LineReport, Instant)>>,
    /// Another number after every change that a board should be told.
    changes: watch::Sender<u64>,
}

impl Lines {
    /// A page has measured; nonsense is dropped.
    pub(crate) fn note(&self, session: &SessionId, line: LineReport) {
        if line.round_trip_ms > MOST_ROUND_TRIP_MS || line.lost_percent > 100 {
            return;
        }
        let noted = (line, Instant::now());
        let before = self.with(|lines| lines.insert(session.clone(), noted));
        if differ(before.map(|(line, _)| line), Some(line)) {
            self.changes.send_modify(|changes| *changes += 1);
        }
    }

    /// Rings when a line is another one. What is no longer fresh goes silently.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// What is known now.
    pub(crate) fn fresh(&self) -> HashMap<SessionId, LineReport> {
        self.with(|lines| {
            lines.retain(|_, (_, at)| at.elapsed() < FRESH);
            let lines = lines.iter();
            lines.map(|(id, (line, _))| (id.clone(), *line)).collect()
        })
    }

    /// Forgets what is no longer fresh.
    pub(crate) fn sweep(&self) {
        self.with(|lines| lines.retain(|_, (_, at)| at.elapsed() < FRESH));
    }

    fn with<T>(
        &self,
        use_them: impl FnOnce(&mut HashMap<SessionId, (LineReport, Instant)>) -> T,
    ) -> T {
        // Every change is one insertion or removal: a panic cannot leave it half-done.
        use_them(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether a board should be told: a few milliseconds more or less are no news.
pub(crate) fn differ(old: Option<LineReport>, new: Option<LineReport>) -> bool {
    let (Some(old), Some(new)) = (old, new) else {
        return old.is_some() != new.is_some();
    };
    let apart = old.round_trip_ms.abs_diff(new.round_trip_ms);
    old.polling != new.polling
        || old.lost_percent.abs_diff(new.lost_percent) >= 5
        || apart > 20.max(old.round_trip_ms / 2)
}
