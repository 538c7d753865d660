//! Making and removing one machine. Everything here blocks, and holds the session's directory.

use std::ffi::CString;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use labwright_model::{MachineSpec, SessionId};

use crate::Installation;
use crate::cgroup::Cgroups;
use crate::error::{HostError, at};
use crate::kernel::{self, Launch};
use crate::record::{Held, Record, make_directories, now_s, write_private};

/// How long the kernel may take to end a killed machine.
const KILL_PATIENCE: Duration = Duration::from_secs(20);
/// Where an agent finds the OCI runtime and what else it runs.
const AGENT_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Longest path of a unix socket (unix(7)).
const SOCKET_PATH_BYTES: usize = 107;
/// How much of a dead agent's log is told.
const LOG_TAIL_BYTES: usize = 2000;
/// How long writable layers of a dead machine wait for someone to claim them, in seconds.
const UNCLAIMED_S: u64 = 24 * 60 * 60;

/// Starts a machine unless its agent lives already. Returns the new agent's pidfd.
pub(crate) fn start(
    installation: &Installation,
    cgroups: &Cgroups,
    spec: &MachineSpec,
) -> Result<Option<OwnedFd>, HostError> {
    let id = &spec.session;
    let cgroup = installation.session_cgroup(id);
    let held = Held::or_made(installation, id)?;
    if lives(installation, cgroups, id) {
        return Ok(None);
    }
    if !installation.agent.is_file() {
        return Err(HostError::NoAgent {
            path: installation.agent.clone(),
        });
    }
    // What an earlier agent left would be in the way of the new one; it may still be dying.
    kill(installation, cgroups, id)?;
    cgroups.remove(&cgroup)?;
    let mut record = held.record(installation, &spec.lab)?;
    record.dead_since_s = None;
    record.write(held.path())?;
    let spec_file = held.path().join("spec.json");
    let json = serde_json::to_vec(spec).map_err(|e| at("writing", &spec_file)(e.into()))?;
    write_private(&spec_file, &json)?;
    let started = listen(installation, id).and_then(|socket| {
        let procs = cgroups.make_agent(&cgroup)?;
        launch(installation, id, &held, &record, &socket, &procs)
    });
    if started.is_err() {
        // Its writable layers stay for the next try or for stop; nothing else does.
        let _ = cgroups.remove(&cgroup);
        let _ = remove_sockets(installation, id);
    }
    started.map(Some)
}

/// Kills a machine and removes all that is left of it. Goes on after errors, tells the first.
pub(crate) fn stop(
    installation: &Installation,
    cgroups: &Cgroups,
    id: &SessionId,
) -> Result<(), HostError> {
    let held = Held::or_made(installation, id)?;
    let killed = kill(installation, cgroups, id);
    let ungrouped = cgroups.remove(&installation.session_cgroup(id));
    let unreachable = remove_sockets(installation, id);
    let erased = remove_layers(installation, &held);
    killed
        .and(ungrouped.map_err(HostError::from))
        .and(unreachable)
        .and(erased)
}

/// Removes what a dead machine does not need: its cgroups and socket at once, its writable
/// layers when nobody claimed them for a day. Leaves alone what lives or is being worked on.
pub(crate) fn reap(
    installation: &Installation,
    cgroups: &Cgroups,
    id: &SessionId,
) -> Result<(), HostError> {
    let cgroup = installation.session_cgroup(id);
    let held = match Held::unless_busy(installation, id)? {
        Some(held) => held,
        None if installation.session_state(id).exists() => return Ok(()),
        None if !cgroups.exist(&cgroup) && !installation.session_run(id).exists() => return Ok(()),
        None => Held::or_made(installation, id)?,
    };
    if lives(installation, cgroups, id) {
        return Ok(());
    }
    kill(installation, cgroups, id)?;
    cgroups.remove(&cgroup)?;
    remove_sockets(installation, id)?;
    let Some(mut record) = Record::read(held.path()) else {
        // Killed before it was written down: nothing was ever started there.
        return remove_layers(installation, &held);
    };
    match record.dead_since_s {
        Some(since) if now_s().saturating_sub(since) > UNCLAIMED_S => {
            tracing::info!(session.id = %id, "nobody claimed its writable layers; removed");
            remove_layers(installation, &held)
        }
        Some(_) => Ok(()),
        None => {
            record.dead_since_s = Some(now_s());
            record.write(held.path())
        }
    }
}

/// Whether the agent of a session lives.
pub(crate) fn lives(installation: &Installation, cgroups: &Cgroups, id: &SessionId) -> bool {
    let cgroup = installation.session_cgroup(id);
    let agents = cgroups.agent_processes(&cgroup).into_iter();
    agents
        .filter(|pid| kernel::is_namespace_init(*pid))
        .any(|pid| !kernel::is_exiting(pid))
}

