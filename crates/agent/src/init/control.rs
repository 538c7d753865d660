//! The agent's end: an asynchronous handle to one node's init.
//!
//! It trusts nothing that init says beyond its form: a hostile init can only make its own node
//! misbehave. Dropping the last handle ends the init, and with it the node.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use labwright_wire::Exit;
use tokio::io::unix::AsyncFd;
use tokio::sync::{oneshot, watch};

use super::message::{Event, Op, Request, Spawn, StdioKind, Work};
use super::program::{Child, Signaller, Stdio};
use super::transfer::Outcome;
use super::{channel, sys};

/// Longest datagram that init may send, in bytes; its messages are short.
const MAX_EVENT_BYTES: usize = 4096;

/// Children of one node that the agent waits for at once.
const MAX_CHILDREN: usize = 256;

/// From the fork to the exec of a program.
const BEGIN_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a node's init could not do something.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The node's PID 1 is gone.
    #[error("the node's init has ended")]
    Ended,
    /// It, or the child that it forked, says why not.
    #[error("{0}")]
    Refused(String),
    /// Too much at once.
    #[error("the node already runs {MAX_CHILDREN} commands of the agent")]
    TooMany,
    /// What it forked does nothing: the learner's root may have stopped it.
    #[error("the node makes no progress, and was given up")]
    Stalled,
    /// The kernel refused something to the agent.
    #[error("talking to the node's init failed")]
    Io(#[from] io::Error),
    /// It broke the protocol.
    #[error("the node's init sent something that it must not")]
    Protocol,
}

/// A handle to a node's init; cheap to clone.
#[derive(Clone)]
pub struct Control {
    inner: Arc<Inner>,
    // Ends the reader, which holds `inner` too, with the last handle.
    _reader: Arc<Reader>,
}

struct Inner {
    socket: AsyncFd<OwnedFd>,
    next_id: AtomicU32,
    waiting: Mutex<HashMap<u32, Waiting>>,
    state: watch::Sender<State>,
    env: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum State {
    Starting,
    Running,
    Ended,
}

type Begun = Result<(i32, Vec<OwnedFd>), String>;

#[derive(Default)]
struct Waiting {
    begun: Option<oneshot::Sender<Begun>>,
    ended: Option<oneshot::Sender<Exit>>,
}

struct Reader(tokio::task::JoinHandle<()>);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Control {
    /// Takes the agent's end of [`channel::pair`]. `env` is the environment of all that runs in
    /// the node. Call it on a tokio runtime.
    pub fn new(socket: OwnedFd, env: Vec<(String, String)>) -> io::Result<Self> {
        rustix::io::ioctl_fionbio(&socket, true)?;
        let inner = Arc::new(Inner {
            socket: sys::asynchronous(socket)?,
            next_id: AtomicU32::new(1),
            waiting: Mutex::default(),
            state: watch::Sender::new(State::Starting),
            env,
        });
        let reader = Arc::new(Reader(tokio::spawn(inner.clone().read())));
        Ok(Self {
            inner,
            _reader: reader,
        })
    }

    /// Waits until init runs.
    pub async fn hello(&self) -> Result<(), InitError> {
        let mut state = self.inner.state.subscribe();
        match state.wait_for(|state| *state != State::Starting).await {
            Ok(state) if *state == State::Running => Ok(()),
            _ => Err(InitError::Ended),
        }
    }

    /// Completes when the node's init has ended.
    pub async fn ended(&self) {
        let mut state = self.inner.state.subscribe();
        let _ = state.wait_for(|state| *state == State::Ended).await;
    }

    /// The node's environment with `extra` over it.
    pub fn environment<'a>(
        &self,
        extra: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) -> Vec<(String, String)> {
        let mut env = self.inner.env.clone();
        for (name, value) in extra {
            env.retain(|(known, _)| known != name);
            env.push((name.clone(), value.clone()));
        }
        env
    }

    /// Starts a program and waits until it runs. Its `env` is all that it gets: see
    /// [`Control::environment`].
    pub async fn spawn(&self, spawn: Spawn) -> Result<Child, InitError> {
        self.spawn_with(spawn, None).await
    }

    /// Starts a script, given by the text's memfd.
    pub(super) async fn spawn_with(
        &self,
        spawn: Spawn,
        script: Option<BorrowedFd<'_>>,
    ) -> Result<Child, InitError> {
        let kind = spawn.stdio;
        let (child, outcome) = self.begin(Op::Spawn(spawn), kind, script).await?;
        let Ok(problem) = tokio::time::timeout(BEGIN_TIMEOUT, outcome.text()).await else {
            child.signal(libc::SIGKILL).await?;
            return Err(InitError::Stalled);
        };
        match problem? {
            none if none.is_empty() => Ok(child),
            problem => Err(InitError::Refused(problem)),
        }
    }

    /// Starts a check; its result comes by the returned pipe.
    pub(super) async fn begin_check(
        &self,
        spawn: Spawn,
        timeout_ms: u64,
        script: BorrowedFd<'_>,
    ) -> Result<(Child, Outcome), InitError> {
        let kind = spawn.stdio;
        let op = Op::Check { spawn, timeout_ms };
        self.begin(op, kind, Some(script)).await
    }

