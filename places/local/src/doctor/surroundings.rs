//! Disk, memory and port.

use std::net::TcpListener;
use std::path::Path;

use super::Finding;
use crate::{Installation, probe};

/// One base system with a few labs, and the disks of some sessions, in bytes.
const WANTED_DISK_BYTES: u64 = 5 << 30;
/// Not even one lab can be built, in bytes.
const LEAST_DISK_BYTES: u64 = 1 << 30;
/// A server and a few sessions, in bytes.
const WANTED_MEMORY_BYTES: u64 = 2 << 30;

pub(super) fn findings(installation: &Installation, port: u16) -> Vec<Finding> {
    vec![
        disk(&installation.state),
        file_system(&installation.state),
        memory(),
        listening_port(port),
        host(installation),
    ]
}

fn disk(state: &Path) -> Finding {
    let folder = nearest(state);
    let Ok(found) = rustix::fs::statvfs(folder) else {
        let mend = "choose another directory: export LABWRIGHT_STATE=/path";
        return Finding::missing("disk", format!("{} cannot be read", folder.display()), mend);
    };
    let free = found.f_bavail * found.f_frsize;
    let text = format!("{} GiB free for {}", free >> 30, state.display());
    let mend = "free some: labwright size --help; or point LABWRIGHT_STATE to a larger disk";
    match free {
        0..LEAST_DISK_BYTES => Finding::missing("disk", text, mend),
        LEAST_DISK_BYTES..WANTED_DISK_BYTES => Finding::warn("disk", text, mend),
        _ => Finding::ok("disk", text),
    }
}

/// Layers lie below the state directory: their ids are mapped when they are mounted, which not
/// every file system can (mount_setattr(2), "ID-mapped mounts").
fn file_system(state: &Path) -> Finding {
    const NAME: &str = "file system";
    let magic = rustix::fs::statfs(nearest(state)).map(|found| found.f_type as u64 & 0xffff_ffff);
    let mend = "point LABWRIGHT_STATE to an ext4, xfs or btrfs file system; in a container: to a \
                volume";
    match magic {
        Ok(0xef53) => Finding::ok(NAME, "ext4"),
        Ok(0x5846_5342) => Finding::ok(NAME, "xfs"),
        Ok(0x9123_683e) => Finding::ok(NAME, "btrfs"),
        Ok(0x794c_7630) => Finding::missing(NAME, "overlay: layers cannot lie on it", mend),
        Ok(other) => Finding::warn(
            NAME,
            format!("of kind {other:#x}, which was not tried"),
            mend,
        ),
        Err(error) => Finding::missing(NAME, error.to_string(), mend),
    }
}

/// The nearest folder that is there already: it is on the same file system.
fn nearest(state: &Path) -> &Path {
    let existing = state.ancestors().find(|folder| folder.exists());
    existing.unwrap_or(Path::new("/"))
}

fn memory() -> Finding {
    let bytes = probe::memory_bytes().unwrap_or_default();
    let text = format!("{} MiB", bytes >> 20);
    if bytes >= WANTED_MEMORY_BYTES {
        return Finding::ok("memory", text);
    }
    let mend = "give it 2 GiB or more, or start fewer sessions at once";
    Finding::warn("memory", text, mend)
}

fn listening_port(port: u16) -> Finding {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Finding::ok("port", format!("{port} is free")),
        Err(error) => Finding::warn(
            "port",
            format!("{port} cannot be listened on: {error}"),
            format!("see who has it: ss -ltnp 'sport = :{port}'; or set `listen` for serve"),
        ),
    }
}

fn host(installation: &Installation) -> Finding {
    if installation.has_host() {
        let socket = installation.host_socket();
        return Finding::ok("labwright host", format!("listens on {}", socket.display()));
    }
    Finding::ok(
        "labwright host",
        "does not run; only `labwright serve` without root needs it",
    )
}
