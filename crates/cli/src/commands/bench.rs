//! `labwright bench`: the comparison, measured.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::HumanBytes;
use labwright_image::LabImage;
use labwright_model::{Lab, MachineSpec, SessionId};
use labwright_place::Place;
use serde::Serialize;

use crate::bench::{self, Browser, Burst, Figures, Width};
use crate::context::Context;
use crate::emulated::{self, Emulator};
use crate::failure::{Explain, Failure, Outcome};
use crate::preview::Preview;
use crate::{image, lab};

/// A desktop's start takes seconds, and its ending too.
const DESKTOP_STARTS: u32 = 10;

/// Measure a lab: start, exec, echo, memory, side by side with a bare script
///
/// Every start is followed by the same nodes, networks and mounts made by a shell script with
/// `runc` and `ip` alone; `ratio` compares the medians of both.
/// `--place browser` measures the machine that a learner's browser restores instead: a prompt beside a cold
/// boot, a check beside an agent that is a shell script, what is loaded, and memory beside the guest's.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright bench labs/tcp-handshake --json\n  \
    labwright bench labs/shell-basics --burst 100\n  \
    labwright bench labs/shell-basics --nodes 10\n  \
    labwright bench packaging/bench-desktop --display\n  \
    labwright bench labs/shell-basics --place browser --emulator node --emulator chromium -n 5")]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// Only in this place; may be given several times
    #[arg(long = "place", value_name = "PLACE")]
    places: Vec<String>,
    /// What runs the emulated PC of the place `browser`; may be given several times
    #[arg(long = "emulator", value_name = "EMULATOR", default_value = "node")]
    emulators: Vec<Emulator>,
    /// For the place `browser`: this machine, which `labwright export --as browser` made
    #[arg(long, value_name = "FOLDER")]
    machine: Option<PathBuf>,
    /// Print a JSON array, one object a place
    #[arg(long)]
    json: bool,
    /// How many starts to measure
    #[arg(short, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    n: u32,
    /// Also start this many sessions at once
    #[arg(long, value_name = "SESSIONS")]
    burst: Option<u32>,
    /// Also compare this many nodes, all like the lab's first one, with three
    #[arg(long, value_name = "NODES", value_parser = clap::value_parser!(u8).range(4..=40))]
    nodes: Option<u8>,
    /// Measure the lab's desktop beside Xvnc through websockify instead (and guacd, by GUACD=host:port)
    #[arg(long, conflicts_with_all = ["burst", "nodes", "places"])]
    display: bool,
}

/// The figures of one place.
#[derive(Serialize)]
struct Row {
    #[serde(flatten)]
    figures: Figures,
    #[serde(skip_serializing_if = "Option::is_none")]
    burst: Option<Burst>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wide: Option<Width>,
}

/// What a place gave.
#[derive(Serialize)]
#[serde(untagged)]
enum Measured {
    Place(Box<Row>),
    Browser(Box<bench::emulated::Figures>),
}

/// Measures and prints.
pub fn run(args: Args, context: &Context) -> Outcome {
    lab::known_places_and_browser(&args.places)?;
    let lab = lab::read_runnable(&args.dir)?;
    let names = lab::place_names(&args.places, &lab);
    let (browser, others): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| name == emulated::NAME);
    let mut rows = match others.is_empty() && !args.display {
        true => Vec::new(),
        false => places(&args, others, &lab, context)?,
    };
    if !browser.is_empty() {
        let lab = lab.in_place(emulated::NAME);
        rows.extend(browser_machine(&args, &lab, context)?);
    }
    if args.display {
        return Ok(());
    }
    if args.json {
        println!("{}", serde_json::to_string(&rows)?);
        return Ok(());
    }
    for row in &rows {
        match row {
            Measured::Place(row) => print(row),
            Measured::Browser(figures) => figures.print(),
        }
    }
    Ok(())
}

/// The machine of a browser's tab, once an emulator.
fn browser_machine(args: &Args, lab: &Lab, context: &Context) -> Outcome<Vec<Measured>> {
    if lab.nodes.is_empty() {
        let words = format!("{} has no nodes: there is no machine to measure in a browser", lab.name);
        return Err(Failure::new(words));
    }
    let wanted = emulated::Wanted {
        lab,
        dir: &args.dir,
        machine: args.machine.as_deref(),
        emulators: &args.emulators,
        seed: "labwright test",
    };
    let prepared = emulated::prepare(&wanted, context)?;
    let session = SessionId::new(format!("bench-{}", std::process::id()))?;
    context.block_on(async {
        let mut rows = Vec::new();
        for emulator in &args.emulators {
            let say = |words: &str| {
                eprintln!("{} in {} ({}): {words}", lab.name, emulated::NAME, emulator.words());
            };
            let measure = bench::emulated::measure(&prepared, *emulator, args.n, &session, say);
            let figures = tokio::select! {
                figures = measure => figures?,
                // What was started goes with what measured it.
                _ = tokio::signal::ctrl_c() => {
                    return Err(Failure::new("interrupted; the machine was stopped"));
                }
            };
            rows.push(Measured::Browser(Box::new(figures)));
        }
        Ok(rows)
    })
}

