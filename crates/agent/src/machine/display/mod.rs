//! The screens of desktop apps: each an X server and a window manager in a container of its own,
//! and a program of the node that shows itself there.
//!
//! The container has no network but a loopback of its own, and a root that nobody can write to. It
//! shares one folder with its node, that of the X socket, which the node sees read-only. The X
//! server's RFB port is on that loopback, which no node reaches: whoever does has the learner's
//! keyboard. It is a port and no unix socket because Xvnc then sends an update as a whole (TCP_CORK);
//! into a unix socket it writes each rectangle alone, and each wakes whoever reads.

use std::cell::{OnceCell, RefCell};
use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use labwright_model::{DisplaySpec, Limits, NodeName, NodeState, Shown};
use labwright_wire::{DisplayReport, Event, Failure};
use rustix::fs::{Gid, Mode, Uid};
use rustix::mount::MountFlags;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Notify, watch};

use super::ground::Ground;
use super::node::{Node, NodeError, failure, in_thread};
use super::oci::{self, DisplaySurroundings};
use super::{Shared, alarms, links, root};
use crate::init::{Child, Control, InitError, Signaller, Spawn, StdioKind, channel};

mod opengl;
mod programs;

use programs::{Pauses, ending, environment, server, session, spawn, window_manager};

/// Folders of X sockets, one a node, below the agent's working directory.
const X11: &str = "x11";
/// In a display's bundle the topmost layer: an empty folder for everybody, for layers of a store are root's alone.
const TOP: &str = "top";
const CONFIGURATION: &str = "openbox.xml";
/// The X server's RFB port (RFC 6143).
const RFB_PORT: u16 = 5900;

/// Who runs in a display's container; nobody there has this name.
const USER: u32 = 1000;
/// What a display may use, charged to its session.
const LIMITS: Limits = Limits {
    memory_bytes: 256 << 20,
    cpu_milli: 1000,
    pids: 64,
    disk_bytes: 0,
};
/// A folder of sockets holds no more than these.
const SOCKETS: &std::ffi::CStr = c"size=64k,nr_inodes=64,mode=0755";

const HELLO_TIMEOUT: Duration = Duration::from_secs(30);
/// How long an X server may take until it answers.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
const ANSWER_PAUSE: Duration = Duration::from_millis(1);
/// Longest wait of a viewer for a display that is being made.
const VIEWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Where a node's folder of X sockets is, when it has displays.
pub fn x11_of(ground: &Ground, node: &NodeName) -> Option<PathBuf> {
    let folder = ground.folder.join(X11).join(node.as_str());
    folder.is_dir().then_some(folder)
}

/// `DISPLAY` of the display with this number.
pub fn name(number: usize) -> String {
    format!(":{number}")
}

/// Makes the folders of sockets, before the first node is made.
pub fn prepare(ground: &Ground, displays: &[DisplaySpec]) -> io::Result<()> {
    let base = ground.confine.ids(true).map_or(0, |ids| ids.base);
    for (number, display) in displays.iter().enumerate() {
        let x11 = ground.folder.join(X11).join(display.node.as_str());
        if !x11.is_dir() {
            // What Xvnc asks of it: root's, sticky. Its group may make sockets, a node may not.
            make_folder(&x11, base, base + USER, 0o1775)?;
        }
        let bundle = ground.bundle(&container(number));
        fs::create_dir_all(bundle.join(TOP))?;
        own(&bundle.join(TOP), base, base, 0o755)?;
    }
    Ok(())
}

fn make_folder(folder: &Path, user: u32, group: u32, mode: u32) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("tmpfs", folder, "tmpfs", flags, SOCKETS)?;
    own(folder, user, group, mode)
}

fn own(folder: &Path, user: u32, group: u32, mode: u32) -> io::Result<()> {
    let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
    rustix::fs::chown(folder, Some(user), Some(group))?;
    rustix::fs::chmod(folder, Mode::from_raw_mode(mode))?;
    Ok(())
}

/// A container's name and its bundle's; no node can have it.
fn container(number: usize) -> String {
    format!("display.{number}")
}

/// One display.
pub struct Display {
    /// What it is to be.
    pub spec: DisplaySpec,
    number: usize,
    node: Rc<Node>,
    report: RefCell<DisplayReport>,
    /// Its container's init.
    control: OnceCell<Control>,
    state: watch::Sender<State>,
    /// Its desktop's session has ended.
    session_over: Notify,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    /// It is being made, or the X server starts again.
    Starting,
    /// The X server answers.
    Answers,
    /// It could not be made.
    Failed(String),
}

impl Display {
    /// A display that waits.
    pub fn new(number: usize, spec: DisplaySpec, node: Rc<Node>) -> Self {
        let report = DisplayReport {
            app: spec.app.clone(),
            node: spec.node.clone(),
            running: false,
            restarts: 0,
            exit: None,
            out_of_memory: false,
            words: String::new(),
        };
        Self {
            spec,
            number,
            node,
            report: RefCell::new(report),
            control: OnceCell::new(),
            state: watch::Sender::new(State::Starting),
            session_over: Notify::new(),
        }
    }

