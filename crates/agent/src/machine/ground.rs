//! What a machine stands on before its first node: mounts, user namespaces, mapped layers, the
//! disk, cgroups, bridges. Made once, synchronously, while the agent is a single thread.
//!
//! Everything is in the agent's own namespaces, so that its death undoes it all.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use labwright_model::{IdRange, Internet, MachineSpec, NodeName, NodeSpec, Shaping};
use rustix::mount::{MountFlags, MountPropagationFlags};

use super::cgroup::Cgroups;
use super::links::{self, LinkError};
use super::options::{Confine, Disk as DiskKind, Options};
use super::{disk, kernel, root, shaping};

/// The agent's own tmpfs: configurations and logs of a few kB a node. The runtime goes through
/// it as the node's root, who owns nothing there, so everybody may pass.
const TMPFS: &std::ffi::CStr = c"size=16m,mode=0711";
/// The mount point of the agent's tmpfs in the session's directory.
const FOLDER: &str = "machine";
/// Where the disk of most nodes is mounted, and the folder of disks of one node.
const SHARED_DISK: &str = "disk";
const OWN_DISKS: &str = "disks";

/// Where the user namespaces of nodes are to be found by a runtime.
const USERS: &str = "users";

/// Why the ground could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    /// It would have mounted on the host.
    #[error("the agent must be PID 1 of its own pid and mount namespaces")]
    NotAlone,
    /// A step failed.
    #[error("{what}: {source}")]
    Step {
        /// What was tried.
        what: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// The networks.
    #[error("making the networks: {0}")]
    Networks(#[source] LinkError),
}

/// What nodes are made on. All paths are relative to the agent's working directory, its tmpfs;
/// what a learner sees of them in /proc/mounts names nothing of the host.
pub struct Ground {
    /// Hierarchies and the session's place in them.
    pub cgroups: Cgroups,
    /// Absolute path of the agent's tmpfs.
    pub folder: PathBuf,
    /// How nodes are confined.
    pub confine: Confine,
    /// What is in /proc/sys.
    pub sysctl_folders: Vec<String>,
    /// What cannot be done here that was asked for.
    pub warnings: Vec<String>,
    /// The agent's own binary.
    pub binary: PathBuf,
    /// The kernel can delay and lose packets.
    pub netem: bool,
    layers: HashMap<(PathBuf, bool), usize>,
    own_disks: HashSet<NodeName>,
}

impl Ground {
    /// Makes it.
    pub fn prepare(options: &Options, spec: &MachineSpec) -> Result<Self, GroundError> {
        if rustix::process::getpid().as_raw_nonzero().get() != 1 {
            return Err(GroundError::NotAlone);
        }
        let folder = own_mounts(&options.session_dir.join(FOLDER))?;
        let disks = disks(&folder, spec);
        let namespaces = Namespaces::make(options.confine, spec)?;
        let mut cgroups = Cgroups::find(&options.cgroup).map_err(step("finding the cgroups"))?;
        cgroups
            .leave_idle_version_2()
            .map_err(step("leaving the cgroup hierarchy that limits nothing"))?;
        let (mounted, rest) = std::thread::scope(|scope| {
            let mounting: Vec<_> = disks
                .iter()
                .map(|disk| scope.spawn(|| disk.mount(options.disk)))
                .collect();
            let rest = Self::rest(options, spec, cgroups, folder, &namespaces);
            let joined = mounting.into_iter().map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| Err(step("mounting a disk")(io::Error::other("panic"))))
            });
            (joined.collect::<Result<(), _>>(), rest)
        });
        mounted?;
        rest
    }

    fn rest(
        options: &Options,
        spec: &MachineSpec,
        cgroups: Cgroups,
        folder: PathBuf,
        namespaces: &Namespaces,
    ) -> Result<Self, GroundError> {
        let layers = map_layers(spec, namespaces)?;
        let mut warnings = cgroups
            .limit_session(&spec.limits)
            .map_err(step("limiting the session"))?;
        links::make_networks(&spec.networks).map_err(GroundError::Networks)?;
        let mut shaped = spec.networks.iter().map(|network| &network.shaping);
        let netem = shaped.any(shaping::needs_netem)
            && shaping::has_netem().map_err(step("asking for netem"))?;
        if !netem {
            warnings.extend(without_netem(spec));
        }
        if spec.internet != Internet::None {
            warnings.push("this version gives a lab no internet".to_owned());
        }
        Ok(Self {
            cgroups,
            folder,
            confine: options.confine,
            sysctl_folders: list("/proc/sys").map_err(step("reading /proc/sys"))?,
            warnings,
            binary: std::env::current_exe().map_err(step("finding the agent's binary"))?,
            netem,
            layers,
            own_disks: spec
                .nodes
                .iter()
                .filter(|node| has_own_disk(node, spec))
                .map(|node| node.name.clone())
                .collect(),
        })
    }

    /// What of a shaping this kernel can do; its warning has been given.
    pub fn possible(&self, shaping: &Shaping) -> Shaping {
        if self.netem {
            return *shaping;
        }
        Shaping {
            rate_bps: shaping.rate_bps,
            ..Shaping::default()
        }
    }

    /// The mounted layers of a node, lowest first.
    pub fn layers(&self, layers: &[PathBuf], hidden: bool) -> Vec<PathBuf> {
        let number = |layer: &PathBuf| self.layers.get(&(layer.clone(), hidden));
        layers.iter().filter_map(number).map(layer_path).collect()
    }

    /// Where a node's bundle is.
    pub fn bundle(&self, node: &str) -> PathBuf {
        self.folder.join("nodes").join(node)
    }

    /// The user namespace of a node, when the runtime shall not make one.
    pub fn user_namespace(&self, is_hidden: bool) -> Option<PathBuf> {
        let made = self.confine.ids(is_hidden).is_some();
        made.then(|| self.folder.join(USERS).join(kind(is_hidden)))
    }

    /// Where the disk that a node writes to is mounted.
    pub fn disk(&self, node: &NodeName) -> PathBuf {
        if self.own_disks.contains(node) {
            Path::new(OWN_DISKS).join(node.as_str())
        } else {
            SHARED_DISK.into()
        }
    }

    /// The disks, and the nodes that write to each.
    pub fn disks<'a>(&self, nodes: &'a [NodeSpec]) -> HashMap<PathBuf, Vec<&'a NodeSpec>> {
        let mut disks: HashMap<_, Vec<_>> = HashMap::new();
        for node in nodes {
            disks.entry(self.disk(&node.name)).or_default().push(node);
        }
        disks
    }

    /// Where the runtime keeps its state.
    pub fn runtime_state(&self) -> PathBuf {
        self.folder.join("runtime")
    }
}

