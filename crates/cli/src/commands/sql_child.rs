//! `labwright sql-child`: the process that runs one query of a learner's; the server starts it.

use crate::context::Context;
use crate::failure::Outcome;

/// Ask a database one query, on behalf of the server
#[derive(clap::Args)]
#[command(hide = true)]
pub struct Args {}

/// Answers on standard output.
pub fn run(_: Args, _: &Context) -> Outcome {
    labwright_sql::child_main();
    Ok(())
}
