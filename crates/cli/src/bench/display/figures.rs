//! What was measured, ratios first.

use indexmap::IndexMap;
use labwright_model::MachineSpec;
use serde::Serialize;

use super::UPDATES_PER_S;

/// Ours beside the other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pair {
    /// Ours.
    pub ours: f64,
    /// The other's.
    pub other: f64,
    /// `ours / other`.
    pub ratio: f64,
}

impl Pair {
    /// Two figures.
    pub fn new(ours: f64, other: f64) -> Self {
        Self {
            ours,
            other,
            ratio: ours / other,
        }
    }
}

/// Bytes of a step to one viewer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct StepBytes {
    ours: u64,
    websockify: u64,
    guacd: Option<u64>,
    ratio: f64,
}

/// By step.
pub type Bytes = IndexMap<String, StepBytes>;

pub(super) fn bytes_of(ours: u64, websockify: u64, guacd: Option<u64>) -> StepBytes {
    StepBytes {
        ours,
        websockify,
        guacd,
        ratio: ours as f64 / websockify as f64,
    }
}

/// Medians, in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latency {
    /// From a key to its frame: through our server; Xvnc with its defaults through websockify.
    pub key_to_frame_ms: Pair,
    /// The same without server, agent or websockify.
    pub direct_key_to_frame_ms: Pair,
    /// There and back for one pixel: what the way adds to a connection to the X server.
    pub added_ms: Pair,
    /// There and back for one pixel without anything between.
    pub direct_pixel_ms: Pair,
    /// From a key to its frame through guacd.
    pub guacd_key_to_frame_ms: Option<f64>,
}

impl Latency {
    pub(super) fn new(keys: [f64; 4], pixels: [f64; 4], guacd: Option<f64>) -> Self {
        let [ours, ours_direct, websockify, bare_direct] = keys;
        let [pixel, pixel_direct, pixel_websockify, pixel_bare] = pixels;
        Self {
            key_to_frame_ms: Pair::new(ours, websockify),
            direct_key_to_frame_ms: Pair::new(ours_direct, bare_direct),
            added_ms: Pair::new(pixel - pixel_direct, pixel_websockify - pixel_bare),
            direct_pixel_ms: Pair::new(pixel_direct, pixel_bare),
            guacd_key_to_frame_ms: guacd,
        }
    }
}

/// What updates cost a process.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// Processor time.
    pub cpu_us_per_update: f64,
    /// What each viewer got meanwhile.
    pub updates_per_s: f64,
}

/// Viewers of a terminal with thirty lines a second.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Load {
    /// How many viewers.
    pub viewers: u32,
    /// Sessions that a processor carries at 30 updates a second, by the server's processor time.
    pub sessions_per_core: Pair,
    /// The same with the agent's time, which no other has.
    pub with_agent_per_core: Pair,
    /// The server.
    pub server: Cost,
    /// The agent.
    pub agent: Cost,
    /// websockify.
    pub websockify: Cost,
}

impl Load {
    pub(super) fn new(viewers: u32, server: Cost, agent: Cost, websockify: Cost) -> Self {
        let carried = |cpu_us: f64| 1e6 / (cpu_us * UPDATES_PER_S);
        let other = carried(websockify.cpu_us_per_update);
        let both = server.cpu_us_per_update + agent.cpu_us_per_update;
        Self {
            viewers,
            sessions_per_core: Pair::new(carried(server.cpu_us_per_update), other),
            with_agent_per_core: Pair::new(carried(both), other),
            server,
            agent,
            websockify,
        }
    }
}

/// What one more idle viewer takes, in kB of proportional memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memory {
    /// Server and agent; websockify.
    pub idle_connection_kb: Pair,
    /// The server alone.
    pub server_kb: f64,
    /// The agent alone.
    pub agent_kb: f64,
}

impl Memory {
    pub(super) fn new(server_kb: f64, agent_kb: f64, websockify_kb: f64) -> Self {
        Self {
            idle_connection_kb: Pair::new(server_kb + agent_kb, websockify_kb),
            server_kb,
            agent_kb,
        }
    }
}

/// How often processes wake while idle viewers look on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Wakeups {
    /// How many viewers.
    pub viewers: u32,
    /// The server, all threads.
    pub server_per_s: f64,
    /// The agent.
    pub agent_per_s: f64,
    /// X server, inits, window manager, all together.
    pub desktop_per_s: f64,
    /// Processor time of server and agent, in percent of one processor.
    pub cpu_percent: f64,
    /// Server and agent, for each viewer.
    pub per_viewer_per_s: f64,
    /// websockify, for each viewer.
    pub websockify_per_viewer_per_s: f64,
}

/// All figures of a desktop.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Display {
    /// The lab.
    pub lab: String,
    /// From the click to the X server's greeting; the bare script's.
    pub desktop_ready_ms: Pair,
    /// From opening a tab of a desktop that runs until its screen's size is known; through websockify.
    pub tab_open_ms: Pair,
    /// Keys and pixels.
    #[serde(flatten)]
    pub latency: Latency,
    /// Busy viewers.
    pub load: Load,
    /// Idle viewers.
    pub memory: Memory,
    /// Idle viewers.
    pub wakeups: Wakeups,
    /// Steps.
    pub bytes: Bytes,
}

impl Display {
    pub(super) fn new(
        spec: &MachineSpec,
        (desktop_ready_ms, tab_open_ms): (Pair, Pair),
        latency: Latency,
        load: Load,
        memory: Memory,
        wakeups: Wakeups,
        bytes: Bytes,
    ) -> Self {
        Self {
            lab: spec.lab.to_string(),
            desktop_ready_ms,
            tab_open_ms,
            latency,
            load,
            memory,
            wakeups,
            bytes,
        }
    }

    /// Prints a table.
    pub fn print(&self) {
        println!(
            "{}: ratios to Xvnc with its defaults through websockify",
            self.lab
        );
        let line = |name: &str, pair: &Pair, unit: &str, aim: &str| {
            println!(
                "  {name:<24} {:>6.2} x   {:>8.2} {unit} beside {:.2} {unit}   (aim {aim})",
                pair.ratio, pair.ours, pair.other
            );
        };
        let (latency, load) = (&self.latency, &self.load);
        line(
            "key to frame",
            &latency.key_to_frame_ms,
            "ms",
            "at most 0.5",
        );
        line("added latency", &latency.added_ms, "ms", "at most 0.25");
        line(
            "sessions per core",
            &load.sessions_per_core,
            "",
            "at least 5",
        );
        line(
            "  with the agent",
            &load.with_agent_per_core,
            "",
            "at least 5",
        );
        let memory = &self.memory.idle_connection_kb;
        line("idle connection", memory, "kB", "at most 34 kB");
        line(
            "desktop ready",
            &self.desktop_ready_ms,
            "ms",
            "at most 1.2, of a bare script",
        );
        line("  one that runs", &self.tab_open_ms, "ms", "at most 30 ms");
        let w = &self.wakeups;
        println!(
            "  {} idle viewers wake the server {:.2}, the agent {:.2}, the desktop {:.2} times a second (aim 0)",
            w.viewers, w.server_per_s, w.agent_per_s, w.desktop_per_s
        );
        for (step, bytes) in &self.bytes {
            println!(
                "  {step:<12} {:>9} bytes beside {:>9}   ratio {:.2}",
                bytes.ours, bytes.websockify, bytes.ratio
            );
        }
        match latency.guacd_key_to_frame_ms {
            Some(guacd) => println!("  guacd: key to frame {guacd:.2} ms"),
            None => println!("  guacd: skipped: GUACD not set"),
        }
    }
}
