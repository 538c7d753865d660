//! Where the supervisor finds labs; the server gives it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use labwright_model::{Lab, LabName, NodeName};
use labwright_store::CourseId;

/// A lab that can be started: its text, and its nodes' unpacked layers.
#[derive(Debug, Clone, PartialEq)]
pub struct RunnableLab {
    /// The lab.
    pub lab: Lab,
    /// Unpacked layers of each node, lowest first.
    pub layers: BTreeMap<NodeName, Vec<PathBuf>>,
    /// The folder that holds what the lab folder has under `assets/`.
    pub assets: PathBuf,
    /// Unpacked layers of its displays, lowest first.
    pub display: Vec<PathBuf>,
}

/// The labs of an installation. Asked anew at every start, check and view, so that an author's
/// change shows at once; a running machine keeps what it was started from.
pub trait Labs: Send + Sync {
    /// The lab of this name in a course.
    fn find(&self, course: &CourseId, lab: &LabName) -> Option<Arc<RunnableLab>>;
}
