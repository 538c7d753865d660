//! `labwright build`: the lab image of a folder.

use std::path::PathBuf;

use indicatif::HumanBytes;
use labwright_image::{LabImage, Lock, Plan, Store, forget, prune};
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
    /// Build exactly what lab.lock says, or fail
    #[arg(long)]
    locked: bool,
    /// Ask the package mirrors again, although the layers are there
    #[arg(long, conflicts_with_all = ["plan", "locked"])]
    update: bool,
    /// Afterwards remove layers and blobs that no lab's image uses any more
    #[arg(long, conflicts_with = "plan")]
    prune: bool,
}

/// Builds, or prints the plan.
pub fn run(args: Args, context: &Context) -> Outcome {
    let lab = lab::read_runnable(&args.dir)?;
    let store = image::store(context);
    let (inputs, mut plan) = image::plan_lab(&lab, &args.dir)?;
    if args.locked {
        let lock = Lock::read(&args.dir).map_err(image::explain)?;
        plan = plan.locked(&lock).map_err(image::explain)?;
    }
    if args.plan {
        return print_plan(&plan, &store, args.json);
    }
    if args.update {
        forget(&plan, &store, &mut BuildProgress::new(false)).map_err(image::explain)?;
    }
    let image = image::build_plan(&lab, &inputs, &plan, context, true)?;
    if args.prune {
        let pruned = prune(&store, &[], &mut BuildProgress::new(false)).map_err(image::explain)?;
        eprintln!(
            "removed {} layers and {}",
            pruned.layers.len(),
            HumanBytes(pruned.blob_bytes)
        );
    }
    print_image(&image, args.json)
}

fn print_image(image: &LabImage, as_json: bool) -> Outcome {
    let (name, bytes) = (&image.lab.name, image.blob_bytes());
    if !as_json {
        println!("{name} {} ({})", image.digest, HumanBytes(bytes));
        return Ok(());
    }
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
                "display": layer.display,
            })
        })
        .collect();
    let object = json!({"lab": name, "digest": image.digest, "bytes": bytes, "layers": layers});
    let text = serde_json::to_string_pretty(&object).context("printing the image")?;
    println!("{text}");
    Ok(())
}

fn print_plan(plan: &Plan, store: &Store, as_json: bool) -> Outcome {
    let cached = plan.cached(store);
    if as_json {
        let layers: Vec<_> = plan
            .layers
            .iter()
            .map(|layer| {
                json!({
                    "key": layer.key,
                    "title": layer.title,
                    "nodes": layer.nodes,
                    "display": layer.display,
                    "below": layer.below,
                    "recipe": layer.recipe,
                    "commands": layer.recipe.commands(),
                    "cached": cached.contains(&layer.key),
                })
            })
            .collect();
        let object =
            json!({"lab": plan.lab, "layers": layers, "nodes": plan.nodes, "display": plan.display,
                "assets": plan.assets});
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
            .chain(layer.display.then(|| "display".to_owned()))
            .collect::<Vec<_>>()
            .join(", ");
        println!("{state} {}  {}  [{nodes}]", layer.key.short(), layer.title);
        for command in layer.recipe.commands() {
            println!("        {command}");
        }
    }
    Ok(())
}
