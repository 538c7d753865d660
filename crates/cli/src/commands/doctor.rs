//! `labwright doctor`: what this machine lacks, and the command that mends it.

use std::io::IsTerminal;

use labwright_local::Installation;
use labwright_local::doctor::{Finding, Health, examine};

use crate::context::Context;
use crate::failure::{Failure, Outcome};

/// Examine this machine: what labs need, what is missing, and the command that mends it
#[derive(clap::Args)]
#[command(after_help = "Example:\n  sudo labwright doctor\n  labwright doctor --json")]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The port that `labwright serve` will listen on
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

/// Prints a line for everything that was examined; status 1 when labs cannot run.
pub fn run(args: Args, context: &Context) -> Outcome {
    let installation = Installation::new(&context.state, &context.run);
    let findings = examine(&installation, args.port);
    let missing = findings.iter().any(|f| f.health == Health::Missing);
    if args.json {
        let report = serde_json::json!({ "ok": !missing, "findings": findings });
        println!("{report}");
    } else {
        print(&findings);
    }
    if missing {
        return Err(Failure::reported(1));
    }
    Ok(())
}

fn print(findings: &[Finding]) {
    let colour = std::io::stdout().is_terminal();
    let width = findings.iter().map(|f| f.name.len()).max().unwrap_or(0);
    for finding in findings {
        let (word, code) = match finding.health {
            Health::Ok => ("ok     ", "32"),
            Health::Warn => ("warn   ", "33"),
            Health::Missing => ("missing", "1;31"),
        };
        let (name, found) = (finding.name, &finding.found);
        match colour {
            true => println!("\x1b[{code}m{word}\x1b[0m  {name:width$}  {found}"),
            false => println!("{word}  {name:width$}  {found}"),
        }
        if let Some(mend) = &finding.mend {
            println!("{:1$}→ {mend}", "", 11 + width);
        }
    }
    let count = |health| findings.iter().filter(|f| f.health == health).count();
    match (count(Health::Missing), count(Health::Warn)) {
        (0, 0) => println!("\nLabs can run here."),
        (0, 1) => println!("\nLabs can run here, with what the warning says."),
        (0, _) => println!("\nLabs can run here, with what the warnings say."),
        (missing, _) => println!("\nLabs cannot run here yet: {missing} missing."),
    }
}
