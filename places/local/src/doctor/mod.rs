//! `labwright doctor`: what this machine lacks for the local place, and the command that mends it.
//!
//! Everything is tried rather than looked up, in throw-away namespaces; nothing is changed.

mod kernel;
mod programs;
mod surroundings;

pub(crate) use programs::find as find_program;
use serde::Serialize;

use crate::Installation;

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Ok,
    /// Labs run, but something is less safe or less able than it could be.
    Warn,
    /// Labs do not run.
    Missing,
}

/// What was found about one thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The thing.
    pub name: &'static str,
    /// How well it is.
    pub health: Health,
    /// What was found, in words.
    pub found: String,
    /// The command, or the setting, that mends it.
    pub mend: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            health: Health::Ok,
            found: found.into(),
            mend: None,
        }
    }

    fn warn(name: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            name,
            health: Health::Warn,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }

    fn missing(name: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            health: Health::Missing,
            ..Self::warn(name, found, mend)
        }
    }
}

/// Examines this machine; `port` is what `labwright serve` will listen on. Must be root's.
pub fn examine(installation: &Installation, port: u16) -> Vec<Finding> {
    let mut findings = kernel::findings();
    findings.extend(programs::findings(installation));
    findings.extend(surroundings::findings(installation, port));
    findings
}