/// A disk image and where it is mounted.
struct Disk {
    image: PathBuf,
    bytes: u64,
    target: PathBuf,
}

impl Disk {
    fn mount(&self, kind: DiskKind) -> Result<(), GroundError> {
        let mount = || {
            fs::create_dir_all(&self.target)?;
            match kind {
                DiskKind::Image => disk::mount(&self.image, self.bytes, &self.target)?,
                DiskKind::Memory => disk::mount_memory(self.bytes, &self.target)?,
            }
            root::empty_trash(&self.target)
        };
        mount().map_err(step(&format!("mounting the disk {}", self.image.display())))
    }
}

/// One disk for the session, and one for every node that may write less than it.
fn disks(folder: &Path, spec: &MachineSpec) -> Vec<Disk> {
    let session = folder.parent().unwrap_or(folder);
    let mut disks = vec![Disk {
        image: session.join("disk.img"),
        bytes: spec.limits.disk_bytes,
        target: SHARED_DISK.into(),
    }];
    for node in spec.nodes.iter().filter(|node| has_own_disk(node, spec)) {
        disks.push(Disk {
            image: session.join(format!("disk-{}.img", node.name)),
            bytes: node.limits.disk_bytes,
            target: Path::new(OWN_DISKS).join(node.name.as_str()),
        });
    }
    disks
}

fn has_own_disk(node: &NodeSpec, spec: &MachineSpec) -> bool {
    node.limits.disk_bytes < spec.limits.disk_bytes
}

fn layer_path(number: &usize) -> PathBuf {
    Path::new("layers").join(number.to_string())
}

