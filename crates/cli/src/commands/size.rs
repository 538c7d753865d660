//! `labwright size`: what takes the space in a lab image.

use std::path::PathBuf;

use indicatif::HumanBytes;
use labwright_image::browser::Folder;
use labwright_image::{LabImage, LabSize, LayerSize, size};
use labwright_local::is_root;
use serde::Serialize;
use serde_json::Value;

use crate::commands::export;
use crate::context::Context;
use crate::failure::{Explain, Outcome};
use crate::{image, lab};

/// Show what takes the space in a lab's image: layers, packages, files, and who shares them
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright size labs/tcp-handshake --most 20\n  \
    labwright size labs/tcp-handshake --machine FOLDER")]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// How many packages and files of each layer to name
    #[arg(long, value_name = "N", default_value_t = 8)]
    most: usize,
    /// Also of this folder, which `labwright export DIR --as browser` made
    #[arg(long, value_name = "FOLDER")]
    machine: Option<PathBuf>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    size: &'a LabSize,
    #[serde(skip_serializing_if = "Option::is_none")]
    machine: Option<Value>,
}

/// Measures the image that was built last, and prints it.
pub fn run(args: Args, context: &Context) -> Outcome {
    let lab = lab::read(&args.dir)?;
    let store = image::store(context);
    let image = LabImage::load(&store, &lab.name).map_err(image::explain)?;
    let mut measured = size(&store, &image, args.most).map_err(image::explain);
    if !is_root() {
        measured = measured.hint("unpacked layers are for root alone: sudo labwright size …");
    }
    let size = measured?;
    let machine = args.machine.as_deref().map(Folder::read);
    let machine = machine.transpose().map_err(image::explain)?;
    if args.json {
        let report = Report {
            size: &size,
            machine: machine.as_ref().map(export::sizes),
        };
        let text = serde_json::to_string_pretty(&report).context("printing the sizes")?;
        println!("{text}");
        return Ok(());
    }
    print(&size);
    if let Some(machine) = &machine {
        println!();
        print!("browser machine: {}", export::words(machine));
    }
    Ok(())
}

fn print(size: &LabSize) {
    println!(
        "{}: {} to carry, {} of files",
        size.lab,
        HumanBytes(size.blob_bytes),
        HumanBytes(size.file_bytes)
    );
    for layer in &size.layers {
        print_layer(layer);
    }
}

fn print_layer(layer: &LayerSize) {
    println!();
    println!(
        "{}  {} to carry, {} of files",
        layer.title,
        HumanBytes(layer.blob_bytes),
        HumanBytes(layer.file_bytes)
    );
    if !layer.nodes.is_empty() {
        println!("  nodes: {}", words(&layer.nodes));
    }
    if layer.display {
        println!("  displays: the X server of this lab's desktops");
    }
    if !layer.shared_with.is_empty() {
        println!("  shared with: {}", words(&layer.shared_with));
    }
    for package in &layer.packages {
        let bytes = HumanBytes(package.bytes).to_string();
        println!("  {bytes:>12}  {} {}", package.name, package.version);
    }
    if !layer.largest.is_empty() {
        println!("  largest files:");
    }
    for file in &layer.largest {
        let bytes = HumanBytes(file.bytes).to_string();
        let owner = file
            .package
            .as_ref()
            .map(|name| format!("  ({name})"))
            .unwrap_or_default();
        println!("  {bytes:>12}  {}{owner}", file.path);
    }
}

fn words(names: &[impl ToString]) -> String {
    names
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