/// Places that start machines of the host's own architecture.
fn places(
    args: &Args,
    names: Vec<String>,
    lab: &Lab,
    context: &Context,
) -> Outcome<Vec<Measured>> {
    let image = image::build_lab(lab, &args.dir, context, true)?;
    let params = labwright_grading::params(b"labwright bench", &image.lab, "bench")?;
    let session = SessionId::new(format!("bench-{}", std::process::id()))?;
    let spec = labwright_place::spec(&image.lab, &image.nodes, &image.display, &params, session)?;
    let work = context.run.join(format!("bench-{}", std::process::id()));
    std::fs::create_dir_all(&work).context(format!("making {}", work.display()))?;
    let rows = if args.display {
        display(args, context, &spec, &work).map(|()| Vec::new())
    } else {
        context.block_on(async {
            let mut rows = Vec::new();
            for name in names {
                let place = lab::open_place(&name, context)?;
                let row = one_place(args, context, &spec, place, &work, &image).await?;
                rows.push(Measured::Place(Box::new(row)));
            }
            Ok(rows)
        })
    };
    // The folder holds nothing but scripts; what is left of it harms nobody.
    let _ = std::fs::remove_dir_all(&work);
    rows
}

/// One desktop, in the place that every machine has.
fn display(args: &Args, context: &Context, spec: &MachineSpec, work: &Path) -> Outcome {
    let say = |words: &str| eprintln!("{}: {words}", spec.lab);
    let measure = bench::display::measure(
        &args.dir,
        work,
        spec,
        args.n.min(DESKTOP_STARTS),
        say,
    );
    let figures = context.block_on(measure)?;
    if args.json {
        println!("{}", serde_json::to_string(&[figures])?);
    } else {
        figures.print();
    }
    Ok(())
}

async fn one_place(
    args: &Args,
    context: &Context,
    spec: &MachineSpec,
    place: Arc<dyn Place>,
    work: &Path,
    image: &LabImage,
) -> Outcome<Row> {
    let name = place.name().to_owned();
    let say = |words: &str| eprintln!("{} in {name}: {words}", spec.lab);
    let preview = Preview {
        image: image.clone(),
        place: place.clone(),
        state: work.to_owned(),
        port: 0,
        language: None,
    };
    let (server, token) = preview.boot().await?;
    let browser = Browser::new(&server.link, token);
    let plan = bench::Plan {
        spec,
        starts: args.n,
        work,
        state: &context.state,
        server: &server,
        browser: &browser,
    };
    let measured = async {
        let figures = bench::measure(&plan, place.clone(), image.blob_bytes(), say).await?;
        let wide = match args.nodes {
            Some(nodes) => {
                Some(bench::compare(image, nodes, &place, (work, args.n), say).await?)
            }
            None => None,
        };
        let burst = match args.burst {
            Some(sessions) => Some(bench::burst(spec, place.clone(), sessions).await?),
            None => None,
        };
        Ok(Row {
            figures,
            burst,
            wide,
        })
    };
    let row = tokio::select! {
        row = measured => row,
        _ = tokio::signal::ctrl_c() => {
            server.discard_all().await;
            stop_all(spec, place.as_ref()).await?;
            Err(Failure::new("interrupted; its machines were stopped"))
        }
    };
    server.stop().await;
    row
}

/// Stops every machine of this run.
async fn stop_all(spec: &MachineSpec, place: &dyn Place) -> Outcome {
    for machine in place.observe().await? {
        if machine.id.as_str().starts_with(spec.session.as_str()) {
            place.stop(&machine.id).await?;
        }
    }
    Ok(())
}

fn print(row: &Row) {
    let f = &row.figures;
    let nodes = if f.nodes == 1 { "node" } else { "nodes" };
    println!("{} in {} ({} {nodes}, medians of {} starts)", f.lab, f.place, f.nodes, f.n);
    println!(
        "  ready  {:>9.1} ms   floor {:.1} ms   ratio {:.2}   without the server {:.1} ms",
        f.ready_ms, f.floor_ms, f.ratio, f.machine_ready_ms
    );
    println!(
        "  echo   {:>9.2} ms   agent {:.2} ms   bare terminal {:.2} ms",
        f.echo_ms, f.agent_echo_ms, f.bare_echo_ms
    );
    println!("  exec   {:>9.2} ms   stop {:.1} ms", f.exec_ms, f.stop_ms);
    if let Some(capture) = f.capture_first_packet_ms {
        println!("  capture{capture:>9.1} ms to the first packet");
    }
    println!("  agent  {:>9} kB   init {} kB a node", f.agent_pss_kb, f.node_overhead_pss_kb);
    println!(
        "  image  {}, session {} on disk",
        HumanBytes(f.image_bytes),
        HumanBytes(f.disk_bytes_per_session)
    );
    if let Some(w) = &row.wide {
        println!(
            "  wide   {:>9.1} ms for {} nodes   {:.1} ms for {}   ratio {:.2}   floors {:.1} and {:.1} ms",
            w.ready_ms, w.nodes, w.few_ready_ms, w.few_nodes, w.ratio, w.floor_ms, w.few_floor_ms
        );
    }
    if let Some(b) = &row.burst {
        println!(
            "  burst  {} of {} ready in {:.1} s, {} usable, idle {:.2} % of a processor, {:.3} wake-ups/s each",
            b.ready,
            b.sessions,
            b.all_ready_ms / 1000.0,
            b.usable,
            b.idle_cpu_percent,
            b.idle_wakeups_per_s
        );
        b.failures.iter().for_each(|failure| println!("         {failure}"));
    }
}
