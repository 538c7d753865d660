//! Operations about a course's people and scores.

use super::{Operation, delete, get, post};
use crate::{Comparison, LabRule, MoreTime, Resend, Resent, Scores, SentScore};

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
        post(
            "/api/v1/courses/{course}/labs/{lab}/rule",
            "setRule",
            "Set dates and tries of a lab; scores are counted anew",
        )
        .body::<LabRule>()
        .empty(204),
        delete(
            "/api/v1/courses/{course}/labs/{lab}/rule",
            "unsetRule",
            "The configured dates and tries hold again",
        )
        .empty(204),
        post(
            "/api/v1/courses/{course}/labs/{lab}/extensions",
            "giveTime",
            "Give a learner more time for a lab, or take it back",
        )
        .body::<MoreTime>()
        .empty(204),
    ]
}
