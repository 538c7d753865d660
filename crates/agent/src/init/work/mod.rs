//! Transfers of files, in a child of init inside the node: as the node's root, without
//! CAP_SYS_PTRACE, so that no link in the node leads to anything that its own root cannot reach.

mod attributes;
mod file;
mod inward;
mod place;
mod restore;
mod save;

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use self::inward::Inward;
use super::confine;
use super::message::Work;
use super::{child, sys};

/// What the status pipe says of a transfer that was whole.
pub(super) const DONE: &str = "done";

/// Does the work in this process; `bytes` is its end of the pipe.
pub(super) fn run(work: &Work, bytes: OwnedFd, status: &OwnedFd) -> ! {
    let text = match perform(work, bytes) {
        Ok(()) => DONE.to_owned(),
        Err(error) => error.to_string(),
    };
    child::report(status.as_fd(), &text);
    sys::exit(0)
}

fn perform(work: &Work, bytes: OwnedFd) -> io::Result<()> {
    confine::settle_worker()?;
    rustix::process::umask(rustix::fs::Mode::empty());
    let pipe = std::fs::File::from(bytes);
    match work {
        Work::Read { path } => file::read(path, pipe),
        Work::Write { path, mode } => file::write(path, *mode, Inward::new(pipe)),
        Work::Save { paths, max_bytes } => save::save(paths, *max_bytes, pipe),
        Work::Restore {
            paths,
            max_bytes,
            from,
        } => restore::restore(paths, *max_bytes, from.as_deref(), Inward::new(pipe)),
    }
}

/// Names the object of an error.
fn at(path: &str) -> impl Fn(io::Error) -> io::Error + '_ {
    move |error| io::Error::new(error.kind(), format!("`{path}`: {error}"))
}

/// The paths that are not below another one.
fn outermost(paths: &[String]) -> Vec<&str> {
    let is_below = |path: &str| {
        let above = |other: &String| {
            let other = other.trim_end_matches('/');
            let rest = path.strip_prefix(other);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        paths.iter().any(above)
    };
    let mut outermost: Vec<&str> = paths
        .iter()
        .map(|path| path.trim_end_matches('/'))
        .collect();
    outermost.sort_unstable();
    outermost.dedup();
    outermost.retain(|path| !is_below(path));
    outermost
}

/// Paths as tar has them: absolute, without the leading slash, nothing that climbs.
fn relative(path: &str) -> io::Result<&str> {
    let plain = path.trim_matches('/');
    let sane = path.starts_with('/')
        && !plain.is_empty()
        && plain
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".."));
    if sane {
        return Ok(plain);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("`{path}` is not an absolute path below the root"),
    ))
}
