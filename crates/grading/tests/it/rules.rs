//! Dates, late work, and which try counts.

use labwright_grading::{Counted, LateWork, OneTry, Rule, Shut, Verdict, WhichTry, best_share};
use proptest::prelude::*;

fn one(at_ms: i64, share: f64) -> OneTry {
    let verdict = if share >= 1.0 {
        Verdict::Done
    } else {
        Verdict::Part
    };
    OneTry {
        self_reported: false,
        at_ms,
        verdict,
        share,
    }
}

fn check(rule: Rule, tries: &[OneTry], share: f64, late: bool) {
    let counted = rule.count(tries.iter().copied());
    assert_eq!((counted.share, counted.late), (share, late), "{rule:?}");
}

#[test]
fn without_settings_the_best_try_counts_whenever_it_was() {
    check(
        Rule::default(),
        &[one(1, 0.5), one(2, 1.0), one(3, 0.0)],
        1.0,
        false,
    );
    check(Rule::default(), &[], 0.0, false);
    assert_eq!(Rule::default().may_try(i64::MAX, u32::MAX), Ok(()));
}

#[test]
fn which_try_counts() {
    let tries = [one(1, 0.25), one(2, 1.0), one(3, 0.5)];
    for (which, share) in [
        (WhichTry::Best, 1.0),
        (WhichTry::Last, 0.5),
        (WhichTry::First, 0.25),
    ] {
        let rule = Rule {
            which,
            ..Rule::default()
        };
        check(rule, &tries, share, false);
    }
    // A check that broke was no try.
    let broken = OneTry {
        self_reported: false,
        verdict: Verdict::Broken,
        ..one(0, 1.0)
    };
    let rule = Rule {
        which: WhichTry::First,
        ..Rule::default()
    };
    let counted = rule.count([broken, one(1, 0.25), broken]);
    assert_eq!(
        counted,
        Counted {
            self_reported: false,
            share: 0.25,
            late: false,
            tries: 1
        }
    );
}

#[test]
fn late_work_counts_with_a_mark_or_not() {
    let rule = |late| Rule {
        due_ms: Some(10),
        late,
        ..Rule::default()
    };
    let tries = [one(10, 0.5), one(11, 1.0)];
    check(rule(LateWork::Counts), &tries, 1.0, true);
    check(rule(LateWork::CountsNot), &tries, 0.5, false);
    // What was reached on time is not late for being repeated.
    check(
        rule(LateWork::Counts),
        &[one(10, 1.0), one(11, 1.0)],
        1.0,
        false,
    );
    check(rule(LateWork::Counts), &[one(11, 0.0)], 0.0, false);
    let last = Rule {
        which: WhichTry::Last,
        ..rule(LateWork::CountsNot)
    };
    check(
        last,
        &[one(9, 0.25), one(10, 0.5), one(11, 1.0)],
        0.5,
        false,
    );
    // Nothing is not late, whichever try counts.
    for which in [WhichTry::Last, WhichTry::First] {
        let rule = Rule {
            which,
            ..rule(LateWork::Counts)
        };
        check(rule, &[one(11, 0.0)], 0.0, false);
    }
    // Tries are tries, late or not.
    assert_eq!(rule(LateWork::CountsNot).count(tries).tries, 2);
}

#[test]
fn a_browsers_word_counts_with_a_mark_until_it_is_judged_here() {
    let word = |at_ms, share| OneTry {
        self_reported: true,
        ..one(at_ms, share)
    };
    let mark = |rule: Rule, tries: &[OneTry]| {
        let counted = rule.count(tries.iter().copied());
        (counted.share, counted.self_reported, counted.late)
    };
    let best = Rule::default();
    assert_eq!(mark(best, &[word(1, 1.0)]), (1.0, true, false));
    assert_eq!(mark(best, &[word(1, 0.0)]), (0.0, false, false));
    assert_eq!(mark(best, &[one(1, 0.5), word(2, 1.0)]), (1.0, true, false));
    assert_eq!(
        mark(best, &[word(1, 0.5), one(2, 0.5)]),
        (0.5, false, false)
    );
    assert_eq!(
        mark(best, &[one(1, 1.0), word(2, 1.0)]),
        (1.0, false, false)
    );
    assert_eq!(mark(best, &[word(1, 1.0), one(2, 0.5)]), (1.0, true, false));
    // A word on time and a proof too late make no proof on time.
    let due = Rule {
        due_ms: Some(10),
        ..best
    };
    assert_eq!(mark(due, &[word(9, 1.0), one(11, 1.0)]), (1.0, true, false));
    assert_eq!(
        mark(due, &[word(11, 1.0), one(12, 1.0)]),
        (1.0, false, true)
    );
    let first = Rule {
        which: WhichTry::First,
        ..best
    };
    assert_eq!(
        mark(first, &[word(1, 0.5), one(2, 0.5)]),
        (0.5, true, false)
    );
    let judged = Rule {
        judged_only: true,
        ..best
    };
    assert_eq!(
        mark(judged, &[word(1, 1.0), one(2, 0.5)]),
        (0.5, true, false)
    );
    assert_eq!(judged.count([word(1, 1.0)]).tries, 0);
}

