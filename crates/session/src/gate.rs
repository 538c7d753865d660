//! Room: who may start now, who has a seat, and who waits where in line, and about how long.
//!
//! A seat is a session with a machine; a start slot is a start under way. The line is fair by
//! learner: nobody's second session goes before somebody else's first. Sessions whose machine
//! died stand in front of all others.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use labwright_model::SessionId;
use labwright_store::{AccountId, UnixMs};
use tokio::sync::watch;

use crate::machine::Need;

/// Starts whose times say how long one takes.
const STARTS_SEEN: usize = 32;
/// Seats given back that say how often one comes free, and how old they may be, in milliseconds.
const SEATS_SEEN: usize = 256;
const SEATS_WINDOW_MS: i64 = 10 * 60_000;
/// Fewer say nothing.
const SEATS_LEAST: usize = 3;
/// As far as this everybody hears of every step; behind it, of every tenth of the way: a line of a
/// thousand would otherwise wake a thousand at every step.
const NEAR: usize = 10;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Standing {
    /// Nowhere.
    #[default]
    Out,
    /// In line, from 1.
    Waiting(usize),
    /// It has a seat.
    In,
}

/// The installation's room.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    room: Arc<Mutex<Room>>,
}

#[derive(Debug)]
struct Room {
    max_starts: usize,
    max_seats: usize,
    /// Starts under way, and since when.
    starting: BTreeMap<SessionId, UnixMs>,
    seated: BTreeMap<SessionId, AccountId>,
    /// Let in, but not yet heard of: it still says that it stands in line.
    admitted: BTreeSet<SessionId>,
    line: Vec<Waiter>,
    waiting: BTreeSet<SessionId>,
    watchers: BTreeMap<SessionId, watch::Sender<Standing>>,
    /// How long the last starts took, in milliseconds.
    took: VecDeque<i64>,
    /// When seats were given back.
    left: VecDeque<UnixMs>,
}

#[derive(Debug)]
struct Waiter {
    id: SessionId,
    account: AccountId,
    front: bool,
}

impl Gate {
    pub(crate) fn new(max_starts: usize, max_seats: usize) -> Self {
        Self {
            room: Arc::new(Mutex::new(Room {
                max_starts: max_starts.max(1),
                max_seats: max_seats.max(1),
                starting: BTreeMap::new(),
                seated: BTreeMap::new(),
                admitted: BTreeSet::new(),
                line: Vec::new(),
                waiting: BTreeSet::new(),
                watchers: BTreeMap::new(),
                took: VecDeque::new(),
                left: VecDeque::new(),
            })),
        }
    }

    /// A session that will have needs; it hears of its standing.
    pub(crate) fn enter(&self, id: &SessionId) -> watch::Receiver<Standing> {
        self.with(|room| {
            room.watchers
                .entry(id.clone())
                .or_insert_with(|| watch::Sender::new(Standing::Out))
                .subscribe()
        })
    }

    /// A session that has no needs any more.
    pub(crate) fn leave(&self, id: &SessionId, now: UnixMs) {
        self.with(|room| {
            room.set(id, None, Need::Nothing, now);
            room.watchers.remove(id);
        });
    }

    /// What a session needs from now on. Who already has a machine gets a seat even when there is
    /// none left: the machine is there.
    pub(crate) fn set(&self, id: &SessionId, account: &AccountId, need: Need, now: UnixMs) {
        self.with(|room| room.set(id, Some(account), need, now));
    }

    /// About how long until a session of this place in line is ready, in milliseconds. `usual_ms`
    /// is how long a start of its lab takes, for as long as none was seen here. None when that
    /// would be invented.
    pub(crate) fn expected_ms(
        &self,
        place: usize,
        usual_ms: Option<u64>,
        now: UnixMs,
    ) -> Option<i64> {
        self.with(|room| room.expected_ms(place, usual_ms, now))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Room) -> T) -> T {
        // A panic while it was held cannot have left it half-changed in a way that matters.
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut room)
    }
}

impl Room {
    fn set(&mut self, id: &SessionId, account: Option<&AccountId>, need: Need, now: UnixMs) {
        if self.is_so(id, need) {
            return;
        }
        self.note(id, need, now);
        self.admitted.remove(id);
        match need {
            Need::Line { front } => {
                self.starting.remove(id);
                self.seated.remove(id);
                if let (Some(account), true) = (account, self.waiting.insert(id.clone())) {
                    self.line.push(Waiter {
                        id: id.clone(),
                        account: account.clone(),
                        front,
                    });
                }
            }
            Need::Nothing | Need::Start | Need::Seat => {
                if self.waiting.remove(id) {
                    self.line.retain(|waiter| waiter.id != *id);
                }
                if need == Need::Start {
                    self.starting.entry(id.clone()).or_insert(now);
                } else {
                    self.starting.remove(id);
                }
                match account {
                    Some(account) if need != Need::Nothing => {
                        self.seated.insert(id.clone(), account.clone());
                    }
                    _ => drop(self.seated.remove(id)),
                }
            }
        }
        self.admit(now);
        self.tell();
    }