    /// Starts work; its status pipe, and the pipe of its bytes.
    pub(super) async fn begin_work(
        &self,
        work: Work,
    ) -> Result<([OwnedFd; 2], Signaller), InitError> {
        let (id, _, fds, _ended) = self.request(Op::Work(work), &[]).await?;
        let fds = <[OwnedFd; 2]>::try_from(fds).map_err(|_| InitError::Protocol)?;
        Ok((fds, Signaller::new(id, self.clone())))
    }

    /// A TCP socket of the node's network, to be bound and connected by the caller.
    pub async fn socket(&self, v6: bool) -> Result<OwnedFd, InitError> {
        let (_, _, fds, _ended) = self.request(Op::Socket { v6 }, &[]).await?;
        let [socket] = <[OwnedFd; 1]>::try_from(fds).map_err(|_| InitError::Protocol)?;
        // Whatever init sent must not hold the agent's only thread up.
        rustix::io::ioctl_fionbio(&socket, true).map_err(io::Error::from)?;
        Ok(socket)
    }

    /// Asks everything in the node to end, then ends its init. The node is gone afterwards.
    pub async fn shutdown(&self, grace: Duration) -> Result<(), InitError> {
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        let id = self.inner.next_id.fetch_add(1, Ordering::Relaxed);
        self.send(id, Op::Shutdown { grace_ms }, &[]).await?;
        self.ended().await;
        Ok(())
    }

    async fn begin(
        &self,
        op: Op,
        kind: StdioKind,
        script: Option<BorrowedFd<'_>>,
    ) -> Result<(Child, Outcome), InitError> {
        let script: Vec<BorrowedFd<'_>> = script.into_iter().collect();
        let (id, pid, fds, ended) = self.request(op, &script).await?;
        let mut fds = fds.into_iter();
        let outcome = Outcome::read_from(fds.next().ok_or(InitError::Protocol)?)?;
        let stdio = Stdio::of(kind, fds)?;
        Ok((Child::new(id, pid, stdio, self.clone(), ended), outcome))
    }

    async fn request(
        &self,
        op: Op,
        fds: &[BorrowedFd<'_>],
    ) -> Result<(u32, i32, Vec<OwnedFd>, oneshot::Receiver<Exit>), InitError> {
        let (begun_sender, begun) = oneshot::channel();
        let (ended_sender, ended) = oneshot::channel();
        let id = self.inner.next_id.fetch_add(1, Ordering::Relaxed);
        {
            let mut waiting = self.inner.waiting();
            if waiting.len() >= MAX_CHILDREN {
                return Err(InitError::TooMany);
            }
            let entry = Waiting {
                begun: Some(begun_sender),
                ended: Some(ended_sender),
            };
            waiting.insert(id, entry);
        }
        if let Err(error) = self.send(id, op, fds).await {
            self.inner.waiting().remove(&id);
            return Err(error);
        }
        let (pid, fds) = begun
            .await
            .map_err(|_| InitError::Ended)?
            .map_err(InitError::Refused)?;
        Ok((id, pid, fds, ended))
    }

    pub(super) async fn send(
        &self,
        id: u32,
        op: Op,
        fds: &[BorrowedFd<'_>],
    ) -> Result<(), InitError> {
        if *self.inner.state.borrow() == State::Ended {
            return Err(InitError::Ended);
        }
        let request = Request { id, op };
        self.inner
            .socket
            .async_io(tokio::io::Interest::WRITABLE, |socket| {
                channel::send(socket.as_fd(), &request, fds)
            })
            .await?;
        Ok(())
    }
}

impl Inner {
    async fn read(self: Arc<Self>) {
        let mut buffer = vec![0; MAX_EVENT_BYTES];
        loop {
            let received = self
                .socket
                .async_io(tokio::io::Interest::READABLE, |socket| {
                    channel::receive::<Event>(socket.as_fd(), &mut buffer)
                })
                .await;
            match received {
                Ok(Some((event, fds))) => self.on_event(event, fds),
                Ok(None) | Err(_) => break,
            }
        }
        let _ = self.state.send_replace(State::Ended);
        self.waiting().clear();
    }

    fn on_event(&self, event: Event, fds: Vec<OwnedFd>) {
        match event {
            Event::Hello => {
                self.state.send_replace(State::Running);
            }
            Event::Started { id, pid } => self.begun(id, Ok((pid, fds))),
            Event::Made { id } => {
                self.begun(id, Ok((0, fds)));
                self.waiting().remove(&id);
            }
            Event::Failed { id, message } => {
                self.begun(id, Err(message));
                self.waiting().remove(&id);
            }
            Event::Exited { id, exit } => {
                let waiting = self.waiting().remove(&id);
                if let Some(sender) = waiting.and_then(|waiting| waiting.ended) {
                    let _ = sender.send(exit);
                }
            }
        }
    }

    fn begun(&self, id: u32, begun: Begun) {
        let sender = self
            .waiting()
            .get_mut(&id)
            .and_then(|waiting| waiting.begun.take());
        if let Some(sender) = sender {
            let _ = sender.send(begun);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u32, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
