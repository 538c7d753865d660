//! `labwright test`: the quality gate (docs/lab-format.md, "Quality gate").

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use labwright_grading::Values;
use labwright_image::LabImage;
use labwright_model::{Lab, SessionId};
use labwright_place::Place;
use serde::Serialize;

use crate::context::Context;
use crate::emulated::{self, Emulator};
use crate::failure::{Explain, Failure, Outcome};
use crate::trial::{Databases, Gate, PlaceReport, matrix};
use crate::{image, junit, lab, serving};

/// What parameters are drawn from when `--seed` is not given.
const SEED: &str = "labwright test";
/// What a place says that runs nothing.
const NO_MACHINE: &str = "the lab has no nodes: nothing was emulated";
const OUR_RULES: &str = "answers and queries were judged by this program, not by the page's own twin of its rules";

/// Prove a lab: no points without its solutions, full score with them, nothing left behind
///
/// For every place that fits: start the lab, run all checks (the score must be 0), run every
/// solution in order, run all checks again (the score must be full), compare with the budget, stop.
/// `--place browser` does the same with the machine that a learner's browser restores
/// (docs/browser-machine.md), in Node or in a browser without a screen. It is asked for by name: the first
/// time it builds the lab for i386 and boots it once, which takes minutes. Budgets are not compared there.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright test labs/tcp-handshake --place local --json\n  \
    labwright test labs/shell-basics --place local --place browser\n  \
    labwright test labs/shell-basics --place browser --emulator node --emulator chromium")]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// Only in this place; may be given several times
    #[arg(long = "place", value_name = "PLACE")]
    places: Vec<String>,
    /// What runs the emulated PC of the place `browser`; may be given several times
    #[arg(long = "emulator", value_name = "EMULATOR", default_value = "node")]
    emulators: Vec<Emulator>,
    /// For the place `browser`: this machine, which `labwright export --as browser` made, with the values it was drawn for
    #[arg(long, value_name = "FOLDER")]
    machine: Option<PathBuf>,
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
        print!("{}", matrix(&report.lab, &report.places));
    }
    for place in &report.places {
        for problem in place.problems.iter().chain(&place.left_behind) {
            eprintln!("{}: {}: {problem}", report.lab, place.title());
        }
    }
    if report.ok { Ok(()) } else { Err(Failure::reported(1)) }
}

fn gate(args: &Args, context: &Context) -> Outcome<Report> {
    lab::known_places_and_browser(&args.places)?;
    let lab = lab::read_runnable(&args.dir)?;
    let names = lab::place_names(&args.places, &lab);
    let in_browser = lab.clone().in_place(emulated::NAME);
    // Everything that takes long comes first.
    let is_browser = |name: &String| name == emulated::NAME;
    let image = match names.iter().all(is_browser) {
        true => None,
        false => Some(image::build_lab(&lab, &args.dir, context, true)?),
    };
    let machine = match names.iter().any(is_browser) {
        true => browser_machine(args, &in_browser, context)?,
        false => Machine::None,
    };
    let session = SessionId::new(format!("test-{}-{}", std::process::id(), epoch_ms()))?;
    let trial = |place: &str| Trial {
        args,
        lab: lab.clone().in_place(place),
        session: session.clone(),
    };
    let places = context.block_on(async {
        let mut reports = Vec::new();
        for name in names {
            match &image {
                _ if name == emulated::NAME => reports.extend(trial(&name).browser(&machine).await?),
                Some(image) => {
                    let place = lab::open_place(&name, context)?;
                    reports.push(trial(&name).place(image, place).await?);
                }
                None => {}
            }
        }
        Ok(reports)
    })?;
    let ok = !places.is_empty() && places.iter().all(|place| place.ok);
    Ok(Report { lab: lab.name.to_string(), ok, places })
}

/// What the place `browser` restores.
enum Machine {
    /// The lab has no nodes.
    None,
    /// It does not run there, and why.
    Unfit(String),
    /// This.
    Made(Box<emulated::Prepared>),
}

