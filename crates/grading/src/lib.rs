//! Parameters, verdicts and scores: values in, values out.
//!
//! What a check printed becomes a verdict, verdicts become a score, and the server's key becomes
//! a learner's parameters. This crate must not run anything, store anything or know a session.

mod answer;
mod board;
mod params;
mod rows;
mod rule;
mod score;
mod sealed;
mod values;
mod verdict;

pub use answer::{AnswerError, CompareError, MAX_ANSWER_CHARS, compare, parse_answer, parse_query};
pub use board::{
    AtHand, Class, QUIET_MS, Reason, STUCK_MS, STUCK_TRIES, Signs, StepSum, Stuck, TaskSum, Tried,
    Work,
};
pub use params::{ParamError, params};
pub use rows::{
    Cell, Difference, Extra, RowsVerdict, Table, Words, compare_rows, is_ordered, judge_rows,
};
pub use rule::{Counted, LateWork, OneTry, Rule, Shut, WhichTry};
pub use score::{Evidence, Score, best_share, points_of, total, total_of};
pub use sealed::{SEAL_ROUNDS, Sealed, seal, sealed_digest};
pub use values::Values;
pub use verdict::{
    Ended, Judgement, MAX_FEEDBACK_LINES, MAX_LINE_CHARS, Verdict, feedback, judge, judge_answer,
};
