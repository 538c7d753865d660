//! The programs that run an emulated PC, and one of them at work: its process, its console's bytes and
//! what it says. What it starts goes with it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

use super::line::Line;
use super::page::Page;
use crate::failure::{Failure, Outcome};

/// What Node runs, and what it imports.
const SCRIPTS: [(&str, &str); 2] = [
    ("node.mjs", include_str!("../../../../web/machine/node.mjs")),
    ("restored.mjs", super::page::RESTORED),
];
/// Lines of its console that are kept for whoever asks what went wrong.
const KEPT_LINES: usize = 12;
/// Between two looks at processes that were killed, and how many.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 250;

/// What runs the emulated PC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Emulator {
    /// Node.js
    Node,
    /// Chromium, without a screen
    Chromium,
    /// Firefox, without a screen
    Firefox,
}

impl Emulator {
    /// As people write it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
        }
    }

    /// Names of its program, the likeliest first, and Debian's package of it.
    fn programs(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Node => (&["node", "nodejs"], "nodejs"),
            Self::Chromium => (
                &["chromium", "chromium-browser", "google-chrome"],
                "chromium",
            ),
            Self::Firefox => (&["firefox-esr", "firefox"], "firefox-esr"),
        }
    }

    /// Its program; says how to get it when it is not there.
    pub fn program(self) -> Outcome<PathBuf> {
        let (names, package) = self.programs();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = names.iter().find_map(|name| {
            let mut places = std::env::split_paths(&path).map(|folder| folder.join(name));
            places.find(|program| program.is_file())
        });
        found.ok_or_else(|| {
            Failure::new(format!("{} is not installed here", self.words()))
                .context(format!("`--emulator {}` cannot be used", self.option()))
                .hint(format!("apt install {package}"))
        })
    }

    fn option(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
        }
    }
}

/// Where everything is that an emulator is started from.
#[derive(Debug, Clone)]
pub struct Installed {
    /// What runs it.
    pub emulator: Emulator,
    /// The folder of the npm package v86.
    pub v86: PathBuf,
    /// The folder of the machine.
    pub machine: PathBuf,
}

/// What an emulator says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    /// The program is there, and restores it now.
    Begun(bool),
    /// The machine runs again.
    Started(bool),
    /// It does not, and will not.
    Failed(String),
    /// A line of the kernel's console.
    Console(String),
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Starting,
    Begun,
    Started,
    Failed(String),
}

/// Hears what an emulator says.
#[derive(Clone, Default)]
pub struct Ear {
    phase: Arc<watch::Sender<Phase>>,
    last: Arc<Mutex<VecDeque<String>>>,
}

impl Ear {
    /// Takes a line of what it says; what is no message of ours is its console's, or its own last words.
    pub fn hear(&self, line: &str) {
        match serde_json::from_str::<Said>(line) {
            Ok(Said::Begun(true)) => self.go(Phase::Begun),
            Ok(Said::Started(true)) => self.go(Phase::Started),
            Ok(Said::Begun(false) | Said::Started(false)) => {}
            Ok(Said::Failed(why)) => self.go(Phase::Failed(why)),
            Ok(Said::Console(line)) => self.keep(&line),
            Err(_) => self.keep(line),
        }
    }

    /// It says nothing any more.
    pub fn end(&self) {
        self.go(Phase::Failed("it ended".to_owned()));
    }

    /// Completes when the program is there, or will never be.
    async fn begun(&self) {
        let mut phase = self.phase.subscribe();
        let _ = phase.wait_for(|phase| *phase != Phase::Starting).await;
    }

    /// Completes when the machine runs; else says why not.
    async fn started(&self) -> Result<(), String> {
        let mut phase = self.phase.subscribe();
        let is_over = |phase: &Phase| !matches!(phase, Phase::Starting | Phase::Begun);
        let now = phase.wait_for(is_over).await;
        match now.map(|phase| phase.clone()) {
            Ok(Phase::Started) => Ok(()),
            Ok(Phase::Failed(why)) => Err(self.with_last_words(&why)),
            _ => Err(self.with_last_words("it ended")),
        }
    }

    /// The first failure counts.
    fn go(&self, next: Phase) {
        self.phase.send_if_modified(|phase| {
            let is_new = !matches!(phase, Phase::Failed(_)) && *phase != next;
            if is_new {
                *phase = next;
            }
            is_new
        });
    }

    fn keep(&self, line: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == KEPT_LINES {
            last.pop_front();
        }
        last.push_back(line.trim_end().to_owned());
    }

    /// Also what its console said last.
    pub fn with_last_words(&self, why: &str) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::iter::once(why.to_owned()).chain(last.iter().cloned());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn follow(&self, said: impl AsyncBufRead + Send + Unpin + 'static) {
        let ear = self.clone();
        tokio::spawn(async move {
            let mut lines = said.lines();
            while let Ok(Some(line)) = lines.next_line().await {
                ear.hear(&line);
            }
            ear.end();
        });
    }
}

