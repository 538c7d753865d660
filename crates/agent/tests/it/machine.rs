//! A whole machine, started as a place starts it: new namespaces, a listening socket, a spec.
//! Needs root, an OCI runtime and the shared Debian base.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use labwright_model::{
    HostEntry, Internet, LabName, Limits, LinkMode, LinkSpec, MachineSpec, NetworkName,
    NetworkSpec, NodeName, NodeSpec, Script, SessionId, Shaping,
};
use labwright_wire::frame::{self, Kind};
use labwright_wire::{Client, ClientError, Control, Exit, Open, Reply, StatusReport, Stream};

/// First host ids of the learner's and of hidden nodes in these tests.
pub const UID_BASE: u32 = 1_500_000_000;
pub const HIDDEN_UID_BASE: u32 = UID_BASE + 65_536;

/// `$@` is the agent's command; its socket comes as standard input.
const BOOT: &str = "exec 3<&0 0</dev/null; exec \"$@\"";

pub struct Machine {
    pub client: Client,
    pub folder: tempfile::TempDir,
    pub cgroup: String,
    process: std::process::Child,
}

pub fn limits(memory_mb: u64) -> Limits {
    Limits {
        memory_bytes: memory_mb << 20,
        cpu_milli: 1000,
        pids: 64,
        disk_bytes: 64 << 20,
    }
}

