//! A desktop through our server beside the same desktop through websockify, in one run.
//!
//! The real path on our side: the server in a process of its own, a session, its agent, the X server in
//! its container; a viewer over a WebSocket. On the other: the same programs in one bare container,
//! Xvnc with its own defaults, websockify. Where `GUACD=host:port` is given, guacd too, over the
//! latter's X server (its web application, which would add to it, is left out).

mod bare;
mod figures;
mod ours;
mod peers;
mod rfb;
mod wire;
mod work;

use std::path::Path;
use std::time::{Duration, Instant};

use labwright_model::MachineSpec;

use self::bare::Bare;
pub use self::figures::{Display, Pair};
use self::figures::{Latency, Load, Memory, Wakeups, bytes_of};
use self::ours::Ours;
use self::peers::{Guacd, Websockify};
use self::rfb::Viewer;
use self::wire::Wire;
use super::{median, memory, rest};
use crate::failure::Outcome;

/// Rounds of keys, each way in turn, and keys of a round.
const ROUNDS: u32 = 3;
const KEYS: u32 = 60;
/// Pixels asked for in a round.
const PIXELS: u32 = 150;
/// Between two keys: longer than any frame, never in step with one.
const KEY_PAUSE: Duration = Duration::from_millis(83);
const PIXEL_PAUSE: Duration = Duration::from_millis(7);

/// Tabs that are opened of a desktop that runs, each way in turn.
const TABS: u32 = 20;

/// Viewers that all watch a terminal with thirty lines a second.
const WATCHERS: u32 = 8;
const WATCHED: Duration = Duration::from_secs(10);
/// What a full picture a second would be compared at.
const UPDATES_PER_S: f64 = 30.0;

/// Idle viewers whose memory is counted, after a few that warm everything up.
const WARM: u32 = 4;
const IDLE: u32 = 40;
const IDLE_WEBSOCKIFY: u32 = 8;
/// How long idle viewers are watched, after everything has settled.
const SETTLE: Duration = Duration::from_secs(8);
const RESTED: Duration = Duration::from_secs(30);

/// Everything comes to rest by then.
const QUIET: Duration = Duration::from_millis(700);

/// Measures. `folder` is the lab's, `work` one for the bare desktop.
pub async fn measure(
    folder: &Path,
    work: &Path,
    spec: &MachineSpec,
    starts: u32,
    say: impl Fn(&str),
) -> Outcome<Display> {
    let guacd = std::env::var("GUACD").ok();
    let work = work.join("desktop");
    let ours = Ours::serve(folder, spec).await?;
    let (mut ready, mut floors) = (Vec::new(), Vec::new());
    for round in 0..=starts {
        say(&format!("desktop, start {round} of {starts}"));
        let floor = Bare::start(spec, &work).await?.ready_ms;
        let took = ours.ready_ms().await?;
        // One of each first: caches are warm on both sides.
        if round > 0 {
            floors.push(floor);
            ready.push(took);
        }
    }
    let desk = ours.desk().await?;
    let bare = Bare::start(spec, &work).await?;
    let websockify = Websockify::start(bare.port).await?;
    let sides = Sides {
        desk,
        bare,
        websockify,
        guacd,
    };
    say("opening it again");
    let tab_open_ms = sides.tab_open_ms().await?;
    // First: what earlier viewers gave back would hide what these take.
    say("idle viewers");
    let (memory, wakeups) = sides.idle(&ours).await?;
    say("bytes of each step");
    let bytes = sides.bytes().await?;
    say("from a key to its frame, and there and back");
    let latency = sides.latency().await?;
    say("many viewers of a busy terminal");
    let load = sides.load(&ours).await?;
    drop(sides);
    ours.stop().await?;
    let desktop_ready_ms = Pair::new(median(ready), median(floors));
    Ok(Display::new(
        spec,
        (desktop_ready_ms, tab_open_ms),
        latency,
        load,
        memory,
        wakeups,
        bytes,
    ))
}

/// A desktop on each side.
struct Sides {
    desk: ours::Desk,
    bare: Bare,
    websockify: Websockify,
    guacd: Option<String>,
}

/// The ways to a desktop.
#[derive(Debug, Clone, Copy)]
enum Way {
    Ours,
    OursDirect,
    Websockify,
    BareDirect,
}

