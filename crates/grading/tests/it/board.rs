//! A class at one lab: sums over tasks, and the rule of who is perhaps stuck.

use labwright_grading::{Class, QUIET_MS, Reason, STUCK_MS, STUCK_TRIES, Signs, Tried, Verdict};
use labwright_model::TaskId;

const MINUTE: i64 = 60_000;

fn task(name: &str) -> TaskId {
    TaskId::new(name).unwrap()
}

fn class() -> Class {
    Class::new(["ping", "dump", "count"].map(task))
}

fn tried(learner: &str, name: &str, minute: i64, verdict: Verdict, words: &str) -> Tried {
    let share = match verdict {
        Verdict::Done => 1.0,
        Verdict::Part => 0.5,
        Verdict::NotYet | Verdict::Broken => 0.0,
    };
    Tried {
        self_reported: false,
        learner: learner.to_owned(),
        task: task(name),
        at_ms: minute * MINUTE,
        verdict,
        share,
        words: (!words.is_empty()).then(|| words.to_owned()),
    }
}

/// Here since minute 0 and active at `minute`.
fn active(minute: i64) -> Signs {
    Signs {
        is_here: true,
        since_ms: 0,
        active_ms: minute * MINUTE,
    }
}

#[test]
fn a_task_is_summed_over_the_class() {
    let mut class = class();
    for (learner, verdict, words) in [
        ("ada", Verdict::Done, ""),
        ("bob", Verdict::Part, "the last ACK is missing"),
        ("cyd", Verdict::NotYet, "no packets"),
        ("dan", Verdict::Part, "the last ACK is missing"),
        ("dan", Verdict::Part, "the last ACK is missing"),
        ("eve", Verdict::Broken, "oops"),
    ] {
        class.add(&tried(learner, "dump", 4, verdict, words));
    }
    let sum = class.sum(&task("dump"));
    assert_eq!((sum.done, sum.part, sum.tried), (1, 2, 1));
    assert_eq!((sum.attempts, sum.broken), (5, 1));
    let expected = [
        ("the last ACK is missing".to_owned(), 2),
        ("no packets".to_owned(), 1),
    ];
    assert_eq!(sum.words, expected);
    assert_eq!(class.works("eve"), None);
}

#[test]
fn time_on_a_task_begins_with_the_one_before() {
    let mut class = class();
    for (learner, minutes) in [("ada", [2, 5]), ("bob", [3, 10]), ("cyd", [1, 2])] {
        class.add(&tried(learner, "ping", minutes[0], Verdict::Done, ""));
        class.add(&tried(learner, "dump", minutes[1], Verdict::Done, ""));
    }
    assert_eq!(class.sum(&task("dump")).median_ms, Some(3 * MINUTE));
    assert_eq!(class.sum(&task("ping")).median_ms, None);
    assert_eq!(class.at_hand("ada"), Some(&task("count")));
}

#[test]
fn three_failed_tries_are_stuck_and_doing_it_ends_that() {
    let mut class = class();
    for _ in 1..STUCK_TRIES {
        class.add(&tried("ada", "ping", 1, Verdict::NotYet, "no answer"));
    }
    assert_eq!(class.stuck("ada", active(2), None, 2 * MINUTE), None);
    class.add(&tried("ada", "ping", 2, Verdict::Part, "one answer"));
    let stuck = class.stuck("ada", active(2), None, 2 * MINUTE).unwrap();
    assert_eq!((stuck.reason, stuck.failed), (Reason::Tries, STUCK_TRIES));
    assert_eq!(stuck.words.as_deref(), Some("one answer"));
    class.add(&tried("ada", "ping", 3, Verdict::Done, ""));
    assert_eq!(class.stuck("ada", active(3), None, 3 * MINUTE), None);
}

#[test]
fn silence_and_long_work_are_told_apart() {
    let class = class();
    let quiet = class.stuck("ada", active(0), None, QUIET_MS).unwrap();
    assert_eq!((quiet.reason, quiet.task), (Reason::Quiet, task("ping")));
    assert_eq!(class.stuck("ada", active(0), None, QUIET_MS - 1), None);
    let long = class.stuck("ada", active(9), None, STUCK_MS).unwrap();
    assert_eq!((long.reason, long.since_ms), (Reason::Time, 0));
}

#[test]
fn a_task_that_takes_everybody_long_makes_nobody_stuck() {
    let class = class();
    let median = Some(9 * MINUTE);
    assert_eq!(class.stuck("ada", active(17), median, 17 * MINUTE), None);
    assert!(
        class
            .stuck("ada", active(18), median, 18 * MINUTE)
            .is_some()
    );
}

#[test]
fn nobody_is_stuck_who_is_away_or_has_finished() {
    let mut class = class();
    let away = Signs {
        is_here: false,
        ..active(0)
    };
    assert_eq!(class.stuck("ada", away, None, 60 * MINUTE), None);
    for name in ["ping", "dump", "count"] {
        class.add(&tried("ada", name, 1, Verdict::Done, ""));
    }
    assert_eq!(class.stuck("ada", active(1), None, 60 * MINUTE), None);
}
