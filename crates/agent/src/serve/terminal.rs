//! Terminals: they live in the agent, and outlive streams, channels and the server.
//!
//! One task a terminal reads its output into a [`Ring`], whether anybody looks or not. Each
//! viewer copies from the ring at its own pace: one that stalls holds up nobody and costs no
//! memory; what was overwritten meanwhile it skips, and is told so.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::time::Duration;

use indexmap::IndexMap;
use labwright_model::NodeName;
use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::limits::{MAX_TERMINALS, SCROLLBACK_BYTES};
use labwright_wire::{Control as Message, Event, Exit, Failure, Reply, Stream, TerminalReport};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use super::input::{self, Sink};
use super::reply::{failure, init_failure, reply};
use super::ring::Ring;
use crate::init::{self, Child, Control, Signaller, Spawn, Stdio, StdioKind};

/// Bytes of output that go into one frame at most.
const CHUNK_BYTES: usize = 32 * 1024;

/// Bytes that are read before viewers are told.
const BATCH_BYTES: usize = 64 * 1024;

/// A batch of so many bytes is no echo: the reader pauses, so that a program that floods its
/// terminal waits for it, instead of keeping a processor busy with reading.
const FLOOD_BYTES: usize = 2048;
const FLOOD_PAUSE: Duration = Duration::from_millis(4);

/// How long after its program's end a terminal is still read, when something holds it open.
const END_GRACE: Duration = Duration::from_millis(100);

/// A terminal that is closed is hung up on, and its program killed when it does not care.
const HANG_UP_GRACE: Duration = Duration::from_secs(1);

/// Viewers of one terminal at once.
const MAX_VIEWERS: usize = 16;

/// Longest id of a terminal, in bytes.
const MAX_ID_BYTES: usize = 64;

/// All terminals of a machine.
pub struct Terminals {
    shared: Rc<Shared>,
    // One at a time, so that two requests for an id never make two.
    making: tokio::sync::Mutex<()>,
}

struct Shared {
    living: RefCell<IndexMap<String, Rc<Terminal>>>,
    tell: Box<dyn Fn(Event)>,
}

/// A request to look at a terminal.
pub struct Attach {
    /// The node's init.
    pub control: Result<Control, Failure>,
    /// The node.
    pub node: NodeName,
    /// The terminal's id.
    pub terminal: String,
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// First byte wanted.
    pub since: Option<u64>,
    /// Do not make it.
    pub existing: bool,
    /// What runs in it; empty is the login shell.
    pub argv: Vec<String>,
    /// Who.
    pub user: String,
}

struct Terminal {
    id: String,
    node: NodeName,
    ring: RefCell<Ring>,
    progress: watch::Sender<Progress>,
    master: AsyncFd<OwnedFd>,
    signaller: Signaller,
    viewers: Cell<usize>,
}

/// What viewers wait for.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    end: u64,
    exit: Option<Exit>,
}

impl Terminals {
    /// No terminals yet; `tell` is told when one ends.
    pub fn new(tell: impl Fn(Event) + 'static) -> Self {
        Self {
            shared: Rc::new(Shared {
                living: RefCell::default(),
                tell: Box::new(tell),
            }),
            making: tokio::sync::Mutex::default(),
        }
    }

    /// Those that live.
    pub fn reports(&self) -> Vec<TerminalReport> {
        let living = self.shared.living.borrow();
        let report = |terminal: &Rc<Terminal>| TerminalReport {
            terminal: terminal.id.clone(),
            node: terminal.node.clone(),
            end: terminal.ring.borrow().end(),
        };
        living.values().map(report).collect()
    }

    /// Shows a terminal on the stream until one of them ends.
    pub async fn attach(&self, attach: Attach, mut stream: Stream) -> Result<(), FrameError> {
        let (since, size) = (attach.since, (attach.cols, attach.rows));
        let terminal = match self.find_or_make(attach).await {
            Ok(terminal) => terminal,
            Err(failure) => return reply(&mut stream, &Reply::Failed(failure)).await,
        };
        let Some(_viewer) = Viewer::of(&terminal) else {
            let why = failure(
                "limit",
                format!("{MAX_VIEWERS} viewers look at this terminal"),
            );
            return reply(&mut stream, &Reply::Failed(why)).await;
        };
        terminal.resize(size.0, size.1);
        let (offset, end, lost) = terminal.position(since);
        reply(&mut stream, &Reply::Terminal { offset, end, lost }).await?;
        let (read, write) = tokio::io::split(stream);
        tokio::select! {
            shown = show(&terminal, offset, write) => shown,
            () = typed(&terminal, read) => Ok(()),
        }
    }