    /// How its program is.
    pub fn report(&self) -> DisplayReport {
        self.report.borrow().clone()
    }

    /// Makes it and keeps its programs running, for ever.
    pub async fn run(self: Rc<Self>, shared: Rc<Shared>) {
        let control = match self.create(&shared).await {
            Ok(control) => self.control.get_or_init(|| control),
            Err(error) => {
                let words = format!("the display of {}: {error}", self.spec.node);
                tracing::error!("{words}");
                self.tell(&shared, |report| report.words.clone_from(&words));
                self.state.send_replace(State::Failed(words));
                return;
            }
        };
        tokio::join!(
            self.keep_server(&shared, control),
            self.keep_window_manager(control),
            self.keep_program(&shared),
        );
    }

    /// A connection to its X server's RFB port.
    pub async fn connect(&self) -> Result<TcpStream, Failure> {
        let mut state = self.state.subscribe();
        let known = state.wait_for(|state| *state != State::Starting);
        let silent = || Failure {
            code: "not_ready".to_owned(),
            message: format!("the display of {} does not answer", self.spec.node),
        };
        match tokio::time::timeout(VIEWER_TIMEOUT, known).await {
            Ok(Ok(state)) => {
                if let State::Failed(words) = &*state {
                    return Err(failure(words.clone()));
                }
            }
            _ => return Err(silent()),
        }
        let connecting = connect(self.control.get().ok_or_else(silent)?);
        match tokio::time::timeout(ANSWER_TIMEOUT, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => {
                let words = format!("the display of {}: {error}", self.spec.node);
                Err(failure(words))
            }
            Err(_) => Err(silent()),
        }
    }

    async fn create(&self, shared: &Shared) -> Result<Control, NodeError> {
        let began = Instant::now();
        let step = |what| move |source| NodeError::Step { what, source };
        let ground = &shared.ground;
        let bundle = self.bundle(shared);
        let root = bundle.join("root");
        let mut layers = ground.layers(&self.spec.layers, true);
        layers.push(bundle.join(TOP));
        root::mount_read_only(&layers, &root).map_err(step("mounting its root"))?;
        fs::write(bundle.join(CONFIGURATION), include_str!("openbox.xml"))
            .map_err(step("writing its configuration"))?;
        let around = DisplaySurroundings {
            root: &root,
            init: &ground.binary,
            ids: ground.confine.ids(true),
            user_namespace: ground.user_namespace(true),
            cgroup: ground.cgroups.runtime_path(&container(self.number)),
            limits_swap: ground.cgroups.limits_swap(),
            x11: &ground.folder.join(X11).join(self.spec.node.as_str()),
            window_manager: &bundle.join(CONFIGURATION),
        };
        let configuration = oci::display_configuration(&LIMITS, &around);
        fs::write(bundle.join("config.json"), configuration.to_string())
            .map_err(step("writing its configuration"))?;
        let (agents_end, inits_end) =
            channel::pair().map_err(step("making its control channel"))?;
        let id = container(self.number);
        let pid = shared.runtime.run(&id, &bundle, inits_end).await?;
        in_thread(move || links::loopback(pid))
            .await
            .map_err(NodeError::Links)?;
        let control = Control::new(agents_end, environment(self.number))
            .map_err(step("taking its control channel"))?;
        root::unmount(&root).map_err(step("hiding its root"))?;
        tokio::time::timeout(HELLO_TIMEOUT, control.hello())
            .await
            .map_err(|_| NodeError::Silent)??;
        tracing::info!(
            app = self.spec.app,
            took_us = began.elapsed().as_micros() as u64,
            "display created"
        );
        Ok(control)
    }

    /// The X server. Programs lose their windows with it, end, and start again as well.
    async fn keep_server(&self, shared: &Shared, control: &Control) {
        let ground = &shared.ground;
        let opengl = opengl::is_in(&ground.layers(&self.node.spec.layers, self.node.spec.hidden));
        let server = server(self.number, opengl);
        let mut pauses = Pauses::new();
        loop {
            let began = Instant::now();
            let words = match spawn(control, &server).await {
                Ok(child) => self.serve(control, child).await,
                Err(InitError::Ended) => return self.end(shared),
                Err(error) => error.to_string(),
            };
            self.state.send_replace(State::Starting);
            tracing::warn!(app = self.spec.app, words, "an X server ended");
            pauses.after(began).await;
        }
    }

