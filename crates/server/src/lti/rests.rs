//! Platforms in trouble are left alone for a while: a thousand scores that wait ask no more often than one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use labwright_store::UnixMs;

/// The first rest, and the longest: scores arrive within five minutes of a platform's return.
const FIRST_MS: i64 = 5_000;
const LONGEST_MS: i64 = 120_000;
/// Longest rest that a platform can ask for.
const LONGEST_ASKED_MS: i64 = 240_000;

/// How platforms are, as far as this process knows.
#[derive(Default)]
pub(super) struct Rests(Mutex<HashMap<String, State>>);

#[derive(Default, Clone, Copy)]
struct State {
    /// It took something, and was not in trouble since.
    well: bool,
    /// Rests in a row.
    rests: u32,
    /// Since when, and until when it is left alone.
    from_ms: UnixMs,
    until_ms: UnixMs,
}

impl Rests {
    /// Whether a platform is left alone now. A rest that begins in the future is over: the clock was
    /// set back.
    pub(super) fn rests(&self, platform: &str, now: UnixMs) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = known.get(platform).copied().unwrap_or_default();
        (state.from_ms..state.until_ms).contains(&now)
    }

    /// When the next rest ends.
    pub(super) fn next_ms(&self, now: UnixMs) -> Option<UnixMs> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = known.values().map(|state| state.until_ms);
        ends.filter(|until| *until > now).min()
    }

    /// A platform was in trouble once.
    pub(super) fn trouble(&self, platform: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(platform.to_owned()).or_default().well = false;
    }

    /// A platform is left alone, for longer each time, or for as long as it asked.
    pub(super) fn rest(&self, platform: &str, asked_ms: Option<i64>, now: UnixMs) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = known.entry(platform.to_owned()).or_default();
        let own = FIRST_MS
            .saturating_mul(1 << state.rests.min(10))
            .min(LONGEST_MS);
        let asked = asked_ms.unwrap_or(0).min(LONGEST_ASKED_MS);
        *state = State {
            well: false,
            rests: state.rests + 1,
            from_ms: now,
            until_ms: now + own.max(asked),
        };
    }

    /// Somebody wants to know now: no platform is left alone any more.
    pub(super) fn end(&self) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for state in known.values_mut() {
            state.until_ms = state.from_ms;
        }
    }

    /// A platform took something. `true`: it was in trouble before, or nothing was known of it.
    pub(super) fn well(&self, platform: &str) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = known.entry(platform.to_owned()).or_default();
        let before = std::mem::replace(
            state,
            State {
                well: true,
                ..State::default()
            },
        );
        !before.well
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_grow_and_end_with_the_first_success() {
        let rests = Rests::default();
        assert!(!rests.rests("p", 0));
        let mut lengths = Vec::new();
        for _ in 0..7 {
            rests.rest("p", None, 1000);
            lengths.push(rests.next_ms(1000).unwrap() - 1000);
        }
        assert_eq!(
            lengths,
            [5000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000]
        );
        assert!(rests.rests("p", 1000) && rests.rests("p", 120_999));
        assert!(!rests.rests("p", 121_000));
        assert!(!rests.rests("p", 999), "the clock was set back");
        assert!(!rests.rests("q", 1000));
        rests.rest("p", Some(200_000), 1000);
        assert_eq!(rests.next_ms(1000), Some(201_000));
        rests.rest("p", Some(i64::MAX), 1000);
        assert_eq!(rests.next_ms(1000), Some(241_000));
        rests.end();
        assert!(!rests.rests("p", 1000));
        assert!(rests.well("p") && !rests.well("p"));
        assert!(!rests.rests("p", 1000));
        rests.trouble("p");
        assert!(rests.well("p"));
    }
}
