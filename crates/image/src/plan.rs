//! The build plan: which layers a lab's nodes are made of, and the key of each.
//!
//! Pure: a lab and what was read from its folder go in, a value comes out. A layer's key is the
//! digest of its recipe, its inputs and the keys below it, so equal keys mean equal layers, also
//! between nodes and between labs.

use indexmap::IndexMap;
use labwright_model::{AppKind, Lab, LabName, Node, NodeName, NodeSource, Script};
use serde::Serialize;

use crate::{Architecture, Digest, ImageError, Inputs, LockedLayer};

/// Title of the layer that the server reads, not a node.
pub(crate) const ASSETS: &str = "assets";
/// Title of the layer of the X server and the window manager.
const DISPLAY: &str = "display";

/// Raised when the same recipe would now give another layer.
const RECIPE_VERSION: u32 = 2;

/// What every package node starts from, beyond mmdebstrap's minbase (see the lab format, "Base").
pub const BASE_PACKAGES: [&str; 6] = [
    "ca-certificates",
    "iproute2",
    "iputils-ping",
    "less",
    "nano",
    "procps",
];

/// What shows the programs of `desktop` apps, beside the nodes: an X server with an RFB port, its keyboard
/// maps, a window manager, and a font for its titles.
pub const DISPLAY_PACKAGES: [&str; 5] = [
    "fonts-dejavu-core",
    "openbox",
    "tigervnc-standalone-server",
    "x11-xkb-utils",
    "xkb-data",
];

/// What a machine of its own has beside its nodes: a kernel for 32-bit processors, what runs its
/// nodes, and what finds its disk at boot.
pub const MACHINE_PACKAGES: [&str; 3] = ["busybox-static", "crun", "linux-image-686"];
/// Title of the layer of the kernel and the OCI runtime.
const MACHINE: &str = "machine";

/// Suites that can be a base.
const SUITES: [&str; 3] = ["bookworm", "trixie", "sid"];

/// What will be built, in build order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The lab.
    pub lab: LabName,
    /// What its programs run on.
    #[serde(skip_serializing_if = "Architecture::is_host")]
    pub architecture: Architecture,
    /// Distinct layers, each after those below it.
    pub layers: Vec<LayerPlan>,
    /// Keys of each node's layers, lowest first.
    pub nodes: IndexMap<NodeName, Vec<Digest>>,
    /// Keys of the layers of its displays, lowest first; empty for a lab without desktops.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub display: Vec<Digest>,
    /// Keys of the layers of the machine itself, lowest first; empty where a place brings one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub machine: Vec<Digest>,
    /// The key of the layer of assets.
    pub assets: Digest,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerPlan {
    /// Digest of all that goes into it.
    pub key: Digest,
    /// What it is, for people.
    pub title: String,
    /// Keys of the layers below it, lowest first.
    pub below: Vec<Digest>,
    /// How it is made.
    pub recipe: Recipe,
    /// Nodes that have it.
    pub nodes: Vec<NodeName>,
    /// The lab's displays have it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub display: bool,
    /// What it must be, when the lab is built as it was locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<LockedLayer>,
}

/// How a layer is made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Recipe {
    /// A minimal Debian system.
    Base {
        /// The suite.
        suite: String,
        /// Packages beyond minbase.
        packages: Vec<String>,
        /// What its programs run on.
        #[serde(skip_serializing_if = "Architecture::is_host")]
        architecture: Architecture,
    },
    /// Packages on top of the base.
    Packages {
        /// The suite.
        suite: String,
        /// The packages, sorted.
        packages: Vec<String>,
        /// What its programs run on.
        #[serde(skip_serializing_if = "Architecture::is_host")]
        architecture: Architecture,
    },
    /// A node's user, files and setup.
    Node {
        /// The user to make where it is missing; `None` for root.
        user: Option<String>,
        /// Folders under `files/` to copy, in order, with the digest of their content.
        files: IndexMap<String, Digest>,
        /// Run as root.
        setup: Option<Script>,
        /// The host name that `setup` sees.
        #[serde(skip_serializing_if = "Option::is_none")]
        host: Option<NodeName>,
    },
    /// The lab's assets.
    Assets {
        /// Digest of their content.
        files: Digest,
    },
}

impl Recipe {
    /// The commands that make it, for people.
    pub fn commands(&self) -> Vec<String> {
        match self {
            Self::Base {
                suite,
                packages,
                architecture,
            } => {
                let name = architecture.debian();
                let option = name.map(|name| format!("--architectures={name} "));
                vec![format!(
                    "mmdebstrap {}--variant=minbase --include={} {suite}",
                    option.unwrap_or_default(),
                    packages.join(",")
                )]
            }
            Self::Packages { packages, .. } => {
                vec![format!(
                    "apt-get install --no-install-recommends {}",
                    packages.join(" ")
                )]
            }
            Self::Node {
                user, files, setup, ..
            } => {
                let mut lines = Vec::new();
                lines.extend(
                    user.iter()
                        .map(|user| format!("useradd {user} (if missing)")),
                );
                lines.extend(files.keys().map(|folder| format!("copy files/{folder}")));
                lines.extend(setup.iter().map(|script| {
                    format!("run {}", script.path.as_deref().unwrap_or("setup (inline)"))
                }));
                lines
            }
            Self::Assets { .. } => vec!["copy assets".to_owned()],
        }
    }
}

