//! Line items, scores and results (Assignment and Grade Services 2.0): addresses and documents.

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::iso8601;

/// Longest label; Open edX answers 400 to a longer one.
pub const MAX_LABEL_CHARS: usize = 100;
/// Most line items or results of one page that are looked at.
const MAX_ITEMS: usize = 10_000;
/// How near two numbers of points are the same.
const NEAR: f64 = 1e-4;

/// A column of the platform's grade book (§3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineItem {
    /// What the teacher reads.
    pub label: String,
    /// The most points: whole, since Open edX takes no fraction.
    pub maximum: u32,
    /// Which of our labs it is for.
    pub resource_id: String,
    /// The link that it belongs to; without one Open edX keeps scores out of the grade book.
    pub resource_link_id: Option<String>,
    /// It is one task's column, of several of its link.
    pub is_task: bool,
}

/// What we call our columns.
const TAG: &str = "labwright";
/// And those of single tasks.
const TASK_TAG: &str = "labwright-task";

impl LineItem {
    /// As it is sent. A label is cut to what every platform takes.
    pub fn document(&self) -> Value {
        let label: String = self.label.chars().take(MAX_LABEL_CHARS).collect();
        let mut object = json!({
            "label": label,
            "scoreMaximum": self.maximum.max(1),
            "resourceId": self.resource_id,
            "tag": if self.is_task { TASK_TAG } else { TAG },
        });
        if let (Some(link), Some(object)) = (&self.resource_link_id, object.as_object_mut()) {
            object.insert("resourceLinkId".to_owned(), json!(link));
        }
        object
    }
}

/// Where a line item's scores go. Its address may have a query, as Moodle's has: `scores` goes
/// before it (§3.3.1).
pub fn scores_url(line_item: &Url) -> Url {
    below(line_item, "scores")
}

/// Where a line item's results are, of one user.
pub fn results_url(line_item: &Url, user: &str) -> Url {
    let mut url = below(line_item, "results");
    url.query_pairs_mut().append_pair("user_id", user);
    url
}

/// Where a line item's results are, of everybody.
pub fn results_of_all_url(line_item: &Url) -> Url {
    below(line_item, "results")
}

/// The line items of one link.
pub fn line_items_url(line_items: &Url, resource_link: &str) -> Url {
    let mut url = line_items.clone();
    url.query_pairs_mut()
        .append_pair("resource_link_id", resource_link);
    url
}

fn below(url: &Url, name: &str) -> Url {
    let mut url = url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(name);
    }
    url
}

/// How far a learner is (§3.3.7.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Something is missing.
    InProgress,
    /// All is done.
    Completed,
}

/// A score (§3.3.7).
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Whose, as the platform named them.
    pub user: String,
    /// Points.
    pub given: f64,
    /// Of so many.
    pub maximum: f64,
    /// How far.
    pub progress: Progress,
    /// When, in milliseconds since 1970: strictly later than every earlier one of this user and
    /// line item.
    pub timestamp_ms: i64,
    /// A word about it for whoever reads the grade book (§3.3.7.5).
    pub comment: Option<&'static str>,
}

impl Score {
    /// As it is sent. Always `FullyGraded`: nobody grades by hand afterwards, and platforms keep
    /// other scores out of the grade book.
    pub fn document(&self) -> Value {
        let mut document = json!({
            "userId": self.user,
            "scoreGiven": self.given,
            "scoreMaximum": self.maximum,
            "activityProgress": match self.progress {
                Progress::InProgress => "InProgress",
                Progress::Completed => "Completed",
            },
            "gradingProgress": "FullyGraded",
            "timestamp": iso8601(self.timestamp_ms),
        });
        if let (Some(comment), Some(fields)) = (self.comment, document.as_object_mut()) {
            fields.insert("comment".to_owned(), Value::from(comment));
        }
        document
    }
}

/// The time of a new score: now, but later than the one before, also when the clock was set back.
pub fn next_timestamp(now_ms: i64, last_ms: Option<i64>) -> i64 {
    match last_ms {
        Some(last) if last >= now_ms => last + 1,
        _ => now_ms,
    }
}

/// A result that the platform has (§3.4).
#[derive(Debug, Clone, PartialEq)]
pub struct Result {
    /// Whose.
    pub user: String,
    /// Points; `None`: nothing is graded.
    pub score: Option<f64>,
    /// Of so many.
    pub maximum: Option<f64>,
}

/// Whether the platform has what a score says. It may count in other points.
pub fn same_result(result: &Result, given: f64, maximum: f64) -> bool {
    let share = |points: f64, of: f64| if of > 0.0 { points / of } else { points };
    let Some(score) = result.score else {
        return false;
    };
    let theirs = share(score, result.maximum.unwrap_or(maximum));
    (theirs - share(given, maximum)).abs() < NEAR
}

/// A line item that the platform has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KnownLineItem {
    /// Its address.
    pub id: String,
    /// Which of a tool's things it is for.
    #[serde(default, rename = "resourceId")]
    pub resource_id: Option<String>,
    /// The link that it belongs to.
    #[serde(default, rename = "resourceLinkId")]
    pub resource_link_id: Option<String>,
    /// What the tool calls it.
    #[serde(default)]
    pub tag: Option<String>,
}

/// The address of a line item that was just made.
pub fn parse_line_item(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<KnownLineItem>(body)
        .ok()
        .map(|item| item.id)
}

/// The line items of a page.
pub fn parse_line_items(body: &[u8]) -> Option<Vec<KnownLineItem>> {
    let items: Vec<KnownLineItem> = serde_json::from_slice(body).ok()?;
    Some(items).filter(|items| items.len() <= MAX_ITEMS)
}

/// The line item of a link: the one that we made for this resource, else the only one there is. Of
/// several that are not ours none is taken: a score in a foreign column is worse than a new column.
/// A task's column is never another's, and is taken from nobody.
pub fn find_line_item(
    body: &[u8],
    resource_link: &str,
    resource_id: &str,
    is_task: bool,
) -> Option<String> {
    let items = parse_line_items(body)?;
    // Some platforms pass over the filter, and one without a link never reaches the grade book.
    let of_link: Vec<&KnownLineItem> = items
        .iter()
        .filter(|item| item.resource_link_id.as_deref() == Some(resource_link))
        .collect();
    let made = of_link
        .iter()
        .find(|item| item.resource_id.as_deref() == Some(resource_id));
    let only = match of_link.as_slice() {
        [one] if !is_task && one.tag.as_deref() != Some(TASK_TAG) => Some(one),
        _ => None,
    };
    made.or(only).map(|item| item.id.clone())
}

/// Results of a line item.
pub fn parse_results(body: &[u8]) -> Option<Vec<Result>> {
    #[derive(Deserialize)]
    struct Document {
        #[serde(rename = "userId")]
        user: Value,
        #[serde(default, rename = "resultScore")]
        score: Option<f64>,
        #[serde(default, rename = "resultMaximum")]
        maximum: Option<f64>,
    }
    let all: Vec<Document> = serde_json::from_slice(body).ok()?;
    if all.len() > MAX_ITEMS {
        return None;
    }
    let result = |document: Document| Result {
        user: match document.user {
            Value::String(text) => text,
            other => other.to_string(),
        },
        score: document.score,
        maximum: document.maximum,
    };
    Some(all.into_iter().map(result).collect())
}
