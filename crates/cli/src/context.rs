//! What every command needs from its surroundings: directories, log, runtime.

use std::future::Future;
use std::path::PathBuf;

use tracing_subscriber::EnvFilter;

use crate::failure::{Explain, Failure, Outcome};

/// Where this installation lives. Several installations share a machine by different ones.
#[derive(Debug, Clone)]
pub struct Context {
    /// Images, layers, sessions, the database.
    pub state: PathBuf,
    /// Sockets and other run-time files.
    pub run: PathBuf,
}

impl Context {
    /// Reads `$LABWRIGHT_STATE` and `$LABWRIGHT_RUN`.
    pub fn from_environment() -> Outcome<Self> {
        Ok(Self {
            state: directory("LABWRIGHT_STATE", "/var/lib/labwright")?,
            run: directory("LABWRIGHT_RUN", "/run/labwright")?,
        })
    }

    /// Runs a future to its end on a new runtime.
    pub fn block_on<T>(&self, future: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("starting the asynchronous runtime")?
            .block_on(future)
    }
}

/// Libraries that log whole messages when asked for everything: tokens and keystrokes among them.
const TALKATIVE: [&str; 4] = ["tungstenite", "tokio_tungstenite", "hyper", "sqlx"];

/// Logs to stderr what `$LABWRIGHT_LOG` asks for; warnings by default.
pub fn start_log() {
    let mut filter =
        EnvFilter::try_from_env("LABWRIGHT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    for library in TALKATIVE {
        if let Ok(directive) = format!("{library}=warn").parse() {
            filter = filter.add_directive(directive);
        }
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

fn directory(variable: &str, default: &str) -> Outcome<PathBuf> {
    let path = PathBuf::from(std::env::var_os(variable).unwrap_or_else(|| default.into()));
    if path.is_absolute() {
        return Ok(path);
    }
    Err(Failure::new(format!(
        "${variable} is `{}`, which is not an absolute path",
        path.display()
    ))
    .hint(format!(
        "set it to a full path, such as {variable}={default}"
    )))
}
