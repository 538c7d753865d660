//! A lab for a page without server: `lab/lab.json` of a folder that `labwright export --as web` makes.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{SessionView, StepView};

/// All that a page needs of a lab, with nobody to ask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TabLab {
    /// Version of this format; 1.
    pub labwright: u32,
    /// The lab's name.
    pub lab: String,
    /// The lab as its learner sees it, by language.
    pub languages: IndexMap<String, TabPages>,
    /// How each task is judged, by its id.
    pub tasks: IndexMap<String, TabTask>,
    /// Environment of every check: the parameters that this folder was drawn for.
    pub env: IndexMap<String, String>,
    /// Digest of the image of the machine in `machine/`; none where the lab needs none.
    pub machine: Option<String>,
    /// What the tabs of the kind `page` show, by the file that they name.
    pub pages: IndexMap<String, TabSite>,
}

/// A page of the author's, with the files beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TabSite {
    /// The folder that it lies in, below `assets/`; empty is that folder itself.
    pub folder: String,
    /// The file to open, in that folder.
    pub first: String,
    /// All files in that folder and below it.
    pub files: Vec<String>,
}

/// A lab in one language. Nothing is done yet: the page puts the learner's progress in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TabPages {
    /// The session.
    pub session: SessionView,
    /// The pages of instructions, in order. Addresses of files are relative to the page's own.
    pub steps: Vec<StepView>,
    /// All hints of each task, by its id.
    pub hints: IndexMap<String, Vec<String>>,
}

/// How a task is judged in the tab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TabTask {
    /// What decides.
    pub check: TabCheck,
    /// Each choice in every language, the author's own first; where the task has choices.
    pub choices: Vec<Vec<String>>,
}

/// What decides a task in the tab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum TabCheck {
    /// A script in the machine.
    Script {
        /// The node.
        node: String,
        /// Its text.
        script: String,
        /// Who runs it.
        user: String,
        /// It is broken when it takes longer.
        timeout_ms: u64,
    },
    /// The answer's digest (PBKDF2, HMAC-SHA-256, in hexadecimal) is this one.
    Digest {
        /// What of the answer is digested.
        of: TabDigest,
        /// Its salt.
        salt: String,
        /// Its rounds.
        rounds: u32,
        /// The digest.
        digest: String,
    },
    /// The answer is a number near this one.
    Near {
        /// The number.
        value: f64,
        /// How far the answer may be off.
        tolerance: f64,
    },
    /// The learner's query gives these rows.
    Rows {
        /// The file below `assets/` that it is asked of.
        database: String,
        /// How many columns.
        columns: u32,
        /// The rows; a cell is null for NULL.
        rows: Vec<Vec<Option<TabCell>>>,
        /// Their order counts.
        ordered: bool,
    },
    /// It cannot be judged here: its author's side of it is wrong. Why is in the output of `labwright export`.
    Broken,
}

/// What of an answer is digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TabDigest {
    /// The text as it was typed.
    Exact,
    /// The trimmed, composed, case-folded text.
    Text,
    /// The choice's number, from 0.
    Choice,
    /// A whole number in decimal digits.
    Whole,
}

/// A value of SQLite that is not NULL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TabCell {
    /// A whole number, in decimal digits.
    Integer(String),
    /// A number with a fraction.
    Real(String),
    /// Text.
    Text(String),
    /// Bytes, in hexadecimal.
    Blob(String),
}