impl Sides {
    async fn open(&self, way: Way) -> Outcome<Viewer> {
        Viewer::open(self.wire(way).await?).await
    }

    async fn wire(&self, way: Way) -> Outcome<Wire> {
        match way {
            Way::Ours => self.desk.wire().await,
            Way::OursDirect => Wire::port_in(self.desk.server, ours::RFB_PORT).await,
            Way::Websockify => Wire::websockify(self.websockify.port).await,
            Way::BareDirect => Wire::port(self.bare.port).await,
        }
    }

    /// From opening a tab of a desktop that runs until the viewer knows its screen, through our server
    /// and through websockify.
    async fn tab_open_ms(&self) -> Outcome<Pair> {
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        for _ in 0..TABS {
            for (way, all) in [(Way::Ours, &mut ours), (Way::Websockify, &mut others)] {
                let began = Instant::now();
                let _viewer = self.open(way).await?;
                all.push(super::ms(began));
            }
        }
        Ok(Pair::new(median(ours), median(others)))
    }

    async fn bytes(&self) -> Outcome<figures::Bytes> {
        let mut all = figures::Bytes::default();
        for (name, script) in work::STEPS {
            let ours = self.open(Way::Ours).await?;
            let ours = self.desk.inside.bytes(script, &ours).await?;
            let websockify = self.open(Way::Websockify).await?;
            let websockify = self.bare.inside.bytes(script, &websockify).await?;
            let guacd = self.guacd_bytes(script).await?;
            all.insert(name.to_owned(), bytes_of(ours, websockify, guacd));
        }
        Ok(all)
    }

    async fn guacd_bytes(&self, script: &str) -> Outcome<Option<u64>> {
        let Some(address) = &self.guacd else {
            return Ok(None);
        };
        let mut guacd = Guacd::open(address, self.bare.port).await?;
        guacd.settle(QUIET).await?;
        let before = guacd.bytes;
        // It must be answered while the step runs.
        let done = {
            let run = self.bare.inside.run(script);
            tokio::pin!(run);
            loop {
                tokio::select! {
                    done = &mut run => break done?,
                    settled = guacd.settle(QUIET) => settled?,
                }
            }
        };
        guacd.settle(QUIET).await?;
        let after = guacd.bytes;
        done.end().await?;
        Ok(Some(after - before))
    }

    async fn latency(&self) -> Outcome<Latency> {
        const WAYS: [Way; 4] = [Way::Ours, Way::OursDirect, Way::Websockify, Way::BareDirect];
        let terminals = [
            self.desk.inside.run(work::KEYS).await?,
            self.bare.inside.run(work::KEYS).await?,
        ];
        let mut keys: [Vec<f64>; 4] = Default::default();
        let mut pixels: [Vec<f64>; 4] = Default::default();
        let mut guacd = Vec::new();
        for _ in 0..ROUNDS {
            for (at, way) in WAYS.into_iter().enumerate() {
                let viewer = self.open(way).await?;
                viewer.settle(QUIET).await;
                for key in 0..KEYS {
                    tokio::time::sleep(KEY_PAUSE + Duration::from_millis((key * 7 % 40).into()))
                        .await;
                    let took = viewer.key_ms(u32::from(b'a') + key % 26).await?;
                    keys.iter_mut()
                        .skip(at)
                        .take(1)
                        .for_each(|all| all.push(took));
                }
                viewer.settle(QUIET).await;
                for _ in 0..PIXELS {
                    tokio::time::sleep(PIXEL_PAUSE).await;
                    let took = viewer.pixel_ms().await?;
                    pixels
                        .iter_mut()
                        .skip(at)
                        .take(1)
                        .for_each(|all| all.push(took));
                }
            }
            if let Some(address) = &self.guacd {
                let mut viewer = Guacd::open(address, self.bare.port).await?;
                viewer.settle(QUIET).await?;
                for key in 0..KEYS {
                    viewer.settle(KEY_PAUSE).await?;
                    guacd.push(viewer.key_ms(u32::from(b'a') + key % 26).await?);
                }
            }
        }
        for terminal in terminals {
            terminal.end().await?;
        }
        let guacd = self.guacd.as_ref().map(|_| median(guacd));
        Ok(Latency::new(keys.map(median), pixels.map(median), guacd))
    }