#[test]
fn a_lab_opens_and_closes_and_tries_run_out() {
    let rule = Rule {
        opens_ms: Some(10),
        closes_ms: Some(20),
        tries: Some(2),
        ..Rule::default()
    };
    assert_eq!(rule.may_open(9), Err(Shut::NotOpen));
    assert_eq!((rule.may_open(10), rule.may_open(20)), (Ok(()), Ok(())));
    assert_eq!(rule.may_open(21), Err(Shut::Closed));
    assert_eq!(rule.may_try(15, 1), Ok(()));
    assert_eq!(rule.may_try(15, 2), Err(Shut::NoTriesLeft));
    assert_eq!(rule.may_try(21, 0), Err(Shut::Closed));
    check(rule, &[one(20, 0.5), one(21, 1.0)], 0.5, false);
}

#[test]
fn more_time_moves_due_and_end_and_nothing_else() {
    let rule = Rule {
        opens_ms: Some(1),
        due_ms: Some(10),
        closes_ms: Some(20),
        ..Rule::default()
    };
    let given = rule.extended(Some(15));
    assert_eq!(
        (given.opens_ms, given.due_ms, given.closes_ms),
        (Some(1), Some(15), Some(20))
    );
    let far = rule.extended(Some(30));
    assert_eq!((far.due_ms, far.closes_ms), (Some(30), Some(30)));
    assert_eq!(rule.extended(Some(5)), rule);
    assert_eq!(rule.extended(None), rule);
    assert_eq!(Rule::default().extended(Some(5)), Rule::default());
}

fn tries() -> impl Strategy<Value = Vec<OneTry>> {
    let verdict = prop_oneof![
        Just(Verdict::Done),
        Just(Verdict::Part),
        Just(Verdict::NotYet),
        Just(Verdict::Broken)
    ];
    let one = (0..100_i64, verdict, any::<f64>());
    let one = one.prop_map(|(at_ms, verdict, share)| OneTry {
        self_reported: false,
        at_ms,
        verdict,
        share,
    });
    proptest::collection::vec(one, 0..12)
}

proptest! {
    #[test]
    fn no_rule_is_the_best_share(tries in tries()) {
        let best = best_share(tries.iter().map(|one| (one.verdict, one.share)));
        prop_assert_eq!(Rule::default().count(tries).share, best);
    }

    #[test]
    fn no_rule_gives_more_than_the_best(tries in tries(), due in 0..100_i64, closes in 0..100_i64, last in any::<bool>(), late in any::<bool>()) {
        let best = best_share(tries.iter().map(|one| (one.verdict, one.share)));
        let rule = Rule {
            due_ms: Some(due),
            closes_ms: Some(closes),
            which: if last { WhichTry::Last } else { WhichTry::First },
            late: if late { LateWork::Counts } else { LateWork::CountsNot },
            ..Rule::default()
        };
        let counted = rule.count(tries);
        prop_assert!((0.0..=best).contains(&counted.share));
    }

    #[test]
    fn more_time_never_costs_points(tries in tries(), due in 0..100_i64, more in 0..100_i64) {
        let rule = Rule { due_ms: Some(due), late: LateWork::CountsNot, ..Rule::default() };
        let (before, after) = (rule.count(tries.clone()), rule.extended(Some(due + more)).count(tries));
        prop_assert!(after.share >= before.share);
    }
}
