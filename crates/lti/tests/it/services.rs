//! Line items, scores, results and members: addresses, documents and what answers mean.

use labwright_lti::{
    GradeResult, LineItem, Progress, Score, ScoreReply, find_line_item, iso8601, judge_score_reply,
    line_items_url, next_page, next_timestamp, parse_line_item, parse_members, parse_results,
    results_url, same_result, scores_url,
};
use serde_json::json;
use url::Url;

use crate::world::*;

#[test]
fn addresses_keep_their_queries() {
    let url = |text: &str| Url::parse(text).unwrap();
    for (line_item, scores) in [
        (
            "https://l.org/1/lineitem?type_id=1",
            "https://l.org/1/lineitem/scores?type_id=1",
        ),
        (
            "https://l.org/1/lineitem",
            "https://l.org/1/lineitem/scores",
        ),
        (
            "https://l.org/1/lineitem/",
            "https://l.org/1/lineitem/scores",
        ),
    ] {
        assert_eq!(scores_url(&url(line_item)).as_str(), scores);
    }
    assert_eq!(
        results_url(&url("https://l.org/1?type_id=1"), "a+b").as_str(),
        "https://l.org/1/results?type_id=1&user_id=a%2Bb"
    );
    assert_eq!(
        line_items_url(&url("https://l.org/1?type_id=1"), "block-v1:O+C+R").as_str(),
        "https://l.org/1?type_id=1&resource_link_id=block-v1%3AO%2BC%2BR"
    );
}

