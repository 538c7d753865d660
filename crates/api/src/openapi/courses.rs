//! Operations about a course's people and scores.

use super::{Operation, delete, get, post};
use crate::{
    Comparison, CoursePeople, Erasure, LabRule, MoreTime, OperatorPrivacy, PrivacyNotice, Resend,
    Resent, Roster, RosterFile, RosterUndone, Scores, SentScore,
};

/// What teachers do with people and scores.
pub(super) fn operations() -> Vec<Operation> {
    let mut all = people();
    all.extend(scores());
    all
}

/// What is held on people, and what ends it.
pub(super) fn privacy() -> Vec<Operation> {
    let erasure = "/api/v1/me/erasure";
    vec![
        get(
            "/api/v1/privacy",
            "privacy",
            "What the operator of this server promises",
        )
        .open()
        .reply::<PrivacyNotice>(200),
        get(
            "/api/v1/me/data",
            "myData",
            "All that is held on the person: a zip of data.json and saved files",
        )
        .empty(200),
        get(erasure, "erasure", "Whether the person will be erased").reply::<Erasure>(200),
        post(
            erasure,
            "askErasure",
            "Ask that all that is held on the person be erased, after some days",
        )
        .reply::<Erasure>(200),
        delete(erasure, "undoErasure", "Take that back").empty(204),
        get(
            "/api/v1/operator/privacy",
            "operatorPrivacy",
            "Who asked to be erased, and what the ends of courses would erase now",
        )
        .reply::<OperatorPrivacy>(200),
    ]
}

fn people() -> Vec<Operation> {
    vec![
        get(
            "/api/v1/courses/{course}/people",
            "people",
            "The people of a course, its invitations and its last roster",
        )
        .reply::<CoursePeople>(200),
        delete(
            "/api/v1/courses/{course}/invitations/{invitation}",
            "revokeInvitation",
            "Close an invitation",
        )
        .empty(204),
        post(
            "/api/v1/courses/{course}/class-list",
            "classList",
            "Read a roster, or apply it: whole, and nobody leaves by it",
        )
        .body::<RosterFile>()
        .reply::<Roster>(200),
        post(
            "/api/v1/courses/{course}/class-list/undo",
            "undoClassList",
            "Undo the last roster; who has worked in the course stays",
        )
        .reply::<RosterUndone>(200),
    ]
}

fn scores() -> Vec<Operation> {
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
