//! Our side: a server in a process of its own, and a desktop behind it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use labwright_model::{LabName, MachineSpec, app_id};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::rfb;
use super::wire::Wire;
use super::work::Inside;
use crate::bench::{Browser, memory, ms};
use crate::failure::{Explain, Failure, Outcome};
use crate::preview::COURSE;

/// The port of a display's X server, in its own network.
pub const RFB_PORT: u16 = 5900;

/// A server of the lab.
pub struct Ours {
    server: Child,
    browser: Browser,
    lab: LabName,
    app: String,
}

/// A desktop behind it.
pub struct Desk {
    id: String,
    app: String,
    browser: Browser,
    processes: BTreeMap<u32, Vec<String>>,
    /// The agent's process.
    pub agent: u32,
    /// The node's inside.
    pub inside: Inside,
    /// The X server's process.
    pub server: u32,
}

impl Ours {
    /// Starts `labwright run` and reads the link that it prints.
    pub async fn serve(folder: &Path, spec: &MachineSpec) -> Outcome<Self> {
        let display = spec.displays.first().ok_or_else(|| {
            Failure::new("the lab has no desktop")
                .hint("labwright bench packaging/bench-desktop --display")
        })?;
        let mut server = Command::new("/proc/self/exe")
            .args(["run", "--no-reload"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting a server")?;
        let out = server
            .stdout
            .take()
            .ok_or_else(|| Failure::new("a server has no output"))?;
        let mut link = String::new();
        BufReader::new(out).read_line(&mut link).await?;
        let parts = link
            .trim()
            .split_once("/labs/")
            .zip(link.trim().split_once("#token="));
        let ((base, _), (_, token)) =
            parts.ok_or_else(|| Failure::new("the server printed no link"))?;
        Ok(Self {
            browser: Browser::new(base, token.to_owned()),
            server,
            lab: spec.lab.clone(),
            app: display.app.clone(),
        })
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.server.id().unwrap_or_default()
    }

    /// From the click to the greeting of the X server in the page; it is ended again.
    pub async fn ready_ms(&self) -> Outcome<f64> {
        let began = Instant::now();
        let (id, _) = self.browser.start(COURSE, self.lab.as_str()).await?;
        let socket = self.browser.display(&id, &self.app).await?;
        rfb::greeting(&mut Wire::WebSocket(Box::new(socket))).await?;
        let took = ms(began);
        self.browser.end(&id).await?;
        Ok(took)
    }

    /// A desktop that stays.
    pub async fn desk(&self) -> Outcome<Desk> {
        let (id, _) = self.browser.start(COURSE, self.lab.as_str()).await?;
        let processes = memory::processes(&id);
        let word = |at: usize, wanted: &str, fits: &dyn Fn(u32) -> bool| {
            let mut found = processes.iter();
            found
                .find(|(pid, line)| line.get(at).is_some_and(|word| word == wanted) && fits(**pid))
                .map(|(pid, _)| *pid)
                .ok_or_else(|| Failure::new(format!("session {id} has no process `{wanted}`")))
        };
        let agent = word(1, "machine", &|_| true)?;
        let server = word(0, "Xvnc", &|_| true)?;
        // The display's container has no xdotool.
        let node = word(1, "init", &|pid| {
            Path::new(&format!("/proc/{pid}/root/usr/bin/xdotool")).exists()
        })?;
        Ok(Desk {
            app: app_id(0),
            browser: self.browser.clone(),
            agent,
            inside: Inside {
                pid: node,
                display: ":0".to_owned(),
            },
            server,
            processes,
            id,
        })
    }

    /// Ends the server, and with it the desktop.
    pub async fn stop(mut self) -> Outcome {
        let pid = i32::try_from(self.pid())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            rustix::process::kill_process(pid, rustix::process::Signal::INT)?;
        }
        self.server.wait().await?;
        Ok(())
    }
}

impl Desk {
    /// A viewer's WebSocket.
    pub async fn wire(&self) -> Outcome<Wire> {
        let socket = self.browser.display(&self.id, &self.app).await?;
        Ok(Wire::WebSocket(Box::new(socket)))
    }

    /// All its processes but the agent: X server, inits, window manager.
    pub fn others(&self) -> Vec<u32> {
        let pids = self.processes.keys().copied();
        pids.filter(|pid| *pid != self.agent).collect()
    }
}
