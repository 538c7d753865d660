//! `labwright lock`: pins the exact packages and layers of a lab.

use std::path::PathBuf;

use labwright_image::{LOCK_FILE, forget, lock};

use crate::context::Context;
use crate::failure::{Explain, Outcome};
use crate::progress::BuildProgress;
use crate::{image, lab};

/// Pin a lab's packages and layers in lab.lock, so that it is built the same everywhere
///
/// What is built already is pinned as it is. Every setup script is run a second time; files that
/// come out otherwise are named, because such a layer cannot be made again.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  labwright lock labs/tcp-handshake --update\n  \
    labwright build labs/tcp-handshake --locked"
)]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// Ask the package mirrors for newer packages first
    #[arg(long)]
    update: bool,
}

/// Builds and writes the lock.
pub fn run(args: Args, context: &Context) -> Outcome {
    let lab = lab::read_runnable(&args.dir)?;
    let store = image::store(context);
    let (inputs, plan) = image::plan_lab(&lab, &args.dir)?;
    let mut progress = BuildProgress::new(true);
    if args.update {
        forget(&plan, &store, &mut progress).map_err(image::explain)?;
    }
    let lock = lock(&inputs, &plan, &store, &mut progress).map_err(image::explain)?;
    for layer in &lock.layers {
        for file in &layer.varies {
            eprintln!(
                "warning: {}: {file} varies from build to build",
                layer.title
            );
        }
    }
    let path = args.dir.join(LOCK_FILE);
    let text = lock.text().map_err(image::explain)?;
    std::fs::write(&path, text).context(format!("writing {}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}
