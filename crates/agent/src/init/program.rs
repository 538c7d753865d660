//! A running program of a node, from the agent's side.

use std::os::fd::OwnedFd;

use labwright_wire::Exit;
use tokio::net::unix::pipe;
use tokio::sync::oneshot;

use super::control::{Control, InitError};
use super::message::{Op, StdioKind};

/// A running program of a node.
pub struct Child {
    /// Its process id in the node.
    pub pid: i32,
    /// The agent's ends of its streams; take them out.
    pub stdio: Stdio,
    id: u32,
    control: Control,
    ended: oneshot::Receiver<Exit>,
}

/// The agent's ends of a program's streams.
pub enum Stdio {
    /// Taken.
    None,
    /// Output and error together.
    Output(pipe::Receiver),
    /// One pipe each.
    Pipes {
        /// Its standard input.
        stdin: pipe::Sender,
        /// Its standard output.
        stdout: pipe::Receiver,
        /// Its standard error.
        stderr: pipe::Receiver,
    },
    /// The master of its terminal, not blocking.
    Pty(OwnedFd),
}

impl Child {
    pub(super) fn new(
        id: u32,
        pid: i32,
        stdio: Stdio,
        control: Control,
        ended: oneshot::Receiver<Exit>,
    ) -> Self {
        Self {
            pid,
            stdio,
            id,
            control,
            ended,
        }
    }

    /// Waits for its end. An init that ended took it along.
    pub async fn wait(&mut self) -> Exit {
        let ended = &mut self.ended;
        ended.await.unwrap_or(Exit::Signal(libc::SIGKILL))
    }

    /// Sends a signal to it and its process group; nothing happens when it has ended.
    pub async fn signal(&self, signal: i32) -> Result<(), InitError> {
        self.control.send(self.id, Op::Signal { signal }, &[]).await
    }

    /// Something that can signal it while [`Child::wait`] is under way.
    pub fn signaller(&self) -> Signaller {
        Signaller::new(self.id, self.control.clone())
    }
}

/// Signals one child.
#[derive(Clone)]
pub struct Signaller {
    id: u32,
    control: Control,
}

impl Signaller {
    pub(super) fn new(id: u32, control: Control) -> Self {
        Self { id, control }
    }

    /// As [`Child::signal`].
    pub async fn signal(&self, signal: i32) -> Result<(), InitError> {
        self.control.send(self.id, Op::Signal { signal }, &[]).await
    }
}

impl Stdio {
    /// The agent's ends, in the order of `Event::Started`.
    pub(super) fn of(
        kind: StdioKind,
        mut fds: impl Iterator<Item = OwnedFd>,
    ) -> Result<Self, InitError> {
        let mut next = || fds.next().ok_or(InitError::Protocol);
        Ok(match kind {
            StdioKind::Output => Self::Output(pipe::Receiver::from_owned_fd(next()?)?),
            StdioKind::Pipes => Self::Pipes {
                stdin: pipe::Sender::from_owned_fd(next()?)?,
                stdout: pipe::Receiver::from_owned_fd(next()?)?,
                stderr: pipe::Receiver::from_owned_fd(next()?)?,
            },
            StdioKind::Pty { .. } => Self::Pty(next()?),
        })
    }
}
