//! `--as web`: a folder for any static web server. Made beside its place and moved there whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use indicatif::HumanBytes;
use labwright_grading::{Table, Values, is_ordered, params};
use labwright_model::{AppKind, Check, Lab, MachineSpec, TaskId};
use labwright_server::{TabRows, page_files, tab_lab, tab_site};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::list::{LIST, List, Listed};
use super::wireshark;
use crate::context::Context;
use crate::failure::{Explain, Failure, Outcome};
use crate::{emulated, lab, serving};

/// What the page's own start file is called in the build, and in the folder.
const START: &str = "tab.html";
pub(super) const INDEX: &str = "index.html";
/// What says what a machine's folder holds.
const MACHINE_FILE: &str = "machine.json";
const MACHINE_VERSION: u32 = 1;
/// What the model's paths of assets begin with.
const ASSETS: &str = "assets/";
/// A tab of the kind `page` has all files beside it in memory.
const MOST_SITE_BYTES: u64 = 64 << 20;
/// Characters of the word that seals this export's answers.
const SALT_CHARS: usize = 16;

/// What to make.
pub struct Order<'a> {
    /// The lab's folder.
    pub lab: &'a Path,
    /// Where to put it.
    pub out: &'a Path,
    /// What parameters are drawn from, where no machine has drawn them.
    pub seed: &'a str,
    /// The lab's machine, as `--as browser` makes it.
    pub machine: Option<&'a Path>,
}

/// What the folder of a machine says of it; `docs/browser-machine.md`.
#[derive(Deserialize)]
struct Machine {
    labwright: u32,
    lab: String,
    image: String,
    spec: MachineSpec,
}

impl Machine {
    fn read(folder: &Path, lab: &Lab) -> Outcome<Self> {
        let path = folder.join(MACHINE_FILE);
        let json = fs::read(&path).with_path("reading", &path)?;
        let machine: Self = serde_json::from_slice(&json).with_path("reading", &path)?;
        if machine.labwright != MACHINE_VERSION {
            return Err(Failure::new(format!(
                "{} is of another version of this program",
                path.display()
            ))
            .hint("export the machine again"));
        }
        if machine.lab != lab.name.as_str() {
            return Err(Failure::new(format!(
                "{} is the machine of {}, not of {}",
                folder.display(),
                machine.lab,
                lab.name
            )));
        }
        Ok(machine)
    }
}

/// Makes the folder, and says how large it is.
pub fn export(order: &Order<'_>, context: &Context) -> Outcome {
    let bytes = make(order, context)?;
    println!("{} ({})", order.out.display(), HumanBytes(bytes));
    Ok(())
}

/// Makes the folder; its size.
pub fn make(order: &Order<'_>, context: &Context) -> Outcome<u64> {
    let made = Made::begin(order.out)?;
    let lab = fill(order, &made, context)?;
    made.finish(lab.name.as_str())
}

/// Puts the page and the lab into a folder.
pub(super) fn fill(order: &Order<'_>, made: &Made, context: &Context) -> Outcome<Lab> {
    let lab = lab::read_for_browser(order.lab)?;
    let machine = order.machine.map(|folder| Machine::read(folder, &lab));
    let machine = machine.transpose()?;
    must_fit(&lab, machine.is_some())?;
    let page = page_files();
    if !page.iter().any(|file| file.path == START) {
        return Err(Failure::new("this program was compiled without the page")
            .hint("make build builds both"));
    }
    let values = match &machine {
        // It was made for parameters of its own.
        Some(machine) => Values::new(&machine.spec),
        None => {
            let params = params(order.seed.as_bytes(), &lab, order.seed);
            Values::of_params(&params.context("drawing the parameters")?)
        }
    };
    let rows = context.block_on(author_rows(&lab, &order.lab.join("assets")))?;
    let salt = salt(&lab, order.seed);
    let spec = machine.as_ref().map(|machine| &machine.spec);
    let (mut tab, broken) =
        tab_lab(&lab, &values, spec, &salt, &rows).context("rendering the lab")?;
    tab.machine = machine.as_ref().map(|machine| machine.image.clone());
    for why in broken {
        eprintln!("warning: cannot be judged in a browser: {why}");
    }

    for file in page.iter().filter(|file| file.path != INDEX) {
        let path = if file.path == START {
            INDEX
        } else {
            &file.path
        };
        made.write(path, &file.bytes)?;
    }
    let assets = order.lab.join("assets");
    for file in sites(&lab) {
        let site = tab_site(file, &files_below(&assets)?);
        must_fit_in_memory(&assets.join(&site.folder), &site.files, file)?;
        tab.pages.insert(file.to_owned(), site);
    }
    let json = serde_json::to_vec(&tab).context("writing the lab")?;
    made.write("lab/lab.json", &json)?;
    let app =
        serde_json::to_vec_pretty(&app_manifest(&lab)).context("writing the app's manifest")?;
    made.write("app.webmanifest", &app)?;
    if has_packets(&lab) {
        wireshark::put(made)?;
    }
    if assets.is_dir() {
        made.copy(&assets, "lab/assets")?;
    }
    if let Some(folder) = order.machine {
        made.copy(folder, "machine")?;
    }
    Ok(lab)
}

