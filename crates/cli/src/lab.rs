//! Reading a lab folder for a command: every problem is printed, errors end the command.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use labwright_image::LabImage;
use labwright_manifest::{Loaded, Severity, load};
use labwright_model::Lab;
use labwright_place::Place;
use labwright_places::Surroundings;

use crate::context::Context;
use crate::emulated;
use crate::failure::{Failure, Outcome};
use crate::image;

/// Reads the lab in `folder`. Problems go to stderr; notes only if there is an error as well.
pub fn read(folder: &Path) -> Outcome<Lab> {
    let loaded = load(folder);
    print_problems(&loaded, Severity::Warning);
    loaded.lab.ok_or_else(|| Failure::reported(1))
}

/// Reads the lab in `folder` to run it: what this version cannot run is an error, too.
pub fn read_runnable(folder: &Path) -> Outcome<Lab> {
    let loaded = load(folder);
    print_problems(&loaded, Severity::Warning);
    if loaded.unsupported().next().is_some() {
        return Err(Failure::new(format!(
            "{} uses what this version cannot run",
            folder.display()
        ))
        .hint("leave out what is named above, or build it with a later version"));
    }
    loaded.lab.ok_or_else(|| Failure::reported(1))
}

/// Reads the lab in `folder` as a browser has it.
pub fn read_for_browser(folder: &Path) -> Outcome<Lab> {
    Ok(read_runnable(folder)?.in_place(emulated::NAME))
}

/// Reads and builds the lab in `folder`, with progress on stderr.
pub fn build(folder: &Path, context: &Context) -> Outcome<LabImage> {
    let lab = read_runnable(folder)?;
    image::build_lab(&lab, folder, context, true)
}

/// Opens a place in this process, with no daemon.
pub fn open_place(name: &str, context: &Context) -> Outcome<Arc<dyn Place>> {
    let surroundings = Surroundings {
        state: context.state.clone(),
        run: context.run.clone(),
        daemons: false,
    };
    Ok(labwright_places::open(name, &surroundings)?)
}

/// Refuses places that do not exist here; asked before a lab is built for them.
pub fn known_places(wanted: &[String]) -> Outcome {
    must_know(wanted, labwright_places::names().collect())
}

/// As [`known_places`], for those who also restore a browser's machine.
pub fn known_places_and_browser(wanted: &[String]) -> Outcome {
    must_know(
        wanted,
        labwright_places::names().chain([emulated::NAME]).collect(),
    )
}

fn must_know(wanted: &[String], known: Vec<&str>) -> Outcome {
    for name in wanted {
        if !known.contains(&name.as_str()) {
            return Err(Failure::new(format!("there is no place `{name}`"))
                .hint(format!("places here: {}", known.join(", "))));
        }
    }
    Ok(())
}

/// Refuses a lab that does not fit a place, with the reasons that `lint` gives.
pub fn must_fit(lab: &Lab, place: &str) -> Outcome {
    let fits = labwright_manifest::fit(lab, &labwright_manifest::PlaceFacts::known());
    let refused = fits.iter().find(|fit| fit.place == place && !fit.runs);
    let Some(refused) = refused else {
        return Ok(());
    };
    let reasons = refused.reasons.join("; ");
    Err(Failure::new(format!(
        "{} does not run in {place}: {reasons}",
        lab.name
    )))
}

/// The places asked for, else all that exist here and that the lab allows.
pub fn place_names(wanted: &[String], lab: &Lab) -> Vec<String> {
    let allowed = |name: &&str| {
        lab.places
            .as_ref()
            .is_none_or(|p| p.iter().any(|p| p == name))
    };
    if wanted.is_empty() {
        return labwright_places::names()
            .filter(allowed)
            .map(str::to_owned)
            .collect();
    }
    wanted.to_vec()
}

/// Prints the problems that are at least as severe as `least`.
pub fn print_problems(loaded: &Loaded, least: Severity) {
    let colour = std::io::stderr().is_terminal();
    for problem in &loaded.problems {
        if problem.severity <= least {
            eprint!("{}", loaded.render(problem, colour));
        }
    }
}