impl Plan {
    /// The layer with this key.
    pub fn layer(&self, key: &Digest) -> Option<&LayerPlan> {
        self.layers.iter().find(|layer| &layer.key == key)
    }
}

/// Plans a lab for this host's architecture.
pub fn plan(lab: &Lab, inputs: &Inputs) -> Result<Plan, ImageError> {
    plan_nodes(lab, inputs, Architecture::Host)
}

/// Plans a lab and the whole machine around it, kernel included, for an architecture.
pub fn plan_machine(
    lab: &Lab,
    inputs: &Inputs,
    architecture: Architecture,
) -> Result<Plan, ImageError> {
    let mut plan = plan_nodes(lab, inputs, architecture)?;
    let recipes = on_base(suite(&lab.base)?, &MACHINE_PACKAGES, architecture);
    for recipe in recipes {
        let title = layer_title(&recipe, MACHINE);
        let key = plan.add(recipe, title, &plan.machine.clone(), None);
        plan.machine.push(key);
    }
    Ok(plan)
}

fn plan_nodes(lab: &Lab, inputs: &Inputs, architecture: Architecture) -> Result<Plan, ImageError> {
    let mut plan = Plan {
        lab: lab.name.clone(),
        architecture,
        layers: Vec::new(),
        nodes: IndexMap::new(),
        display: Vec::new(),
        machine: Vec::new(),
        assets: Digest::of(b""),
    };
    for (name, node) in &lab.nodes {
        let mut below = Vec::new();
        for recipe in recipes(lab, inputs, name, node, architecture)? {
            let title = title(&recipe, name);
            let key = plan.add(recipe, title, &below, Some(name));
            below.push(key);
        }
        plan.nodes.insert(name.clone(), below);
    }
    if has_desktop(lab) {
        for recipe in on_base(suite(&lab.base)?, &DISPLAY_PACKAGES, architecture) {
            let title = layer_title(&recipe, DISPLAY);
            let key = plan.add(recipe, title, &plan.display.clone(), None);
            plan.show(&key);
        }
    }
    let assets = Recipe::Assets {
        files: inputs.assets.digest(),
    };
    plan.assets = plan.add(assets, ASSETS.to_owned(), &[], None);
    Ok(plan)
}

impl Plan {
    /// The plan of a base alone, on which nothing is installed yet.
    pub(crate) fn base(suite: &str) -> LayerPlan {
        let recipe = base_recipe(suite, Architecture::Host);
        let title = format!("debian/{suite}");
        let key = key(&recipe, &[]);
        LayerPlan {
            key,
            title,
            below: Vec::new(),
            recipe,
            nodes: Vec::new(),
            display: false,
            locked: None,
        }
    }

    /// The plan of a suite's display layers, lowest first, for whoever needs a display and no lab.
    pub(crate) fn display(suite: &str) -> Vec<LayerPlan> {
        let mut layers: Vec<LayerPlan> = Vec::new();
        for recipe in on_base(suite, &DISPLAY_PACKAGES, Architecture::Host) {
            let below: Vec<Digest> = layers.iter().map(|layer| layer.key.clone()).collect();
            layers.push(LayerPlan {
                key: key(&recipe, &below),
                title: layer_title(&recipe, DISPLAY),
                below,
                recipe,
                nodes: Vec::new(),
                display: true,
                locked: None,
            });
        }
        layers
    }

    /// A layer is the display's too, on top of those that it has.
    fn show(&mut self, key: &Digest) {
        self.display.push(key.clone());
        if let Some(layer) = self.layers.iter_mut().find(|layer| layer.key == *key) {
            layer.display = true;
        }
    }

    fn add(
        &mut self,
        recipe: Recipe,
        title: String,
        below: &[Digest],
        node: Option<&NodeName>,
    ) -> Digest {
        let key = key(&recipe, below);
        if let Some(layer) = self.layers.iter_mut().find(|layer| layer.key == key) {
            layer.nodes.extend(node.cloned());
        } else {
            let nodes = node.cloned().into_iter().collect();
            let layer = LayerPlan {
                key: key.clone(),
                title,
                below: below.to_vec(),
                recipe,
                nodes,
                display: false,
                locked: None,
            };
            self.layers.push(layer);
        }
        key
    }
}