fn without_netem(spec: &MachineSpec) -> impl Iterator<Item = String> {
    let asked = |network: &&labwright_model::NetworkSpec| shaping::needs_netem(&network.shaping);
    spec.networks.iter().filter(asked).map(|network| {
        let name = &network.name;
        format!("network {name}: this kernel has no netem, so delay, jitter and loss are left out")
    })
}

/// Makes the mount namespace private, mounts its own /proc, and a tmpfs at `folder`, which
/// becomes the working directory. Returns the absolute path of that.
fn own_mounts(folder: &Path) -> Result<PathBuf, GroundError> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private)
        .map_err(|error| step("making the mounts private")(error.into()))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("proc", "/proc", "proc", flags, None)
        .map_err(|error| step("mounting /proc")(error.into()))?;
    fs::create_dir_all(folder).map_err(step(&format!("making {}", folder.display())))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    rustix::mount::mount("tmpfs", folder, "tmpfs", flags, TMPFS)
        .map_err(|error| step("mounting the agent's tmpfs")(error.into()))?;
    let enter = || {
        let folder = fs::canonicalize(folder)?;
        std::env::set_current_dir(&folder)?;
        for part in ["layers", "nodes", "runtime", USERS] {
            fs::create_dir(part)?;
        }
        Ok(folder)
    };
    enter().map_err(step("entering the agent's tmpfs"))
}

/// The user namespaces that layers are mapped through.
struct Namespaces {
    visible: Option<OwnedFd>,
    hidden: Option<OwnedFd>,
}

impl Namespaces {
    fn make(confine: Confine, spec: &MachineSpec) -> Result<Self, GroundError> {
        let make = |is_hidden: bool| -> Result<Option<OwnedFd>, GroundError> {
            let mut nodes = spec.nodes.iter();
            let displays = is_hidden && !spec.displays.is_empty();
            let needed = displays || nodes.any(|node| node.hidden == is_hidden);
            let ids: Option<IdRange> = confine.ids(is_hidden).filter(|_| needed);
            let make = |ids| {
                let namespace = kernel::user_namespace(ids)?;
                let file = Path::new(USERS).join(kind(is_hidden));
                kernel::show_namespace(namespace.as_fd(), &file)?;
                Ok(namespace)
            };
            let namespace = ids.map(make).transpose();
            namespace.map_err(step("making a user namespace"))
        };
        Ok(Self {
            visible: make(false)?,
            hidden: make(true)?,
        })
    }

    fn of(&self, is_hidden: bool) -> Option<&OwnedFd> {
        if is_hidden {
            self.hidden.as_ref()
        } else {
            self.visible.as_ref()
        }
    }
}

fn kind(is_hidden: bool) -> &'static str {
    if is_hidden { "hidden" } else { "visible" }
}

/// Mounts every distinct layer once for each range of ids that uses it.
fn map_layers(
    spec: &MachineSpec,
    namespaces: &Namespaces,
) -> Result<HashMap<(PathBuf, bool), usize>, GroundError> {
    let mut mapped = HashMap::new();
    let nodes = spec.nodes.iter().map(|node| (&node.layers, node.hidden));
    // A display is no learner's: it has the ids of hidden nodes.
    let displays = spec.displays.iter().map(|display| (&display.layers, true));
    for (layers, hidden) in nodes.chain(displays) {
        for layer in layers {
            let number = mapped.len();
            let entry = mapped.entry((layer.clone(), hidden));
            if matches!(entry, std::collections::hash_map::Entry::Occupied(_)) {
                continue;
            }
            let mount = || {
                let namespace = namespaces.of(hidden).map(AsFd::as_fd);
                let tree = kernel::mapped_tree(layer, namespace)?;
                let target = layer_path(&number);
                fs::create_dir(&target)?;
                kernel::attach(tree.as_fd(), &target)
            };
            mount().map_err(step(&format!("mapping layer {}", layer.display())))?;
            entry.or_insert(number);
        }
    }
    Ok(mapped)
}

fn list(folder: &str) -> io::Result<Vec<String>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect()
}

fn step(what: &str) -> impl FnOnce(io::Error) -> GroundError {
    let what = what.to_owned();
    move |source| GroundError::Step { what, source }
}