/// Descriptors of the agent's process.
pub(crate) fn agent(
    installation: &Installation,
    cgroups: &Cgroups,
    id: &SessionId,
) -> Vec<OwnedFd> {
    let cgroup = installation.session_cgroup(id);
    let candidates = cgroups.agent_processes(&cgroup);
    let inits = candidates
        .iter()
        .filter(|pid| kernel::is_namespace_init(**pid));
    inits
        .filter_map(|pid| {
            let process = kernel::open_process(*pid)?;
            // The number may have gone to another process before it was opened.
            let still = cgroups.agent_processes(&cgroup).contains(pid);
            still.then_some(process)
        })
        .collect()
}

/// The last words of a machine's agent.
pub(crate) fn log_tail(installation: &Installation, id: &SessionId) -> Option<String> {
    let log = fs::read(installation.session_state(id).join("agent.log")).ok()?;
    let tail = log.get(log.len().saturating_sub(LOG_TAIL_BYTES)..)?;
    let text = String::from_utf8_lossy(tail).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

fn kill(installation: &Installation, cgroups: &Cgroups, id: &SessionId) -> Result<(), HostError> {
    for process in agent(installation, cgroups, id) {
        if !kernel::kill_and_wait(process.as_fd(), KILL_PATIENCE) {
            return Err(HostError::Unkillable {
                id: id.clone(),
                patience: KILL_PATIENCE,
            });
        }
    }
    Ok(())
}

/// Makes the socket on which the agent will listen, for the installation's owner alone.
fn listen(installation: &Installation, id: &SessionId) -> Result<UnixListener, HostError> {
    make_directories(
        &installation.sessions_run(),
        &installation.session_run(id),
        0o711,
    )?;
    let path = installation.agent_socket(id);
    if path.as_os_str().len() > SOCKET_PATH_BYTES {
        return Err(HostError::LongPath { path });
    }
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(at("replacing", &path)(error));
        }
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(at("listening on", &path))?;
    fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(at("protecting", &path))?;
    if let Some((user, group)) = installation.owner {
        chown(&path, Some(user), Some(group)).map_err(at("handing over", &path))?;
    }
    Ok(listener)
}

fn launch(
    installation: &Installation,
    id: &SessionId,
    held: &Held,
    record: &Record,
    socket: &UnixListener,
    procs: &[OwnedFd],
) -> Result<OwnedFd, HostError> {
    let spawning = |source| HostError::Spawn {
        id: id.clone(),
        source,
    };
    let log_path = held.path().join("agent.log");
    let log = File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&log_path)
        .map_err(at("opening", &log_path))?;
    let null = Path::new("/dev/null");
    let stdin = File::open(null).map_err(at("opening", null))?;
    let arguments = arguments(installation, id, held, record, socket).map_err(spawning)?;
    let environment = [CString::new(AGENT_PATH).map_err(|e| spawning(e.into()))?];
    kernel::start(&Launch {
        arguments: &arguments,
        environment: &environment,
        stdin: stdin.as_fd(),
        log: log.as_fd(),
        inherited: socket.as_fd(),
        cgroups: procs,
    })
    .map_err(spawning)
}

/// The agent's command line; its `main.rs` documents it.
fn arguments(
    installation: &Installation,
    id: &SessionId,
    held: &Held,
    record: &Record,
    socket: &UnixListener,
) -> io::Result<Vec<CString>> {
    let spec = held.path().join("spec.json");
    let cgroup = installation.session_cgroup(id);
    let socket = kernel::number(socket);
    let (base, hidden) = (record.uid_base(), record.hidden_uid_base());
    let (base, hidden) = (base.to_string(), hidden.to_string());
    let words: [&[u8]; 16] = [
        installation.agent.as_os_str().as_bytes(),
        b"machine",
        b"--spec",
        spec.as_os_str().as_bytes(),
        b"--listen-fd",
        socket.as_bytes(),
        b"--session-dir",
        held.path().as_os_str().as_bytes(),
        b"--cgroup",
        cgroup.as_bytes(),
        b"--uid-base",
        base.as_bytes(),
        b"--hidden-uid-base",
        hidden.as_bytes(),
        b"--runtime",
        installation.runtime.as_bytes(),
    ];
    words
        .into_iter()
        .map(|word| CString::new(word).map_err(io::Error::from))
        .collect()
}

fn remove_sockets(installation: &Installation, id: &SessionId) -> Result<(), HostError> {
    let removed = remove_directory(&installation.session_run(id));
    // Other sessions may be left in it.
    let _ = fs::remove_dir(installation.sessions_run());
    removed
}

fn remove_layers(installation: &Installation, held: &Held) -> Result<(), HostError> {
    let removed = remove_directory(held.path());
    // Other sessions may be left in it.
    let _ = fs::remove_dir(installation.sessions_state());
    removed
}

/// Removes a directory and all in it; none is as good. It never follows a link out of it.
fn remove_directory(path: &Path) -> Result<(), HostError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other.map_err(at("removing", path)),
    }
}
