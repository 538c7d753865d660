//! `labwright export`: a lab in another form.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::HumanBytes;
use labwright_image::browser::{self, Folder, Ingredients};
use labwright_image::{Lock, build};
use labwright_model::{Lab, SessionId};
use serde_json::{Value, json};

use crate::context::Context;
use crate::export::{scorm, web};
use crate::failure::{Explain, Failure, Outcome};
use crate::progress::BuildProgress;
use crate::{emulated, image, lab};

/// What parameters are drawn from when `--seed` is not given.
const SEED: &str = "labwright export";
/// Where Debian's package has the BIOSes.
const SEABIOS: &str = "/usr/share/seabios";

/// Make a lab into another form: a machine for browsers, a folder for any web server, a package for a course
///
/// `browser`: the lab is built for i386 with a kernel of its own, booted once in the emulator until it is
/// ready, and saved; a page restores it in about a second. Needs Node and the npm package v86.
/// A folder that holds a machine already is replaced as a whole, unless it was made from the same.
/// `web`: the page, the lab, and what judges it, for any static web server under any address;
/// for labs with tabs of the kinds terminal, wireshark, sql and page. A folder that was exported before is replaced as a whole.
/// `scorm`: the same as a SCORM package, a zip that Moodle, Canvas or Open edX host themselves and grade; docs/scorm.md.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright export labs/shell-basics --as browser -o machine\n  \
    labwright export labs/shell-basics --as web --machine machine -o /var/www/shell-basics\n  \
    labwright export labs/sql-shop --as scorm -o sql-shop.zip\n  \
    labwright export labs/sql-shop --as scorm --version 1.2 -o sql-shop-moodle.zip")]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// What to make
    #[arg(long = "as", value_name = "FORM")]
    form: Form,
    /// The folder to make; for `scorm` the zip file
    #[arg(short, long, value_name = "PLACE")]
    output: PathBuf,
    /// Build exactly what lab.lock says, or fail
    #[arg(long)]
    locked: bool,
    /// Draw the parameters of this machine from this text; whoever restores it gets the same ones
    #[arg(long, value_name = "TEXT", default_value = SEED)]
    seed: String,
    /// For `web` and `scorm`: the lab's machine, a folder that `--as browser` made; labs with nodes need one
    #[arg(long, value_name = "FOLDER")]
    machine: Option<PathBuf>,
    /// For `scorm`: the version that the course platform takes; Moodle takes 1.2 best [default: 2004]
    #[arg(long = "version", value_name = "VERSION")]
    scorm_version: Option<scorm::Version>,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
}

/// The forms that there are.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Form {
    /// A folder that a browser restores a machine from
    Browser,
    /// A folder for any static web server
    Web,
    /// A package for a course platform
    Scorm,
}

/// Exports.
pub fn run(args: Args, context: &Context) -> Outcome {
    if args.scorm_version.is_some() && !matches!(args.form, Form::Scorm) {
        return Err(
            Failure::new("--version is of SCORM, and this is another form").hint("add --as scorm")
        );
    }
    let order = web::Order {
        lab: &args.dir,
        out: &args.output,
        seed: &args.seed,
        machine: args.machine.as_deref(),
    };
    match args.form {
        Form::Browser => machine(args, context),
        Form::Web => web::export(&order, context),
        Form::Scorm => scorm::export(&order, args.scorm_version.unwrap_or_default(), context),
    }
}

/// Makes the folder of a machine and says what came out.
fn machine(args: Args, context: &Context) -> Outcome {
    let lab = lab::read_for_browser(&args.dir)?;
    lab::must_fit(&lab, emulated::NAME)?;
    let order = Machine {
        lab: &lab,
        dir: &args.dir,
        seed: &args.seed,
        locked: args.locked,
        output: &args.output,
    };
    print(&order.make(context)?, &args.output, args.json)
}

/// A machine to make.
pub struct Machine<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// Its folder.
    pub dir: &'a Path,
    /// What parameters are drawn from.
    pub seed: &'a str,
    /// Build exactly what `lab.lock` says.
    pub locked: bool,
    /// The folder to make.
    pub output: &'a Path,
}