/// What a browser needs to install the folder as an app of its own.
fn app_manifest(lab: &Lab) -> serde_json::Value {
    json!({
        "id": format!("labwright-{}", lab.name),
        "name": lab.title.get("en"),
        "short_name": lab.name,
        "description": lab.summary.as_ref().map(|summary| summary.get("en")),
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": [{"src": "favicon.svg", "type": "image/svg+xml", "sizes": "any"}],
    })
}

/// What the page cannot do in a tab is refused here, not shown to a learner as a tab that does not open.
fn must_fit(lab: &Lab, has_machine: bool) -> Outcome {
    lab::must_fit(lab, emulated::NAME)?;
    if !lab.nodes.is_empty() && !has_machine {
        let why = format!("{} has nodes: give its machine", lab.name);
        return Err(Failure::new(why).hint(
            "labwright export DIR --as browser -o MACHINE makes it; then add --machine MACHINE",
        ));
    }
    Ok(())
}

/// The pages of the author's that tabs show.
fn sites(lab: &Lab) -> impl Iterator<Item = &str> {
    lab.apps.iter().filter_map(|app| match &app.kind {
        AppKind::Page { file } => Some(file.as_str()),
        _ => None,
    })
}

fn has_packets(lab: &Lab) -> bool {
    let mut kinds = lab.apps.iter().map(|app| &app.kind);
    kinds.any(|kind| matches!(kind, AppKind::Wireshark { .. }))
}

/// The ordinary files in a folder and below it, in order.
fn files_below(folder: &Path) -> Outcome<Vec<String>> {
    let mut files = Vec::new();
    walk(folder, "", &mut files)?;
    files.sort();
    Ok(files)
}

fn walk(folder: &Path, below: &str, files: &mut Vec<String>) -> Outcome {
    for entry in fs::read_dir(folder).with_path("reading", folder)? {
        let entry = entry.with_path("reading", folder)?;
        let kind = entry.file_type().with_path("reading", &entry.path())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if kind.is_dir() {
            walk(&entry.path(), &format!("{below}{name}/"), files)?;
        } else if kind.is_file() {
            files.push(format!("{below}{name}"));
        }
    }
    Ok(())
}

fn must_fit_in_memory(folder: &Path, files: &[String], page: &str) -> Outcome {
    let mut bytes = 0;
    for file in files {
        let path = folder.join(file);
        bytes += fs::metadata(&path).with_path("reading", &path)?.len();
    }
    if bytes <= MOST_SITE_BYTES {
        return Ok(());
    }
    Err(Failure::new(format!(
        "beside {page} lie files of {}, and a tab has at most {}",
        HumanBytes(bytes),
        HumanBytes(MOST_SITE_BYTES)
    ))
    .hint("put the page and what it needs into a folder of its own below assets/"))
}

/// What every author's query gives; one that does not run is told, and its task cannot be judged.
async fn author_rows(lab: &Lab, assets: &Path) -> Outcome<BTreeMap<TaskId, TabRows>> {
    let asker = serving::asker();
    let mut all = BTreeMap::new();
    for task in lab.steps.iter().flat_map(|step| &step.tasks) {
        let Check::Sql { query, database } = &task.check else {
            continue;
        };
        let file = database.strip_prefix(ASSETS).unwrap_or(database);
        let given: Result<Table, _> = match asker.ask(assets, file, &query.text).await {
            Ok(given) => given,
            Err(error) => return Err(error).context(format!("asking {database}")),
        };
        match given {
            Ok(table) => {
                let ordered = is_ordered(&query.text);
                all.insert(task.id.clone(), TabRows { table, ordered });
            }
            Err(failure) => {
                return Err(Failure::new(format!(
                    "the author's query of task {} gives no rows: {failure:?}",
                    task.id
                )));
            }
        }
    }
    Ok(all)
}