/// An emulator that was started. Dropped, it is killed with all that it started, and its folder goes.
pub struct Running {
    child: Child,
    group: Option<Pid>,
    work: PathBuf,
    /// Serves a browser's page.
    page: Option<Page>,
    /// The bytes of the console; a browser's come when its page is there.
    pub line: Arc<Line>,
    /// What it says.
    pub ear: Ear,
}

impl Running {
    /// Starts it with a folder of its own, which it makes.
    pub async fn start(installed: &Installed, work: PathBuf) -> Outcome<Self> {
        std::fs::create_dir_all(&work)?;
        // Whatever follows fails: the folder goes.
        let guard = Unused(Some(work));
        let ear = Ear::default();
        let program = installed.emulator.program()?;
        let (child, line, page) = match installed.emulator {
            Emulator::Node => {
                let (child, line) = node(&program, installed, guard.path(), &ear)?;
                (child, line, None)
            }
            browser => {
                let (page, line) = Page::serve(installed, ear.clone()).await?;
                let child = headless(browser, &program, guard.path(), &page.address)?;
                (child, line, Some(page))
            }
        };
        Ok(Self {
            group: child.id().and_then(|id| Pid::from_raw(id as i32)),
            child,
            work: guard.used(),
            page,
            line: Arc::new(line),
            ear,
        })
    }

    /// Completes when the machine runs; else says why not.
    pub fn started(&self) -> impl Future<Output = Result<(), String>> + use<> {
        let ear = self.ear.clone();
        async move { ear.started().await }
    }

    /// Completes when its program is there, or will never be.
    pub fn begun(&self) -> impl Future<Output = ()> + use<> {
        let ear = self.ear.clone();
        async move { ear.begun().await }
    }

    /// The group of its processes.
    pub fn group(&self) -> Option<i32> {
        self.group.map(|group| group.as_raw_nonzero().get())
    }

    /// Bytes that its page has loaded; none in Node, which reads files.
    pub fn loaded_bytes(&self) -> Option<u64> {
        self.page.as_ref().map(Page::sent_bytes)
    }

    /// Ends it; completes when nothing of it is left.
    pub async fn stop(mut self) {
        self.kill();
        let _ = self.child.wait().await;
        for _ in 0..LOOKS {
            let lives = self
                .group
                .is_some_and(|group| test_kill_process_group(group).is_ok());
            if !lives {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn kill(&mut self) {
        if let Some(group) = self.group {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
        self.page.take();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.work);
    }
}

/// A folder that goes unless something uses it.
struct Unused(Option<PathBuf>);

impl Unused {
    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new("/nonexistent"))
    }

    fn used(mut self) -> PathBuf {
        self.0.take().unwrap_or_default()
    }
}

impl Drop for Unused {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// The machine in Node: standard input and output are its console.
fn node(program: &Path, installed: &Installed, work: &Path, ear: &Ear) -> Outcome<(Child, Line)> {
    for (name, text) in SCRIPTS {
        std::fs::write(work.join(name), text)?;
    }
    let mut child = Command::new(program)
        .arg(work.join("node.mjs"))
        .args([&installed.machine, &installed.v86])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (Some(input), Some(output), Some(said)) = (input, output, child.stderr.take()) else {
        return Err(Failure::new("Node was started without its pipes"));
    };
    ear.follow(BufReader::new(said));
    Ok((child, Line::over(tokio::io::join(output, input))))
}

/// A browser without a screen and with a profile of its own, at this address.
fn headless(browser: Emulator, program: &Path, work: &Path, address: &str) -> Outcome<Child> {
    let profile = work.join("profile");
    std::fs::create_dir_all(&profile)?;
    // It ends with this program, however that ends.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    match browser {
        Emulator::Firefox => {
            command
                .args(["--headless", "--no-remote", "--profile"])
                .arg(&profile);
        }
        _ => {
            let folder = format!("--user-data-dir={}", profile.display());
            command.arg(folder).args(CHROMIUM);
            if rustix::process::geteuid().is_root() {
                // Chromium's sandbox refuses root. The page is this program's own.
                command.arg("--no-sandbox");
            }
        }
    }
    let child = command
        .arg(address)
        .env("HOME", work)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    Ok(child)
}

/// No window, and nothing that asks the network for itself.
const CHROMIUM: [&str; 12] = [
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--disable-crash-reporter",
    "--disable-breakpad",
    "--no-first-run",
    "--mute-audio",
];

#[cfg(test)]
mod tests {
    use super::Ear;

    #[tokio::test]
    async fn a_failure_has_the_last_words_of_the_console() {
        let ear = Ear::default();
        ear.hear(r#"{"console":"something is amiss"}"#);
        ear.hear("Segmentation fault");
        ear.hear(r#"{"failed":"out of memory"}"#);
        ear.end();
        let why = ear.started().await.unwrap_err();
        assert_eq!(why, "out of memory\nsomething is amiss\nSegmentation fault");
    }

    #[tokio::test]
    async fn a_machine_that_has_started_may_fail_later() {
        let ear = Ear::default();
        ear.hear(r#"{"started":true}"#);
        assert_eq!(ear.started().await, Ok(()));
        ear.end();
        assert_eq!(ear.started().await, Err("it ended".to_owned()));
    }
}
