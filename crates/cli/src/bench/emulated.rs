//! A lab's machine for a browser's tab: how long it takes to restore, what it loads and holds, and what its
//! agent and its console do. Processor time is that of all processes of Node or of the browser.

use std::fs;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use labwright_model::{NodeName, SessionId};
use labwright_wire::frame::{self, Kind};
use labwright_wire::{Control, Open, Reply, Stream};
use serde::Serialize;

use super::place::{first_node, prompt};
use super::{median, memory, ms};
use crate::emulated::{EmulatedPlace, Emulator, Prepared};
use crate::failure::{Failure, Outcome};
use crate::trial::Machine;

/// Ticks of the clock that proc(5) counts processor time in; Linux shows all architectures the same.
const TICKS_PER_S: f64 = 100.0;
/// Checks, and commands of the shell script, that are timed.
const REPEATS: u32 = 20;
/// How many of both come before: until the emulator has compiled what they run, it interprets it, and what is timed is that.
const WARM: u32 = 60;
/// Longest wait for Node or a browser to be there.
const START: Duration = Duration::from_secs(120);
/// What a tab may hold beside twice the guest's memory.
const BESIDE_BYTES: u64 = 150_000_000;
/// How often the console's throughput is measured, and what comes over it.
const READS: u64 = 4;
const READ: &str = "cat /bin/bash /bin/bash /bin/bash /bin/bash";

/// An agent as a shell script would be one: a line in, a line out. Here its bytes come over our own
/// channel, which is the faster one, so that it is not made worse than it is.
const SCRIPT: &str = "\
while read -r id command; do
  printf %s \"$command\" | base64 -d > /tmp/.command
  timeout 10 sh /tmp/.command > /tmp/.out 2> /tmp/.err; code=$?
  echo \"R $id $code $(base64 -w0 /tmp/.out). $(base64 -w0 /tmp/.err).\"
done";
/// `true`, in base64.
const TRUE: &str = "dHJ1ZQ==";

/// Medians of one emulator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// The lab.
    pub lab: String,
    /// The place.
    pub place: &'static str,
    /// What ran the emulated PC.
    pub emulator: Emulator,
    /// Starts measured.
    pub n: u32,
    /// From the program that is there to the first prompt of the restored machine: processor time.
    pub prompt_cpu_s: f64,
    /// The same from the start of Node or the browser, by the clock.
    pub prompt_ms: f64,
    /// A cold boot to *lab ready*, in Node, where the machine was exported: processor time.
    pub boot_cpu_s: f64,
    /// `prompt_cpu_s / boot_cpu_s`.
    pub boot_ratio: f64,
    /// Machine and emulator, loaded until that prompt; the page's own scripts come on top.
    pub loaded_bytes: u64,
    /// Memory of the emulated PC.
    pub guest_bytes: u64,
    /// Proportional memory of Node, or of the browser's process that has the tab.
    pub tab_bytes: u64,
    /// The same of all of the browser's processes.
    pub all_bytes: u64,
    /// `tab_bytes` in what a tab may hold: twice the guest's memory and 150 MB.
    pub memory_ratio: f64,
    /// The first check of a machine that was just restored: it does nothing, and has its verdict.
    pub first_check_ms: f64,
    /// The first command of an agent that is a shell script, in another such machine; none with one start alone.
    pub first_script_ms: Option<f64>,
    /// A check later on.
    pub check_ms: f64,
    /// Its processor time.
    pub check_cpu_ms: f64,
    /// The same of an agent that is a shell script.
    pub script_ms: f64,
    /// Its processor time.
    pub script_cpu_ms: f64,
    /// `check_ms / script_ms`.
    pub check_ratio: f64,
    /// Bytes a second out of a program of the guest.
    pub output_bytes_per_s: f64,
    /// Processor time of a megabyte of them.
    pub output_cpu_s_per_mb: f64,
}

