//! Pipes and terminals of children, and sockets for the agent. They are made inside the node, so that its users own them
//! and a terminal has a name in the node's own `/dev/pts`.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::pty::OpenptFlags;
use rustix::termios::Winsize;

use super::child::Streams;
use super::message::StdioKind;

/// `f_type` of devpts.
const DEVPTS_MAGIC: i64 = 0x1cd1;

/// The child's streams and the agent's ends of them, in the order of `Event::Started`.
pub(super) fn make(kind: StdioKind) -> io::Result<(Streams, Vec<OwnedFd>)> {
    match kind {
        StdioKind::Output => {
            let (input, _closed) = pipe()?;
            let (read, output) = pipe()?;
            let error = output.try_clone()?;
            Ok((Streams::Pipes([input, output, error]), vec![read]))
        }
        StdioKind::Pipes => {
            let (input, write) = pipe()?;
            let (read_output, output) = pipe()?;
            let (read_error, error) = pipe()?;
            let ours = vec![write, read_output, read_error];
            Ok((Streams::Pipes([input, output, error]), ours))
        }
        StdioKind::Pty { cols, rows } => {
            let (master, slave) = terminal(cols, rows)?;
            Ok((Streams::Pty(slave), vec![master]))
        }
    }
}

/// A close-on-exec pipe: read end, write end.
pub(super) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(pipe_with(PipeFlags::CLOEXEC)?)
}

/// A close-on-exec TCP socket, not blocking.
pub(super) fn socket(v6: bool) -> io::Result<OwnedFd> {
    let family = if v6 {
        AddressFamily::INET6
    } else {
        AddressFamily::INET
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let tcp = Some(rustix::net::ipproto::TCP);
    Ok(socket_with(family, SocketType::STREAM, flags, tcp)?)
}

fn terminal(cols: u16, rows: u16) -> io::Result<(OwnedFd, OwnedFd)> {
    // Not /dev/ptmx: the learner's root may have put something else there. Nothing can be put
    // into a devpts, and one cannot be unmounted without CAP_SYS_ADMIN.
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let master = rustix::fs::open("/dev/pts/ptmx", flags | OFlags::NONBLOCK, Mode::empty())?;
    #[allow(clippy::useless_conversion)] // The field's type differs between architectures.
    let kind = i64::try_from(rustix::fs::fstatfs(&master)?.f_type).unwrap_or_default();
    if kind != DEVPTS_MAGIC {
        return Err(io::Error::other("/dev/pts is not a devpts file system"));
    }
    rustix::pty::unlockpt(&master)?;
    let peer = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let slave = rustix::pty::ioctl_tiocgptpeer(&master, peer)?;
    resize(&master, cols, rows)?;
    Ok((master, slave))
}

/// Sets the size of a terminal by its master; the kernel tells its foreground programs.
pub(crate) fn resize(master: impl AsFd, cols: u16, rows: u16) -> io::Result<()> {
    let size = Winsize {
        ws_row: rows,
        ws_col: cols,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    Ok(rustix::termios::tcsetwinsize(master, size)?)
}
