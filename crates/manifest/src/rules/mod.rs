//! What must hold beyond the form: one file a subject, one line here each.
//!
//! A rule takes the decoded lab and the tree (for places to point at) and reports; it changes
//! nothing.

mod addresses;
mod apps;
mod folder;
mod lab;
mod limits;
mod nodes;
mod pages;
mod params;
mod tasks;
mod templates;

use labwright_model::Lab;

use crate::check::Template;
use crate::folder::Folder;
use crate::problems::Problems;
use crate::yaml::Node;

/// What every rule sees.
pub(crate) struct Facts<'a> {
    lab: &'a Lab,
    /// `lab.yaml`, also with what was too broken to be decoded.
    root: &'a Node,
    folder: &'a Folder,
    templates: &'a [Template],
}

/// Applies all rules.
pub(crate) fn apply(
    lab: &Lab,
    root: &Node,
    templates: &[Template],
    folder: &Folder,
    problems: &mut Problems,
) {
    let facts = Facts {
        lab,
        root,
        folder,
        templates,
    };
    lab::check(&facts, problems);
    params::check(&facts, problems);
    nodes::check(&facts, problems);
    addresses::check(&facts, problems);
    limits::check(&facts, problems);
    apps::check(&facts, problems);
    tasks::check(&facts, problems);
    templates::check(&facts, problems);
    pages::check(&facts, problems);
    folder::check(&facts, problems);
}

impl<'a> Facts<'a> {
    /// The names under a top-level key, also of entries that were refused.
    fn names(&self, key: &str) -> Vec<&'a str> {
        let entries = self.root.get(key).map(Node::entries).unwrap_or_default();
        entries.iter().map(|(key, _)| key.text.as_str()).collect()
    }

    /// The author's nodes, and the checker, which is always there for those who ask.
    fn node_names(&self) -> Vec<&'a str> {
        let mut names = self.names("nodes");
        if !names.contains(&labwright_model::CHECKER) {
            names.push(labwright_model::CHECKER);
        }
        names
    }
}
