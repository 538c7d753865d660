//! `labwright test`: the quality gate (docs/lab-format.md, "Quality gate").

use std::path::PathBuf;
use std::sync::Arc;

use labwright_grading::Values;
use labwright_model::{MachineSpec, SessionId};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Explain, Failure, Outcome};
use crate::junit;
use crate::lab;
use crate::serving;
use crate::trial::{Databases, Gate, PlaceReport};

/// What parameters are drawn from when `--seed` is not given.
const SEED: &str = "labwright test";

/// Prove a lab: no points without its solutions, full score with them, nothing left behind
///
/// For every place that fits: start the lab, run all checks (the score must be 0), run every
/// solution in order, run all checks again (the score must be full), compare with the budget, stop.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright test labs/tcp-handshake --place local --json")]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// Only in this place; may be given several times
    #[arg(long = "place", value_name = "PLACE")]
    places: Vec<String>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    /// Also write a JUnit XML report to this file
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Draw the learner's parameters from this text
    #[arg(long, value_name = "TEXT", default_value = SEED)]
    seed: String,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The lab.
    pub lab: String,
    /// Everything held everywhere.
    pub ok: bool,
    /// One entry a place.
    pub places: Vec<PlaceReport>,
}

/// Runs the gate and prints what it found.
pub fn run(args: Args, context: &Context) -> Outcome {
    let report = match gate(&args, context) {
        Ok(report) => report,
        Err(failure) => {
            // Programs get their object even when the lab never started.
            if args.json {
                let lab = args.dir.file_name().map(|n| n.to_string_lossy().into_owned());
                print_json(&Report { lab: lab.unwrap_or_default(), ok: false, places: Vec::new() })?;
            }
            return Err(failure);
        }
    };
    if let Some(file) = &args.junit {
        std::fs::write(file, junit::xml(&report))
            .context(format!("writing the report {}", file.display()))?;
    }
    if args.json {
        print_json(&report)?;
    } else {
        print_matrix(&report);
    }
    for place in &report.places {
        for problem in place.problems.iter().chain(&place.left_behind) {
            eprintln!("{}: {}: {problem}", report.lab, place.place);
        }
    }
    if report.ok { Ok(()) } else { Err(Failure::reported(1)) }
}

fn gate(args: &Args, context: &Context) -> Outcome<Report> {
    lab::known_places(&args.places)?;
    let image = lab::build(&args.dir, context)?;
    let subject = format!("seed {}", args.seed);
    let params = labwright_grading::params(args.seed.as_bytes(), &image.lab, &subject)?;
    let session = SessionId::new(format!("test-{}-{}", std::process::id(), epoch_ms()))?;
    let spec = labwright_place::spec(&image.lab, &image.nodes, &image.display, &params, session)?;
    let gate = Gate {
        lab: &image.lab,
        spec: &spec,
        values: Values::new(&spec),
        image_bytes: image.blob_bytes(),
        databases: Databases { asker: serving::asker(), assets: image.assets.clone() },
    };
    let places = context.block_on(async {
        let mut reports = Vec::new();
        for name in lab::place_names(&args.places, &image.lab) {
            let place = lab::open_place(&name, context)?;
            reports.push(one_place(&gate, &spec, place).await?);
        }
        Ok(reports)
    })?;
    let ok = !places.is_empty() && places.iter().all(|place| place.ok);
    Ok(Report { lab: image.lab.name.to_string(), ok, places })
}

async fn one_place(
    gate: &Gate<'_>,
    spec: &MachineSpec,
    place: Arc<dyn labwright_place::Place>,
) -> Outcome<PlaceReport> {
    let name = place.name().to_owned();
    let id = spec.session.clone();
    let talk = |words: &str| eprintln!("{}: {name}: {words}", gate.lab.name);
    tokio::select! {
        report = gate.run(place.clone(), talk) => Ok(report),
        _ = tokio::signal::ctrl_c() => {
            eprintln!("{}: {name}: stopping", gate.lab.name);
            place.stop(&id).await?;
            Err(Failure::new("interrupted; the machine was stopped"))
        }
    }
}

fn print_json(report: &Report) -> Outcome {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}

fn print_matrix(report: &Report) {
    for place in &report.places {
        let ready = place.ready_ms.map_or("not ready".to_owned(), |ms| format!("ready in {ms} ms"));
        let verdict = if place.ok { "ok" } else { "FAILED" };
        println!("{} in {}: {verdict}, {ready}", report.lab, place.place);
        let width = place.tasks.iter().map(|task| task.id.len()).max().unwrap_or(4).max(4);
        println!("  {:width$}  {:>6}  {:>6}  {:>6}", "task", "points", "before", "after");
        for task in &place.tasks {
            let mark = if task.before == 0.0 && task.after == task.points { "" } else { "  <--" };
            println!(
                "  {:width$}  {:>6}  {:>6}  {:>6}{mark}",
                task.id, task.points, task.before, task.after
            );
        }
    }
}

fn epoch_ms() -> u128 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_millis())
}
