//! Scripts of the author: checks and solutions.

use std::time::Duration;

use indexmap::IndexMap;
use labwright_model::NodeName;
use labwright_wire::frame::FrameError;
use labwright_wire::{CheckOutput, Failure, Open, Reply, Stream};

use super::dispatch::Service;
use super::reply::{init_failure, reply};
use crate::init::run::Script;

/// Longest run of any script, whatever the request says.
const MAX_TIMEOUT: Duration = Duration::from_secs(3600);

/// Runs it to its end, also when the peer goes away meanwhile.
pub(super) async fn run(
    service: &Service,
    open: Open,
    mut stream: Stream,
) -> Result<(), FrameError> {
    let answer = match open {
        Open::Check {
            node,
            script,
            env,
            user,
            timeout_ms,
        } => {
            let asked = Asked {
                node,
                script,
                env,
                user,
                timeout_ms,
                is_check: true,
            };
            asked.run(service).await
        }
        Open::Script {
            node,
            script,
            env,
            user,
            timeout_ms,
        } => {
            let asked = Asked {
                node,
                script,
                env,
                user,
                timeout_ms,
                is_check: false,
            };
            asked.run(service).await
        }
        _ => return Ok(()),
    };
    let answer = match answer {
        Ok(output) => Reply::Check(output),
        Err(failure) => Reply::Failed(failure),
    };
    reply(&mut stream, &answer).await
}

struct Asked {
    node: NodeName,
    script: String,
    env: IndexMap<String, String>,
    user: String,
    timeout_ms: u64,
    is_check: bool,
}

impl Asked {
    async fn run(&self, service: &Service) -> Result<CheckOutput, Failure> {
        let control = service.control(&self.node)?;
        let script = Script {
            text: &self.script,
            env: &self.env,
            user: &self.user,
            timeout: Duration::from_millis(self.timeout_ms).min(MAX_TIMEOUT),
        };
        let output = if self.is_check {
            control.check(&script).await
        } else {
            control.run_script(&script).await
        };
        output.map_err(|error| init_failure(&error))
    }
}
