//! `labwright lint`: what is wrong with a lab folder, and where the lab runs.

use std::io::IsTerminal;
use std::path::PathBuf;

use labwright_image::browser::packages_without_build;
use labwright_local::is_root;
use labwright_manifest::{Loaded, PlaceFacts, PlaceFit, Severity, fit, load};
use labwright_model::Lab;
use labwright_place::Fit;
use serde_json::json;

use crate::context::Context;
use crate::failure::{Explain, Failure, Outcome};
use crate::lab::open_place;
use crate::{emulated, image};

/// Say what is wrong with a lab, line by line, and which places it fits
///
/// Reads the folder and builds nothing. Errors make a lab unusable, "unsupported" is what this
/// version cannot run and `build` refuses, warnings are probably not what was meant, notes are
/// good to know. The exit status is 1 only when there are errors.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright lint labs/tcp-handshake\n  \
    labwright lint labs/tcp-handshake --json")]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// Print one JSON object on stdout: lab, ok, problems, places
    #[arg(long)]
    json: bool,
}

/// Prints the problems and the places.
pub fn run(args: Args, context: &Context) -> Outcome {
    let loaded = load(&args.dir);
    let fits = loaded.lab.as_ref().map(|lab| fits(lab, context)).unwrap_or_default();
    if args.json {
        print_json(&loaded, &fits)?;
    } else {
        print_words(&loaded, &fits);
    }
    if loaded.has_errors() { Err(Failure::reported(1)) } else { Ok(()) }
}

/// How the lab fits each place. Root asks the places themselves; without root's rights every
/// trial of the kernel would fail, and say nothing about it.
fn fits(lab: &Lab, context: &Context) -> Vec<PlaceFit> {
    let mut facts = PlaceFacts::known();
    let mut said = Vec::new();
    for facts in facts.iter_mut().filter(|facts| facts.available && is_root()) {
        let Ok(place) = open_place(&facts.name, context) else {
            continue;
        };
        // What the place says of shaping is better than what is known of places in general.
        facts.netem = Some(true);
        let problems = context.block_on(async { Ok(place.validate(lab).await) });
        let words = problems.into_iter().flatten().map(|problem| (facts.name.clone(), problem));
        said.extend(words);
    }
    let mut fits = fit(lab, &facts);
    for (place, problem) in said {
        for fit in fits.iter_mut().filter(|fit| fit.place == place) {
            fit.runs &= problem.fit != Fit::Refused;
            fit.reasons.push(problem.message.clone());
        }
    }
    not_for_browsers(lab, context, &mut fits);
    fits
}

/// Packages that cannot be in a browser's machine, where an earlier export has left the lists that say so.
fn not_for_browsers(lab: &Lab, context: &Context, fits: &mut [PlaceFit]) {
    let in_browser = lab.clone().in_place(emulated::NAME);
    let Some(missing) = packages_without_build(&in_browser, &image::store(context)) else {
        return;
    };
    let browser = fits.iter_mut().find(|fit| fit.place == emulated::NAME);
    let Some(fit) = browser.filter(|_| !missing.is_empty()) else {
        return;
    };
    fit.runs = false;
    let names: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    fit.reasons.push(format!("Debian does not build {} for i386", names.join(", ")));
}

fn print_json(loaded: &Loaded, fits: &[PlaceFit]) -> Outcome {
    let object = json!({
        "lab": loaded.lab.as_ref().map(|lab| &lab.name),
        "ok": !loaded.has_errors(),
        "problems": loaded.problems,
        "places": fits,
    });
    println!("{}", serde_json::to_string_pretty(&object).context("printing the problems")?);
    Ok(())
}

fn print_words(loaded: &Loaded, fits: &[PlaceFit]) {
    let colour = std::io::stdout().is_terminal();
    for problem in &loaded.problems {
        println!("{}", loaded.render(problem, colour));
    }
    if let Some(lab) = &loaded.lab {
        let tasks = lab.steps.iter().flat_map(|step| &step.tasks);
        let points = tasks.clone().map(|task| task.points).fold(0.0, |sum, points| sum + points);
        println!(
            "{}: {}, {}, {}, {points} point{}",
            lab.name,
            counted(lab.nodes.len(), "node"),
            counted(lab.steps.len(), "step"),
            counted(tasks.count(), "task"),
            if points == 1.0 { "" } else { "s" },
        );
    }
    for fit in fits {
        let verdict = if fit.runs { "runs" } else { "does not run" };
        match fit.reasons.as_slice() {
            [] => println!("  {:<11} {verdict}", fit.place),
            reasons => println!("  {:<11} {verdict}: {}", fit.place, reasons.join("; ")),
        }
    }
    println!("{}", totals(loaded));
}

/// `2 errors, 1 warning`.
fn totals(loaded: &Loaded) -> String {
    let kinds = [Severity::Error, Severity::Unsupported, Severity::Warning, Severity::Note];
    let counts = kinds.into_iter().filter_map(|kind| {
        let count = loaded.problems.iter().filter(|problem| problem.severity == kind).count();
        let words = match kind {
            Severity::Unsupported => format!("{count} {}", kind.word()),
            _ => counted(count, kind.word()),
        };
        (count > 0).then_some(words)
    });
    let counts: Vec<String> = counts.collect();
    if counts.is_empty() { "no problems".into() } else { counts.join(", ") }
}

/// `1 node`, `3 nodes`.
fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}
