//! A lab and its folder become a lab image: a pure [`Plan`] first, then [`build()`] acts on it.
//!
//! The image is an OCI image layout that all labs of a machine share, beside the same layers
//! unpacked, so that a place can start a node without copying anything. This crate must not
//! know tokio, places or sessions, and draws no progress bars: it reports to [`Progress`].

mod apt;
mod architecture;
mod base;
mod blob;
pub mod browser;
mod build;
mod cgroup;
mod container;
mod digest;
mod entries;
mod error;
mod files;
mod image;
mod inputs;
mod kernel;
mod lock;
mod make;
mod node;
mod oci;
mod pack;
mod packages;
mod plan;
mod process;
mod progress;
mod prune;
mod scratch;
mod seccomp;
mod size;
mod sources;
mod store;
mod unpack;

pub use architecture::Architecture;
pub use build::{build, build_base, build_display, forget};
pub use digest::Digest;
pub use error::ImageError;
pub use image::{LabImage, LayerInfo};
pub use inputs::{Entry, EntryKind, Inputs, Tree};
pub use lock::{LOCK_FILE, Lock, LockedLayer, lock};
pub use plan::{LayerPlan, Plan, Recipe, has_desktop, plan, plan_machine};
pub use progress::{Event, Progress, Silent};
pub use prune::{Pruned, prune};
pub use size::{LabSize, LayerSize, PackageSize, PathSize, size};
pub use store::{Record, Store};

/// Packs a tree into an OCI layer and unpacks layers again; public for tests of both directions.
pub mod layer {
    pub use crate::pack::{PackOptions, pack};
    pub use crate::unpack::unpack;
}
