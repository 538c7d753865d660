//! `labwright`: the command line. One file per verb in `commands/`; this file only dispatches.
//!
//! Data goes to stdout, talk and progress to stderr; exit status 0 only for success, 1 for a
//! lab's or an operation's failure, 2 for bad usage.

mod bench;
mod capture;
mod commands;
mod context;
mod emulated;
mod exec;
mod export;
mod failure;
mod image;
mod junit;
mod lab;
mod pipe;
mod preview;
mod progress;
mod serving;
mod trial;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::context::Context;

/// Virtual labs for online courses: written once, as one folder, and run anywhere.
#[derive(Parser)]
#[command(
    name = "labwright",
    version,
    after_help = "Example: write, try and test a first lab\n  \
        labwright new my-lab\n  labwright run my-lab\n  labwright test my-lab\n\n\
        State lives under /var/lib/labwright or $LABWRIGHT_STATE, run-time files under \
        /run/labwright or $LABWRIGHT_RUN."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.command.only_prints() {
        pipe::end_with_reader();
    }
    context::start_log();
    let outcome = Context::from_environment().and_then(|context| arguments.command.run(&context));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.status)
        }
    }
}
