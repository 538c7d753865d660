//! How quick the line to a viewer is, told by signs of life that are asked for behind what is
//! sent: their answer comes when all before them has arrived. Pure: the time is an argument.
//!
//! Nothing is asked for while nothing is sent, so that an idle viewer costs nothing.

use std::time::Duration;

use tokio::time::Instant;

use crate::rfb::Speed;

/// Bytes between two questions.
const PROBE_BYTES: u64 = 64 * 1024;
/// An answer that took so much longer than the shortest waited behind other bytes.
const QUEUED: Duration = Duration::from_millis(40);
/// Below so many bytes a second a line is slow: 10 Mbit/s.
const SLOW_BYTES_PER_S: f64 = 1_250_000.0;
/// From so many on it is quick again.
const QUICK_BYTES_PER_S: f64 = 2.0 * SLOW_BYTES_PER_S;
/// A slow line is quick again when nothing has waited for so long; doubled each time that it soon
/// proves slow after all.
const CALM: Duration = Duration::from_secs(10);
const LONGEST_CALM: Duration = Duration::from_secs(160);
/// Slow again within so long is soon.
const SOON: Duration = Duration::from_secs(60);

/// A line, as far as it has been measured.
#[derive(Debug)]
pub struct Line {
    speed: Speed,
    /// The shortest answer.
    shortest: Option<Duration>,
    /// Bytes a second, smoothed, while bytes waited.
    rate: Option<f64>,
    /// Bytes since the last question.
    bytes: u64,
    /// When the first of them was sent.
    since: Option<Instant>,
    open: Option<Question>,
    asked: u64,
    answered: Option<Instant>,
    /// Since when nothing has waited.
    calm_since: Option<Instant>,
    calm: Duration,
    quick_since: Option<Instant>,
}

#[derive(Debug)]
struct Question {
    number: u64,
    at: Instant,
    /// Bytes before it, since the question before, and when the first of them was sent.
    bytes: u64,
    since: Instant,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            speed: Speed::Quick,
            shortest: None,
            rate: None,
            bytes: 0,
            since: None,
            open: None,
            asked: 0,
            answered: None,
            calm_since: None,
            calm: CALM,
            quick_since: None,
        }
    }
}