/// Whether a lab shows a graphical program.
pub fn has_desktop(lab: &Lab) -> bool {
    let mut apps = lab.apps.iter();
    apps.any(|app| matches!(app.kind, AppKind::Desktop { .. }))
}

/// A package set of the product's own, on a base.
fn on_base(suite: &str, packages: &[&str], architecture: Architecture) -> [Recipe; 2] {
    let packages = Recipe::Packages {
        suite: suite.to_owned(),
        packages: packages.iter().map(|&name| name.to_owned()).collect(),
        architecture,
    };
    [base_recipe(suite, architecture), packages]
}

fn layer_title(recipe: &Recipe, packages: &str) -> String {
    match recipe {
        Recipe::Base {
            suite,
            architecture,
            ..
        } => base_title(suite, *architecture),
        _ => packages.to_owned(),
    }
}

fn base_title(suite: &str, architecture: Architecture) -> String {
    let name = architecture.debian().map(|name| format!(" {name}"));
    format!("debian/{suite}{}", name.unwrap_or_default())
}

fn recipes(
    lab: &Lab,
    inputs: &Inputs,
    name: &NodeName,
    node: &Node,
    architecture: Architecture,
) -> Result<Vec<Recipe>, ImageError> {
    let unsupported = |feature| ImageError::Unsupported {
        node: name.to_string(),
        feature,
    };
    let packages = match &node.source {
        NodeSource::Packages(packages) => packages,
        NodeSource::Image(_) => return Err(unsupported("image")),
        NodeSource::Dockerfile(_) => return Err(unsupported("dockerfile")),
    };
    let suite = suite(&lab.base)?;
    let mut recipes = vec![base_recipe(suite, architecture)];
    let mut packages: Vec<String> = packages
        .iter()
        .filter(|name| !BASE_PACKAGES.contains(&name.as_str()))
        .cloned()
        .collect();
    packages.sort();
    packages.dedup();
    if !packages.is_empty() {
        recipes.push(Recipe::Packages {
            suite: suite.to_owned(),
            packages,
            architecture,
        });
    }
    recipes.extend(node_recipe(inputs, name, node));
    Ok(recipes)
}

fn node_recipe(inputs: &Inputs, name: &NodeName, node: &Node) -> Option<Recipe> {
    let mut files = IndexMap::new();
    if !inputs.all.is_empty() {
        files.insert("all".to_owned(), inputs.all.digest());
    }
    if let Some(own) = inputs.nodes.get(name).filter(|tree| !tree.is_empty()) {
        files.insert(name.to_string(), own.digest());
    }
    let user = (node.user != "root").then(|| node.user.clone());
    if user.is_none() && files.is_empty() && node.setup.is_none() {
        return None;
    }
    // Only a setup can see the node's name; without one, equal nodes share the layer.
    let host = node.setup.as_ref().map(|_| name.clone());
    Some(Recipe::Node {
        user,
        files,
        setup: node.setup.clone(),
        host,
    })
}

fn base_recipe(suite: &str, architecture: Architecture) -> Recipe {
    let packages = BASE_PACKAGES.iter().map(|&name| name.to_owned()).collect();
    Recipe::Base {
        suite: suite.to_owned(),
        packages,
        architecture,
    }
}

pub(crate) fn suite(base: &str) -> Result<&str, ImageError> {
    base.strip_prefix("debian/")
        .filter(|suite| SUITES.contains(suite))
        .ok_or_else(|| ImageError::UnknownBase {
            base: base.to_owned(),
        })
}

fn title(recipe: &Recipe, node: &NodeName) -> String {
    match recipe {
        Recipe::Base {
            suite,
            architecture,
            ..
        } => base_title(suite, *architecture),
        Recipe::Packages { packages, .. } => packages.join(" "),
        Recipe::Node { .. } => format!("node {node}"),
        Recipe::Assets { .. } => ASSETS.to_owned(),
    }
}

fn key(recipe: &Recipe, below: &[Digest]) -> Digest {
    // A digest of JSON with a fixed field order; a recipe always serialises.
    let text = serde_json::json!({
        "version": RECIPE_VERSION,
        "recipe": keyed(recipe),
        "below": below,
    });
    Digest::of(text.to_string().as_bytes())
}

/// What of a recipe decides its layer: a script's text, not where it stood.
fn keyed(recipe: &Recipe) -> serde_json::Value {
    let mut value = serde_json::to_value(recipe).unwrap_or_default();
    if let Some(setup) = value
        .get_mut("setup")
        .and_then(serde_json::Value::as_object_mut)
    {
        setup.remove("path");
    }
    // `files/r1` and `files/r2` with equal content give equal layers.
    if let Some(files) = value.get("files").and_then(serde_json::Value::as_object) {
        let contents: Vec<_> = files.values().cloned().collect();
        if let Some(slot) = value.get_mut("files") {
            *slot = contents.into();
        }
    }
    value
}