    async fn load(&self, ours: &Ours) -> Outcome<Load> {
        let terminal = self.desk.inside.run(work::LINES).await?;
        let server = [ours.pid()];
        let (ours, agent) = self
            .watch(Way::Ours, || server.to_vec(), || vec![self.desk.agent])
            .await?;
        terminal.end().await?;
        let terminal = self.bare.inside.run(work::LINES).await?;
        let processes = || self.websockify.processes();
        let (websockify, _) = self.watch(Way::Websockify, processes, Vec::new).await?;
        terminal.end().await?;
        Ok(Load::new(WATCHERS, ours, agent, websockify))
    }

    /// Opens viewers and lets them watch: processor seconds of the gateway for one update of one viewer,
    /// and those of `beside`; how many updates a second each got.
    async fn watch(
        &self,
        way: Way,
        gateway: impl Fn() -> Vec<u32>,
        beside: impl Fn() -> Vec<u32>,
    ) -> Outcome<(figures::Cost, figures::Cost)> {
        let mut viewers = Vec::new();
        for _ in 0..WATCHERS {
            viewers.push(self.open(way).await?);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        let updates = || {
            viewers
                .iter()
                .map(|viewer| viewer.seen().updates)
                .sum::<u64>()
        };
        let (gateway, beside) = (gateway(), beside());
        let before = (updates(), rest::counts(&gateway), rest::counts(&beside));
        tokio::time::sleep(WATCHED).await;
        let after = (updates(), rest::counts(&gateway), rest::counts(&beside));
        let seen = (after.0 - before.0).max(1) as f64;
        let cost = |before: rest::Counts, after: rest::Counts| figures::Cost {
            cpu_us_per_update: (after.cpu_ns - before.cpu_ns) as f64 / 1000.0 / seen,
            updates_per_s: seen / WATCHED.as_secs_f64() / f64::from(WATCHERS),
        };
        Ok((cost(before.1, after.1), cost(before.2, after.2)))
    }

    async fn idle(&self, ours: &Ours) -> Outcome<(Memory, Wakeups)> {
        let pss = |pids: &[u32]| pids.iter().map(|pid| memory::pss_kb(*pid)).sum::<u64>() as f64;
        let (server, agent) = ([ours.pid()], [self.desk.agent]);
        let mut viewers = self.open_many(Way::Ours, WARM).await?;
        let before = (pss(&server), pss(&agent));
        viewers.extend(self.open_many(Way::Ours, IDLE).await?);
        let grown = |before: f64, after: f64, by: u32| (after - before) / f64::from(by);
        let server_kb = grown(before.0, pss(&server), IDLE);
        let agent_kb = grown(before.1, pss(&agent), IDLE);
        tokio::time::sleep(SETTLE).await;
        let others = self.desk.others();
        let (server, agent, others) = tokio::join!(
            rest::watch(&server, RESTED),
            rest::watch(&agent, RESTED),
            rest::watch(&others, RESTED),
        );
        drop(viewers);
        let mut viewers = self.open_many(Way::Websockify, WARM).await?;
        let before = pss(&self.websockify.processes());
        viewers.extend(self.open_many(Way::Websockify, IDLE_WEBSOCKIFY).await?);
        let processes = self.websockify.processes();
        let websockify_kb = grown(before, pss(&processes), IDLE_WEBSOCKIFY);
        tokio::time::sleep(SETTLE).await;
        let websockify = rest::watch(&processes, RESTED).await;
        drop(viewers);
        let viewers = f64::from(WARM + IDLE);
        Ok((
            Memory::new(server_kb, agent_kb, websockify_kb),
            Wakeups {
                viewers: WARM + IDLE,
                server_per_s: server.wakeups_per_s,
                agent_per_s: agent.wakeups_per_s,
                desktop_per_s: others.wakeups_per_s,
                cpu_percent: server.cpu_percent + agent.cpu_percent,
                per_viewer_per_s: (server.wakeups_per_s + agent.wakeups_per_s) / viewers,
                websockify_per_viewer_per_s: websockify.wakeups_per_s
                    / f64::from(WARM + IDLE_WEBSOCKIFY),
            },
        ))
    }

    async fn open_many(&self, way: Way, count: u32) -> Outcome<Vec<Viewer>> {
        let mut viewers = Vec::new();
        for _ in 0..count {
            let viewer = self.open(way).await?;
            viewer.settle(QUIET).await;
            viewers.push(viewer);
        }
        Ok(viewers)
    }
}