    /// Nothing would change: a session that hears of its place in line says again what it needs.
    fn is_so(&self, id: &SessionId, need: Need) -> bool {
        let (starts, sits) = (self.starting.contains_key(id), self.seated.contains_key(id));
        match need {
            Need::Line { .. } => self.waiting.contains(id) || self.admitted.contains(id),
            Need::Start => starts && sits && !self.admitted.contains(id),
            Need::Seat => sits && !starts,
            Need::Nothing => !sits && !starts && !self.waiting.contains(id),
        }
    }

    /// Remembers how long starts take and when seats come free.
    fn note(&mut self, id: &SessionId, need: Need, now: UnixMs) {
        if let (Some(began), Need::Seat) = (self.starting.get(id), need) {
            self.took.push_back((now - began).max(0));
            if self.took.len() > STARTS_SEEN {
                self.took.pop_front();
            }
        }
        if matches!(need, Need::Nothing | Need::Line { .. }) && self.seated.contains_key(id) {
            self.left.push_back(now);
            if self.left.len() > SEATS_SEEN {
                self.left.pop_front();
            }
        }
    }

    fn admit(&mut self, now: UnixMs) {
        while !self.line.is_empty()
            && self.starting.len() < self.max_starts
            && self.seated.len() < self.max_seats
        {
            let first = self.order().into_iter().next();
            let Some(index) = first.and_then(|id| self.line.iter().position(|w| w.id == id)) else {
                return;
            };
            let waiter = self.line.remove(index);
            self.waiting.remove(&waiter.id);
            self.admitted.insert(waiter.id.clone());
            self.starting.insert(waiter.id.clone(), now);
            self.seated.insert(waiter.id, waiter.account);
        }
    }

    /// The line as it will be served.
    fn order(&self) -> Vec<SessionId> {
        // Seats count as well: who has one comes after who has none.
        let mut before: HashMap<&AccountId, usize> = HashMap::new();
        for account in self.seated.values() {
            *before.entry(account).or_default() += 1;
        }
        let mut keyed: Vec<(bool, usize, usize, &SessionId)> = self
            .line
            .iter()
            .enumerate()
            .map(|(arrival, waiter)| {
                let earlier = before.entry(&waiter.account).or_default();
                let key = (!waiter.front, *earlier, arrival, &waiter.id);
                *earlier += 1;
                key
            })
            .collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|key| key.3.clone()).collect()
    }

    fn tell(&mut self) {
        let order = self.order();
        let places: HashMap<&SessionId, usize> = order.iter().zip(1..).collect();
        for (id, watcher) in &self.watchers {
            let standing = if self.seated.contains_key(id) {
                Standing::In
            } else {
                match places.get(id) {
                    Some(place) => Standing::Waiting(*place),
                    None => Standing::Out,
                }
            };
            watcher.send_if_modified(|last| {
                let is_news = is_news(*last, standing);
                if is_news {
                    *last = standing;
                }
                is_news
            });
        }
    }

    /// Whoever comes before must have started, so many at once; and where seats are missing, as
    /// many must be given back, as often as they were lately. Then this one starts.
    fn expected_ms(&self, place: usize, usual_ms: Option<u64>, now: UnixMs) -> Option<i64> {
        let usual_ms = usual_ms.and_then(|ms| i64::try_from(ms).ok());
        let start_ms = median(&self.took).or(usual_ms)?;
        let rounds = i64::try_from(place.div_ceil(self.max_starts)).ok()?;
        let starts_ms = rounds.saturating_mul(start_ms);
        let free = self.max_seats.saturating_sub(self.seated.len());
        let missing = i64::try_from(place.saturating_sub(free)).ok()?;
        let seats_ms = match missing {
            0 => 0,
            _ => missing.saturating_mul(self.seat_every_ms(now)?),
        };
        Some(starts_ms.max(seats_ms).saturating_add(start_ms))
    }

    /// How often a seat came free lately.
    fn seat_every_ms(&self, now: UnixMs) -> Option<i64> {
        let recent = self.left.iter().filter(|at| now - **at <= SEATS_WINDOW_MS);
        let (count, first) =
            recent.fold((0, now), |(count, first), at| (count + 1, first.min(*at)));
        if count < SEATS_LEAST {
            return None;
        }
        // Until now, not until the last one: a pause counts.
        Some((now - first).max(1) / i64::try_from(count).ok()?)
    }
}

fn is_news(last: Standing, now: Standing) -> bool {
    match (last, now) {
        (Standing::Waiting(last), Standing::Waiting(now)) if now > NEAR => {
            last.abs_diff(now) * NEAR >= last
        }
        (last, now) => last != now,
    }
}

