//! The services of one node: started in order, watched, started again.
//!
//! A `run` service is a child that starts again when it ends. A named service is its init
//! script, run once; only `restart: true` has its `status` asked from time to time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use labwright_model::{Service, ServiceKind};
use labwright_wire::{Exit, ServiceReport};
use tokio::io::AsyncReadExt;

use super::control::{Control, InitError};
use super::message::{Spawn, StdioKind};
use super::program::{Child, Stdio};

/// Before the first new start of a service that ended.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The pause doubles up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A service that ran so long starts again after the first pause.
const GOOD_RUN: Duration = Duration::from_secs(10);

/// Longest run of an init script.
const INIT_SCRIPT_TIMEOUT: Duration = Duration::from_secs(60);

/// How often the `status` of a named service with `restart: true` is asked.
const STATUS_PAUSE: Duration = Duration::from_secs(2);

/// The watched services of one node. They are no longer watched when it is dropped.
pub struct Services {
    shared: Arc<Shared>,
    watchers: Vec<tokio::task::JoinHandle<()>>,
}

struct Shared {
    reports: Mutex<Vec<ServiceReport>>,
    changed: Box<dyn Fn() + Send + Sync>,
}

impl Services {
    /// Starts all services in order and returns when the init scripts have. `changed` is called
    /// at every later change of [`Services::reports`]. A service that fails is reported, not an
    /// error. Call it on a tokio runtime.
    pub async fn start(
        control: &Control,
        services: &[Service],
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let reports = services.iter().map(|service| ServiceReport {
            name: service.name.clone(),
            running: false,
            restarts: 0,
            exit: None,
        });
        let shared = Arc::new(Shared {
            reports: Mutex::new(reports.collect()),
            changed: Box::new(changed),
        });
        let mut watchers = Vec::new();
        for (at, service) in services.iter().enumerate() {
            let one = Watched {
                control: control.clone(),
                shared: shared.clone(),
                at,
            };
            match &service.kind {
                ServiceKind::InitScript => {
                    one.init_script(&service.name).await;
                    if service.restart {
                        watchers.push(tokio::spawn(one.keep_init_script(service.name.clone())));
                    }
                }
                ServiceKind::Run(command) => {
                    let first = one.launch(command).await;
                    let again = service.restart;
                    watchers.push(tokio::spawn(one.keep_command(
                        command.clone(),
                        first,
                        again,
                    )));
                }
            }
        }
        Self { shared, watchers }
    }

    /// How they are now.
    pub fn reports(&self) -> Vec<ServiceReport> {
        let reports = self.shared.reports.lock();
        reports.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        for watcher in &self.watchers {
            watcher.abort();
        }
    }
}

struct Watched {
    control: Control,
    shared: Arc<Shared>,
    at: usize,
}

impl Watched {
    fn report(&self, change: impl FnOnce(&mut ServiceReport)) {
        {
            let mut reports = self
                .shared
                .reports
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            if let Some(report) = reports.get_mut(self.at) {
                change(report);
            }
        }
        (self.shared.changed)();
    }

    async fn init_script(&self, name: &str) {
        let exit = self.ask_init_script(name, "start").await;
        self.report(|report| {
            report.running = exit == Some(Exit::Code(0));
            report.exit = exit;
        });
    }

    /// `None`: it did not run, or not to its end.
    async fn ask_init_script(&self, name: &str, verb: &str) -> Option<Exit> {
        let path = format!("/etc/init.d/{name}");
        let argv = [path.as_str(), verb];
        let output = self.control.run_program(&argv, INIT_SCRIPT_TIMEOUT).await;
        output.ok()?.exit
    }

    async fn keep_init_script(self, name: String) {
        loop {
            tokio::time::sleep(STATUS_PAUSE).await;
            if self.ask_init_script(&name, "status").await != Some(Exit::Code(0)) {
                self.report(|report| report.restarts = report.restarts.saturating_add(1));
                self.init_script(&name).await;
            }
        }
    }

    async fn launch(&self, command: &str) -> Result<Child, InitError> {
        let argv = ["/bin/sh", "-c", command];
        let spawn = Spawn {
            argv: argv.iter().map(|&word| word.to_owned()).collect(),
            env: self.control.environment([]),
            stdio: StdioKind::Output,
            ..Spawn::default()
        };
        let child = self.control.spawn(spawn).await;
        self.report(|report| report.running = child.is_ok());
        child
    }

    async fn keep_command(self, command: String, first: Result<Child, InitError>, again: bool) {
        let mut pause = FIRST_PAUSE;
        let mut current = first;
        loop {
            let began = Instant::now();
            let exit = match current {
                Ok(child) => Some(run_to_end(child).await),
                Err(InitError::Ended) => return,
                Err(_) => None,
            };
            self.report(|report| {
                report.running = false;
                report.exit = exit;
            });
            if !again {
                return;
            }
            if began.elapsed() >= GOOD_RUN {
                pause = FIRST_PAUSE;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            current = self.launch(&command).await;
            self.report(|report| report.restarts = report.restarts.saturating_add(1));
        }
    }
}

/// Waits for the end, and lets the service write as much as it likes meanwhile.
async fn run_to_end(mut child: Child) -> Exit {
    if let Stdio::Output(mut output) = std::mem::replace(&mut child.stdio, Stdio::None) {
        tokio::spawn(async move {
            let mut buffer = vec![0; 4096];
            while matches!(output.read(&mut buffer).await, Ok(length) if length > 0) {}
        });
    }
    child.wait().await
}