/// The same lab and seed seal the same way, so that an export can be compared with another.
fn salt(lab: &Lab, seed: &str) -> String {
    let digest = hex(&Sha256::digest(format!(
        "labwright seal {} {seed}",
        lab.name
    )));
    digest.chars().take(SALT_CHARS).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A folder that is being made.
pub(super) struct Made {
    work: tempfile::TempDir,
    out: PathBuf,
}

impl Made {
    fn begin(out: &Path) -> Outcome<Self> {
        let is_ours = out.join(LIST).is_file();
        let is_free =
            !out.exists() || fs::read_dir(out).is_ok_and(|mut found| found.next().is_none());
        if !is_ours && !is_free {
            return Err(
                Failure::new(format!("{} holds something else", out.display()))
                    .hint("give a folder that does not exist yet, or an earlier export"),
            );
        }
        Self::beside(out)
    }

    /// A folder of its own, that goes again unless it is finished.
    pub(super) fn beside(out: &Path) -> Outcome<Self> {
        let above = above(out);
        fs::create_dir_all(above).with_path("making", above)?;
        let work = tempfile::Builder::new()
            .prefix(".labwright-export-")
            .tempdir_in(above)
            .with_path("making a folder in", above)?;
        Ok(Self {
            work,
            out: out.to_owned(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        self.work.path()
    }

    pub(super) fn write(&self, file: &str, bytes: &[u8]) -> Outcome {
        let path = self.work.path().join(file);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).with_path("making", above)?;
        }
        fs::write(&path, bytes).with_path("writing", &path)
    }

    /// Copies the ordinary files of a folder; nothing else can be served.
    fn copy(&self, from: &Path, to: &str) -> Outcome {
        for entry in fs::read_dir(from).with_path("reading", from)? {
            let entry = entry.with_path("reading", from)?;
            let path = entry.path();
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                return Err(Failure::new(format!(
                    "{} has no name in UTF-8",
                    path.display()
                )));
            };
            let kind = entry.file_type().with_path("reading", &path)?;
            if kind.is_dir() {
                self.copy(&path, &format!("{to}/{name}"))?;
            } else if kind.is_file() {
                let target = self.work.path().join(to).join(&name);
                if let Some(above) = target.parent() {
                    fs::create_dir_all(above).with_path("making", above)?;
                }
                fs::copy(&path, &target).with_path("copying", &path)?;
            }
        }
        Ok(())
    }

    /// Lists what is there, and moves it to its place.
    fn finish(self, lab: &str) -> Outcome<u64> {
        let mut files = Vec::new();
        list(self.work.path(), "", &mut files)?;
        files.sort_by(|one: &Listed, other| one.file.cmp(&other.file));
        let mut version = Sha256::new();
        for file in &files {
            version.update(format!("{} {}\n", file.file, file.sha256));
        }
        let made = List::new(lab, hex(&version.finalize()), files);
        let json = serde_json::to_vec_pretty(&made).context("writing the list of files")?;
        self.write(LIST, &json)?;
        open_to_all(self.work.path())?;
        let work = self.work.keep();
        // Learners may load what is there: it gives way in a moment, and goes afterwards.
        let before = work.with_extension("before");
        let had_one = self.out.exists();
        if had_one {
            fs::rename(&self.out, &before).with_path("moving", &self.out)?;
        }
        fs::rename(&work, &self.out).with_path("moving", &work)?;
        if had_one {
            fs::remove_dir_all(&before).with_path("removing", &before)?;
        }
        Ok(made.bytes)
    }
}

/// The folder that something is to lie in.
pub(super) fn above(out: &Path) -> &Path {
    match out.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    }
}

/// Temporary folders are for their owner alone; this one is for a web server.
fn open_to_all(folder: &Path) -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).with_path("opening", folder)
}

fn list(folder: &Path, below: &str, files: &mut Vec<Listed>) -> Outcome {
    for entry in fs::read_dir(folder).with_path("reading", folder)? {
        let entry = entry.with_path("reading", folder)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let file = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        let path = entry.path();
        if path.is_dir() {
            list(&path, &file, files)?;
            continue;
        }
        let content = fs::read(&path).with_path("reading", &path)?;
        files.push(Listed {
            file,
            bytes: content.len() as u64,
            sha256: hex(&Sha256::digest(&content)),
        });
    }
    Ok(())
}

/// Says which file an error is about.
pub(super) trait WithPath<T> {
    fn with_path(self, doing: &str, path: &Path) -> Outcome<T>;
}

impl<T, E: Into<Failure>> WithPath<T> for Result<T, E> {
    fn with_path(self, doing: &str, path: &Path) -> Outcome<T> {
        self.context(format!("{doing} {}", path.display()))
    }
}