    /// Waits for the X server's first answer, then for its end; its last words.
    async fn serve(&self, control: &Control, child: Child) -> String {
        let began = Instant::now();
        let end = self.end_with_session(child.signaller());
        let answers = async {
            while connect(control).await.is_err() && began.elapsed() < ANSWER_TIMEOUT {
                tokio::time::sleep(ANSWER_PAUSE).await;
            }
            tracing::info!(
                app = self.spec.app,
                took_us = began.elapsed().as_micros() as u64,
                "X server answers"
            );
            self.state.send_replace(State::Answers);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            (_, words) = ending(child) => words,
            () = answers => String::new(),
            () = end => String::new(),
        }
    }

    /// Ends the X server with a desktop's session: windows that it left behind would be in the next one's way.
    async fn end_with_session(&self, server: Signaller) {
        self.session_over.notified().await;
        if let Err(error) = server.signal(libc::SIGTERM).await {
            tracing::warn!(%error, "an X server outlives its session");
        }
        std::future::pending().await
    }

    async fn keep_window_manager(&self, control: &Control) {
        if matches!(self.spec.shows, Shown::Session(_)) {
            return;
        }
        let mut pauses = Pauses::new();
        let mut state = self.state.subscribe();
        loop {
            if state
                .wait_for(|state| *state == State::Answers)
                .await
                .is_err()
            {
                return;
            }
            let began = Instant::now();
            match spawn(control, &window_manager()).await {
                Ok(child) => {
                    ending(child).await;
                }
                Err(InitError::Ended) => return,
                Err(error) => tracing::warn!(%error, "no window manager"),
            }
            pauses.after(began).await;
        }
    }

    /// The node's program: started when the node is ready, again whenever it has ended.
    async fn keep_program(&self, shared: &Shared) {
        let mut pauses = Pauses::new();
        let mut state = self.state.subscribe();
        loop {
            let control = self.node_is_ready(shared).await;
            if state
                .wait_for(|state| *state == State::Answers)
                .await
                .is_err()
            {
                return;
            }
            let began = Instant::now();
            let killed = alarms::killed(&shared.ground, &self.spec.node);
            let (exit, words) = match self.start(&control).await {
                Ok(child) => {
                    self.tell(shared, |report| report.running = true);
                    let (exit, words) = ending(child).await;
                    (Some(exit), words)
                }
                Err(error) => (None, error.to_string()),
            };
            tracing::info!(app = self.spec.app, ?exit, "a desktop's program ended");
            if matches!(self.spec.shows, Shown::Session(_)) {
                self.state.send_replace(State::Starting);
                self.session_over.notify_waiters();
            }
            self.tell(shared, |report| {
                report.running = false;
                report.restarts = report.restarts.saturating_add(1);
                report.exit = exit;
                report.out_of_memory = alarms::killed(&shared.ground, &self.spec.node) > killed;
                report.words = words;
            });
            pauses.after(began).await;
        }
    }

    async fn start(&self, control: &Control) -> Result<Child, InitError> {
        let given = [
            ("DISPLAY".to_owned(), name(self.number)),
            // So that programs take what is typed as UTF-8.
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ];
        let mut env = control.environment([]);
        for (key, value) in given {
            if key == "DISPLAY" {
                env.retain(|(known, _)| *known != key);
            }
            if !env.iter().any(|(known, _)| *known == key) {
                env.push((key, value));
            }
        }
        let command = match &self.spec.shows {
            Shown::Run(command) => command.clone(),
            Shown::Session(name) => session(name),
        };
        let spawn = Spawn {
            argv: ["/bin/sh", "-c", &format!("cd 2>/dev/null; {command}")]
                .map(str::to_owned)
                .to_vec(),
            env,
            user: self.node.spec.user.clone(),
            stdio: StdioKind::Output,
            ..Spawn::default()
        };
        control.spawn(spawn).await
    }

    async fn node_is_ready(&self, shared: &Shared) -> Control {
        let mut events = shared.events.subscribe();
        loop {
            let is_ready = self.node.report().state == NodeState::Ready;
            if let Some(control) = self.node.control().filter(|_| is_ready) {
                return control;
            }
            // Behind or not: look again.
            let _ = events.recv().await;
        }
    }

    fn end(&self, shared: &Shared) {
        let words = format!("the display of {} has ended", self.spec.node);
        self.tell(shared, |report| report.words.clone_from(&words));
        self.state.send_replace(State::Failed(words));
    }

    fn tell(&self, shared: &Shared, change: impl FnOnce(&mut DisplayReport)) {
        change(&mut self.report.borrow_mut());
        shared.emit(Event::Display(self.report()));
    }

    fn bundle(&self, shared: &Shared) -> PathBuf {
        shared.ground.bundle(&container(self.number))
    }
}

/// Connects to the X server's port, from within its container's network.
async fn connect(control: &Control) -> io::Result<TcpStream> {
    let socket = control.socket(false).await.map_err(io::Error::other)?;
    let socket = TcpSocket::from_std_stream(socket.into());
    let connection = socket
        .connect((Ipv4Addr::LOCALHOST, RFB_PORT).into())
        .await?;
    connection.set_nodelay(true)?;
    Ok(connection)
}
