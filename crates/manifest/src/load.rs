//! From a folder to a lab and its problems.

use std::collections::BTreeMap;
use std::path::Path;

use labwright_model::Lab;

use crate::decode::Source;
use crate::folder::{FileFault, Folder, MAX_LAB_BYTES, is_folder};
use crate::problem::{self, Problem, Severity};
use crate::problems::{LAB_FILE, Problems};
use crate::yaml::{Node, Value};
use crate::{addresses, check, decode, format, rules, yaml};

/// What became of a lab folder.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The lab, if there is no error.
    pub lab: Option<Lab>,
    /// Everything there is to say about it, in reading order.
    pub problems: Vec<Problem>,
    /// The texts that the problems point into, by path.
    texts: BTreeMap<String, String>,
}

impl Loaded {
    /// Whether the lab cannot be used.
    pub fn has_errors(&self) -> bool {
        self.lab.is_none()
    }

    /// What this version cannot run; `build` refuses a lab that has such.
    pub fn unsupported(&self) -> impl Iterator<Item = &Problem> {
        let list = self.problems.iter();
        list.filter(|problem| problem.severity == Severity::Unsupported)
    }

    /// A problem as a person reads it: `FILE:LINE:COLUMN: …`, the text underlined, what to do.
    pub fn render(&self, problem: &Problem, colour: bool) -> String {
        let text = self
            .texts
            .get(&problem.file)
            .map(String::as_str)
            .unwrap_or_default();
        problem::render(problem, text, colour)
    }
}

/// Reads a lab folder.
pub fn load(dir: &Path) -> Loaded {
    let mut problems = Problems::default();
    let lab = match Folder::open(dir) {
        Ok(folder) => read(&folder, &mut problems),
        Err(error) => {
            let why = if is_folder(dir) || !dir.exists() {
                format!(
                    "the lab folder `{}` cannot be opened: {error}",
                    dir.display()
                )
            } else {
                format!("`{}` is no folder", dir.display())
            };
            problems.error(0..0, why, "name the folder that holds lab.yaml");
            None
        }
    };
    problems.sort();
    let lab = lab.filter(|_| !problems.has_errors());
    Loaded {
        lab,
        problems: problems.list,
        texts: problems.texts,
    }
}

fn read(folder: &Folder, problems: &mut Problems) -> Option<Lab> {
    let text = match folder.read(LAB_FILE, MAX_LAB_BYTES) {
        Ok(text) => text,
        Err(fault) => {
            unreadable(fault, folder, problems);
            return None;
        }
    };
    problems.texts.insert(LAB_FILE.to_owned(), text.clone());
    let root = parse(&text, problems)?;
    let templates = check::check(&root, &format::LAB, problems);
    let mut lab = decode::lab(
        &root,
        &mut Source {
            folder,
            problems: &mut *problems,
        },
    )?;
    addresses::give_out(&mut lab, &root, problems);
    rules::apply(&lab, &root, &templates, folder, problems);
    Some(lab)
}

fn unreadable(fault: FileFault, folder: &Folder, problems: &mut Problems) {
    let message = fault.to_string();
    let path = folder.path().display();
    let (at, help) = match fault {
        FileFault::Missing(_) => (
            0,
            format!("`labwright new` makes a lab; is {path} the right folder?"),
        ),
        FileFault::NoText { at, shown, .. } => {
            problems.texts.insert(LAB_FILE.to_owned(), shown);
            (at, "save it as UTF-8 text".into())
        }
        _ => (0, String::new()),
    };
    problems.error(at..at, message, help);
}

/// The tree of `lab.yaml`, if it is one.
fn parse(text: &str, problems: &mut Problems) -> Option<Node> {
    let (root, faults) = yaml::compose(text);
    let refused = !faults.is_empty();
    for fault in faults {
        problems.error(fault.span, fault.message, fault.help.unwrap_or_default());
    }
    let minimal = "the least that it must hold is `labwright: 1` and `name: …`";
    match root {
        Some(root) if matches!(root.value, Value::Map(_)) => Some(root),
        Some(root) if !matches!(root.value, Value::Null) => {
            let message = format!("lab.yaml is {}; it must be a mapping", root.kind());
            problems.error(root.heading(), message, minimal);
            None
        }
        _ => {
            if !refused {
                problems.error(0..0, "lab.yaml is empty", minimal);
            }
            None
        }
    }
}
