//! A host in a process of its own, that can be killed.

use std::process::{Child, Command};
use std::time::Duration;

use labwright_local::{Installation, LocalPlace};
use labwright_place::Place;

/// A running host.
pub struct HostProcess {
    child: Child,
}

impl HostProcess {
    /// Starts one and waits until it listens.
    pub async fn start(installation: &Installation) -> Self {
        let test = std::env::current_exe().unwrap();
        let program = test.ancestors().nth(2).unwrap().join("examples/host");
        let child = Command::new(program)
            .arg(&installation.state)
            .arg(&installation.run)
            .arg(&installation.agent)
            .spawn()
            .unwrap();
        let process = Self { child };
        let place = LocalPlace::daemon(installation.clone());
        for _ in 0..200 {
            if place.observe().await.is_ok() {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the host of {} does not answer", installation.run.display());
    }

    /// As `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for HostProcess {
    /// A test that fails must not leave its host behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
