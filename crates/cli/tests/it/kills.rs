//! A hundred random kills of server, host and agents while labs start and end: afterwards every
//! lab starts, and when they have ended nothing is left.

use std::fs;
use std::path::Path;
use std::time::Duration;

use labwright_testkit::Browser;
use serde_json::json;

use crate::ground::{Ground, Host, Served};

const KILLS: u32 = 100;
const LEARNERS: usize = 4;
/// Longest pause between two kills, in milliseconds: about the length of a start.
const PAUSE_MS: u64 = 250;

/// A small generator of random numbers (Marsaglia 2003, xorshift), so that a seed repeats a run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_random_kills_leave_nothing() {
    let seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let seed = seed.as_nanos() as u64 | 1;
    println!("seed {seed}");
    let ground = Ground::with_learners(LEARNERS);
    let mut host = Some(Host::start(&ground));
    let mut server = Some(ground.serve(([127, 0, 0, 1], 0).into()));
    let address = server.as_ref().unwrap().address;
    let mut learners = Vec::new();
    for number in 0..LEARNERS {
        learners.push(
            server
                .as_ref()
                .unwrap()
                .sign_in_as(&format!("learner-{number}"))
                .await,
        );
    }
    let mut random = Random(seed);
    for _ in 0..KILLS {
        let learner = learners[random.below(LEARNERS as u64) as usize].clone();
        let ends = random.below(4) == 0;
        // Whatever becomes of it: the server may be killed in the middle.
        tokio::spawn(async move { act(&learner, ends).await });
        tokio::time::sleep(Duration::from_millis(random.below(PAUSE_MS))).await;
        match random.below(10) {
            0..4 => kill_an_agent(&ground, &mut random),
            4..7 => {
                drop(server.take());
                server = Some(ground.serve(address));
            }
            _ => {
                drop(host.take());
                host = Some(Host::start(&ground));
            }
        }
    }
    for learner in &learners {
        start_and_end(learner).await;
    }
    drop::<Option<Served>>(server);
    drop::<Option<Host>>(host);
    nothing_is_left(&ground).await;
}

/// Launches or ends; an answer is not expected.
async fn act(learner: &Browser, ends: bool) -> Option<()> {
    let body = json!({ "course": "nets", "lab": "kill-nine" });
    let session = learner.try_post("/api/v1/sessions", body).await?;
    if ends {
        let id = session["id"].as_str()?;
        learner
            .try_post(&format!("/api/v1/sessions/{id}/end"), json!({}))
            .await?;
    }
    Some(())
}

/// A launch becomes ready, also after one that was ending or has failed.
async fn start_and_end(learner: &Browser) {
    let body = json!({ "course": "nets", "lab": "kill-nine" });
    for _ in 0..600 {
        let session = learner.post("/api/v1/sessions", body.clone()).await.ok();
        if session["state"] == "ready" {
            let path = format!("/api/v1/sessions/{}", session["id"].as_str().unwrap());
            learner.post(&format!("{path}/end"), json!({})).await.ok();
            learner.wait(&path, "ended").await;
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a lab does not start any more");
}

/// Processes with the ground's folder on their command line.
fn processes(ground: &Path) -> Vec<(i32, String)> {
    let ours = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let command = fs::read(entry.path().join("cmdline")).ok()?;
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        command.contains(ground.to_str()?).then_some((pid, command))
    };
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| ours(entry.ok()?))
        .collect()
}

fn agents(ground: &Ground) -> Vec<i32> {
    let all = processes(ground.0.path()).into_iter();
    let agents = all.filter(|(_, command)| command.contains("labwright-agent machine"));
    agents.map(|(pid, _)| pid).collect()
}

fn kill_an_agent(ground: &Ground, random: &mut Random) {
    let agents = agents(ground);
    if !agents.is_empty() {
        kill(agents[random.below(agents.len() as u64) as usize]);
    }
}

/// As `kill -9` does, all of a ground.
pub fn kill_agents(ground: &Ground) {
    agents(ground).into_iter().for_each(kill);
}

fn kill(pid: i32) {
    let arguments = ["-9", &pid.to_string()];
    let _ = std::process::Command::new("kill").args(arguments).output();
}

/// What is still there of the ground's sessions. Links live in namespaces that their agents hold:
/// they are gone when no process is left.
fn leftovers(ground: &Ground) -> Vec<String> {
    let root = ground.0.path();
    let mut left: Vec<String> = processes(root)
        .into_iter()
        .map(|found| format!("{found:?}"))
        .collect();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    left.extend(
        mounts
            .lines()
            .filter(|line| line.contains(root.to_str().unwrap()))
            .map(str::to_owned),
    );
    for folder in ["state/sessions", "run/sessions"] {
        let entries = fs::read_dir(root.join(folder))
            .into_iter()
            .flatten()
            .flatten();
        left.extend(entries.map(|entry| entry.path().display().to_string()));
    }
    let installation = labwright_local::Installation::new(root.join("state"), root.join("run"));
    for hierarchy in fs::read_dir("/sys/fs/cgroup").unwrap().flatten() {
        let cgroup = hierarchy.path().join(installation.cgroup());
        if cgroup.exists() {
            left.push(cgroup.display().to_string());
        }
    }
    left
}

async fn nothing_is_left(ground: &Ground) {
    let mut left = Vec::new();
    for _ in 0..200 {
        left = leftovers(ground);
        if left.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("left behind: {left:#?}");
}
