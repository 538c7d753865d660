//! A lab for a page without server: the same views as a session's, of a session that nobody has begun.

use std::collections::BTreeMap;
use std::path::PathBuf;

use indexmap::IndexMap;
use labwright_api as api;
use labwright_grading::{Cell, Rule, SEAL_ROUNDS, Sealed, Table, Values, seal};
use labwright_model::{
    Answer, AppKind, Check, Lab, MachineSpec, NodeState, SessionId, Stage, Task, TaskId, Text,
};
use labwright_session::{NodeView, Snapshot, StageState, StageView, TerminalView, progress};
use labwright_store::{AccountId, CourseId, SessionState};

use crate::language::Wanted;
use crate::page;
use crate::view::{self, Scene};

/// Languages that the page speaks.
const LANGUAGES: [&str; 2] = ["en", "fr"];
/// Where the lab's files are, as seen from the page.
const ASSETS: &str = "lab/assets";
/// What stands for the course and the account.
const NOBODY: &str = "tab";

/// A file of the page.
pub struct TabFile {
    /// Its path in the folder.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What the author's query of an `sql` task gives, and whether it says an order.
pub struct TabRows {
    /// The rows.
    pub table: Table,
    /// The order counts.
    pub ordered: bool,
}

/// The built page's files; empty when this program was compiled without it.
pub fn page_files() -> Vec<TabFile> {
    page::files()
        .map(|(path, bytes)| TabFile { path, bytes })
        .collect()
}

/// The folder of Wireshark's part of the page, beside this program or above it.
pub fn wireshark_files() -> Option<PathBuf> {
    crate::routes::bundles::find(None)
}

/// The site of a tab of the kind `page`, out of all files below `assets/`.
pub fn tab_site(file: &str, assets: &[String]) -> api::TabSite {
    let inner = file.strip_prefix("assets/").unwrap_or(file);
    let (folder, first) = inner.rsplit_once('/').unwrap_or(("", inner));
    let below = |path: &String| match folder {
        "" => Some(path.clone()),
        folder => Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned()),
    };
    api::TabSite {
        folder: folder.to_owned(),
        first: first.to_owned(),
        files: assets.iter().filter_map(below).collect(),
    }
}

/// The lab as a page without server takes it. `spec` is what its machine was started from; `salt` is another word for
/// each export; `rows` are the author's of each `sql` task. Also gives the tasks that cannot be judged, and why.
pub fn tab_lab(
    lab: &Lab,
    values: &Values,
    spec: Option<&MachineSpec>,
    salt: &str,
    rows: &BTreeMap<TaskId, TabRows>,
) -> Result<(api::TabLab, Vec<String>), labwright_model::NameError> {
    let snapshot = untouched(lab, spec)?;
    let languages = LANGUAGES
        .iter()
        .map(|tag| ((*tag).to_owned(), pages(lab, values, &snapshot, tag)))
        .collect();
    let mut broken = Vec::new();
    let tasks = lab.steps.iter().flat_map(|step| &step.tasks);
    let tasks = tasks
        .map(|task| {
            let check = check(task, values, salt, rows).unwrap_or_else(|why| {
                broken.push(format!("task {}: {why}", task.id));
                api::TabCheck::Broken
            });
            let choices = choices(task, values);
            (task.id.to_string(), api::TabTask { check, choices })
        })
        .collect();
    let made = api::TabLab {
        labwright: 1,
        lab: lab.name.to_string(),
        languages,
        tasks,
        env: values.env(),
        machine: None,
        pages: IndexMap::new(),
    };
    Ok((made, broken))
}

/// A session that is ready and in which nothing was done.
fn untouched(
    lab: &Lab,
    spec: Option<&MachineSpec>,
) -> Result<Snapshot, labwright_model::NameError> {
    let stages = [
        Stage::Place,
        Stage::Networks,
        Stage::Nodes,
        Stage::Services,
        Stage::Tabs,
    ];
    Ok(Snapshot {
        id: SessionId::new(lab.name.as_str())?,
        course: CourseId::new(NOBODY),
        lab: lab.name.clone(),
        account: AccountId::new(NOBODY),
        state: SessionState::Ready,
        stages: stages
            .into_iter()
            .map(|stage| StageView {
                stage,
                state: StageState::Done,
                expected_ms: None,
                took_ms: None,
                began_at: None,
            })
            .collect(),
        line: None,
        expected_at: None,
        problem: None,
        created_at: 0,
        ready_at: Some(0),
        ends_at: None,
        extensions_left: 0,
        saved_at: None,
        kept_until: None,
        nodes: spec.map(nodes).unwrap_or_default(),
        terminals: terminals(lab),
        programs: BTreeMap::new(),
        warnings: Vec::new(),
        progress: progress(lab, Rule::default(), &[], &BTreeMap::new()),
    })
}

fn nodes(spec: &MachineSpec) -> Vec<NodeView> {
    let shown = spec.nodes.iter().filter(|node| !node.hidden);
    shown
        .map(|node| NodeView {
            name: node.name.clone(),
            state: NodeState::Ready,
            addresses: node
                .links
                .iter()
                .map(|link| {
                    let bare = link
                        .addresses
                        .iter()
                        .filter_map(|one| one.split('/').next());
                    (link.network.clone(), bare.map(str::to_owned).collect())
                })
                .collect(),
        })
        .collect()
}

