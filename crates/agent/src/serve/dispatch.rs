//! One stream: from its header to what it asks for.

use std::rc::Rc;
use std::time::Duration;

use labwright_model::NodeName;
use labwright_wire::frame::{self, FrameError};
use labwright_wire::{Failure, KeepOp, Open, Reply, Stream, handover};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;

use super::capture::{Captures, Wanted};
use super::exec::Program;
use super::reply::{done, failure};
use super::terminals::{Attach, Terminals};
use super::{check, connect, display, exec, files, status};
use crate::init::{Control, Work};
use crate::machine::Machine;

/// How long a peer may take to close the stream on which it was told that the machine stops.
const LAST_WORD: Duration = Duration::from_secs(1);

/// A machine and its terminals.
pub(super) struct Service {
    pub machine: Rc<Machine>,
    pub terminals: Terminals,
    captures: Captures,
    /// One count a connection into a node, and the list's own.
    pub connections: Rc<()>,
}

impl Service {
    pub(super) fn new(machine: Rc<Machine>) -> Self {
        let teller = machine.clone();
        Self {
            terminals: Terminals::new(machine.stirred.clone(), move |event| teller.emit(event)),
            captures: Captures::default(),
            connections: Rc::default(),
            machine,
        }
    }

    /// Serves one stream to its end. That the peer is gone ends it too.
    pub(super) async fn answer(self: Rc<Self>, open: Open, stream: Stream) {
        self.machine.stirred.notify_one();
        let _ = self.serve(open, stream).await;
        self.machine.stirred.notify_one();
    }

    /// Hands over what a connection asks for: a display's, nothing else.
    pub(super) async fn hand_over(&self, mut channel: UnixStream) {
        self.machine.stirred.notify_one();
        let asked = handover::asked(&mut channel).await;
        let given = match asked {
            Ok(Open::Display { node, app }) => self.machine.display(&node, app.as_deref()).await,
            Ok(_) => Err(failure("unsupported", "only displays are handed over")),
            // There is nobody to tell.
            Err(_) => return,
        };
        let _ = match given {
            Ok(display) => handover::give(channel, display).await,
            Err(failure) => frame::write_header(&mut channel, &Reply::Failed(failure)).await,
        };
    }

    async fn serve(&self, open: Open, mut stream: Stream) -> Result<(), FrameError> {
        match open {
            Open::Status { .. } => status::run(self, stream).await,
            Open::Exec { .. } => self.exec(open, stream).await,
            Open::Pty { .. } => self.pty(open, stream).await,
            Open::PtyClose { terminal } => {
                done(&mut stream, self.terminals.close(&terminal).await).await
            }
            Open::Check { .. } | Open::Script { .. } => check::run(self, open, stream).await,
            Open::FileRead { node, path } => {
                let work = Work::Read { path };
                files::send(self.control(&node), work, stream).await
            }
            Open::FileWrite { node, path, mode } => {
                let work = Work::Write { path, mode };
                files::receive(self.control(&node), work, stream)
                    .await
                    .map(|_| ())
            }
            Open::Keep { node, op } => self.keep(&node, op, stream).await,
            Open::Reset { node } => {
                let result = self.machine.reset(node.as_ref()).await;
                done(&mut stream, result).await
            }
            Open::Link { node, network, up } => {
                done(&mut stream, self.machine.set_link(&node, &network, up)).await
            }
            Open::Shape { network, shaping } => {
                let result = self.machine.shape(&network, shaping).await;
                done(&mut stream, result).await
            }
            Open::Connect { node, port } => self.connect(&node, port, stream).await,
            Open::Capture {
                network,
                node,
                snap,
            } => self.capture(&network, node.as_ref(), snap, stream).await,
            Open::Display { node, app } => {
                let display = self.machine.display(&node, app.as_deref()).await;
                display::run(display, stream, &self.machine.stirred).await
            }
            Open::Ethernet { .. } => self.refuse(stream, "ethernet").await,
            Open::Wake { unix_ms, entropy } => {
                done(&mut stream, self.machine.wake(unix_ms, &entropy)).await
            }
            Open::Stop => self.stop(stream).await,
        }
    }

