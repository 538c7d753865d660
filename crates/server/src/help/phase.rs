//! How a look stands, and what may come of it: values in, values out.

use labwright_api::{Keys, LookEnd};
use labwright_store::UnixMs;

/// How long a question waits for an answer, in milliseconds.
pub(super) const ASK_MS: i64 = 2 * 60_000;
/// How long a look lasts at most, in milliseconds. The page says so.
pub(super) const LOOK_MS: i64 = 10 * 60_000;
/// How a look stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Phase {
    pub(crate) stage: Stage,
    pub(crate) keys: Keys,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The learner is asked.
    Asks {
        /// Until when.
        until: UnixMs,
    },
    /// The teacher looks.
    Watches {
        /// Until when.
        until: UnixMs,
    },
    /// It is over.
    Over(LookEnd),
}

impl Phase {
    /// The learner allows a question that is open.
    pub(super) fn allow(self, now: UnixMs) -> Option<Self> {
        match self.stage {
            Stage::Asks { until } if now < until => Some(Self {
                stage: Stage::Watches {
                    until: now + LOOK_MS,
                },
                keys: Keys::No,
            }),
            _ => None,
        }
    }

    /// The keyboard goes from one hand to another, while somebody looks.
    pub(super) fn keys(self, from: &[Keys], to: Keys) -> Option<Self> {
        let watches = matches!(self.stage, Stage::Watches { .. });
        (watches && from.contains(&self.keys)).then_some(Self { keys: to, ..self })
    }

    pub(super) fn end(self, end: LookEnd) -> Option<Self> {
        match self.stage {
            Stage::Over(_) => None,
            _ => Some(Self {
                stage: Stage::Over(end),
                keys: Keys::No,
            }),
        }
    }

    pub(super) fn watches(self) -> bool {
        matches!(self.stage, Stage::Watches { .. })
    }

    /// How a look ends when its time is over.
    pub(super) fn late(self, now: UnixMs) -> Option<LookEnd> {
        match self.stage {
            Stage::Asks { until } if now >= until => Some(LookEnd::Unanswered),
            Stage::Watches { until } if now >= until => Some(LookEnd::Time),
            _ => None,
        }
    }
}

const ENDS: [(LookEnd, &str); 10] = [
    (LookEnd::Refused, "refused"),
    (LookEnd::Unanswered, "unanswered"),
    (LookEnd::Learner, "learner"),
    (LookEnd::Teacher, "teacher"),
    (LookEnd::Time, "time"),
    (LookEnd::Session, "session"),
    (LookEnd::LearnerGone, "learner_gone"),
    (LookEnd::TeacherGone, "teacher_gone"),
    (LookEnd::SignedOut, "signed_out"),
    (LookEnd::Restart, "restart"),
];

/// As it is in the log.
pub(super) fn text_of(end: LookEnd) -> &'static str {
    let found = ENDS.iter().find(|(known, _)| *known == end);
    found.map_or("", |(_, text)| text)
}

pub(super) fn end_of(text: &str) -> Option<LookEnd> {
    let found = ENDS.iter().find(|(_, known)| *known == text);
    found.map(|(end, _)| *end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks() -> Phase {
        Phase {
            stage: Stage::Asks { until: ASK_MS },
            keys: Keys::No,
        }
    }

    #[test]
    fn nothing_is_allowed_by_itself_or_twice() {
        let asks = asks();
        assert_eq!(asks.late(ASK_MS - 1), None);
        assert_eq!(asks.late(ASK_MS), Some(LookEnd::Unanswered));
        assert_eq!(asks.allow(ASK_MS), None, "too late");
        let watches = asks.allow(5).unwrap();
        assert!(watches.watches());
        assert_eq!(watches.allow(5), None, "it was allowed already");
        assert_eq!(watches.late(5 + LOOK_MS - 1), None);
        assert_eq!(watches.late(5 + LOOK_MS), Some(LookEnd::Time));
        let over = watches.end(LookEnd::Learner).unwrap();
        assert_eq!(over.allow(5), None, "what is over stays over");
        assert_eq!(over.end(LookEnd::Teacher), None, "and ends once");
    }

    #[test]
    fn the_keyboard_is_given_only_when_asked_for_and_only_while_somebody_looks() {
        let give = |phase: Phase| phase.keys(&[Keys::Asked], Keys::Given);
        let ask = |phase: Phase| phase.keys(&[Keys::No], Keys::Asked);
        assert_eq!(ask(asks()), None);
        let watches = asks().allow(0).unwrap();
        assert_eq!(give(watches), None, "nobody asked for it");
        let given = give(ask(watches).unwrap()).unwrap();
        assert_eq!(given.keys, Keys::Given);
        assert_eq!(ask(given), None);
        let over = given.end(LookEnd::Time).unwrap();
        assert_eq!(over.keys, Keys::No);
        assert_eq!(ask(over), None);
    }

    #[test]
    fn every_end_has_a_word_of_its_own() {
        for (end, text) in ENDS {
            assert_eq!((end_of(text_of(end)), text_of(end)), (Some(end), text));
        }
    }
}
