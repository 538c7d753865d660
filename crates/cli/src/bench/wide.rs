//! Many nodes against few: the same node again and again, on two networks, in turn in one run.
//!
//! Nodes are made side by side, so that a lab of ten should not take three times as long as one of
//! three; what is left of that here is what the kernel and the runtime do one after the other.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use indexmap::IndexMap;
use labwright_image::LabImage;
use labwright_model::{
    App, AppKind, Attachment, LabName, LinkMode, MachineSpec, Network, NetworkName, Node, NodeName,
    SessionId, Shaping,
};
use labwright_place::Place;
use labwright_server::Server;
use serde::Serialize;

use super::floor::Floor;
use super::{Browser, median, ms};
use crate::failure::{Explain, Failure, Outcome};
use crate::preview::{COURSE, Preview};

/// What many nodes are compared with.
const FEW: u8 = 3;

/// The two networks; the first node is on both.
const NETWORKS: [&str; 2] = ["left", "right"];

/// Medians of the wide lab and of the one with [`FEW`] nodes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Width {
    /// Nodes of the wide lab.
    pub nodes: u8,
    /// Nodes of the other.
    pub few_nodes: u8,
    /// From the click to the first prompt, all nodes ready.
    pub ready_ms: f64,
    /// The same with [`FEW`] nodes.
    pub few_ready_ms: f64,
    /// `ready_ms / few_ready_ms`.
    pub ratio: f64,
    /// The bare script with as many nodes, run in turn.
    pub floor_ms: f64,
    /// The bare script with [`FEW`] nodes.
    pub few_floor_ms: f64,
}

/// One of the two labs, served, with its floor.
struct Side {
    lab: LabName,
    server: Server,
    browser: Browser,
    floor: Floor,
}

/// Starts both in turn `starts` times; `work` is a folder for floors and servers.
pub async fn compare(
    image: &LabImage,
    nodes: u8,
    place: &Arc<dyn Place>,
    (work, starts): (&Path, u32),
    say: impl Fn(&str),
) -> Outcome<Width> {
    let wide = Side::serve(image, nodes, place, work).await?;
    let few = Side::serve(image, FEW, place, work).await?;
    let mut times: [Vec<f64>; 4] = Default::default();
    let measured = async {
        // One of each first: caches are warm on both sides.
        for round in 0..=starts {
            say(&format!(
                "{nodes} and {FEW} nodes, start {round} of {starts}"
            ));
            let took = [
                wide.click().await?,
                few.click().await?,
                wide.floor.run()?,
                few.floor.run()?,
            ];
            for (all, one) in times.iter_mut().zip(took).filter(|_| round > 0) {
                all.push(one);
            }
        }
        Outcome::Ok(())
    }
    .await;
    wide.server.stop().await;
    few.server.stop().await;
    measured?;
    let [ready_ms, few_ready_ms, floor_ms, few_floor_ms] = times.map(median);
    Ok(Width {
        nodes,
        few_nodes: FEW,
        ready_ms,
        few_ready_ms,
        ratio: ready_ms / few_ready_ms,
        floor_ms,
        few_floor_ms,
    })
}

impl Side {
    async fn serve(
        image: &LabImage,
        nodes: u8,
        place: &Arc<dyn Place>,
        work: &Path,
    ) -> Outcome<Self> {
        let work = work.join(format!("wide-{nodes}"));
        std::fs::create_dir_all(&work).context(format!("making {}", work.display()))?;
        let image = widened(image, nodes)?;
        let session = SessionId::new(format!("wide{nodes}-{}", std::process::id()))?;
        let spec = machine(&image, session)?;
        let preview = Preview {
            image,
            place: place.clone(),
            state: work.clone(),
            port: 0,
            language: None,
        };
        let (server, token) = preview.boot().await?;
        Ok(Self {
            browser: Browser::new(&server.link, token),
            floor: Floor::prepare(&spec, &work)?,
            lab: spec.lab,
            server,
        })
    }

    async fn click(&self) -> Outcome<f64> {
        let began = Instant::now();
        let tab = self.browser.click(COURSE, self.lab.as_str()).await;
        let took = ms(began);
        self.server.discard_all().await;
        tab.map(|_| took)
    }
}

/// A lab of `count` nodes, all like the first that the learner sees in `image`.
fn widened(image: &LabImage, count: u8) -> Outcome<LabImage> {
    let nodes = &image.lab.nodes;
    let seen = nodes.iter().find(|(_, node)| !node.hidden);
    let (like, node) = seen.ok_or_else(|| Failure::new("the lab has no node for a learner"))?;
    let layers = image.nodes.get(like).cloned().unwrap_or_default();
    let mut wide = image.clone();
    wide.display.clear();
    wide.nodes.clear();
    let lab = &mut wide.lab;
    lab.nodes.clear();
    lab.steps.clear();
    lab.networks.clear();
    for (at, name) in NETWORKS.into_iter().enumerate() {
        let network = Network {
            subnet: Some(format!("10.77.{at}.0/24")),
            shaping: Shaping::default(),
        };
        lab.networks.insert(NetworkName::new(name)?, network);
    }
    for number in 0..count {
        let name = NodeName::new(format!("n{}", number + 1))?;
        lab.nodes.insert(name.clone(), one_of_many(node, number)?);
        wide.nodes.insert(name, layers.clone());
    }
    let first = NodeName::new("n1")?;
    lab.apps = vec![App {
        kind: AppKind::Terminal { node: first },
        title: None,
        not_in: Vec::new(),
    }];
    Ok(wide)
}

/// Odd ones on the left, even ones on the right, the first on both.
fn one_of_many(like: &Node, number: u8) -> Outcome<Node> {
    let mut networks = IndexMap::new();
    for (at, name) in NETWORKS.into_iter().enumerate() {
        if number == 0 || usize::from(number) % NETWORKS.len() == at {
            let attachment = Attachment {
                mode: LinkMode::Static,
                addresses: vec![format!("10.77.{at}.{}/24", number + 1)],
                mac: None,
            };
            networks.insert(NetworkName::new(name)?, attachment);
        }
    }
    Ok(Node {
        networks,
        routes: Vec::new(),
        services: Vec::new(),
        start: None,
        env: IndexMap::new(),
        sysctl: IndexMap::new(),
        ..like.clone()
    })
}

/// The machine of a widened lab.
fn machine(image: &LabImage, session: SessionId) -> Outcome<MachineSpec> {
    let params = labwright_grading::params(b"labwright bench", &image.lab, "bench")?;
    Ok(labwright_place::spec(
        &image.lab,
        &image.nodes,
        &image.display,
        &params,
        session,
    )?)
}
