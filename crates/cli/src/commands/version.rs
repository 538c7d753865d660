//! `labwright version`: what runs here.

use crate::context::Context;
use crate::failure::Outcome;

/// Print versions and directories of this installation
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright version --json")]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints the version and the directories in use.
pub fn run(args: Args, context: &Context) -> Outcome {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        let value = serde_json::json!({
            "version": version, "state": context.state, "run": context.run,
        });
        println!("{value}");
    } else {
        println!("labwright {version}");
        println!("state     {}", context.state.display());
        println!("run       {}", context.run.display());
    }
    Ok(())
}
