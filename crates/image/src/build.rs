//! Acts on a plan: makes the layers that the store lacks and writes the lab's image.
//!
//! Each layer is made by a thread with a mount namespace of its own. One build at a time writes
//! to a store; an interrupted one leaves only its work folder, which the next one clears.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use labwright_model::Lab;

use crate::blob::unpack_layer;
use crate::inputs::Inputs;
use crate::make::{self, News};
use crate::plan::{LayerPlan, Plan};
use crate::{
    Digest, Event, ImageError, LabImage, Progress, Record, Silent, Store, cgroup, kernel, lock, oci,
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
    cgroup::clear();
    let records = obtain_all(inputs, plan, store, progress)?;
    oci::write_lab(store, lab, plan, &records)?;
    LabImage::load_for(store, &lab.name, plan.architecture)
}

/// Forgets what the keys of a plan gave, so that its next build asks the package mirrors again.
pub fn forget(plan: &Plan, store: &Store, progress: &mut dyn Progress) -> Result<(), ImageError> {
    must_be_root()?;
    let _lock = store.lock(progress)?;
    store.forget(plan.layers.iter().map(|layer| &layer.key))
}

pub(crate) fn obtain_all(
    inputs: &Inputs,
    plan: &Plan,
    store: &Store,
    progress: &mut dyn Progress,
) -> Result<Vec<Record>, ImageError> {
    let mut records = Vec::new();
    for layer in &plan.layers {
        records.push(obtain(layer, &records, inputs, store, progress)?);
    }
    Ok(records)
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

/// Makes the unpacked display layers of a Debian suite, lowest first, for whoever needs a display
/// and no lab.
pub fn build_display(
    suite: &str,
    store: &Store,
    progress: &mut dyn Progress,
) -> Result<Vec<PathBuf>, ImageError> {
    must_be_root()?;
    let _lock = store.lock(progress)?;
    let mut records = Vec::new();
    for layer in Plan::display(suite) {
        records.push(obtain(
            &layer,
            &records,
            &Inputs::default(),
            store,
            progress,
        )?);
    }
    let folders = records.iter().map(|record| store.layer(&record.diff_id));
    Ok(folders.collect())
}

pub(crate) fn must_be_root() -> Result<(), ImageError> {
    if rustix::process::geteuid().is_root() {
        Ok(())
    } else {
        Err(ImageError::NotRoot)
    }
}

/// Takes a layer from the store, or makes it.
fn obtain(
    layer: &LayerPlan,
    built: &[Record],
    inputs: &Inputs,
    store: &Store,
    progress: &mut dyn Progress,
) -> Result<Record, ImageError> {
    let (key, title) = (&layer.key, layer.title.as_str());
    let below = records_below(layer, built);
    if let Some(record) = find(layer, &below, store)? {
        unpack_layer(store, &record)?;
        progress.event(Event::Cached { key, title });
        return Ok(record);
    }
    progress.event(Event::Started { key, title });
    let record = on_a_thread(key, progress, |news| {
        make::layer(layer, &below, inputs, store, news)
    })?;
    progress.event(Event::Finished {
        key,
        title,
        bytes: record.blob_bytes,
    });
    lock::must_match(layer, &below, &record, store)?;
    Ok(record)
}

/// Runs `work` on a thread with a mount namespace of its own and passes its news on.
pub(crate) fn on_a_thread<T: Send>(
    key: &Digest,
    progress: &mut dyn Progress,
    work: impl FnOnce(&mpsc::Sender<News>) -> Result<T, ImageError> + Send,
) -> Result<T, ImageError> {
    thread::scope(|scope| {
        let (send, news) = mpsc::channel();
        let maker = scope.spawn(move || {
            kernel::private_mounts()?;
            work(&send)
        });
        for item in news {
            progress.event(match &item {
                News::Step(share, note) => Event::Step {
                    key,
                    share: *share,
                    note,
                },
                News::Output(line) => Event::Output { key, line },
            });
        }
        maker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

pub(crate) fn records_below<'a>(layer: &LayerPlan, built: &'a [Record]) -> Vec<&'a Record> {
    let find = |key: &Digest| built.iter().find(|record| &record.key == key);
    layer.below.iter().filter_map(find).collect()
}

/// The layer as the store has it, if it fits: made on the same layers, and the locked one.
fn find(layer: &LayerPlan, below: &[&Record], store: &Store) -> Result<Option<Record>, ImageError> {
    let own = store.record(&layer.key);
    if let Some(record) = own.filter(|record| fits(layer, below, record)) {
        return Ok(Some(record));
    }
    let Some(mut record) = layer
        .locked
        .as_ref()
        .and_then(|locked| store.record_of_layer(&locked.diff_id))
    else {
        return Ok(None);
    };
    record.key = layer.key.clone();
    record.below = below.iter().map(|record| record.diff_id.clone()).collect();
    store.write_record(&record)?;
    Ok(Some(record))
}

/// Whether a record is what a build would take: made on the same layers, and the locked one.
fn fits(layer: &LayerPlan, below: &[&Record], record: &Record) -> bool {
    let ids = below.iter().map(|record| &record.diff_id);
    below.len() == layer.below.len()
        && record.below.iter().eq(ids)
        && layer
            .locked
            .as_ref()
            .is_none_or(|locked| locked.diff_id == record.diff_id)
}

impl Plan {
    /// Keys of the layers that the store has and that a build would take from there.
    pub fn cached(&self, store: &Store) -> BTreeSet<Digest> {
        let mut built: Vec<Record> = Vec::new();
        for layer in &self.layers {
            let below = records_below(layer, &built);
            let record = store.record(&layer.key);
            built.extend(record.filter(|record| fits(layer, &below, record)));
        }
        built.into_iter().map(|record| record.key).collect()
    }
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
