//! One lab in one place: starts, floors in turn, then a running machine under the lens.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labwright_local::find_runtime;
use labwright_model::{MachineSpec, NodeName, SessionId};
use labwright_place::Place;
use labwright_server::Server;
use labwright_wire::frame::{self, Kind};
use labwright_wire::{Open, Stream};
use serde::Serialize;

use super::browser::Browser;
use super::floor::Floor;
use super::{bare_pty, median, memory, ms};
use crate::failure::{Failure, Outcome};
use crate::preview::COURSE;
use crate::trial::Machine;

/// Longest wait for a prompt or an echo.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Execs and echoes that are timed.
const REPEATS: u32 = 100;
/// Captures that are timed.
const CAPTURES: u32 = 10;

/// What to measure.
pub struct Plan<'a> {
    /// The lab's machine; each start gets a session of its own.
    pub spec: &'a MachineSpec,
    /// How many starts, and floors in turn with them.
    pub starts: u32,
    /// A folder for the floor.
    pub work: &'a Path,
    /// Where the place keeps its sessions, to see what a session takes.
    pub state: &'a Path,
    /// A server of this lab in this place.
    pub server: &'a Server,
    /// A page of that server.
    pub browser: &'a Browser,
}

/// Medians of one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// The lab.
    pub lab: String,
    /// The place.
    pub place: String,
    /// The OCI runtime of its nodes and of the floor's.
    pub runtime: String,
    /// Nodes of the lab.
    pub nodes: usize,
    /// Starts measured.
    pub n: u32,
    /// From the click in a page to the first prompt in it, through server and browser protocol.
    pub ready_ms: f64,
    /// The same without server and page: from the place's start to the first prompt.
    pub machine_ready_ms: f64,
    /// The same by the bare script, run in turn.
    pub floor_ms: f64,
    /// `ready_ms / floor_ms`.
    pub ratio: f64,
    /// A program run in a node, through the agent, to its exit.
    pub exec_ms: f64,
    /// A typed byte until its echo in a page, through server and browser protocol.
    pub echo_ms: f64,
    /// The same through the agent alone.
    pub agent_echo_ms: f64,
    /// The same on a bare terminal of this host.
    pub bare_echo_ms: f64,
    /// Proportional memory of the agent.
    pub agent_pss_kb: u64,
    /// Proportional memory of one node's init.
    pub node_overhead_pss_kb: u64,
    /// From opening a capture of a network, on which packets pass already, to its first packet in the
    /// page. Nothing when no two nodes share a network.
    pub capture_first_packet_ms: Option<f64>,
    /// From stop to nothing left.
    pub stop_ms: f64,
    /// The lab image.
    pub image_bytes: u64,
    /// What a session that has just started takes on disk.
    pub disk_bytes_per_session: u64,
}

/// Measures a lab in a place.
pub async fn measure(
    plan: &Plan<'_>,
    place: Arc<dyn Place>,
    image_bytes: u64,
    say: impl Fn(&str),
) -> Outcome<Figures> {
    let floor = Floor::prepare(plan.spec, plan.work)?;
    let (mut ready, mut floors, mut stops) = (Vec::new(), Vec::new(), Vec::new());
    let mut machines = Vec::new();
    // One of each first: caches are warm on both sides.
    floor.run()?;
    start(plan, &place, 0).await?.0.stop().await?;
    for round in 1..=plan.starts {
        say(&format!("start {round} of {}", plan.starts));
        floors.push(floor.run()?);
        ready.push(click(plan).await?);
        let (machine, ready_ms) = start(plan, &place, round).await?;
        machines.push(ready_ms);
        let began = Instant::now();
        machine.stop().await?;
        stops.push(ms(began));
    }
    say("a running machine");
    let (machine, _) = start(plan, &place, plan.starts + 1).await?;
    let figures = look(plan, &machine).await;
    machine.stop().await?;
    let (exec_ms, agent_echo_ms, agent, init, disk) = figures?;
    let echo_ms = page_echo_ms(plan).await?;
    let capture_first_packet_ms = capture_ms(plan).await?;
    let bare_echo_ms = bare_pty::echo_ms(REPEATS)?;
    let (ready_ms, floor_ms) = (median(ready), median(floors));
    Ok(Figures {
        lab: plan.spec.lab.to_string(),
        place: place.name().to_owned(),
        runtime: find_runtime(),
        nodes: plan.spec.nodes.len(),
        n: plan.starts,
        ready_ms,
        machine_ready_ms: median(machines),
        floor_ms,
        ratio: ready_ms / floor_ms,
        exec_ms,
        echo_ms,
        agent_echo_ms,
        bare_echo_ms,
        agent_pss_kb: agent,
        node_overhead_pss_kb: init,
        capture_first_packet_ms,
        stop_ms: median(stops),
        image_bytes,
        disk_bytes_per_session: disk,
    })
}

/// From the click to the first prompt in the page; the lab is ended again.
async fn click(plan: &Plan<'_>) -> Outcome<f64> {
    let began = Instant::now();
    let tab = plan.browser.click(COURSE, plan.spec.lab.as_str()).await;
    let took = ms(began);
    plan.server.discard_all().await;
    tab.map(|_| took)
}

async fn page_echo_ms(plan: &Plan<'_>) -> Outcome<f64> {
    let echoes = async {
        let mut tab = plan.browser.click(COURSE, plan.spec.lab.as_str()).await?;
        let mut echoes = Vec::new();
        for _ in 0..REPEATS {
            echoes.push(tab.echo_ms().await?);
        }
        Ok(median(echoes))
    }
    .await;
    plan.server.discard_all().await;
    echoes
}