pub fn name(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

/// A node `name` with one link to `lan`, at this number in it.
pub fn node(text: &str, number: u8) -> NodeSpec {
    NodeSpec {
        name: name(text),
        layers: vec![labwright_testkit::base_layer()],
        image_env: Vec::new(),
        links: vec![LinkSpec {
            network: NetworkName::new("lan").unwrap(),
            mode: LinkMode::Static,
            addresses: vec![format!("10.0.0.{number}/24"), format!("fd00::{number}/64")],
            mac: format!("02:00:00:00:00:{number:02x}"),
        }],
        routes: Vec::new(),
        user: "root".to_owned(),
        services: Vec::new(),
        restore: false,
        start: None,
        env: IndexMap::new(),
        sysctl: IndexMap::new(),
        hidden: false,
        limits: limits(96),
        hosts: vec![HostEntry {
            address: "10.0.0.2".to_owned(),
            name: "two".to_owned(),
        }],
    }
}

pub fn script(text: &str) -> Option<Script> {
    Some(Script {
        path: None,
        text: text.to_owned(),
    })
}

/// A lab of these nodes on one network.
pub fn spec(nodes: Vec<NodeSpec>) -> MachineSpec {
    MachineSpec {
        session: SessionId::new("test").unwrap(),
        lab: LabName::new("test").unwrap(),
        nodes,
        displays: Vec::new(),
        networks: vec![NetworkSpec {
            name: NetworkName::new("lan").unwrap(),
            shaping: Shaping::default(),
        }],
        params: IndexMap::from([("a-word".to_owned(), "cat".to_owned())]),
        limits: Limits {
            pids: 1024,
            ..limits(512)
        },
        keep: Vec::new(),
        internet: Internet::None,
    }
}

/// The tests run under each of the runtimes in turn: `LABWRIGHT_RUNTIME=runc cargo test`.
fn runtime() -> String {
    std::env::var("LABWRIGHT_RUNTIME").unwrap_or_else(|_| "crun".to_owned())
}

impl Machine {
    /// Starts it and waits until it is ready.
    pub async fn ready(spec: &MachineSpec) -> Self {
        let machine = Self::start(spec).await;
        let status = machine.settled().await;
        assert!(status.ready, "{status:#?}");
        machine
    }

    /// Starts it.
    pub async fn start(spec: &MachineSpec) -> Self {
        let folder = tempfile::tempdir_in("/var/tmp").unwrap();
        let open = std::fs::Permissions::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open).unwrap();
        Self::start_in(folder, spec).await
    }

    /// Starts it in the directory of an earlier one.
    pub async fn start_in(folder: tempfile::TempDir, spec: &MachineSpec) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let cgroup = format!("labwright-test-{}-{number}", std::process::id());
        let file = folder.path().join("spec.json");
        std::fs::write(&file, serde_json::to_vec(spec).unwrap()).unwrap();
        let socket = folder.path().join("agent.sock");
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).unwrap();
        let process = Command::new("unshare")
            .args([
                "--pid",
                "--fork",
                "--kill-child",
                "--mount",
                "--net",
                "--ipc",
                "--uts",
            ])
            .args([
                "sh",
                "-c",
                BOOT,
                "sh",
                env!("CARGO_BIN_EXE_labwright-agent"),
                "machine",
            ])
            .arg("--spec")
            .arg(&file)
            .args(["--listen-fd", "3", "--session-dir"])
            .arg(folder.path())
            .args(["--cgroup", &cgroup, "--uid-base", &UID_BASE.to_string()])
            .args(["--hidden-uid-base", &HIDDEN_UID_BASE.to_string()])
            .args(["--runtime", &runtime()])
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .stderr(std::fs::File::create(folder.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let channel = tokio::net::UnixStream::connect(&socket).await.unwrap();
        Self {
            client: Client::new(channel),
            folder,
            cgroup,
            process,
        }
    }

    pub async fn status(&self) -> StatusReport {
        let open = Open::Status {
            version: labwright_wire::VERSION,
        };
        match self.client.open(&open).await {
            Ok((Reply::Status(status), _)) => status,
            other => panic!("{:?}; {}", other.map(|(reply, _)| reply), self.log()),
        }
    }

    /// Its state once it is ready or has failed.
    pub async fn settled(&self) -> StatusReport {
        let began = Instant::now();
        loop {
            let status = self.status().await;
            if status.ready || status.failed.is_some() || began.elapsed().as_secs() > 20 {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Another connection to its socket.
    pub async fn socket(&self) -> tokio::net::UnixStream {
        let socket = self.folder.path().join("agent.sock");
        tokio::net::UnixStream::connect(socket).await.unwrap()
    }

    pub fn log(&self) -> String {
        let mut text = String::new();
        if let Ok(mut log) = std::fs::File::open(self.folder.path().join("log")) {
            let _ = log.read_to_string(&mut text);
        }
        text
    }

    /// Asks for something that is answered by `Reply::Done`.
    pub async fn done(&self, open: &Open) -> Result<Stream, ClientError> {
        let (reply, stream) = self.client.open(open).await?;
        assert_eq!(reply, Reply::Done);
        Ok(stream)
    }

    /// Runs a shell command as root in a node: its end, and all its output.
    pub async fn sh(&self, node: &str, command: &str) -> (Exit, String) {
        let open = Open::Exec {
            node: name(node),
            argv: ["sh", "-c", command].map(str::to_owned).to_vec(),
            env: IndexMap::new(),
            cwd: None,
            user: None,
        };
        let mut stream = self.done(&open).await.unwrap();
        frame::write_frame(&mut stream, Kind::Eof, &[])
            .await
            .unwrap();
        let mut output = Vec::new();
        while let Some(frame) = frame::read_frame(&mut stream).await.unwrap() {
            match frame.kind {
                Kind::Data | Kind::Stderr => output.extend(frame.bytes),
                Kind::Control => {
                    if let Control::Exit { exit } = serde_json::from_slice(&frame.bytes).unwrap() {
                        return (exit, String::from_utf8_lossy(&output).into_owned());
                    }
                }
                Kind::Eof => {}
            }
        }
        panic!("{command}: the stream ended; {}", self.log());
    }

    /// The same; it must succeed.
    pub async fn ok(&self, node: &str, command: &str) -> String {
        let (exit, text) = self.sh(node, command).await;
        assert_eq!(exit, Exit::Code(0), "{command}: {text}");
        text
    }

    /// The same; it must fail.
    pub async fn refused(&self, node: &str, command: &str) -> String {
        let (exit, text) = self.sh(node, command).await;
        assert_ne!(exit, Exit::Code(0), "{command}: {text}");
        text
    }

    /// Process id of the agent.
    pub fn agent_pid(&self) -> u32 {
        let pid = self.process.id();
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        children.trim().parse().unwrap()
    }

    /// Kills the agent and gives its directory back.
    pub fn kill(mut self) -> tempfile::TempDir {
        self.clear();
        let empty = tempfile::tempdir().unwrap();
        std::mem::replace(&mut self.folder, empty)
    }

    /// Waits until the agent has exited; its status.
    pub fn exited(&mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }

    fn clear(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        for root in hierarchies() {
            remove_cgroups(&root.join(&self.cgroup));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.clear();
    }
}

fn hierarchies() -> Vec<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    let mounts = mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    mounts
        .filter(|fields| matches!(fields[2], "cgroup" | "cgroup2"))
        .map(|fields| PathBuf::from(fields[1]))
        .collect()
}

/// The kernel ends the processes of a dead agent in its own time.
fn remove_cgroups(folder: &Path) {
    let began = Instant::now();
    while folder.exists() && began.elapsed() < Duration::from_secs(10) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                remove_cgroups(&entry.path());
            }
        }
        if std::fs::remove_dir(folder).is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
