//! Whether a page still lives, asked in rounds that are the same for all sockets of a process: a
//! server with many idle pages wakes once for all of them, not once for each.

use std::sync::OnceLock;

use futures::{Stream, StreamExt};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::limits::{PING_EVERY, SILENT_ROUNDS};

/// Ticks at the beginning of every round.
pub fn rounds() -> Interval {
    static FIRST: OnceLock<Instant> = OnceLock::new();
    let now = Instant::now();
    let next = next_after(now, *FIRST.get_or_init(|| now));
    let mut rounds = interval_at(next, PING_EVERY);
    // One that comes late must not leave the others.
    rounds.set_missed_tick_behavior(MissedTickBehavior::Skip);
    rounds
}

/// The first moment after `now` that lies whole rounds before or after `first`.
fn next_after(now: Instant, first: Instant) -> Instant {
    let every = PING_EVERY.as_nanos();
    let ahead = match now.checked_duration_since(first) {
        Some(past) => every - past.as_nanos() % every,
        None => match first.duration_since(now).as_nanos() % every {
            0 => every,
            ahead => ahead,
        },
    };
    now + std::time::Duration::from_nanos(u64::try_from(ahead).unwrap_or(u64::MAX))
}

/// Listens to a page, and notices when it is silent.
pub struct Life {
    rounds: Interval,
    /// Rounds that began since the page's last word; each but the first had a whole one before it.
    silent: u32,
}

impl Life {
    /// A page that has just spoken.
    pub fn new() -> Self {
        Self {
            rounds: rounds(),
            silent: 0,
        }
    }

    /// What the page says next; `None` when it has ended, or said nothing, not even a pong, for
    /// [`SILENT_ROUNDS`] whole rounds. Nothing is lost when it is dropped.
    pub async fn next<T>(&mut self, from_page: &mut (impl Stream<Item = T> + Unpin)) -> Option<T> {
        loop {
            tokio::select! {
                biased;
                message = from_page.next() => {
                    self.silent = 0;
                    return message;
                }
                _ = self.rounds.tick() => {
                    if self.silent >= SILENT_ROUNDS {
                        return None;
                    }
                    self.silent += 1;
                }
            }
        }
    }
}

impl Default for Life {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rounds_begin_together_whoever_asks_when() {
        let first = Instant::now() + PING_EVERY * 10;
        let s = Duration::from_secs;
        for (now, next) in [
            (first, first + PING_EVERY),
            (first + s(1), first + PING_EVERY),
            (first + PING_EVERY, first + 2 * PING_EVERY),
            (first - s(1), first),
            (first - PING_EVERY, first),
            (first - PING_EVERY - s(1), first - PING_EVERY),
        ] {
            assert_eq!(next_after(now, first), next);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_is_silent_is_gone_within_a_minute_and_no_other() {
        let began = Instant::now();
        let mut never = futures::stream::pending::<()>();
        assert_eq!(Life::new().next(&mut never).await, None);
        let took = began.elapsed();
        assert!(took >= PING_EVERY * SILENT_ROUNDS, "{took:?}");
        assert!(
            took <= Duration::from_secs(60) + Duration::from_millis(2),
            "{took:?}"
        );

        let speaks = futures::stream::unfold((), async |()| {
            tokio::time::sleep(PING_EVERY * 2).await;
            Some(((), ()))
        });
        let mut speaks = Box::pin(speaks);
        let mut life = Life::new();
        for _ in 0..5 {
            assert_eq!(life.next(&mut speaks).await, Some(()));
        }
    }
}