/// Sends packets from a terminal, and captures them again and again.
async fn capture_ms(plan: &Plan<'_>) -> Outcome<Option<f64>> {
    let Some((network, other)) = neighbour(plan.spec) else {
        return Ok(None);
    };
    let captured = async {
        let mut tab = plan.browser.click(COURSE, plan.spec.lab.as_str()).await?;
        let send = format!(
            "bash -c 'while :; do echo x > /dev/udp/{other}/9; sleep 0.02; done' 2>/dev/null &"
        );
        tab.type_line(&send).await?;
        let mut times = Vec::new();
        for _ in 0..CAPTURES {
            times.push(plan.browser.first_packet_ms(&tab.session, &network).await?);
        }
        Ok(Some(median(times)))
    }
    .await;
    plan.server.discard_all().await;
    captured
}

/// A network of the learner's first node, and the name of another node on it.
fn neighbour(spec: &MachineSpec) -> Option<(String, String)> {
    let first = spec.nodes.iter().find(|node| !node.hidden)?;
    first.links.iter().find_map(|link| {
        let mut others = spec.nodes.iter().filter(|node| node.name != first.name);
        let other = others.find(|node| node.links.iter().any(|l| l.network == link.network))?;
        Some((link.network.to_string(), other.name.to_string()))
    })
}

async fn start(plan: &Plan<'_>, place: &Arc<dyn Place>, round: u32) -> Outcome<(Machine, f64)> {
    let mut spec = plan.spec.clone();
    spec.session = SessionId::new(format!("{}-{round}", plan.spec.session))?;
    let began = Instant::now();
    let machine = Machine::start(place.clone(), &spec).await?;
    let node = first_node(&spec)?;
    match prompt(&machine, &node).await {
        Ok(_) => Ok((machine, ms(began))),
        Err(failure) => {
            machine.stop().await?;
            Err(failure)
        }
    }
}

/// Opens a terminal and reads until its prompt.
pub(super) async fn prompt(machine: &Machine, node: &NodeName) -> Outcome<Stream> {
    let open = Open::Pty {
        node: node.clone(),
        terminal: "bench".to_owned(),
        cols: 80,
        rows: 24,
        since: None,
        existing: false,
        argv: Vec::new(),
        user: None,
    };
    let (_, mut stream) = machine.agent.open(&open).await?;
    read_until(&mut stream, |bytes| {
        bytes.contains(&b'$') || bytes.contains(&b'#')
    })
    .await?;
    Ok(stream)
}

async fn read_until(stream: &mut Stream, found: impl Fn(&[u8]) -> bool) -> Outcome {
    let mut seen = Vec::new();
    while !found(&seen) {
        let frame = tokio::time::timeout(ANSWER_TIMEOUT, frame::read_frame(stream))
            .await
            .map_err(|_| Failure::new("a terminal gave no answer"))??;
        let frame = frame.ok_or_else(|| Failure::new("a terminal ended"))?;
        if frame.kind == Kind::Data {
            seen.extend_from_slice(&frame.bytes);
        }
    }
    Ok(())
}

async fn look(plan: &Plan<'_>, machine: &Machine) -> Outcome<(f64, f64, u64, u64, u64)> {
    let node = first_node(plan.spec)?;
    let disk = disk_bytes(&plan.state.join("sessions").join(machine.id.as_str()));
    let mut stream = prompt(machine, &node).await?;
    let (mut echoes, mut execs) = (Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        let began = Instant::now();
        frame::write_frame(&mut stream, Kind::Data, b"x").await?;
        read_until(&mut stream, |bytes| bytes.contains(&b'x')).await?;
        echoes.push(ms(began));
    }
    for _ in 0..REPEATS {
        let began = Instant::now();
        exec_true(machine, &node).await?;
        execs.push(ms(began));
    }
    let processes = memory::processes(machine.id.as_str());
    let role = |name: &str| -> Vec<f64> {
        let with_role = processes
            .iter()
            .filter(|(_, line)| line.get(1).is_some_and(|w| w == name));
        with_role
            .map(|(pid, _)| memory::pss_kb(*pid) as f64)
            .collect()
    };
    let (agent, init) = (median(role("machine")) as u64, median(role("init")) as u64);
    Ok((median(execs), median(echoes), agent, init, disk))
}

async fn exec_true(machine: &Machine, node: &NodeName) -> Outcome {
    let open = Open::Exec {
        node: node.clone(),
        argv: vec!["/bin/true".to_owned()],
        env: indexmap::IndexMap::new(),
        cwd: None,
        user: None,
    };
    let (_, mut stream) = machine.agent.open(&open).await?;
    while let Some(frame) = frame::read_frame(&mut stream).await? {
        if frame.kind == Kind::Control {
            return Ok(());
        }
    }
    Err(Failure::new("an exec ended without a status"))
}

pub(super) fn first_node(spec: &MachineSpec) -> Outcome<NodeName> {
    let node = spec.nodes.iter().find(|node| !node.hidden);
    node.map(|node| node.name.clone())
        .ok_or_else(|| Failure::new(format!("lab {} has no node for a learner", spec.lab)))
}

/// Blocks that a folder takes, in bytes; a sparse file counts what it holds.
fn disk_bytes(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    const BLOCK_BYTES: u64 = 512;
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(about) = entry.metadata() else {
            continue;
        };
        bytes += about.blocks() * BLOCK_BYTES;
        if about.is_dir() {
            bytes += disk_bytes(&entry.path());
        }
    }
    bytes
}
