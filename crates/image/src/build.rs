//! Acts on a plan: makes the layers that the store lacks and writes the lab's image.
//!
//! Each layer is made by a thread with a mount namespace of its own. One build at a time writes
//! to a store; an interrupted one leaves only its work folder, which the next one clears.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;

use labwright_model::Lab;

use crate::blob::unpack_layer;
use crate::inputs::Inputs;
use crate::make::{self, News};
use crate::plan::{LayerPlan, Plan};
use crate::{
    Digest, Event, ImageError, LabImage, Progress, Record, Silent, Store, container, kernel, oci,
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
    if rustix::process::geteuid().is_root() {
        Ok(())
    } else {
        Err(ImageError::NotRoot)
    }
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
            make::layer(layer, &lowers, inputs, store, &send)
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
    })?;
    progress.event(Event::Finished {
        key,
        title,
        bytes: record.blob_bytes,
    });
    Ok(record)
}

fn lowers(layer: &LayerPlan, built: &[Record], store: &Store) -> Vec<PathBuf> {
    let find = |key: &Digest| built.iter().find(|record| &record.key == key);
    layer
        .below
        .iter()
        .filter_map(find)
        .map(|record| store.layer(&record.diff_id))
        .collect()
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
