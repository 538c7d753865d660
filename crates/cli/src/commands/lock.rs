//! `labwright lock`: pins the exact packages and layers of a lab.

use std::path::PathBuf;

use labwright_image::{Architecture, LOCK_FILE, Lock, forget, lock};

use crate::commands::export::Form;
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
    labwright build labs/tcp-handshake --locked\n  \
    labwright lock labs/tcp-handshake --as browser"
)]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// Pin what `export --as` this form is made of; what is pinned already of the others stays
    #[arg(long = "as", value_name = "FORM")]
    form: Option<Form>,
    /// Ask the package mirrors for newer packages first
    #[arg(long)]
    update: bool,
}

/// Builds and writes the lock.
pub fn run(args: Args, context: &Context) -> Outcome {
    let lab = lab::read_runnable(&args.dir)?;
    let store = image::store(context);
    // A folder for the web, or a package of one, pins nothing of its own.
    let (architecture, (inputs, plan)) = match args.form {
        None | Some(Form::Web | Form::Scorm) => (Architecture::Host, image::plan_lab(&lab, &args.dir)?),
        Some(Form::Browser) => (
            Architecture::I386,
            image::plan_machine(&lab, &args.dir)?,
        ),
    };
    let mut progress = BuildProgress::new(true);
    if args.update {
        forget(&plan, &store, &mut progress).map_err(image::explain)?;
    }
    let mut lock = lock(&inputs, &plan, &store, &mut progress).map_err(image::explain)?;
    if args.dir.join(LOCK_FILE).exists() {
        let old = Lock::read(&args.dir).map_err(image::explain)?;
        lock = lock.keeping_others_of(old, architecture);
    }
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