impl Machine<'_> {
    /// Builds the lab for i386 and makes the folder; one that was made from the same is left as it is.
    pub fn make(&self, context: &Context) -> Outcome<Folder> {
        let store = image::store(context);
        let mut progress = BuildProgress::new(true);
        let (inputs, mut plan) = image::plan_machine(self.lab, self.dir)?;
        if self.locked {
            let lock = Lock::read(self.dir).map_err(image::explain)?;
            plan = plan.locked(&lock).map_err(image::explain)?;
        }
        let built = build(self.lab, &inputs, &plan, &store, &mut progress).map_err(image::explain)?;
        let params = labwright_grading::params(self.seed.as_bytes(), self.lab, self.seed)?;
        let session = SessionId::new("browser")?;
        let spec = labwright_place::spec(self.lab, &built.nodes, &built.display, &params, session)?;
        let _watched = Watched::new(self.output.to_owned());
        browser::export(&store, &built, &spec, &ingredients(), self.output, &mut progress)
            .map_err(image::explain)
    }
}

/// While this lives and the program is interrupted, the folder in the making goes; what runs ends with this process.
struct Watched(Arc<AtomicBool>);

impl Watched {
    fn new(target: PathBuf) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let is_over = over.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let interrupted = runtime.is_ok_and(|it| it.block_on(tokio::signal::ctrl_c()).is_ok());
            if interrupted && !is_over.load(Ordering::Relaxed) {
                browser::abandon(&target);
                eprintln!("interrupted; nothing was exported");
                std::process::exit(1);
            }
        });
        Self(over)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn print(folder: &Folder, output: &Path, as_json: bool) -> Outcome {
    if as_json {
        let object = json!({
            "lab": folder.lab,
            "image": folder.image,
            "folder": output,
            "machine": sizes(folder),
        });
        let text = serde_json::to_string_pretty(&object).context("printing the machine")?;
        println!("{text}");
        return Ok(());
    }
    print!("{}: {}", output.display(), words(folder));
    Ok(())
}

/// What a machine takes, for programs.
pub fn sizes(folder: &Folder) -> Value {
    json!({
        "bytes": folder.bytes(),
        "memory_bytes": folder.memory_bytes,
        "state_bytes": folder.state_bytes(),
        "disk_bytes": folder.disk.bytes,
        "prompt_bytes": folder.prompt_bytes(),
        "boot_cpu_s": folder.measured.boot_cpu_s,
        "restore_cpu_s": folder.measured.restore_cpu_s,
        "prompt_cpu_s": folder.measured.prompt_cpu_s,
    })
}

/// What a machine takes, for people.
pub fn words(folder: &Folder) -> String {
    let measured = &folder.measured;
    format!(
        "{} of memory; {} to load until the first prompt, {} in all\n  \
         state {}, disk {} in {} parts, of which a first prompt reads {}\n  \
         a prompt after {:.1} s of processor time, in place of {:.0} s to boot\n",
        HumanBytes(folder.memory_bytes),
        HumanBytes(folder.prompt_bytes()),
        HumanBytes(folder.bytes()),
        HumanBytes(folder.state_bytes()),
        HumanBytes(folder.disk.bytes),
        folder.disk.bytes / folder.disk.part_bytes.max(1),
        folder.disk.prompt_parts.len(),
        measured.prompt_cpu_s,
        measured.boot_cpu_s,
    )
}

/// From the environment, else beside this program, else where the source tree has them.
pub fn ingredients() -> Ingredients {
    Ingredients {
        agent: beside("LABWRIGHT_AGENT_I686", &["labwright-agent-i686"]),
        emulator: beside("LABWRIGHT_V86", &["v86", "web/node_modules/v86"]),
        bios: PathBuf::from(SEABIOS),
    }
}

fn beside(variable: &str, names: &[&str]) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return PathBuf::from(path);
    }
    let program = std::env::current_exe().unwrap_or_default();
    let folders = program.ancestors().skip(1).take(4);
    let places = folders.flat_map(|folder| names.iter().map(|name| folder.join(name)));
    let places: Vec<PathBuf> = places.collect();
    let found = places.iter().find(|path| path.exists());
    found.or(places.first()).cloned().unwrap_or_default()
}