/// Measures a machine in an emulator.
pub async fn measure(
    prepared: &Prepared,
    emulator: Emulator,
    starts: u32,
    session: &SessionId,
    say: impl Fn(&str),
) -> Outcome<Figures> {
    let place = prepared.place(emulator)?;
    let bench = Bench { prepared, place };
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    let mut first = First::default();
    for round in 1..starts {
        say(&format!("start {round} of {starts}"));
        let started = bench.start(session).await?;
        cpu.push(started.cpu_s);
        wall.push(started.ms);
        let took = bench
            .first(&started, session, round % 2 == 0, &mut first)
            .await;
        started.machine.stop().await?;
        took?;
    }
    say(&format!("start {starts} of {starts}, and what runs"));
    let started = bench.start(session).await?;
    cpu.push(started.cpu_s);
    wall.push(started.ms);
    let looked = async {
        bench.first(&started, session, true, &mut first).await?;
        bench.look(&started, session).await
    };
    let looked = looked.await;
    started.machine.stop().await?;
    let looked = looked?;
    let folder = &prepared.folder;
    let (prompt_cpu_s, boot_cpu_s) = (median(cpu), folder.measured.boot_cpu_s);
    let most = 2 * folder.memory_bytes + BESIDE_BYTES;
    Ok(Figures {
        lab: folder.lab.to_string(),
        place: crate::emulated::NAME,
        emulator,
        n: starts,
        prompt_cpu_s,
        prompt_ms: median(wall),
        boot_cpu_s,
        boot_ratio: prompt_cpu_s / boot_cpu_s,
        loaded_bytes: started.loaded_bytes,
        guest_bytes: folder.memory_bytes,
        tab_bytes: looked.tab_bytes,
        all_bytes: looked.all_bytes,
        memory_ratio: looked.tab_bytes as f64 / most as f64,
        first_check_ms: median(first.checks),
        first_script_ms: (!first.scripts.is_empty()).then(|| median(first.scripts)),
        check_ms: looked.check.ms,
        check_cpu_ms: looked.check.cpu_ms,
        script_ms: looked.script.ms,
        script_cpu_ms: looked.script.cpu_ms,
        check_ratio: looked.check.ms / looked.script.ms,
        output_bytes_per_s: looked.output_bytes_per_s,
        output_cpu_s_per_mb: looked.output_cpu_s_per_mb,
    })
}

struct Bench<'a> {
    prepared: &'a Prepared,
    place: std::sync::Arc<EmulatedPlace>,
}

/// A machine that has shown a prompt.
struct Started {
    machine: Machine,
    group: i32,
    cpu_s: f64,
    ms: f64,
    loaded_bytes: u64,
}

/// What came first in a machine, in milliseconds.
#[derive(Default)]
struct First {
    checks: Vec<f64>,
    scripts: Vec<f64>,
}

/// Medians of one thing that is done again and again.
struct Round {
    ms: f64,
    cpu_ms: f64,
}

struct Looked {
    tab_bytes: u64,
    all_bytes: u64,
    check: Round,
    script: Round,
    output_bytes_per_s: f64,
    output_cpu_s_per_mb: f64,
}

