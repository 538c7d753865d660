//! `labwright serve`: the server of a configuration file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use labwright_server::{Clock, Config, Parts, boot};

use crate::context::Context;
use crate::failure::{Explain, Failure, Outcome};
use crate::serving;

/// Where the configuration is when `--config` does not say.
const CONFIG: &str = "/etc/labwright/config.toml";

const EXAMPLE: &str = "write a file like this one and give it with --config:\n\n  \
    listen = \"127.0.0.1:8080\"\n\n  \
    [[accounts]]\n  name = \"ada\"\n  password = \"at least ten characters\"\n\n  \
    [[courses]]\n  id = \"networks\"\n  title = \"Networks\"\n  labs = [\"/srv/labs\"]\n  \
    teachers = [\"ada\"]\n\nor try `labwright demo`";

/// Serve courses and labs to browsers
///
/// Without root it asks `labwright host` to start machines and takes labs as they were built; as
/// root it also builds, and works without `host`. Sessions outlive it: the next `serve` takes
/// them up again.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  labwright serve --config /etc/labwright/config.toml")]
pub struct Args {
    /// The configuration; /etc/labwright/config.toml by default
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Listen here instead of where the configuration says
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// Serves until it is told to end.
pub fn run(args: Args, context: &Context) -> Outcome {
    let path = args.config.as_deref().unwrap_or(Path::new(CONFIG));
    if args.config.is_none() && !path.exists() {
        return Err(Failure::new(format!("there is no configuration {CONFIG}")).hint(EXAMPLE));
    }
    let mut config = Config::read(path)?;
    config.listen = args.listen.or(config.listen);
    let catalogue = Arc::new(serving::catalogue(&config, context)?);
    let state = config.state.clone();
    let state = state.unwrap_or_else(|| context.state.join("server"));
    serving::offer(&config, &state, context)?;
    context.block_on(async {
        let place = config.place.as_deref().unwrap_or(labwright_local::NAME);
        let parts = Parts {
            place: serving::place(place, context)?,
            state,
            catalogue,
            config,
            id_prefix: None,
            asker: serving::asker(),
            clock: Clock::default(),
        };
        let server = boot(parts).await.hint("see `labwright doctor`")?;
        eprintln!("labwright serves {}", server.link);
        serving::told_to_end().await?;
        eprintln!("stopping; sessions go on");
        server.stop().await;
        Ok(())
    })
}
