//! `labwright new`: a lab folder that works, to start from.

use std::fs;
use std::path::{Path, PathBuf};

use labwright_manifest::load;
use labwright_model::LabName;

use crate::context::Context;
use crate::failure::{Explain, Failure, Outcome};

/// Make a lab folder that works, to start from
///
/// The folder's name becomes the lab's name. The pages are in English and French.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright new my-lab\n  labwright new my-lab --template network")]
pub struct Args {
    /// The folder to make; it must be new or empty
    dir: PathBuf,
    /// What to start from
    #[arg(long, value_enum, default_value = "terminal")]
    template: Template,
}

/// What there is to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Template {
    /// One node with a terminal
    Terminal,
    /// Two nodes and a router on two networks
    Network,
    /// A database in the browser
    Sql,
    /// A graphical program on a screen in the browser
    Desktop,
}

/// A file of a template: its path and its bytes.
type File = (&'static str, &'static [u8]);

macro_rules! files {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../templates/", $folder, "/", $path)))),*]
    };
}

/// What stands for the lab's name in a template.
const NAME: &str = "LAB-NAME";

impl Template {
    fn files(self) -> &'static [File] {
        match self {
            Self::Terminal => files!("terminal":
                "lab.yaml", "steps/1-hello.md", "steps/1-hello.fr.md",
                "checks/note.sh", "solution/note.sh"),
            Self::Network => files!("network":
                "lab.yaml", "steps/1-routes.md", "steps/1-routes.fr.md",
                "checks/reachable.sh", "solution/route.sh"),
            Self::Sql => files!("sql":
                "lab.yaml", "steps/1-ask.md", "steps/1-ask.fr.md",
                "checks/cheap.sql", "assets/shop.sqlite"),
            Self::Desktop => files!("desktop":
                "lab.yaml", "steps/1-look.md", "steps/1-look.fr.md",
                "checks/picture.sh", "solution/picture.sh"),
        }
    }
}

/// Writes the template's files and says what to do next.
pub fn run(args: Args, _: &Context) -> Outcome {
    let name = lab_name(&args.dir)?;
    refuse_used(&args.dir)?;
    for (path, bytes) in args.template.files() {
        write(&args.dir.join(path), bytes, &name)?;
    }
    println!("{}: a lab of {} files", args.dir.display(), args.template.files().len());
    let dir = typed(&args.dir);
    for (path, _) in args.template.files() {
        println!("  {path}");
    }
    println!("\nNext:");
    println!("  labwright lint {dir}    say what is wrong, line by line");
    let loaded = load(&args.dir);
    if loaded.unsupported().next().is_some() {
        println!("\nThis version of Labwright cannot run this kind of lab yet:");
        for problem in loaded.unsupported() {
            println!("  {problem}");
        }
    } else {
        println!("  labwright run {dir}     try it, with live reload of its pages");
        println!("  labwright test {dir}    full points with the solution, none without");
    }
    Ok(())
}

/// A path as it is typed into a shell.
fn typed(path: &Path) -> String {
    let word = path.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+@".contains(letter);
    if word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The last part of the path, in the letters that a lab's name may have.
fn lab_name(dir: &Path) -> Outcome<LabName> {
    let last = dir.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let word: String = last
        .unwrap_or_default()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    LabName::new(word.trim_matches('-')).map_err(|_| {
        Failure::new(format!("`{}` gives no name for the lab", dir.display()))
            .hint(format!("name the folder with {}", LabName::ALLOWED))
    })
}

/// Nothing that is there may be overwritten.
fn refuse_used(dir: &Path) -> Outcome {
    match fs::read_dir(dir).map(|mut entries| entries.next().is_some()) {
        Ok(true) => {
            Err(Failure::new(format!("{} is not empty", dir.display()))
                .hint("name a folder that does not exist yet"))
        }
        Ok(false) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).context(format!("looking into {}", dir.display())),
    }
}

fn write(path: &Path, bytes: &[u8], name: &LabName) -> Outcome {
    let what = || format!("writing {}", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).context(what())?;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => fs::write(path, text.replace(NAME, name.as_str())).context(what()),
        Err(_) => fs::write(path, bytes).context(what()),
    }
}