impl Bench<'_> {
    async fn start(&self, session: &SessionId) -> Outcome<Started> {
        let spec = self.prepared.spec(session.clone());
        let node = first_node(&spec)?;
        let began = Instant::now();
        let begun = async {
            let group = self.place.begun(session).await.unwrap_or_default();
            (group, cpu_s(group))
        };
        let starting = Machine::start(self.place.clone(), &spec);
        let (machine, begun) = tokio::join!(starting, tokio::time::timeout(START, begun));
        let machine = machine?;
        let (group, before) = begun.map_err(|_| Failure::new("the emulator did not start"))?;
        let shown = prompt(&machine, &node).await;
        let (ms, cpu_s) = (ms(began), cpu_s(group) - before);
        let loaded = self.place.loaded_bytes(session).await;
        let read = || self.prepared.folder.prompt_bytes() + self.prepared.emulator_bytes();
        if let Err(failure) = shown {
            machine.stop().await?;
            return Err(failure);
        }
        Ok(Started {
            machine,
            group,
            cpu_s,
            ms,
            loaded_bytes: loaded.unwrap_or_else(read),
        })
    }

    /// The first check of a machine, or the first command of the shell script there.
    async fn first(
        &self,
        started: &Started,
        session: &SessionId,
        is_check: bool,
        first: &mut First,
    ) -> Outcome {
        let machine = &started.machine;
        let node = first_node(&self.prepared.spec(session.clone()))?;
        if is_check {
            let began = Instant::now();
            check(machine, &node).await?;
            first.checks.push(ms(began));
            return Ok(());
        }
        let mut shell = exec(machine, &node, SCRIPT).await?;
        let began = Instant::now();
        command(&mut shell).await?;
        first.scripts.push(ms(began));
        Ok(())
    }

    async fn look(&self, started: &Started, session: &SessionId) -> Outcome<Looked> {
        let Started { machine, group, .. } = started;
        let node = first_node(&self.prepared.spec(session.clone()))?;
        let mut shell = exec(machine, &node, SCRIPT).await?;
        for _ in 0..WARM {
            check(machine, &node).await?;
            command(&mut shell).await?;
        }
        let checks = round(*group, async || check(machine, &node).await).await?;
        let mut times = Vec::new();
        let before = cpu_s(*group);
        for _ in 0..REPEATS {
            let began = Instant::now();
            command(&mut shell).await?;
            times.push(ms(began));
        }
        let script = Round {
            ms: median(times),
            cpu_ms: (cpu_s(*group) - before) * 1000.0 / f64::from(REPEATS),
        };
        drop(shell);
        drain(exec(machine, &node, READ).await?).await?;
        let (began, before) = (Instant::now(), cpu_s(*group));
        let mut bytes = 0;
        for _ in 0..READS {
            bytes += drain(exec(machine, &node, READ).await?).await?;
        }
        let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_s(*group) - before);
        let (tab_bytes, all_bytes) = held(*group);
        Ok(Looked {
            tab_bytes,
            all_bytes,
            check: checks,
            script,
            output_bytes_per_s: bytes as f64 / seconds,
            output_cpu_s_per_mb: cpu / (bytes as f64 / 1e6),
        })
    }
}

async fn round(group: i32, mut once: impl AsyncFnMut() -> Outcome) -> Outcome<Round> {
    let mut times = Vec::new();
    let before = cpu_s(group);
    for _ in 0..REPEATS {
        let began = Instant::now();
        once().await?;
        times.push(ms(began));
    }
    Ok(Round {
        ms: median(times),
        cpu_ms: (cpu_s(group) - before) * 1000.0 / f64::from(REPEATS),
    })
}

async fn check(machine: &Machine, node: &NodeName) -> Outcome {
    let open = Open::Check {
        node: node.clone(),
        script: "true".to_owned(),
        env: IndexMap::new(),
        user: "root".to_owned(),
        timeout_ms: 60_000,
    };
    match machine.agent.open(&open).await? {
        (Reply::Check(_), _) => Ok(()),
        _ => Err(Failure::new(
            "the agent answered a check with something else",
        )),
    }
}

async fn exec(machine: &Machine, node: &NodeName, script: &str) -> Outcome<Stream> {
    let open = Open::Exec {
        node: node.clone(),
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        env: IndexMap::new(),
        cwd: None,
        user: Some("root".to_owned()),
    };
    Ok(machine.agent.open(&open).await?.1)
}

/// A command to the shell script, and its answer.
async fn command(shell: &mut Stream) -> Outcome {
    frame::write_frame(shell, Kind::Data, format!("1 {TRUE}\n").as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\n") {
        let frame = frame::read_frame(shell).await?;
        let frame = frame.filter(|frame| frame.kind == Kind::Data);
        let frame = frame.ok_or_else(|| Failure::new("the shell script ended"))?;
        answer.extend_from_slice(&frame.bytes);
    }
    if answer == b"R 1 0 . .\n" {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&answer).into_owned();
    Err(Failure::new("the shell script answered something else").context(said))
}

