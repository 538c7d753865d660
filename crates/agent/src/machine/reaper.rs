//! Waiting for children. The agent is PID 1 of its namespace: beside the programs that it starts,
//! every node's init becomes its child, and one place must wait for them all.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;

use labwright_wire::Exit;
use rustix::process::{WaitOptions, wait};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// Who waits for which process.
#[derive(Default)]
pub struct Reaper(RefCell<HashMap<i32, oneshot::Sender<Exit>>>);

impl Reaper {
    /// Begins to reap, in a local task.
    pub fn start() -> io::Result<Rc<Self>> {
        let reaper = Rc::new(Self::default());
        let mut children = signal(SignalKind::child())?;
        let inner = reaper.clone();
        tokio::task::spawn_local(async move {
            while children.recv().await.is_some() {
                inner.reap();
            }
        });
        Ok(reaper)
    }

    /// How the child `pid` ends. Call it before anything else is awaited after its start.
    pub fn ended(&self, pid: i32) -> oneshot::Receiver<Exit> {
        let (sender, receiver) = oneshot::channel();
        self.0.borrow_mut().insert(pid, sender);
        receiver
    }

    fn reap(&self) {
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            let exit = match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => Exit::Code(code),
                (None, Some(signal)) => Exit::Signal(signal),
                (None, None) => continue,
            };
            let waiting = self.0.borrow_mut().remove(&pid.as_raw_nonzero().get());
            if let Some(sender) = waiting {
                let _ = sender.send(exit);
            }
        }
    }
}
