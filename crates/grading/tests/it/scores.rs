//! Sums of points, and how far they can be trusted.

use labwright_grading::{Evidence, Verdict, best_share, points_of, total, total_of};
use labwright_model::{Check, Expect, Lab, NodeName, Page, Script, Step, Task, TaskId, Text};
use proptest::prelude::*;

use crate::parameters::lab;

fn task(id: &str, points: f64, check: Check) -> Task {
    Task {
        id: TaskId::new(id).unwrap(),
        title: Text::plain(id),
        points,
        check,
        answer: None,
        hints: Vec::new(),
        solve: None,
    }
}

fn script(on: &str) -> Check {
    Check::Script {
        on: NodeName::new(on).unwrap(),
        script: Script {
            path: None,
            text: String::new(),
        },
        user: "root".to_owned(),
        timeout_ms: 1,
    }
}

fn expect() -> Check {
    Check::Expect(Expect {
        value: "1".to_owned(),
        exact: false,
        tolerance: 0.0,
    })
}

fn with_tasks(tasks: Vec<Task>) -> Lab {
    let mut lab = lab(&[]);
    let page = Page {
        path: "steps/1.md".to_owned(),
        markdown: Text::default(),
    };
    lab.steps = vec![Step { page, tasks }];
    lab
}

#[test]
fn the_best_attempt_counts_and_broken_ones_do_not() {
    let attempts = [
        (Verdict::NotYet, 0.0),
        (Verdict::Part, 0.5),
        (Verdict::Broken, 1.0),
        (Verdict::NotYet, 0.0),
    ];
    assert_eq!(best_share(attempts), 0.5);
    assert_eq!(best_share([]), 0.0);
    assert_eq!(
        best_share([(Verdict::Done, f64::NAN), (Verdict::Done, 7.0)]),
        1.0
    );
}

#[test]
fn a_score_is_the_sum_of_points() {
    let lab = with_tasks(vec![
        task("a", 3.0, script("client")),
        task("b", 0.1, expect()),
        task("c", 0.2, expect()),
    ]);
    let shares = |id: &TaskId| match id.as_str() {
        "a" => Some(1.0 / 3.0),
        "b" | "c" => Some(1.0),
        _ => None,
    };
    let score = total(&lab, shares);
    assert_eq!((score.score, score.points), (1.3, 3.3));
    assert_eq!(total(&lab, |_| None).score, 0.0);
}

#[test]
fn a_step_has_a_score_of_its_own() {
    let mut lab = with_tasks(vec![task("a", 3.0, expect())]);
    let mut second = lab.steps[0].clone();
    second.tasks = vec![task("b", 5.0, expect()), task("c", 7.0, expect())];
    lab.steps.push(second);
    let done = |id: &TaskId| Some(if id.as_str() == "c" { 0.0 } else { 1.0 });
    let score = |step| {
        let score = total_of(&lab, step, done);
        (score.score, score.points)
    };
    assert_eq!(score(None), (8.0, 15.0));
    assert_eq!(score(Some(1)), (3.0, 3.0));
    assert_eq!(score(Some(2)), (5.0, 12.0));
    assert_eq!(score(Some(3)), (0.0, 0.0), "there is no such step");
}

#[test]
fn evidence_says_where_the_check_ran() {
    let lab = with_tasks(vec![]);
    let of = |check| Evidence::of(&lab, &task("t", 1.0, check));
    assert_eq!(of(script("client")), Evidence::InNode);
    assert_eq!(of(script("checker")), Evidence::Guarded);
    assert_eq!(of(expect()), Evidence::Answer);
}

proptest! {
    #[test]
    fn points_stay_between(share in any::<f64>(), points in 0.0..1000.0_f64) {
        let got = points_of(share, points);
        prop_assert!(got >= 0.0 && got <= points + 1e-4);
    }
}