    pub(super) fn control(&self, node: &NodeName) -> Result<Control, Failure> {
        self.machine.control(node)
    }

    async fn exec(&self, open: Open, stream: Stream) -> Result<(), FrameError> {
        let Open::Exec {
            node,
            argv,
            env,
            cwd,
            user,
        } = open
        else {
            return Ok(());
        };
        let program = Program {
            argv,
            env,
            cwd,
            user: user.unwrap_or_default(),
        };
        exec::run(self.control(&node), program, stream).await
    }

    async fn pty(&self, open: Open, stream: Stream) -> Result<(), FrameError> {
        let Open::Pty {
            node,
            terminal,
            cols,
            rows,
            since,
            existing,
            argv,
            user,
        } = open
        else {
            return Ok(());
        };
        let spec = self
            .machine
            .spec
            .nodes
            .iter()
            .find(|spec| spec.name == node);
        let user = user.or_else(|| spec.map(|spec| spec.user.clone()));
        let attach = Attach {
            control: self.control(&node),
            node,
            terminal,
            cols,
            rows,
            since,
            existing,
            argv,
            user: user.unwrap_or_default(),
        };
        self.terminals.attach(attach, stream).await
    }

    async fn keep(&self, node: &NodeName, op: KeepOp, stream: Stream) -> Result<(), FrameError> {
        let spec = self
            .machine
            .spec
            .nodes
            .iter()
            .find(|spec| spec.name == *node);
        let max_bytes = spec.map_or(0, |spec| spec.limits.disk_bytes);
        let paths = self.machine.spec.keep.clone();
        let control = self.control(node);
        match op {
            KeepOp::Save => files::send(control, Work::Save { paths, max_bytes }, stream).await,
            KeepOp::Restore | KeepOp::Bring => {
                let user = spec.map(|spec| spec.user.clone());
                let work = Work::Restore {
                    paths,
                    max_bytes,
                    from: user.filter(|_| op == KeepOp::Bring),
                };
                let whole = files::receive(control, work, stream).await?;
                if whole {
                    self.machine.restored(node);
                }
                Ok(())
            }
        }
    }

    async fn capture(
        &self,
        network: &str,
        node: Option<&NodeName>,
        snap: Option<u32>,
        stream: Stream,
    ) -> Result<(), FrameError> {
        let name = match node {
            Some(node) => format!("{node}:{network}"),
            None => network.to_owned(),
        };
        let wanted = Wanted {
            interface: self.machine.interface(network, node),
            name: &name,
            snap,
        };
        self.captures.run(wanted, stream).await
    }

    async fn connect(&self, node: &NodeName, port: u16, stream: Stream) -> Result<(), FrameError> {
        let spec = self
            .machine
            .spec
            .nodes
            .iter()
            .find(|spec| spec.name == *node);
        let target = connect::Target {
            control: self.control(node),
            node: node.clone(),
            addresses: spec.map(connect::addresses).unwrap_or_default(),
            port,
        };
        connect::run(target, self.connections.clone(), stream).await
    }

    async fn refuse(&self, mut stream: Stream, what: &str) -> Result<(), FrameError> {
        let why = format!("this version of the agent has no {what}");
        done(&mut stream, Err(failure("unsupported", why))).await
    }

    async fn stop(&self, mut stream: Stream) -> Result<(), FrameError> {
        self.machine.end_nodes().await;
        done(&mut stream, Ok(())).await?;
        // The agent exits next: let the peer read the word first.
        let mut nothing = [0; 1];
        let _ = tokio::time::timeout(LAST_WORD, stream.read(&mut nothing)).await;
        self.machine.exit();
        Ok(())
    }
}