    /// Ends a terminal: hangs up on its program, kills it when it does not care.
    pub async fn close(&self, id: &str) -> Result<(), Failure> {
        let found = self.shared.living.borrow().get(id).cloned();
        let terminal = found.ok_or_else(|| unknown(id))?;
        let mut progress = terminal.progress.subscribe();
        let _ = terminal.signaller.signal(libc::SIGHUP).await;
        let ended = progress.wait_for(|progress| progress.exit.is_some());
        if tokio::time::timeout(HANG_UP_GRACE, ended).await.is_err() {
            let _ = terminal.signaller.signal(libc::SIGKILL).await;
            let _ = progress.wait_for(|progress| progress.exit.is_some()).await;
        }
        Ok(())
    }

    async fn find_or_make(&self, attach: Attach) -> Result<Rc<Terminal>, Failure> {
        let _one_at_a_time = self.making.lock().await;
        let found = self.shared.living.borrow().get(&attach.terminal).cloned();
        match found {
            Some(terminal) if terminal.node == attach.node => Ok(terminal),
            Some(terminal) => {
                let why = format!("terminal {} is on node {}", terminal.id, terminal.node);
                Err(failure("refused", why))
            }
            None if attach.existing => Err(unknown(&attach.terminal)),
            None => self.make(attach).await,
        }
    }

    async fn make(&self, attach: Attach) -> Result<Rc<Terminal>, Failure> {
        if self.shared.living.borrow().len() >= MAX_TERMINALS {
            let why = format!("the machine has {MAX_TERMINALS} terminals already");
            return Err(failure("limit", why));
        }
        if attach.terminal.is_empty() || attach.terminal.len() > MAX_ID_BYTES {
            let why = format!("a terminal's id has 1 to {MAX_ID_BYTES} bytes");
            return Err(failure("refused", why));
        }
        let control = attach.control?;
        let spawn = Spawn {
            argv: attach.argv,
            env: control.environment([]),
            user: attach.user,
            stdio: StdioKind::Pty {
                cols: attach.cols,
                rows: attach.rows,
            },
            ..Spawn::default()
        };
        let mut child = control
            .spawn(spawn)
            .await
            .map_err(|error| init_failure(&error))?;
        let Stdio::Pty(master) = std::mem::replace(&mut child.stdio, Stdio::None) else {
            return Err(failure("failed", "the node gave no terminal"));
        };
        let master = init::asynchronous(master)
            .map_err(|error| failure("failed", format!("watching the terminal: {error}")))?;
        let terminal = Rc::new(Terminal {
            id: attach.terminal,
            node: attach.node,
            ring: RefCell::new(Ring::new(SCROLLBACK_BYTES)),
            progress: watch::Sender::default(),
            master,
            signaller: child.signaller(),
            viewers: Cell::default(),
        });
        let id = terminal.id.clone();
        self.shared.living.borrow_mut().insert(id, terminal.clone());
        tokio::task::spawn_local(live(self.shared.clone(), terminal.clone(), child));
        Ok(terminal)
    }
}

fn unknown(id: &str) -> Failure {
    failure("unknown_terminal", format!("there is no terminal {id}"))
}

/// A terminal's whole life.
async fn live(shared: Rc<Shared>, terminal: Rc<Terminal>, mut child: Child) {
    let mut buffer = vec![0; BATCH_BYTES];
    let exit = tokio::select! {
        exit = child.wait() => {
            let _ = tokio::time::timeout(END_GRACE, terminal.read_all(&mut buffer)).await;
            exit
        }
        () = terminal.read_all(&mut buffer) => child.wait().await,
    };
    shared.living.borrow_mut().shift_remove(&terminal.id);
    terminal
        .progress
        .send_modify(|progress| progress.exit = Some(exit));
    (shared.tell)(Event::TerminalEnded {
        terminal: terminal.id.clone(),
        exit,
    });
}

