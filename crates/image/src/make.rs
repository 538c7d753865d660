//! Makes one layer: a folder from its recipe, then the blob and the unpacked layer from that.
//!
//! Runs on a thread with a mount namespace of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use indexmap::IndexMap;
use labwright_model::{NodeName, Script};

use crate::blob::store_layer;
use crate::inputs::{Inputs, Tree};
use crate::node::NodeJob;
use crate::pack::PackOptions;
use crate::plan::{LayerPlan, Recipe};
use crate::scratch::Scratch;
use crate::sources::Sources;
use crate::{
    Architecture, Digest, ImageError, Record, Store, base, container, files, kernel, packages,
    unpack::unpack,
};

/// News from the thread that makes a layer.
pub enum News {
    /// How far it is, if known, and what is being done.
    Step(Option<f64>, String),
    /// A line that a setup printed.
    Output(String),
}

/// Makes a layer on top of the records `below` and stores it.
pub fn layer(
    plan: &LayerPlan,
    below: &[&Record],
    inputs: &Inputs,
    store: &Store,
    news: &mpsc::Sender<News>,
) -> Result<Record, ImageError> {
    let (root, options) = folder(plan, below, inputs, store, news)?;
    let _ = news.send(News::Step(None, "packing".to_owned()));
    let below = below.iter().map(|record| record.diff_id.clone()).collect();
    store_layer(store, plan, below, &root, options)
}

/// Makes a layer's folder alone, and says how it is packed.
pub fn folder(
    plan: &LayerPlan,
    below: &[&Record],
    inputs: &Inputs,
    store: &Store,
    news: &mpsc::Sender<News>,
) -> Result<(PathBuf, PackOptions), ImageError> {
    let work = store.work().join(plan.key.short());
    // Of an earlier making in the same build.
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(ImageError::file("make", &work))?;
    let lowers = below.iter().map(|record| store.layer(&record.diff_id));
    let maker = Maker {
        plan,
        lowers: lowers.collect(),
        inputs,
        store,
        news,
        work,
        started: now(),
    };
    match &plan.recipe {
        Recipe::Base {
            suite,
            packages,
            architecture,
        } => maker.base(suite, packages, *architecture),
        Recipe::Packages {
            suite,
            packages,
            architecture,
        } => maker.packages(suite, packages, *architecture),
        Recipe::Node {
            user,
            files,
            setup,
            host,
        } => maker.node(user.as_deref(), files, setup.as_ref(), host.as_ref()),
        Recipe::Assets { .. } => maker.assets(),
    }
}

struct Maker<'a> {
    plan: &'a LayerPlan,
    lowers: Vec<PathBuf>,
    inputs: &'a Inputs,
    store: &'a Store,
    news: &'a mpsc::Sender<News>,
    work: PathBuf,
    /// When it began, in seconds: what is newer gets the epoch's time, and files from packages
    /// keep theirs.
    started: u64,
}

type Made = (PathBuf, PackOptions);

impl Maker<'_> {
    fn base(
        &self,
        suite: &str,
        packages: &[String],
        architecture: Architecture,
    ) -> Result<Made, ImageError> {
        let root = base::make(suite, packages, architecture, &self.work, &mut |note| {
            self.step(None, note)
        })?;
        let options = PackOptions {
            id_base: 0,
            built_from: self.started,
            debian: true,
        };
        Ok((root, options))
    }

    fn packages(
        &self,
        suite: &str,
        packages: &[String],
        architecture: Architecture,
    ) -> Result<Made, ImageError> {
        let scratch = self.scratch()?;
        let nodes = self.plan.nodes.iter().map(|node| format!("node `{node}`"));
        let display = self.plan.display.then(|| "the display".to_owned());
        let nodes = nodes.chain(display).collect::<Vec<_>>().join(", ");
        packages::install(
            self.store,
            &scratch,
            &Sources::of_host(suite, architecture),
            packages,
            &nodes,
            &mut |share, note| self.step(share, note),
        )?;
        Ok((scratch.upper, self.upper()))
    }

    fn node(
        &self,
        user: Option<&str>,
        files: &IndexMap<String, Digest>,
        setup: Option<&Script>,
        host: Option<&NodeName>,
    ) -> Result<Made, ImageError> {
        let scratch = self.scratch()?;
        let node = self.plan.nodes.first().map(ToString::to_string);
        let job = NodeJob {
            node: &node.unwrap_or_default(),
            user,
            files: trees(self.inputs, files.keys()),
            setup,
            host: host.map_or_else(|| "localhost".to_owned(), ToString::to_string),
        };
        job.run(&scratch, &mut |line| {
            // Nobody may listen any more; the layer is made all the same.
            let _ = self.news.send(News::Output(line.to_owned()));
        })?;
        Ok((scratch.upper, self.upper()))
    }

    /// Unpacks the assets' own archive: the same code, and the same care, as for a layer.
    fn assets(&self) -> Result<Made, ImageError> {
        let root = self.work.join("assets");
        fs::create_dir_all(&root).map_err(ImageError::file("make", &root))?;
        let from = self.inputs.folder.join("assets");
        let archive = self.work.join("assets.tar");
        let mut file = fs::File::create(&archive).map_err(ImageError::file("write", &archive))?;
        let tree = (from.clone(), self.inputs.assets.clone());
        files::write(&[tree], None, &mut file).map_err(ImageError::file("copy", &from))?;
        let file = fs::File::open(&archive).map_err(ImageError::file("read", &archive))?;
        unpack("assets", file, &root)?;
        Ok((root, PackOptions::default()))
    }

    fn scratch(&self) -> Result<Scratch, ImageError> {
        container::must_be_installed()?;
        let seen: [&Path; 2] = [self.store.state(), &self.inputs.folder];
        Scratch::new(&seen, &self.work, &self.lowers)
    }

    /// How an overlay's upper folder is packed.
    fn upper(&self) -> PackOptions {
        PackOptions {
            id_base: kernel::BUILD_ID_BASE,
            built_from: self.started,
            debian: true,
        }
    }

    fn step(&self, share: Option<f64>, note: &str) {
        let _ = self.news.send(News::Step(share, note.to_owned()));
    }
}

fn trees<'a>(inputs: &Inputs, folders: impl Iterator<Item = &'a String>) -> Vec<(PathBuf, Tree)> {
    let tree = |folder: &String| {
        let found = match folder.as_str() {
            "all" => Some(&inputs.all),
            node => inputs.nodes.get(node),
        };
        let root = inputs.folder.join("files").join(folder);
        (root, found.cloned().unwrap_or_default())
    };
    folders.map(tree).collect()
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map(|time| time.as_secs()).unwrap_or_default()
}
