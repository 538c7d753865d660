//! `labwright host`: the root side of the local place, for a server without privileges.

use labwright_local::{Daemon, Host, Installation, is_root};
use tokio::signal::unix::{SignalKind, signal};

use crate::context::Context;
use crate::failure::{Explain, Failure, Outcome};

/// Serve the local place to an unprivileged `labwright serve`; runs as root
///
/// Machines need nothing of it: it may be stopped, killed and restarted while sessions run.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  sudo labwright host --user labwright")]
pub struct Args {
    /// The user that `labwright serve` runs as: a name, or UID:GID
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The OCI runtime that nodes run under [default: $LABWRIGHT_RUNTIME, else crun, else runc]
    #[arg(long, value_name = "PROGRAM")]
    runtime: Option<String>,
}

/// Listens until it is told to end.
pub fn run(args: Args, context: &Context) -> Outcome {
    if !is_root() {
        return Err(
            Failure::new("`labwright host` must be run as root").hint("sudo labwright host")
        );
    }
    let mut installation = Installation::new(&context.state, &context.run);
    installation.owner = args.user.as_deref().map(user).transpose()?;
    if let Some(runtime) = args.runtime {
        installation.runtime = runtime;
    }
    context.block_on(async {
        let host = Host::new(installation)?;
        let socket = host.installation().host_socket();
        let daemon = Daemon::bind(host)
            .await
            .hint("is another `labwright host` running?")?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        eprintln!("labwright host listens on {}", socket.display());
        tokio::select! {
            () = daemon.serve() => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}

/// User and group of a name, or of `UID:GID`.
fn user(text: &str) -> Outcome<(u32, u32)> {
    let numbers = |text: &str| {
        let (user, group) = text.split_once(':')?;
        Some((user.parse().ok()?, group.parse().ok()?))
    };
    if let Some(found) = numbers(text) {
        return Ok(found);
    }
    // getent also asks what /etc/passwd does not know, such as LDAP.
    let output = std::process::Command::new("getent")
        .args(["passwd", text])
        .output()?;
    let line = String::from_utf8_lossy(&output.stdout);
    let mut fields = line.split(':').skip(2).take(2).map(str::parse);
    match (fields.next(), fields.next()) {
        (Some(Ok(user)), Some(Ok(group))) => Ok((user, group)),
        _ => Err(Failure::new(format!("there is no user `{text}`"))
            .hint(format!("make it: adduser --system --group {text}"))),
    }
}
