//! Operations about a course's people and scores.

use super::{Operation, get, post};
use crate::{Comparison, Resend, Resent, Scores, SentScore};

/// What teachers do with scores.
pub(super) fn operations() -> Vec<Operation> {
    let scores = "/api/v1/courses/{course}/scores";
    vec![
        get(
            scores,
            "scores",
            "Everybody's scores, and what course platforms were told",
        )
        .reply::<Scores>(200),
        get(
            "/api/v1/courses/{course}/scores/history",
            "scoreHistory",
            "All that was sent about a learner (the account's id), newest first",
        )
        .query("learner")
        .reply_list::<SentScore>(200),
        post(
            "/api/v1/courses/{course}/scores/resend",
            "resendScores",
            "Send learners' last scores again",
        )
        .body::<Resend>()
        .reply::<Resent>(200),
        get(
            "/api/v1/courses/{course}/scores/comparison",
            "compareScores",
            "Ask the course platforms what they have; may take as long as they do",
        )
        .reply::<Comparison>(200),
    ]
}
