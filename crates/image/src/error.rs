//! What can go wrong while an image is built or read, and what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::Digest;

/// A failed operation, named after its object.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A file operation failed.
    #[error("cannot {what} {}", path.display())]
    File {
        /// The verb.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The disk that holds the state is full.
    #[error("no space is left on the disk of {}", path.display())]
    DiskFull {
        /// The file that could not be written.
        path: PathBuf,
        /// The kernel's words.
        #[source]
        source: io::Error,
    },
    /// Not run by root.
    #[error("building an image needs root")]
    NotRoot,
    /// A program that the build needs is not installed.
    #[error("`{program}` is not installed")]
    MissingProgram {
        /// The program.
        program: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// A program could not be run at all.
    #[error("cannot run `{program}`")]
    Run {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// This host runs no programs of an architecture.
    #[error("this host cannot run {architecture} programs, which its packages' scripts are")]
    Foreign {
        /// In Debian's words.
        architecture: &'static str,
    },
    /// The base system could not be made.
    #[error("mmdebstrap could not make the base `{suite}`:\n{words}")]
    Base {
        /// The Debian suite.
        suite: String,
        /// Its own words.
        words: String,
    },
    /// Packages could not be installed.
    #[error("apt could not install {packages} for {nodes}:\n{words}")]
    Packages {
        /// The packages asked for.
        packages: String,
        /// The nodes that asked for them.
        nodes: String,
        /// apt's own words.
        words: String,
    },
    /// The node's user could not be made.
    #[error("user `{user}` of node `{node}` could not be made:\n{words}")]
    User {
        /// The user.
        user: String,
        /// The node.
        node: String,
        /// useradd's words.
        words: String,
    },
    /// The node's files could not be copied.
    #[error("the files of node `{node}` could not be copied:\n{words}")]
    Files {
        /// The node.
        node: String,
        /// tar's words.
        words: String,
    },
    /// The node's setup script failed.
    #[error("setup of node `{node}` ended with status {status}:\n{words}")]
    Setup {
        /// The node.
        node: String,
        /// Its exit status.
        status: i32,
        /// The last lines of its output.
        words: String,
    },
    /// The lab changed since it was locked.
    #[error("{layer} is not in lab.lock: the lab changed since it was locked")]
    NotLocked {
        /// The layer's title.
        layer: String,
    },
    /// The lab has no lock.
    #[error("{} does not exist", path.display())]
    NoLock {
        /// Where it should be.
        path: PathBuf,
    },
    /// What was built is not what was locked.
    #[error("{layer} is not as lab.lock has it:\n{words}")]
    LockDiffers {
        /// The layer's title.
        layer: String,
        /// What differs.
        words: String,
    },
    /// A part of an export could not be made.
    #[error("{what} could not be made:\n{words}")]
    Export {
        /// The part.
        what: &'static str,
        /// The words of what was to make it.
        words: String,
    },
    /// The emulator of browser machines is not there.
    #[error("v86 is not at {}", path.display())]
    NoEmulator {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The agent for 32-bit processors is not there.
    #[error("{} does not exist", path.display())]
    NoAgent {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What is to be replaced is no machine's folder.
    #[error("{} is there already and is no browser machine", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The container could not be run.
    #[error("the build container for {what} could not be run:\n{words}")]
    Container {
        /// What it was for.
        what: String,
        /// The runtime's words.
        words: String,
    },
    /// The kernel refused what the build needs.
    #[error("the kernel refused to {what}")]
    Kernel {
        /// What was asked of it.
        what: &'static str,
        /// Its answer.
        #[source]
        source: io::Error,
    },
    /// The lab needs a source of nodes that cannot be built.
    #[error("node `{node}` uses `{feature}`, which this version cannot build")]
    Unsupported {
        /// The node.
        node: String,
        /// The feature.
        feature: &'static str,
    },
    /// The base is not one that can be made.
    #[error("the base `{base}` is not known")]
    UnknownBase {
        /// As the author wrote it.
        base: String,
    },
    /// Something in the folder cannot be copied.
    #[error("{} {why}", path.display())]
    Input {
        /// The file in the lab folder.
        path: PathBuf,
        /// Why it cannot be used.
        why: String,
    },
    /// A layer's archive holds what must not be unpacked.
    #[error("layer {layer} holds `{path}`, which {why}")]
    Archive {
        /// The layer.
        layer: String,
        /// The entry.
        path: String,
        /// Why it is refused.
        why: &'static str,
    },
    /// A stored document is not what it should be.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The document.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The lab has no image yet.
    #[error("lab `{name}` has no image in {}", store.display())]
    NoImage {
        /// The lab.
        name: String,
        /// Where it was looked for.
        store: PathBuf,
    },
    /// A layer of the image is gone.
    #[error("layer {digest} of lab `{name}` is missing")]
    NoLayer {
        /// The lab.
        name: String,
        /// The layer.
        digest: Digest,
    },
}

impl ImageError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Base { words, .. } | Self::Packages { words, .. } if words.contains("No space left on device") => {
                Some("free some room on the disk; `labwright build --prune` removes images that no lab uses".into())
            }
            Self::Foreign { .. } => Some("build on a 64-bit x86 machine whose kernel has IA32 emulation".into()),
            Self::NoEmulator { .. } => Some("run `npm ci` in web/, or set LABWRIGHT_V86 to the npm package's folder".into()),
            Self::NoAgent { .. } => Some("make it with `cargo xtask agent-i686`, or set LABWRIGHT_AGENT_I686".into()),
            Self::Occupied { .. } => Some("name a folder that does not exist yet".into()),
            Self::NotRoot => Some("run it again with sudo".into()),
            Self::MissingProgram { package, .. } => Some(format!("sudo apt install {package}")),
            Self::DiskFull { .. } => {
                Some("`labwright build --prune` removes images that no lab uses".into())
            }
            Self::Base { .. } => Some(
                "check that this machine reaches a Debian mirror; $LABWRIGHT_DEBIAN_MIRROR names another".into(),
            ),
            Self::Packages { words, .. } if words.contains("Unable to locate package") => {
                Some("look the package's name up with `apt-cache search` or on packages.debian.org".into())
            }
            Self::Packages { words, .. } if words.contains("has no installation candidate") => Some(
                "Debian does not build it for this suite and architecture; packages.debian.org says for which it does".into(),
            ),
            Self::UnknownBase { .. } => {
                Some("write `base: debian/bookworm`, or another Debian suite".into())
            }
            Self::NotLocked { .. } | Self::NoLock { .. } => {
                Some("run `labwright lock` on its folder".into())
            }
            Self::LockDiffers { .. } => Some(
                "`labwright lock` accepts what is there now; to get what was locked, set \
                 $LABWRIGHT_DEBIAN_MIRROR to a mirror that still has it, such as \
                 http://snapshot.debian.org/archive/debian/DATE"
                    .into(),
            ),
            Self::NoImage { .. } => Some("run `labwright build` on its folder".into()),
            Self::NoLayer { .. } | Self::Damaged { .. } => {
                Some("run `labwright build` on the lab's folder again".into())
            }
            _ => None,
        }
    }

    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| match source.raw_os_error() {
            Some(code) if is_full(code) => Self::DiskFull { path, source },
            _ => Self::File { what, path, source },
        }
    }

    pub(crate) fn kernel(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::Kernel {
            what,
            source: errno.into(),
        }
    }

    pub(crate) fn damaged(
        path: &Path,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            source: source.into(),
        }
    }
}

fn is_full(code: i32) -> bool {
    code == rustix::io::Errno::NOSPC.raw_os_error()
        || code == rustix::io::Errno::DQUOT.raw_os_error()
}
