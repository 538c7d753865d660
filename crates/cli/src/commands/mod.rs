//! One file per verb: its arguments (their doc comments are the manual) and `run`.
//! To add one: the file, and one line in the list below.

use crate::context::Context;
use crate::failure::Outcome;

macro_rules! verbs {
    ($($module:ident $variant:ident;)*) => {
        $(pub mod $module;)*

        /// The verbs.
        #[derive(clap::Subcommand)]
        pub enum Command {
            $(#[allow(missing_docs)] $variant($module::Args),)*
        }

        impl Command {
            /// Runs the verb.
            pub fn run(self, context: &Context) -> Outcome {
                match self {
                    $(Self::$variant(args) => $module::run(args, context),)*
                }
            }
        }
    };
}

// In the order in which `labwright --help` lists them.
verbs! {
    new New;
    lint Lint;
    build Build;
    lock Lock;
    size Size;
    export Export;
    run Run;
    test Test;
    bench Bench;
    session Session;
    doctor Doctor;
    serve Serve;
    host Host;
    demo Demo;
    version Version;
    sql_child SqlChild;
}

impl Command {
    /// It prints, and starts nothing that would have to be cleared up.
    pub fn only_prints(&self) -> bool {
        matches!(
            self,
            Self::Lint(_) | Self::Size(_) | Self::Doctor(_) | Self::Version(_)
        )
    }
}