impl Line {
    /// How it is.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// So many bytes were sent; a question's number, if one is to be asked behind them.
    pub fn sent(&mut self, bytes: usize, now: Instant) -> Option<u64> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.since.get_or_insert(now);
        let first = self.asked == 0;
        if self.open.is_some() || (self.bytes < PROBE_BYTES && !first) {
            return None;
        }
        self.asked += 1;
        self.open = Some(Question {
            number: self.asked,
            at: now,
            bytes: std::mem::take(&mut self.bytes),
            since: self.since.take().unwrap_or(now),
        });
        Some(self.asked)
    }

    /// A question was answered. Others' signs of life, and answers to what nobody asked, count
    /// nothing.
    pub fn answered(&mut self, number: u64, now: Instant) {
        let Some(question) = self.open.take_if(|open| open.number == number) else {
            return;
        };
        let took = now.saturating_duration_since(question.at);
        // The way may have become longer: the shortest is forgotten little by little.
        let shortest = self.shortest.map_or(took, |shortest| {
            took.min(shortest + took.saturating_sub(shortest) / 64)
        });
        let queued = took.saturating_sub(shortest) >= QUEUED;
        if queued {
            // What lies before the question began to arrive when the answer before left, or one way after it was sent.
            let began = question.since + shortest;
            let began = self.answered.map_or(began, |before| before.max(began));
            let time = now.saturating_duration_since(began).max(QUEUED);
            self.measured(question.bytes as f64 / time.as_secs_f64(), now);
        } else {
            self.kept_up(now);
        }
        self.shortest = Some(shortest);
        self.answered = Some(now);
    }

    fn measured(&mut self, rate: f64, now: Instant) {
        self.calm_since = None;
        let rate = self.rate.map_or(rate, |before| (3.0 * before + rate) / 4.0);
        self.rate = Some(rate);
        if self.speed == Speed::Quick && rate < SLOW_BYTES_PER_S {
            let soon = |since: Instant| now.saturating_duration_since(since) < SOON;
            self.calm = match self.quick_since {
                Some(since) if soon(since) => (self.calm * 2).min(LONGEST_CALM),
                _ => CALM,
            };
            self.speed = Speed::Slow;
        } else if self.speed == Speed::Slow && rate > QUICK_BYTES_PER_S {
            self.become_quick(now);
        }
    }

    fn kept_up(&mut self, now: Instant) {
        let since = *self.calm_since.get_or_insert(now);
        if self.speed == Speed::Slow && now.saturating_duration_since(since) >= self.calm {
            self.become_quick(now);
            self.rate = None;
        }
    }

    fn become_quick(&mut self, now: Instant) {
        self.speed = Speed::Quick;
        self.quick_since = Some(now);
        self.calm_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: usize = 32 * 1024;
    const MS: Duration = Duration::from_millis(1);

    /// A line of so many bytes a second with a way of 20 ms there and back, to which an X server
    /// sends so many bytes a second for so long; how often its speed changed.
    fn carry(line: &mut Line, now: &mut Instant, rate: f64, sends: f64, time: Duration) -> usize {
        let end = *now + time;
        let mut free = *now;
        let mut answer: Option<(u64, Instant)> = None;
        let mut changes = 0;
        while *now < end {
            let before = line.speed();
            if let Some((number, at)) = answer
                && at <= *now
            {
                line.answered(number, at);
                answer = None;
            }
            changes += usize::from(before != line.speed());
            // A socket's buffer holds 200 kB; the sender waits while it is full.
            let waiting = free.saturating_duration_since(*now).as_secs_f64() * rate;
            if waiting < 200_000.0 {
                free = free.max(*now) + Duration::from_secs_f64(FRAME as f64 / rate);
                if let Some(number) = line.sent(FRAME, *now) {
                    answer = Some((number, free + 20 * MS));
                }
                *now += Duration::from_secs_f64(FRAME as f64 / sends);
            } else {
                *now += 5 * MS;
            }
        }
        if let Some((number, at)) = answer {
            line.answered(number, at);
            *now = at.max(*now);
        }
        changes
    }

    #[test]
    fn a_slow_line_is_found_slow_and_a_quick_one_quick() {
        let (mut line, mut now) = (Line::default(), Instant::now());
        assert_eq!(line.speed(), Speed::Quick);
        carry(&mut line, &mut now, 300_000.0, 5_000_000.0, 3000 * MS);
        assert_eq!(line.speed(), Speed::Slow);
        for rate in [4_000_000.0, 100_000_000.0] {
            let (mut line, mut now) = (Line::default(), Instant::now());
            assert_eq!(carry(&mut line, &mut now, rate, 8_000_000.0, 5000 * MS), 0);
        }
    }

    #[test]
    fn a_server_that_says_little_does_not_make_a_line_slow() {
        let (mut line, mut now) = (Line::default(), Instant::now());
        let changes = carry(&mut line, &mut now, 50_000_000.0, 50_000.0, 60_000 * MS);
        assert_eq!(changes, 0);
        assert_eq!(line.speed(), Speed::Quick);
    }

    #[test]
    fn a_line_that_became_better_is_quick_again_after_a_while() {
        let (mut line, mut now) = (Line::default(), Instant::now());
        carry(&mut line, &mut now, 300_000.0, 5_000_000.0, 3000 * MS);
        carry(&mut line, &mut now, 50_000_000.0, 500_000.0, 5000 * MS);
        assert_eq!(line.speed(), Speed::Slow);
        carry(&mut line, &mut now, 50_000_000.0, 500_000.0, 10_000 * MS);
        assert_eq!(line.speed(), Speed::Quick);
    }

    #[test]
    fn it_does_not_flap() {
        let (mut line, mut now) = (Line::default(), Instant::now());
        let mut changes = 0;
        // Ten minutes of bursts that the line cannot take, and calm.
        for _ in 0..30 {
            changes += carry(&mut line, &mut now, 600_000.0, 5_000_000.0, 2000 * MS);
            changes += carry(&mut line, &mut now, 600_000.0, 100_000.0, 18_000 * MS);
        }
        assert!(changes <= 12, "{changes} changes");
        // At the border it stays what it is.
        let before = line.speed();
        let at_border = SLOW_BYTES_PER_S * 1.5;
        let changes = carry(&mut line, &mut now, at_border, 9_000_000.0, 60_000 * MS);
        assert!(changes <= 1, "{changes} changes from {before:?}");
    }

    #[test]
    fn what_nobody_asked_counts_nothing() {
        let (mut line, now) = (Line::default(), Instant::now());
        line.answered(1, now);
        let number = line.sent(FRAME, now).expect("the first is asked behind");
        line.answered(number + 1, now + 9000 * MS);
        line.answered(number, now + 20 * MS);
        line.answered(number, now + 9000 * MS);
        assert_eq!(line.speed(), Speed::Quick);
        assert_eq!(line.sent(FRAME, now), None);
    }
}