/// Bytes of a program's output.
async fn drain(mut stream: Stream) -> Outcome<u64> {
    let mut bytes = 0;
    while let Some(frame) = frame::read_frame(&mut stream).await? {
        match frame.kind {
            Kind::Data => bytes += frame.bytes.len() as u64,
            Kind::Control => match serde_json::from_slice(&frame.bytes)? {
                Control::Exit { .. } => return Ok(bytes),
                _ => continue,
            },
            _ => continue,
        }
    }
    Err(Failure::new("a program's output ended without its end"))
}

/// Processes of a group with the fields of `/proc/PID/stat` after the command's name (proc(5)).
fn members(group: i32) -> Vec<(u32, Vec<String>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_string_lossy().parse::<u32>();
        let text = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let (Ok(pid), Some((_, fields))) = (pid, text.rsplit_once(") ")) else {
            continue;
        };
        let fields: Vec<String> = fields.split(' ').map(str::to_owned).collect();
        // state, parent, group.
        if fields
            .get(2)
            .is_some_and(|field| *field == group.to_string())
        {
            found.push((pid, fields));
        }
    }
    found
}

/// Processor time of a group so far, with that of its children that ended.
fn cpu_s(group: i32) -> f64 {
    let ticks = |fields: Vec<String>| -> u64 {
        let times = fields.get(11..15).unwrap_or_default();
        times
            .iter()
            .filter_map(|time| time.parse::<u64>().ok())
            .sum()
    };
    let all: u64 = members(group)
        .into_iter()
        .map(|(_, fields)| ticks(fields))
        .sum();
    all as f64 / TICKS_PER_S
}

/// What Node or the tab holds, and what all processes of the group do.
fn held(group: i32) -> (u64, u64) {
    let sizes: Vec<(bool, u64)> = members(group)
        .into_iter()
        .map(|(pid, _)| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line);
            // As Chromium and Firefox call the process of a page.
            let tab = line.contains("--type=renderer") || line.contains("-contentproc");
            (tab, memory::pss_kb(pid) * 1024)
        })
        .collect();
    let all = sizes.iter().map(|(_, bytes)| bytes).sum();
    let tab = sizes
        .iter()
        .filter(|(tab, _)| *tab)
        .map(|(_, bytes)| *bytes)
        .max();
    (tab.unwrap_or(all), all)
}

impl Figures {
    /// For people.
    pub fn print(&self) {
        use indicatif::{DecimalBytes, HumanBytes};
        println!(
            "{} in {} ({}), medians of {} starts",
            self.lab,
            self.place,
            self.emulator.words(),
            self.n
        );
        println!(
            "  prompt {:>9.2} s of processor time   cold boot {:.1} s   ratio {:.3}   {:.1} s by the clock",
            self.prompt_cpu_s,
            self.boot_cpu_s,
            self.boot_ratio,
            self.prompt_ms / 1000.0
        );
        println!(
            "  loads  {} until then, the page's own scripts left out",
            DecimalBytes(self.loaded_bytes)
        );
        println!(
            "  memory {} (all processes {})   guest {}   {:.2} of twice that and 150 MB",
            HumanBytes(self.tab_bytes),
            HumanBytes(self.all_bytes),
            HumanBytes(self.guest_bytes),
            self.memory_ratio
        );
        println!(
            "  check  {:>9.1} ms, {:.0} of processor time   shell script {:.1} ms, {:.0}   ratio {:.2}",
            self.check_ms, self.check_cpu_ms, self.script_ms, self.script_cpu_ms, self.check_ratio
        );
        let script = self.first_script_ms;
        println!(
            "         the first {:.0} ms   shell script {}",
            self.first_check_ms,
            script.map_or("not measured: give -n 2 or more".to_owned(), |ms| format!(
                "{ms:.0} ms"
            ))
        );
        println!(
            "  output {}/s, {:.2} s of processor time a megabyte",
            DecimalBytes(self.output_bytes_per_s as u64),
            self.output_cpu_s_per_mb
        );
    }
}