#[test]
fn times_are_utc_and_always_later() {
    assert_eq!(iso8601(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(iso8601(951_782_399_999), "2000-02-28T23:59:59.999Z");
    assert_eq!(iso8601(951_868_799_001), "2000-02-29T23:59:59.001Z");
    assert_eq!(iso8601(1_800_000_000_123), "2027-01-15T08:00:00.123Z");
    assert_eq!(iso8601(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    assert_eq!(iso8601(-1), "1969-12-31T23:59:59.999Z");
    assert_eq!(
        iso8601(i64::MAX),
        "1970-01-01T00:00:00.000Z",
        "no clock is that late"
    );
    assert_eq!(next_timestamp(5000, None), 5000);
    assert_eq!(next_timestamp(5000, Some(4998)), 5000);
    assert_eq!(next_timestamp(5000, Some(5000)), 5001);
    assert_eq!(
        next_timestamp(1400, Some(5000)),
        5001,
        "the clock was set back"
    );
}

#[test]
fn a_score_is_sent_as_platforms_want_it() {
    let score = Score {
        user: "5b2d".into(),
        given: 2.5,
        maximum: 10.0,
        progress: Progress::InProgress,
        timestamp_ms: 0,
        comment: None,
    };
    assert_eq!(
        score.document(),
        json!({
            "userId": "5b2d", "scoreGiven": 2.5, "scoreMaximum": 10.0, "activityProgress": "InProgress", "gradingProgress": "FullyGraded",
            "timestamp": "1970-01-01T00:00:00.000Z",
        })
    );
    let done = Score {
        progress: Progress::Completed,
        comment: Some("as reported"),
        ..score
    };
    assert_eq!(done.document()["activityProgress"], "Completed");
    assert_eq!(done.document()["comment"], "as reported");
    let item = LineItem {
        label: "Lab".into(),
        maximum: 10,
        resource_id: "nets/tiny".into(),
        resource_link_id: Some("r".into()),
        is_task: false,
    };
    let of_task = LineItem {
        is_task: true,
        ..item.clone()
    };
    assert_eq!(of_task.document()["tag"], "labwright-task");
    assert_eq!(
        item.document(),
        json!({ "label": "Lab", "scoreMaximum": 10, "resourceId": "nets/tiny", "tag": "labwright", "resourceLinkId": "r" })
    );
}

#[test]
fn answers_to_scores_mean_what_was_measured() {
    let judge = |status, body: &str| judge_score_reply(status, body.as_bytes());
    for (status, body, means) in [
        (200, "", ScoreReply::Taken),
        (201, "{\"timestamp\":\"2026\"}", ScoreReply::Taken),
        (204, "", ScoreReply::Taken),
        (
            200,
            "  \n<!doctype html><title>Maintenance</title>",
            ScoreReply::Later,
        ),
        (
            400,
            "{\"timestamp\":[\"Score timestamp can only be updated to a later point in time\"]}",
            ScoreReply::AlreadyThere,
        ),
        (409, "", ScoreReply::AlreadyThere),
        (
            400,
            "{\"userId\":[\"This field is required.\"]}",
            ScoreReply::Never,
        ),
        (401, "", ScoreReply::TokenRefused),
        (403, "<h1>Forbidden</h1>", ScoreReply::TokenRefused),
        (404, "", ScoreReply::NoLineItem),
        (410, "", ScoreReply::NoLineItem),
        (302, "", ScoreReply::Later),
        (408, "", ScoreReply::Later),
        (429, "", ScoreReply::Later),
        (500, "<h1>Server error</h1>", ScoreReply::Later),
        (599, "", ScoreReply::Later),
        (415, "", ScoreReply::Never),
        (600, "", ScoreReply::Never),
    ] {
        assert_eq!(judge(status, body), means, "{status} {body}");
    }
}

#[test]
fn results_are_compared_by_share() {
    let body = json!([
        { "id": "r1", "userId": "5b2d", "resultScore": 83, "resultMaximum": 100 },
        { "userId": 7 },
    ]);
    let results = parse_results(body.to_string().as_bytes()).unwrap();
    assert_eq!(
        results[0],
        GradeResult {
            user: "5b2d".into(),
            score: Some(83.0),
            maximum: Some(100.0)
        }
    );
    assert_eq!(results[1].user, "7");
    assert!(same_result(&results[0], 8.3, 10.0));
    assert!(!same_result(&results[0], 8.4, 10.0));
    assert!(!same_result(&results[1], 0.0, 10.0), "nothing is not zero");
    let zero = GradeResult {
        user: String::new(),
        score: Some(0.0),
        maximum: None,
    };
    assert!(same_result(&zero, 0.0, 10.0));
    assert!(!same_result(&zero, 0.1, 10.0));
    assert!(parse_results(b"<html>").is_none());
    // A difference of one in ten thousand is one; what is out of nothing is compared as it is.
    let of = |score: f64, maximum: f64| GradeResult {
        user: String::new(),
        score: Some(score),
        maximum: Some(maximum),
    };
    assert!(!same_result(&of(1e-4, 1.0), 0.0, 1.0));
    assert!(same_result(&of(9e-5, 1.0), 0.0, 1.0));
    assert!(same_result(&of(0.0, 0.0), 0.0, 0.0));
    assert!(!same_result(&of(1.0, 0.0), 0.0, 0.0));
}

#[test]
fn answers_have_ten_thousand_entries_and_no_more() {
    let results = |count| {
        parse_results(
            json!(vec![json!({ "userId": 7 }); count])
                .to_string()
                .as_bytes(),
        )
    };
    assert_eq!(results(10_000).map(|all| all.len()), Some(10_000));
    assert_eq!((results(10_001), results(10_002)), (None, None));
    let members = |count| {
        let body = json!({ "members": vec![json!({ "user_id": "1" }); count] });
        parse_members(body.to_string().as_bytes()).is_ok()
    };
    assert!(members(10_000));
    assert!(!members(10_001) && !members(10_002));
}

#[test]
fn the_line_item_of_a_link_is_found() {
    let item = |id: &str, resource: &str, link: Option<&str>| json!({ "id": id, "resourceId": resource, "resourceLinkId": link, "scoreMaximum": 1 });
    let find = |items: serde_json::Value| {
        find_line_item(items.to_string().as_bytes(), "link", "nets/tiny", false)
    };
    let find_task = |items: serde_json::Value| {
        find_line_item(items.to_string().as_bytes(), "link", "nets/tiny#a", true)
    };
    let of_task = |id: &str, task: &str| {
        let mut item = item(id, &format!("nets/tiny#{task}"), Some("link"));
        item["tag"] = json!("labwright-task");
        item
    };
    assert_eq!(
        find(json!([of_task("a", "a")])),
        None,
        "a task's is not the lab's"
    );
    assert_eq!(
        find_task(json!([of_task("b", "b")])),
        None,
        "nor another task's"
    );
    assert_eq!(
        find_task(json!([item("a", "x", Some("link"))])),
        None,
        "nor the platform's own"
    );
    let ours = find_task(json!([of_task("b", "b"), of_task("a", "a")]));
    assert_eq!(ours.as_deref(), Some("a"));
    assert_eq!(
        find(json!([item("a", "x", Some("link"))])).as_deref(),
        Some("a"),
        "the only one"
    );
    assert_eq!(
        find(json!([
            item("a", "x", Some("link")),
            item("b", "nets/tiny", Some("link"))
        ]))
        .as_deref(),
        Some("b"),
        "ours of two"
    );
    assert_eq!(
        find(json!([
            item("a", "x", Some("link")),
            item("b", "y", Some("link"))
        ])),
        None,
        "two of others"
    );
    assert_eq!(
        find(json!([item("a", "nets/tiny", Some("other"))])),
        None,
        "another link's"
    );
    assert_eq!(
        find(json!([item("a", "nets/tiny", None)])),
        None,
        "no link: never in the grade book"
    );
    assert_eq!(find(json!([])), None);
    assert_eq!(find(json!({})), None);
    assert_eq!(
        parse_line_item(br#"{"id":"https://l.org/1"}"#).as_deref(),
        Some("https://l.org/1")
    );
    assert_eq!(parse_line_item(b"<html>"), None);
}

#[test]
fn members_come_in_pages() {
    let body = json!({ "id": "x", "context": { "id": "c" }, "members": [
        { "user_id": "1", "roles": ["Learner"], "status": "Active" },
        { "user_id": "2", "roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"] },
        { "user_id": "3", "status": "Inactive", "name": "Zoë" },
    ] });
    let page = parse_members(body.to_string().as_bytes()).unwrap();
    let active: Vec<_> = page
        .members
        .iter()
        .filter(|member| member.is_active())
        .map(|member| member.user_id.as_str())
        .collect();
    assert_eq!(active, ["1", "2"]);
    assert!(parse_members(b"<html>").is_err());
    let next = |header: &str| next_page([header], &platform()).map(|url| url.map(String::from));
    let at = |text: &str| Ok(Some(text.to_owned()));
    assert_eq!(
        next(r#"<https://lms.example.org/m?from=1>; rel="next""#),
        at("https://lms.example.org/m?from=1")
    );
    assert_eq!(
        next(
            r#"<https://lms.example.org/a,b>; rel="prev", <https://lms.example.org/c>; title="x, y"; rel="first next""#
        ),
        at("https://lms.example.org/c")
    );
    assert_eq!(
        next("<https://lms.example.org/c>; REL=next"),
        at("https://lms.example.org/c")
    );
    assert_eq!(
        next(r#"<https://lms.example.org/c>; rel="differences""#),
        Ok(None)
    );
    assert_eq!(next(""), Ok(None));
    assert_eq!(next("<broken"), Ok(None));
    assert!(
        next(r#"<https://evil.example.com/m>; rel="next""#).is_err(),
        "our token goes nowhere else"
    );
}
