//! `labwright host`: serves a [`Host`] over a unix socket, to root and to the installation's owner.
//!
//! It may be killed at any moment: machines need nothing of it, and the next one finds them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::time::Duration;

use labwright_wire::frame::{read_header, write_header};
use tokio::io::AsyncReadExt;
use tokio::net::unix::UCred;
use tokio::net::{UnixListener, UnixStream};

use crate::error::{HostError, at};
use crate::protocol::{Reply, Request};
use crate::record::make_directory;
use crate::{Host, Installation};

/// How long an asker may take to say what it wants.
const REQUEST_PATIENCE: Duration = Duration::from_secs(10);
/// How often to look whether another host listens, and the pause between.
const LOOKS: u32 = 10;
const LOOK_PAUSE: Duration = Duration::from_millis(50);
/// Pause after the kernel refused a connection, for want of descriptors for example.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// A host that listens.
pub struct Daemon {
    host: Host,
    listener: UnixListener,
}

impl Daemon {
    /// Listens on the installation's host socket. The socket of a host that was killed is
    /// replaced; that of a living one is an error.
    pub async fn bind(host: Host) -> Result<Self, HostError> {
        let installation = host.installation();
        let path = installation.host_socket();
        make_directory(&installation.run, 0o755)?;
        if answers(&path).await {
            let busy = std::io::Error::from(std::io::ErrorKind::AddrInUse);
            return Err(at("listening on", &path)(busy));
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(at("replacing", &path)(error));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(at("listening on", &path))?;
        let mode = fs::Permissions::from_mode(0o660);
        fs::set_permissions(&path, mode).map_err(at("protecting", &path))?;
        if let Some((_, group)) = installation.owner {
            chown(&path, Some(0), Some(group)).map_err(at("handing over", &path))?;
        }
        Ok(Self { host, listener })
    }

    /// Serves and cleans up until dropped.
    pub async fn serve(self) {
        let host = self.host.clone();
        tokio::select! {
            () = self.host.keep_house() => {}
            () = accept(&self.listener, host) => {}
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // The next host replaces it when it cannot be removed now.
        let _ = fs::remove_file(self.host.installation().host_socket());
    }
}

/// Whether a host listens there. An agent that a killed host was just starting holds its socket
/// for a moment, until it executes.
async fn answers(path: &Path) -> bool {
    for _ in 0..LOOKS {
        if UnixStream::connect(path).await.is_err() {
            return false;
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }
    true
}

async fn accept(listener: &UnixListener, host: Host) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let host = host.clone();
                tokio::spawn(async move { answer(stream, &host).await });
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers one connection. An asker that goes away while it waits takes its request back, as far
/// as it was not begun.
async fn answer(mut stream: UnixStream, host: &Host) {
    let installation = host.installation();
    let asker = stream.peer_cred().ok();
    // A stranger is heard out as well: one whose words find a closed socket never reads why.
    let request = tokio::time::timeout(REQUEST_PATIENCE, read_header(&mut stream)).await;
    let Ok(Ok(request)) = request else {
        return;
    };
    let Some(asker) = asker.filter(|asker| may_ask(installation, asker)) else {
        tracing::warn!("a stranger's request was refused");
        let cause = "only root and the server's user may ask the host".to_owned();
        let _ = write_header(&mut stream, &Reply::Refused { cause }).await;
        return;
    };
    if asker.uid() != 0
        && let Err(cause) = stays_inside(installation, &request)
    {
        let _ = write_header(&mut stream, &Reply::Refused { cause }).await;
        return;
    }
    let mut ended = [0];
    let reply = tokio::select! {
        reply = perform(host, request) => reply,
        _ = stream.read(&mut ended) => return,
    };
    // An asker that is gone does not miss it.
    let _ = write_header(&mut stream, &reply).await;
}

async fn perform(host: &Host, request: Request) -> Reply {
    match request {
        Request::Start { spec } => Reply::outcome(host.start(&spec).await),
        Request::Stop { id } => Reply::outcome(host.stop(&id).await),
        Request::List => Reply::Sessions {
            sessions: host.list().await,
        },
        Request::Observe => match host.observe().await {
            Ok(machines) => Reply::Machines { machines },
            Err(error) => Reply::outcome(Err(error)),
        },
    }
}

/// The kernel vouches for a peer's user (unix(7), SO_PEERCRED). Its group says nothing: a system
/// user's may be one that others have too, such as `nogroup`.
fn may_ask(installation: &Installation, asker: &UCred) -> bool {
    let owner = installation.owner;
    asker.uid() == 0 || owner.is_some_and(|(user, _)| asker.uid() == user)
}

/// Whether a request of the unprivileged server makes nothing of the host readable in a node: a
/// layer must be one of the installation's, and no link may lead out of them.
fn stays_inside(installation: &Installation, request: &Request) -> Result<(), String> {
    let Request::Start { spec } = request else {
        return Ok(());
    };
    let layers = fs::canonicalize(installation.layers()).unwrap_or_default();
    let nodes = spec.nodes.iter().flat_map(|node| &node.layers);
    let displays = spec.displays.iter().flat_map(|display| &display.layers);
    for layer in nodes.chain(displays) {
        let found = fs::canonicalize(layer).unwrap_or_default();
        let inside =
            found != layers && !layers.as_os_str().is_empty() && found.starts_with(&layers);
        if !inside {
            return Err(format!(
                "{} is not a layer of this installation",
                layer.display()
            ));
        }
    }
    Ok(())
}
