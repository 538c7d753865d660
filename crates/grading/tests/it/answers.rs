//! Answers and what they are compared with.

use labwright_grading::{AnswerError, MAX_ANSWER_CHARS, compare, parse_answer, parse_query};
use labwright_model::{Answer, Expect, Text};
use proptest::prelude::*;

fn expect(exact: bool, tolerance: f64) -> Expect {
    Expect {
        value: String::new(),
        exact,
        tolerance,
    }
}

fn check(kind: &Answer, tolerance: f64, value: &str, answer: &str, right: bool) {
    let parsed = parse_answer(kind, Some(answer)).unwrap();
    let compared = compare(&expect(false, tolerance), value, kind, &parsed);
    assert_eq!(compared, Ok(right), "{value:?} and {answer:?}");
}

#[test]
fn numbers_by_value() {
    let number = Answer::Number;
    for right in [
        "80", " 80 ", "80.0", "+80", "8e1", "0x50", "8\u{a0}0", "80,0",
    ] {
        check(&number, 0.0, "80", right, true);
    }
    check(&number, 0.0, "80", "81", false);
    check(&number, 0.0, "-3.5", "-3,50", true);
    check(&number, 0.0, "-3.5", "\u{2212}3.5", true);
    check(&number, 0.0, "0.3", "0.30000000000000004", true);
    check(&number, 0.1, "0.3", "0.4", true);
    check(&number, 0.1, "0.3", "0.41", false);
    // Long whole numbers to the last digit.
    check(&number, 0.0, "9007199254740993", "9007199254740992", false);
    for wrong in [
        "eighty",
        "8 0x",
        "",
        "  ",
        "inf",
        "NaN",
        "1.2.3",
        "1,000,000",
        "--3",
        "0x-5",
    ] {
        parse_answer(&number, Some(wrong)).unwrap_err();
    }
}

#[test]
fn text_trimmed_and_folded_unless_exact() {
    let text = Answer::Text;
    check(&text, 0.0, "SYN-ACK", " syn-ack\n", true);
    check(&text, 0.0, "Straße", "STRASSE", true);
    // é as one character, and as two.
    check(&text, 0.0, "poign\u{e9}e", "POIGNE\u{301}E", true);
    check(&text, 0.0, "a b", "ab", false);
    let exactly = |answer: &str| compare(&expect(true, 0.0), "Syn", &text, answer);
    assert_eq!(exactly("Syn"), Ok(true));
    assert_eq!(exactly("syn"), Ok(false));
    assert_eq!(exactly("Syn "), Ok(false));
}

#[test]
fn a_choice_is_the_same_in_every_language() {
    let text = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(l, t)| ((*l).to_owned(), (*t).to_owned()));
        Text(pairs.collect())
    };
    let choice = Answer::Choice(vec![
        text(&[("en", "Yes"), ("fr", "Oui")]),
        text(&[("en", "No"), ("fr", "Non")]),
    ]);
    assert_eq!(parse_answer(&choice, Some("oui")), Ok("Yes".to_owned()));
    check(&choice, 0.0, "Yes", "Oui", true);
    check(&choice, 0.0, "Yes", "Non", false);
    let unknown = parse_answer(&choice, Some("Perhaps"));
    assert!(matches!(unknown, Err(AnswerError::NotChoice { .. })));
    compare(&expect(false, 0.0), "Perhaps", &choice, "Yes").unwrap_err();
}

#[test]
fn an_answer_may_have_so_many_signs_and_no_more() {
    let long = "é".repeat(MAX_ANSWER_CHARS);
    let longer = format!("{long}é");
    let too_long = Err(AnswerError::TooLong {
        limit: MAX_ANSWER_CHARS,
    });
    assert_eq!(parse_answer(&Answer::Text, Some(&long)), Ok(long.clone()));
    assert_eq!(parse_answer(&Answer::Text, Some(&longer)), too_long);
    assert_eq!(parse_query(Some(long.clone())), Ok(long));
    assert_eq!(parse_query(Some(longer)), too_long);
    let query = "SELECT\0 1;";
    assert_eq!(parse_query(Some(query.into())), Ok("SELECT 1;".to_owned()));
    for nothing in [None, Some(" \n".to_owned())] {
        assert_eq!(parse_query(nothing), Err(AnswerError::Missing));
    }
}

#[test]
fn what_cannot_be_judged_is_no_attempt() {
    assert_eq!(parse_answer(&Answer::Text, None), Err(AnswerError::Missing));
    let long = "x".repeat(10_001);
    let refused = parse_answer(&Answer::Text, Some(&long));
    assert!(matches!(refused, Err(AnswerError::TooLong { .. })));
    assert_eq!(
        parse_answer(&Answer::Text, Some("a\0b")),
        Ok("ab".to_owned())
    );
    compare(&expect(false, 0.0), "many", &Answer::Number, "3").unwrap_err();
}

proptest! {
    #[test]
    fn every_number_equals_itself(number in any::<i64>(), real in any::<f32>()) {
        let parse = |text: &str| parse_answer(&Answer::Number, Some(text)).unwrap();
        let same = |text: &str| compare(&expect(false, 0.0), text, &Answer::Number, &parse(text));
        prop_assert_eq!(same(&number.to_string()), Ok(true));
        if real.is_finite() {
            prop_assert_eq!(same(&real.to_string()), Ok(true));
        }
        let next = number.wrapping_add(1).to_string();
        let other = compare(&expect(false, 0.0), &next, &Answer::Number, &number.to_string());
        prop_assert_eq!(other, Ok(false));
    }

    #[test]
    fn any_text_is_compared(value in ".*", answer in ".*") {
        for kind in [Answer::Text, Answer::Number] {
            let _ = parse_answer(&kind, Some(&answer));
            let _ = compare(&expect(false, 0.0), &value, &kind, &answer);
        }
        prop_assert_eq!(compare(&expect(false, 0.0), &value, &Answer::Text, &value), Ok(true));
    }
}