fn browser_machine(args: &Args, lab: &Lab, context: &Context) -> Outcome<Machine> {
    if let Err(unfit) = lab::must_fit(lab, emulated::NAME) {
        return Ok(Machine::Unfit(unfit.message));
    }
    if lab.nodes.is_empty() {
        return Ok(Machine::None);
    }
    let wanted = emulated::Wanted {
        lab,
        dir: &args.dir,
        machine: args.machine.as_deref(),
        emulators: &args.emulators,
        seed: &args.seed,
    };
    Ok(Machine::Made(Box::new(emulated::prepare(&wanted, context)?)))
}

/// One lab, as one place has it.
struct Trial<'a> {
    args: &'a Args,
    lab: Lab,
    session: SessionId,
}

impl Trial<'_> {
    /// The gate in a place that starts machines of the host's own architecture.
    async fn place(&self, image: &LabImage, place: Arc<dyn Place>) -> Outcome<PlaceReport> {
        let lab = &self.lab;
        let params = labwright_grading::params(self.args.seed.as_bytes(), lab, &self.args.seed)?;
        let session = self.session.clone();
        let spec = labwright_place::spec(lab, &image.nodes, &image.display, &params, session)?;
        let gate = Gate {
            lab,
            values: Values::new(&spec),
            spec: &spec,
            image_bytes: Some(image.blob_bytes()),
            databases: Databases { asker: serving::asker(), assets: image.assets.clone() },
        };
        let name = place.name().to_owned();
        tried(&gate, place, &name).await
    }

    /// The gate with the machine of a browser's tab, once an emulator.
    async fn browser(&self, machine: &Machine) -> Outcome<Vec<PlaceReport>> {
        let machine = match machine {
            Machine::None => return Ok(vec![self.alone().await?]),
            Machine::Unfit(why) => {
                let mut report = PlaceReport::new(emulated::NAME, &self.lab);
                // Nothing is run: no task has points, not even none.
                report.tasks.clear();
                report.problems.push(why.clone());
                return Ok(vec![report]);
            }
            Machine::Made(machine) => machine,
        };
        let mut reports = Vec::new();
        for emulator in &self.args.emulators {
            let spec = machine.spec(self.session.clone());
            let gate = Gate {
                lab: &self.lab,
                values: Values::new(&spec),
                spec: &spec,
                image_bytes: None,
                databases: self.databases(),
            };
            let title = format!("{} ({})", emulated::NAME, emulator.words());
            let mut report = tried(&gate, machine.place(*emulator)?, &title).await?;
            report.emulator = Some(*emulator);
            report.notes.push(OUR_RULES.to_owned());
            reports.push(report);
        }
        Ok(reports)
    }

    /// The gate of a lab without nodes: only answers and queries.
    async fn alone(&self) -> Outcome<PlaceReport> {
        let lab = &self.lab;
        let params = labwright_grading::params(self.args.seed.as_bytes(), lab, &self.args.seed)?;
        let nodes = BTreeMap::new();
        let spec = labwright_place::spec(lab, &nodes, &[], &params, self.session.clone())?;
        let gate = Gate {
            lab,
            values: Values::new(&spec),
            spec: &spec,
            image_bytes: None,
            databases: self.databases(),
        };
        let mut report = gate.run_alone(emulated::NAME, say(lab, emulated::NAME)).await;
        report.notes.extend([NO_MACHINE, OUR_RULES].map(str::to_owned));
        Ok(report)
    }

    fn databases(&self) -> Databases {
        Databases { asker: serving::asker(), assets: self.args.dir.join("assets") }
    }
}

/// Talks on stderr.
fn say(lab: &Lab, place: &str) -> impl Fn(&str) + use<> {
    let begin = format!("{}: {place}", lab.name);
    move |words| eprintln!("{begin}: {words}")
}

async fn tried(gate: &Gate<'_>, place: Arc<dyn Place>, title: &str) -> Outcome<PlaceReport> {
    let talk = say(gate.lab, title);
    tokio::select! {
        report = gate.run(place.clone(), &talk) => Ok(report),
        _ = tokio::signal::ctrl_c() => {
            talk("stopping");
            place.stop(&gate.spec.session).await?;
            Err(Failure::new("interrupted; the machine was stopped"))
        }
    }
}

fn print_json(report: &Report) -> Outcome {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}

fn epoch_ms() -> u128 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_millis())
}