/// The first terminal of each terminal tab.
fn terminals(lab: &Lab) -> Vec<TerminalView> {
    let mut made: Vec<TerminalView> = Vec::new();
    for app in &lab.apps {
        let AppKind::Terminal { node } = &app.kind else {
            continue;
        };
        if made.iter().all(|terminal| terminal.node != *node) {
            made.push(TerminalView {
                id: format!("t{}", made.len() + 1),
                node: node.clone(),
                title: node.to_string(),
            });
        }
    }
    made
}

fn pages(lab: &Lab, values: &Values, snapshot: &Snapshot, tag: &str) -> api::TabPages {
    let wanted = Wanted::of_tag(tag);
    let scene = Scene {
        lab,
        values,
        wanted: &wanted,
    };
    let asset = |file: &str| format!("{ASSETS}/{file}");
    let steps = lab.steps.iter().enumerate();
    let tasks = lab.steps.iter().flat_map(|step| &step.tasks);
    let text = |text: &Text| values.fill_page(text.get(&wanted.tag));
    api::TabPages {
        session: view::session(snapshot, &scene, 0),
        steps: steps
            .map(|(at, step)| view::step_with(at, step, &snapshot.progress, &scene, &asset))
            .collect(),
        hints: tasks
            .map(|task| (task.id.to_string(), task.hints.iter().map(text).collect()))
            .collect(),
    }
}

/// A choice is told by any of its texts; the author's own is what a check gets.
fn choices(task: &Task, values: &Values) -> Vec<Vec<String>> {
    let Some(Answer::Choice(choices)) = &task.answer else {
        return Vec::new();
    };
    let texts = |choice: &Text| {
        let own = choice.get("").to_owned();
        let mut texts = vec![own];
        for text in choice.0.values() {
            for text in [text.clone(), values.fill_page(text)] {
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
        }
        texts
    };
    choices.iter().map(texts).collect()
}

fn check(
    task: &Task,
    values: &Values,
    salt: &str,
    rows: &BTreeMap<TaskId, TabRows>,
) -> Result<api::TabCheck, String> {
    match &task.check {
        Check::Script {
            on,
            script,
            user,
            timeout_ms,
        } => Ok(api::TabCheck::Script {
            node: on.to_string(),
            script: script.text.clone(),
            user: user.clone(),
            timeout_ms: *timeout_ms,
        }),
        Check::Expect(expect) => {
            let kind = task.answer.as_ref().unwrap_or(&Answer::Text);
            let value = values
                .fill(&expect.value)
                .map_err(|error| error.to_string())?;
            // Equal answers of two tasks must not look equal.
            let salt = format!("{salt} {}", task.id);
            let sealed = seal(expect, &value, kind, &salt).map_err(|error| error.to_string())?;
            Ok(sealed_check(sealed, salt))
        }
        Check::Sql { database, .. } => {
            let rows = rows.get(&task.id).ok_or("its query gave no rows")?;
            Ok(api::TabCheck::Rows {
                database: database.clone(),
                columns: u32::try_from(rows.table.columns.len()).unwrap_or(u32::MAX),
                rows: rows
                    .table
                    .rows
                    .iter()
                    .map(|row| row.iter().map(cell).collect())
                    .collect(),
                ordered: rows.ordered,
            })
        }
    }
}

fn sealed_check(sealed: Sealed, salt: String) -> api::TabCheck {
    let (of, digest) = match sealed {
        Sealed::Near { value, tolerance } => return api::TabCheck::Near { value, tolerance },
        Sealed::Exact(digest) => (api::TabDigest::Exact, digest),
        Sealed::Text(digest) => (api::TabDigest::Text, digest),
        Sealed::Choice(digest) => (api::TabDigest::Choice, digest),
        Sealed::Whole(digest) => (api::TabDigest::Whole, digest),
    };
    api::TabCheck::Digest {
        of,
        salt,
        rounds: SEAL_ROUNDS,
        digest,
    }
}

fn cell(cell: &Cell) -> Option<api::TabCell> {
    match cell {
        Cell::Null => None,
        Cell::Integer(whole) => Some(api::TabCell::Integer(whole.to_string())),
        Cell::Real(real) => Some(api::TabCell::Real(real.to_string())),
        Cell::Text(text) => Some(api::TabCell::Text(text.clone())),
        Cell::Blob(bytes) => {
            let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            Some(api::TabCell::Blob(hex))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tab_site;

    #[test]
    fn a_site_is_the_folder_that_its_page_lies_in() {
        let assets = ["a.png", "site/index.html", "site/js/go.js", "sites/x.js"];
        let assets = assets.map(str::to_owned);
        let site = tab_site("assets/site/index.html", &assets);
        assert_eq!((&*site.folder, &*site.first), ("site", "index.html"));
        assert_eq!(site.files, ["index.html", "js/go.js"]);
        let top = tab_site("assets/a.html", &assets);
        assert_eq!((&*top.folder, &*top.first), ("", "a.html"));
        assert_eq!(top.files.len(), assets.len());
    }
}