/// Output to the viewer, from `offset` on, until the terminal ends.
async fn show(
    terminal: &Terminal,
    mut offset: u64,
    mut stream: impl AsyncWrite + Unpin,
) -> Result<(), FrameError> {
    let mut progress = terminal.progress.subscribe();
    loop {
        let exit = progress.borrow_and_update().exit;
        let (from, bytes) = terminal.ring.borrow().copy_from(offset, CHUNK_BYTES);
        if from != offset {
            frame::write_control(&mut stream, &Message::Skipped { offset: from }).await?;
        }
        offset = from.saturating_add(bytes.len() as u64);
        match exit {
            _ if !bytes.is_empty() => {
                frame::write_frame(&mut stream, Kind::Data, &bytes).await?;
            }
            Some(exit) => {
                frame::write_control(&mut stream, &Message::Exit { exit }).await?;
                return Ok(stream.shutdown().await?);
            }
            None => {
                let _ = progress.changed().await;
            }
        }
    }
}

/// What the viewer types; returns when it is gone.
async fn typed(terminal: &Terminal, stream: impl AsyncRead + Unpin) {
    let control = async |message| {
        if let Message::Resize { cols, rows } = message {
            terminal.resize(cols, rows);
        }
    };
    input::pass(stream, terminal, control).await;
}

impl Sink for &Terminal {
    async fn ready(&self) -> io::Result<()> {
        // Kept until a write finds that there is no more room.
        let mut ready = self.master.writable().await?;
        ready.retain_ready();
        Ok(())
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.master.try_io(tokio::io::Interest::WRITABLE, |master| {
            Ok(rustix::io::write(master, bytes)?)
        })
    }
}

impl Terminal {
    /// Where a viewer begins, where the output is, and whether what it wanted is gone.
    fn position(&self, since: Option<u64>) -> (u64, u64, bool) {
        let ring = self.ring.borrow();
        match since {
            None => (ring.start(), ring.end(), false),
            Some(since) if (ring.start()..=ring.end()).contains(&since) => {
                (since, ring.end(), false)
            }
            Some(_) => (ring.start(), ring.end(), true),
        }
    }

    fn resize(&self, cols: u16, rows: u16) {
        // A size of nothing is a viewer that does not know its own yet.
        if cols > 0 && rows > 0 {
            let _ = init::resize(self.master.get_ref(), cols, rows);
        }
    }

    /// Reads until the terminal is hung up.
    async fn read_all(&self, buffer: &mut [u8]) {
        while let Ok(mut ready) = self.master.readable().await {
            let mut length = 0;
            let more = loop {
                let room = buffer.get_mut(length..).unwrap_or_default();
                if room.is_empty() {
                    break true;
                }
                match ready.try_io(|master| Ok(rustix::io::read(master, room)?)) {
                    Ok(Ok(0)) => break false,
                    Ok(Ok(read)) => length += read,
                    Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                    // EIO: nobody has it open any more.
                    Ok(Err(_)) => break false,
                    Err(_would_block) => break true,
                }
            };
            self.add(buffer.get(..length).unwrap_or_default());
            if !more {
                return;
            }
            if length >= FLOOD_BYTES {
                tokio::time::sleep(FLOOD_PAUSE).await;
            }
        }
    }

    fn add(&self, output: &[u8]) {
        if output.is_empty() {
            return;
        }
        let end = {
            let mut ring = self.ring.borrow_mut();
            ring.push(output);
            ring.end()
        };
        self.progress.send_modify(|progress| progress.end = end);
    }
}

/// Counts a viewer while it looks.
struct Viewer<'a>(&'a Terminal);

impl<'a> Viewer<'a> {
    fn of(terminal: &'a Terminal) -> Option<Self> {
        let viewers = terminal.viewers.get();
        (viewers < MAX_VIEWERS).then(|| {
            terminal.viewers.set(viewers + 1);
            Self(terminal)
        })
    }
}

impl Drop for Viewer<'_> {
    fn drop(&mut self) {
        self.0.viewers.set(self.0.viewers.get().saturating_sub(1));
    }
}
