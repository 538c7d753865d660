//! A peer of the wire protocol, in memory, with the agent's own exec and terminals over one node.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use indexmap::IndexMap;
use labwright_agent::serve::exec::{self, Program};
use labwright_agent::serve::terminals::{Attach, Terminals};
use labwright_model::NodeName;
use labwright_wire::frame::{self, Frame, Kind};
use labwright_wire::{Client, ClientError, Control, Event, Exit, Open, Reply, Stream};

use crate::init_node::Node;

pub struct Peer {
    pub client: Client,
    pub node: Rc<Node>,
    pub terminals: Rc<Terminals>,
    pub events: Rc<RefCell<Vec<Event>>>,
}

/// Runs a test that needs local tasks.
pub async fn local<T>(test: impl Future<Output = T>) -> T {
    tokio::task::LocalSet::new().run_until(test).await
}

impl Peer {
    pub async fn start() -> Self {
        let node = Rc::new(Node::start().await);
        let events = Rc::new(RefCell::new(Vec::new()));
        let told = events.clone();
        let terminals = Rc::new(Terminals::new(Rc::default(), move |event| {
            told.borrow_mut().push(event)
        }));
        let client = connect(&node, &terminals);
        Self {
            client,
            node,
            terminals,
            events,
        }
    }

    /// A second channel to the same agent.
    pub fn another(&self) -> Client {
        connect(&self.node, &self.terminals)
    }
}

fn connect(node: &Rc<Node>, terminals: &Rc<Terminals>) -> Client {
    let (upper, lower) = tokio::io::duplex(64 * 1024);
    let (node, terminals) = (node.clone(), terminals.clone());
    tokio::task::spawn_local(labwright_wire::server::serve(lower, move |open, stream| {
        let (node, terminals) = (node.clone(), terminals.clone());
        async move {
            let _ = match open {
                Open::Exec {
                    argv,
                    env,
                    cwd,
                    user,
                    ..
                } => {
                    let user = user.unwrap_or_default();
                    let program = Program {
                        argv,
                        env,
                        cwd,
                        user,
                    };
                    exec::run(Ok(node.control.clone()), program, stream).await
                }
                Open::Pty {
                    node: name,
                    terminal,
                    cols,
                    rows,
                    since,
                    existing,
                    argv,
                    user,
                } => {
                    let attach = Attach {
                        control: Ok(node.control.clone()),
                        node: name,
                        terminal,
                        cols,
                        rows,
                        since,
                        existing,
                        argv,
                        user: user.unwrap_or_default(),
                    };
                    terminals.attach(attach, stream).await
                }
                Open::PtyClose { terminal } => {
                    let mut stream = stream;
                    let reply = match terminals.close(&terminal).await {
                        Ok(()) => Reply::Done,
                        Err(failure) => Reply::Failed(failure),
                    };
                    frame::write_header(&mut stream, &reply).await
                }
                _ => Ok(()),
            };
        }
    }));
    Client::new(upper)
}

pub fn name() -> NodeName {
    NodeName::new("one").unwrap()
}

pub fn program(command: &str) -> Open {
    Open::Exec {
        node: name(),
        argv: ["sh", "-c", command].map(str::to_owned).to_vec(),
        env: IndexMap::from([("EXTRA".to_owned(), "yes".to_owned())]),
        cwd: None,
        user: None,
    }
}

pub fn shell(terminal: &str, since: Option<u64>, existing: bool) -> Open {
    Open::Pty {
        node: name(),
        terminal: terminal.to_owned(),
        cols: 80,
        rows: 24,
        since,
        existing,
        argv: ["sh", "-c", "stty -echo; PS1= exec sh -i"]
            .map(str::to_owned)
            .to_vec(),
        user: None,
    }
}

/// What is read of a stream until it ends, or until a text comes.
#[derive(Debug, Default)]
pub struct Seen {
    pub text: String,
    pub stderr: String,
    pub exit: Option<Exit>,
    pub skipped: Option<u64>,
    pub bytes: usize,
}

pub async fn read_until(stream: &mut Stream, words: &str) -> Seen {
    let mut seen = Seen::default();
    let read = async {
        while let Ok(Some(Frame { kind, bytes })) = frame::read_frame(stream).await {
            match kind {
                Kind::Data => {
                    seen.bytes += bytes.len();
                    seen.text.push_str(&String::from_utf8_lossy(&bytes));
                }
                Kind::Stderr => seen.stderr.push_str(&String::from_utf8_lossy(&bytes)),
                Kind::Control => match serde_json::from_slice(&bytes).unwrap() {
                    Control::Exit { exit } => seen.exit = Some(exit),
                    Control::Skipped { offset } => seen.skipped = Some(offset),
                    other => panic!("{other:?}"),
                },
                Kind::Eof => {}
            }
            if !words.is_empty() && seen.text.contains(words) {
                break;
            }
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(40), read).await;
    assert!(done.is_ok(), "`{words}` did not come: {seen:?}");
    seen
}

pub async fn type_in(stream: &mut Stream, text: &str) {
    frame::write_frame(stream, Kind::Data, text.as_bytes())
        .await
        .unwrap();
}

pub fn code<T>(result: Result<T, ClientError>) -> String {
    match result {
        Err(ClientError::Refused(failure)) => failure.code,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was not refused"),
    }
}
