//! Room: who may start now, who has a seat, and who waits where in line.
//!
//! A seat is a session with a machine; a start slot is a start under way. The line is fair by
//! learner: nobody's second session goes before somebody else's first. Sessions whose machine
//! died stand in front of all others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use labwright_model::SessionId;
use labwright_store::AccountId;
use tokio::sync::watch;

use crate::machine::Need;

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
    starting: BTreeSet<SessionId>,
    seated: BTreeMap<SessionId, AccountId>,
    line: Vec<Waiter>,
    watchers: BTreeMap<SessionId, watch::Sender<Standing>>,
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
                starting: BTreeSet::new(),
                seated: BTreeMap::new(),
                line: Vec::new(),
                watchers: BTreeMap::new(),
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
    pub(crate) fn leave(&self, id: &SessionId) {
        self.with(|room| {
            room.set(id, None, Need::Nothing);
            room.watchers.remove(id);
        });
    }

    /// What a session needs from now on. Who already has a machine gets a seat even when there is
    /// none left: the machine is there.
    pub(crate) fn set(&self, id: &SessionId, account: &AccountId, need: Need) {
        self.with(|room| room.set(id, Some(account), need));
    }

    fn with<T>(&self, change: impl FnOnce(&mut Room) -> T) -> T {
        // A panic while it was held cannot have left it half-changed in a way that matters.
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut room)
    }
}

impl Room {
    fn set(&mut self, id: &SessionId, account: Option<&AccountId>, need: Need) {
        match need {
            Need::Line { front } => {
                self.starting.remove(id);
                self.seated.remove(id);
                if let (Some(account), false) = (account, self.is_waiting(id)) {
                    self.line.push(Waiter {
                        id: id.clone(),
                        account: account.clone(),
                        front,
                    });
                }
            }
            Need::Nothing | Need::Start | Need::Seat => {
                self.line.retain(|waiter| waiter.id != *id);
                if need == Need::Start {
                    self.starting.insert(id.clone());
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
        self.admit();
        self.tell();
    }

    fn is_waiting(&self, id: &SessionId) -> bool {
        self.line.iter().any(|waiter| waiter.id == *id)
    }

    fn admit(&mut self) {
        while self.starting.len() < self.max_starts && self.seated.len() < self.max_seats {
            let first = self.order().into_iter().next();
            let Some(index) = first.and_then(|id| self.line.iter().position(|w| w.id == id)) else {
                return;
            };
            let waiter = self.line.remove(index);
            self.starting.insert(waiter.id.clone());
            self.seated.insert(waiter.id, waiter.account);
        }
    }

    /// The line as it will be served.
    fn order(&self) -> Vec<SessionId> {
        // Seats count as well: who has one comes after who has none.
        let mut before: BTreeMap<&AccountId, usize> = BTreeMap::new();
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
        for (id, watcher) in &self.watchers {
            let standing = if self.seated.contains_key(id) {
                Standing::In
            } else {
                match order.iter().position(|waiting| waiting == id) {
                    Some(index) => Standing::Waiting(index + 1),
                    None => Standing::Out,
                }
            };
            watcher.send_if_modified(|last| std::mem::replace(last, standing) != standing);
        }
    }
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
        gate.set(&id("a1"), &AccountId::new("ann"), Need::Seat);
        assert_eq!(*other.borrow(), Standing::In);
        gate.set(&id("b1"), &AccountId::new("bob"), Need::Seat);
        // Both seats are taken.
        assert_eq!(*second.borrow(), Standing::Waiting(1));
        gate.leave(&id("a1"));
        assert_eq!(*second.borrow(), Standing::In);
    }

    #[test]
    fn a_machine_that_died_goes_first() {
        let gate = Gate::new(1, 9);
        let _running = line(&gate, "a", "ann");
        let waiting = line(&gate, "b", "bob");
        let died = gate.enter(&id("c"));
        gate.set(&id("c"), &AccountId::new("cy"), Need::Line { front: true });
        assert_eq!(*died.borrow(), Standing::Waiting(1));
        assert_eq!(*waiting.borrow(), Standing::Waiting(2));
    }
}