fn median(values: &VecDeque<i64>) -> Option<i64> {
    let mut values: Vec<i64> = values.iter().copied().collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> SessionId {
        SessionId::new(text).unwrap()
    }

    fn line(gate: &Gate, name: &str, account: &str) -> watch::Receiver<Standing> {
        let standing = gate.enter(&id(name));
        gate.set(
            &id(name),
            &AccountId::new(account),
            Need::Line { front: false },
            0,
        );
        standing
    }

    #[test]
    fn the_line_is_fair_by_learner_and_moves_on() {
        let gate = Gate::new(1, 2);
        let first = line(&gate, "a1", "ann");
        let second = line(&gate, "a2", "ann");
        let third = line(&gate, "a3", "ann");
        let other = line(&gate, "b1", "bob");
        assert_eq!(*first.borrow(), Standing::In);
        // Ann has a seat: her others came first, and come after Bob's first.
        assert_eq!(*other.borrow(), Standing::Waiting(1));
        assert_eq!(*second.borrow(), Standing::Waiting(2));
        assert_eq!(*third.borrow(), Standing::Waiting(3));
        gate.set(&id("a1"), &AccountId::new("ann"), Need::Seat, 1_000);
        assert_eq!(*other.borrow(), Standing::In);
        gate.set(&id("b1"), &AccountId::new("bob"), Need::Seat, 1_000);
        // Both seats are taken.
        assert_eq!(*second.borrow(), Standing::Waiting(1));
        gate.leave(&id("a1"), 2_000);
        assert_eq!(*second.borrow(), Standing::In);
    }

    #[test]
    fn a_machine_that_died_goes_first() {
        let gate = Gate::new(1, 9);
        let _running = line(&gate, "a", "ann");
        let waiting = line(&gate, "b", "bob");
        let died = gate.enter(&id("c"));
        gate.set(
            &id("c"),
            &AccountId::new("cy"),
            Need::Line { front: true },
            0,
        );
        assert_eq!(*died.borrow(), Standing::Waiting(1));
        assert_eq!(*waiting.borrow(), Standing::Waiting(2));
    }

    #[test]
    fn a_wait_is_told_from_what_was_seen_or_not_at_all() {
        let gate = Gate::new(2, 4);
        let names: Vec<String> = (0..40).map(|n| format!("s{n}")).collect();
        let standings: Vec<_> = names.iter().map(|name| line(&gate, name, name)).collect();
        // Two start; nobody knows how long that takes, unless somebody has seen this lab start.
        assert_eq!(gate.expected_ms(1, None, 0), None);
        assert_eq!(gate.expected_ms(1, Some(500), 0), Some(1_000));
        let seat = |name: &str, now| gate.set(&id(name), &AccountId::new(name), Need::Seat, now);
        seat("s0", 4_000);
        seat("s1", 4_000);
        seat("s2", 8_000);
        seat("s3", 8_000);
        // Every seat is taken: the rest waits for one, and none was given back.
        assert_eq!(*standings[4].borrow(), Standing::Waiting(1));
        assert_eq!(gate.expected_ms(1, Some(500), 9_000), None);
        for (n, now) in [(0, 10_000), (1, 20_000), (2, 30_000)] {
            gate.leave(&id(&format!("s{n}")), now);
            seat(&format!("s{}", n + 4), now + 4_000);
        }
        // A seat every 10 s, then a start of 4 s.
        assert_eq!(gate.expected_ms(1, None, 40_000), Some(14_000));
        assert_eq!(gate.expected_ms(10, None, 40_000), Some(104_000));
        // Long ago says nothing.
        assert_eq!(gate.expected_ms(1, None, 40_000 + SEATS_WINDOW_MS), None);
    }

    #[test]
    fn far_behind_only_every_tenth_of_the_way_is_told() {
        let gate = Gate::new(1, 1_000);
        let names: Vec<String> = (0..200).map(|n| format!("s{n:03}")).collect();
        let mut standings: Vec<_> = names.iter().map(|name| line(&gate, name, name)).collect();
        let mut told = 0;
        for name in names.iter().take(199) {
            gate.set(&id(name), &AccountId::new(name), Need::Seat, 0);
            told += u32::from(standings[199].has_changed().unwrap());
            standings[199].mark_unchanged();
        }
        assert_eq!(*standings[199].borrow(), Standing::In);
        assert!((20..60).contains(&told), "{told}");
    }

    #[test]
    fn who_was_let_in_and_has_not_heard_of_it_keeps_the_turn() {
        let gate = Gate::new(1, 9);
        let _first = line(&gate, "a", "ann");
        let (second, third) = (line(&gate, "b", "bob"), line(&gate, "c", "cy"));
        gate.set(&id("a"), &AccountId::new("ann"), Need::Seat, 0);
        assert_eq!(*second.borrow(), Standing::In);
        // As a driver does that was woken: it says what it needs before it hears that it has it.
        line(&gate, "b", "bob");
        assert_eq!(*second.borrow(), Standing::In);
        assert_eq!(*third.borrow(), Standing::Waiting(1));
    }
}
