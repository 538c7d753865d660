//! `labwright build`: the lab image of a folder.

use std::collections::BTreeSet;
use std::path::PathBuf;

use indicatif::HumanBytes;
use labwright_image::{Plan, Store, prune};
use serde_json::json;

use crate::context::Context;
use crate::failure::{Explain, Outcome};
use crate::progress::BuildProgress;
use crate::{image, lab};

/// Build a lab's image: base, packages, files and setup of every node, pages and checks
///
/// Layers that are there already are taken as they are, also those of other labs.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright build labs/tcp-handshake\n  \
    labwright build labs/tcp-handshake --plan")]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// Print what would be built and change nothing
    #[arg(long)]
    plan: bool,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    /// Afterwards remove layers and blobs that no lab's image uses any more
    #[arg(long, conflicts_with = "plan")]
    prune: bool,
}

/// Builds, or prints the plan.
pub fn run(args: Args, context: &Context) -> Outcome {
    let lab = lab::read_runnable(&args.dir)?;
    if args.plan {
        let (_, plan) = image::plan_lab(&lab, &args.dir)?;
        return print_plan(&plan, &image::store(context), args.json);
    }
    let image = image::build_lab(&lab, &args.dir, context, true)?;
    if args.prune {
        let pruned = prune(&image::store(context), &[], &mut BuildProgress::new(false))
            .map_err(image::explain)?;
        eprintln!(
            "removed {} layers and {}",
            pruned.layers.len(),
            HumanBytes(pruned.blob_bytes)
        );
    }
    if args.json {
        let layers: Vec<_> = image
            .layers
            .iter()
            .map(|layer| {
                json!({
                    "title": layer.title,
                    "digest": layer.blob,
                    "diff_id": layer.diff_id,
                    "bytes": layer.blob_bytes,
                    "nodes": layer.nodes,
                })
            })
            .collect();
        let bytes = image.blob_bytes();
        let object =
            json!({"lab": lab.name, "digest": image.digest, "bytes": bytes, "layers": layers});
        println!(
            "{}",
            serde_json::to_string_pretty(&object).context("printing the image")?
        );
    } else {
        println!(
            "{} {} ({})",
            lab.name,
            image.digest,
            HumanBytes(image.blob_bytes())
        );
    }
    Ok(())
}

fn print_plan(plan: &Plan, store: &Store, as_json: bool) -> Outcome {
    let cached: BTreeSet<_> = plan
        .layers
        .iter()
        .filter(|layer| store.built(&layer.key).is_some())
        .map(|layer| layer.key.clone())
        .collect();
    if as_json {
        let layers: Vec<_> = plan
            .layers
            .iter()
            .map(|layer| {
                json!({
                    "key": layer.key,
                    "title": layer.title,
                    "nodes": layer.nodes,
                    "below": layer.below,
                    "recipe": layer.recipe,
                    "commands": layer.recipe.commands(),
                    "cached": cached.contains(&layer.key),
                })
            })
            .collect();
        let object =
            json!({"lab": plan.lab, "layers": layers, "nodes": plan.nodes, "assets": plan.assets});
        println!(
            "{}",
            serde_json::to_string_pretty(&object).context("printing the plan")?
        );
        return Ok(());
    }
    for layer in &plan.layers {
        let state = if cached.contains(&layer.key) {
            "have "
        } else {
            "build"
        };
        let nodes = layer
            .nodes
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ");
        println!("{state} {}  {}  [{nodes}]", layer.key.short(), layer.title);
        for command in layer.recipe.commands() {
            println!("        {command}");
        }
    }
    Ok(())
}
