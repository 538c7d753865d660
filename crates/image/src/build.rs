//! Acts on a plan: makes the layers that the store lacks and writes the lab's image.
//!
//! Each layer is made by a thread with a mount namespace of its own. One build at a time writes
//! to a store; an interrupted one leaves only its work folder, which the next one clears.

use std::fs;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use labwright_model::Lab;

use crate::blob::{store_layer, unpack_layer};
use crate::inputs::{Inputs, Tree};
use crate::node::NodeJob;
use crate::pack::PackOptions;
use crate::plan::{LayerPlan, Plan, Recipe};
use crate::scratch::Scratch;
use crate::{
    Digest, Event, ImageError, LabImage, Progress, Record, Silent, Store, base, container, files,
    kernel, oci, packages,
};

/// Builds what is missing and writes the image of `lab`, which replaces its last one.
pub fn build(
    lab: &Lab,
    inputs: &Inputs,
    plan: &Plan,
    store: &Store,
    progress: &mut dyn Progress,
) -> Result<LabImage, ImageError> {
    must_be_root()?;
    let _lock = store.lock(progress)?;
    // Those of builds that were killed; the kernel cleared everything else of them.
    container::remove_cgroups();
    let mut records = Vec::new();
    for layer in &plan.layers {
        records.push(obtain(layer, &records, inputs, store, progress)?);
    }
    oci::write_lab(store, lab, plan, &records)?;
    LabImage::load(store, &lab.name)
}

/// Makes the unpacked base of a Debian suite, for whoever needs a Debian root and no lab.
pub fn build_base(
    suite: &str,
    store: &Store,
    progress: &mut dyn Progress,
) -> Result<PathBuf, ImageError> {
    must_be_root()?;
    let _lock = store.lock(progress)?;
    let record = obtain(&Plan::base(suite), &[], &Inputs::default(), store, progress)?;
    Ok(store.layer(&record.diff_id))
}

fn must_be_root() -> Result<(), ImageError> {
    if rustix::process::geteuid().is_root() { Ok(()) } else { Err(ImageError::NotRoot) }
}

fn obtain(
    layer: &LayerPlan,
    built: &[Record],
    inputs: &Inputs,
    store: &Store,
    progress: &mut dyn Progress,
) -> Result<Record, ImageError> {
    let (key, title) = (&layer.key, layer.title.as_str());
    if let Some(record) = store.record(key) {
        unpack_layer(store, &record)?;
        progress.event(Event::Cached { key, title });
        return Ok(record);
    }
    progress.event(Event::Started { key, title });
    let lowers = lowers(layer, built, store);
    let record = thread::scope(|scope| {
        let (send, news) = mpsc::channel();
        let maker = scope.spawn(move || {
            kernel::private_mounts()?;
            make(layer, &lowers, inputs, store, &send)
        });
        for item in news {
            progress.event(match &item {
                News::Step(share, note) => Event::Step { key, share: *share, note },
                News::Output(line) => Event::Output { key, line },
            });
        }
        maker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })?;
    progress.event(Event::Finished { key, title, bytes: record.blob_bytes });
    Ok(record)
}

fn lowers(layer: &LayerPlan, built: &[Record], store: &Store) -> Vec<PathBuf> {
    let find = |key: &Digest| built.iter().find(|record| &record.key == key);
    layer.below.iter().filter_map(find).map(|record| store.layer(&record.diff_id)).collect()
}

/// News from the thread that makes a layer.
enum News {
    Step(Option<f64>, String),
    Output(String),
}

fn make(
    layer: &LayerPlan,
    lowers: &[PathBuf],
    inputs: &Inputs,
    store: &Store,
    news: &mpsc::Sender<News>,
) -> Result<Record, ImageError> {
    let work = store.work().join(layer.key.short());
    fs::create_dir_all(&work).map_err(ImageError::file("make", &work))?;
    let mut step = |share: Option<f64>, note: &str| {
        let _ = news.send(News::Step(share, note.to_owned()));
    };
    // What is made from now on gets the epoch's time; files from packages keep theirs.
    let options = PackOptions { id_base: kernel::BUILD_ID_BASE, built_from: now(), debian: true };
    let (root, options) = match &layer.recipe {
        Recipe::Base { suite, packages } => {
            base::make(suite, packages, &work, &mut |note| step(None, note))
                .map(|(root, made)| (root, PackOptions { built_from: options.built_from, ..made }))?
        }
        Recipe::Packages { suite, packages } => {
            if !container::is_installed() {
                return Err(ImageError::MissingProgram { program: "runc", package: "runc" });
            }
            let scratch = Scratch::new(&[store.state(), &inputs.folder], &work, lowers)?;
            let nodes = layer.nodes.iter().map(|node| format!("node `{node}`"));
            let nodes = nodes.collect::<Vec<_>>().join(", ");
            packages::install(store, &scratch, suite, packages, &nodes, &mut step)?;
            (scratch.upper, options)
        }
        Recipe::Node { user, files, setup, host } => {
            if !container::is_installed() {
                return Err(ImageError::MissingProgram { program: "runc", package: "runc" });
            }
            let scratch = Scratch::new(&[store.state(), &inputs.folder], &work, lowers)?;
            let node = layer.nodes.first().map(ToString::to_string).unwrap_or_default();
            let job = NodeJob {
                node: &node,
                user: user.as_deref(),
                files: trees(inputs, files.keys()),
                setup: setup.as_ref(),
                host: host.as_ref().map_or_else(|| "localhost".to_owned(), ToString::to_string),
            };
            job.run(&scratch, &mut |line| {
                let _ = news.send(News::Output(line.to_owned()));
            })?;
            (scratch.upper, options)
        }
        Recipe::Assets { .. } => {
            let root = work.join("assets");
            copy_assets(inputs, &root)?;
            (root, PackOptions { built_from: 0, ..PackOptions::default() })
        }
    };
    step(None, "packing");
    let record = store_layer(store, &layer.key, &layer.title, &root, options)?;
    Ok(record)
}

fn trees<'a>(inputs: &Inputs, folders: impl Iterator<Item = &'a String>) -> Vec<(PathBuf, Tree)> {
    let tree = |folder: &String| {
        let found = if folder == "all" { Some(&inputs.all) } else { inputs.nodes.get(folder.as_str()) };
        (inputs.folder.join("files").join(folder), found.cloned().unwrap_or_default())
    };
    folders.map(tree).collect()
}

/// Unpacks the assets' own archive into `root`: the same code path, and the same care, as a layer.
fn copy_assets(inputs: &Inputs, root: &std::path::Path) -> Result<(), ImageError> {
    fs::create_dir_all(root).map_err(ImageError::file("make", root))?;
    let from = inputs.folder.join("assets");
    let archive = root.with_extension("tar");
    let mut file = fs::File::create(&archive).map_err(ImageError::file("write", &archive))?;
    files::write(&[(from.clone(), inputs.assets.clone())], None, &mut file)
        .map_err(ImageError::file("copy", &from))?;
    let file = fs::File::open(&archive).map_err(ImageError::file("read", &archive))?;
    crate::unpack::unpack("assets", file, root)
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map(|time| time.as_secs()).unwrap_or_default()
}

impl Store {
    /// The unpacked base of a suite, made if it is missing, without telling anybody.
    pub fn base(&self, suite: &str) -> Result<PathBuf, ImageError> {
        if let Some(record) = self.built(&Plan::base(suite).key) {
            return Ok(self.layer(&record.diff_id));
        }
        build_base(suite, self, &mut Silent)
    }
}
