//! What exit status and output mean.

use labwright_grading::{Ended, MAX_FEEDBACK_LINES, MAX_LINE_CHARS, Verdict, judge};
use proptest::prelude::*;

fn check(ended: Ended, stdout: &str, expect: (Verdict, f64), feedback: &[&str]) {
    let judged = judge(ended, stdout, "");
    assert_eq!(
        (judged.verdict, judged.share),
        expect,
        "{ended:?} {stdout:?}"
    );
    assert_eq!(judged.feedback, feedback);
    assert_eq!(judged.broken.is_some(), expect.0 == Verdict::Broken);
}

#[test]
fn exit_status_and_score_lines() {
    use Verdict::{Broken, Done, NotYet, Part};
    let (zero, one) = (Ended::Code(0), Ended::Code(1));
    check(zero, "", (Done, 1.0), &[]);
    check(zero, "well done\n", (Done, 1.0), &["well done"]);
    check(zero, "score 0.5\n", (Done, 0.5), &[]);
    check(zero, "score 0.25\nscore 0.75\n", (Done, 0.75), &[]);
    check(one, "", (NotYet, 0.0), &[]);
    check(
        one,
        "no file\nscore 0.5\nlook in /etc",
        (Part, 0.5),
        &["no file", "look in /etc"],
    );
    // 1 is outside [0,1) for a task that is not done: the last one inside counts.
    check(one, "score 0.3\nscore 1\n", (Part, 0.3), &[]);
    check(one, "score 1\n", (NotYet, 0.0), &[]);
    check(one, "score 0\n", (NotYet, 0.0), &[]);
    check(one, "score -1\nscore 7\n", (NotYet, 0.0), &[]);
    check(one, "score NaN\n", (NotYet, 0.0), &["score NaN"]);
    check(one, "score half\n", (NotYet, 0.0), &["score half"]);
    check(
        one,
        "score 0.5 of it\n",
        (NotYet, 0.0),
        &["score 0.5 of it"],
    );
    check(Ended::Code(2), "score 1\n", (Broken, 0.0), &[]);
    check(Ended::Code(127), "", (Broken, 0.0), &[]);
    check(Ended::Signal(9), "score 1\n", (Broken, 0.0), &[]);
    check(Ended::TimedOut, "score 1\n", (Broken, 0.0), &[]);
}

#[test]
fn feedback_is_harmless_and_bounded() {
    check(
        Ended::Code(1),
        "\u{1b}[31mred\u{1b}[0m\u{7}\u{202e}abc\ttab\r\n\n",
        (Verdict::NotYet, 0.0),
        &["[31mred[0mabc tab"],
    );
    let long = format!("{}\n", "x".repeat(100_000)).repeat(200);
    let judged = judge(Ended::Code(1), &long, "");
    assert_eq!(judged.feedback.len(), MAX_FEEDBACK_LINES);
    assert_eq!(judged.feedback[0].len(), MAX_LINE_CHARS);
    // Scores after much feedback still count.
    let judged = judge(Ended::Code(1), &format!("{long}score 0.5"), "");
    assert_eq!(judged.share, 0.5);
}

#[test]
fn a_broken_check_tells_its_author_and_nobody_else() {
    let complaint = "/proc/self/fd/10: line 3: syntax error";
    let judged = judge(Ended::Code(2), "the answer is 42", complaint);
    assert_eq!(judged.feedback, [""; 0]);
    let detail = judged.broken.unwrap();
    assert!(detail.contains("status 2"));
    assert!(
        detail.ends_with("the script: line 3: syntax error\n--- standard output\nthe answer is 42")
    );
}

proptest! {
    #[test]
    fn any_output_is_judged(code in -2..300_i32, stdout in "(score [-0-9.e]{0,6}\n|.*\n){0,20}") {
        let judged = judge(Ended::Code(code), &stdout, &stdout);
        prop_assert!((0.0..=1.0).contains(&judged.share));
        prop_assert_eq!(judged.verdict == Verdict::Broken, !(0..=1).contains(&code));
        prop_assert_eq!(judged.verdict == Verdict::Done, code == 0);
        prop_assert!(judged.feedback.iter().flat_map(|line| line.chars()).all(|c| !c.is_control()));
    }
}
