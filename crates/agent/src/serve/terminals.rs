//! All terminals of a machine: found, made, closed, shown.
//!
//! They live in the agent, and outlive streams, channels and the server.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use indexmap::IndexMap;
use labwright_model::NodeName;
use labwright_wire::frame::FrameError;
use labwright_wire::limits::MAX_TERMINALS;
use labwright_wire::{Event, Failure, Reply, Stream, TerminalReport};
use tokio::sync::Notify;

use super::reply::{failure, init_failure, reply};
use super::terminal::{MAX_VIEWERS, Terminal, Viewer};
use crate::init::{self, Child, Control, Spawn, Stdio, StdioKind};

/// A terminal that is closed is hung up on, and its program killed when it does not care.
const HANG_UP_GRACE: Duration = Duration::from_secs(1);

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
    stirred: Rc<Notify>,
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

impl Terminals {
    /// No terminals yet; `tell` is told when one ends, `stirred` of all output.
    pub fn new(stirred: Rc<Notify>, tell: impl Fn(Event) + 'static) -> Self {
        Self {
            shared: Rc::new(Shared {
                living: RefCell::default(),
                tell: Box::new(tell),
                stirred,
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
            end: terminal.position(None).1,
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
        terminal.show(offset, stream).await
    }

    /// Ends a terminal: hangs up on its program, kills it when it does not care.
    pub async fn close(&self, id: &str) -> Result<(), Failure> {
        let found = self.shared.living.borrow().get(id).cloned();
        let terminal = found.ok_or_else(|| unknown(id))?;
        terminal.signal(libc::SIGHUP).await;
        let ended = tokio::time::timeout(HANG_UP_GRACE, terminal.ended()).await;
        if ended.is_err() {
            terminal.signal(libc::SIGKILL).await;
            terminal.ended().await;
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
        let terminal = Terminal::new(attach.terminal, attach.node, master, child.signaller());
        let terminal = Rc::new(terminal);
        let id = terminal.id.clone();
        self.shared.living.borrow_mut().insert(id, terminal.clone());
        tokio::task::spawn_local(live(self.shared.clone(), terminal.clone(), child));
        Ok(terminal)
    }
}

fn unknown(id: &str) -> Failure {
    failure("unknown_terminal", format!("there is no terminal {id}"))
}

/// Keeps a terminal among the living until its end, and tells that.
async fn live(shared: Rc<Shared>, terminal: Rc<Terminal>, child: Child) {
    let exit = terminal.read_until_end(child, &shared.stirred).await;
    shared.living.borrow_mut().shift_remove(&terminal.id);
    terminal.end(exit);
    (shared.tell)(Event::TerminalEnded {
        terminal: terminal.id.clone(),
        exit,
    });
}
