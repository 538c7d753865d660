//! A lab folder becomes a [`labwright_model::Lab`], or problems with line and column.
//!
//! Data flows `lab.yaml` text -> YAML tree with spans -> compared with the tables of the format ->
//! decoded, defaults filled in, pages and scripts read -> addresses given out -> rules. Everything
//! that is found on the way is reported at once. This crate must not know tokio, build, or start
//! anything, and never reads outside the lab folder.

mod addresses;
mod check;
mod decode;
mod fit;
mod folder;
mod format;
mod load;
mod problem;
mod problems;
mod reference;
mod rules;
mod scalar;
mod schema;
mod shape;
mod yaml;

pub use fit::{PlaceFacts, PlaceFit, fit};
pub use folder::{MAX_LAB_BYTES, MAX_TEXT_BYTES};
pub use load::{Loaded, load};
pub use problem::{Problem, Severity};
pub use problems::LAB_FILE;
pub use reference::reference;
pub use schema::json_schema;
pub use yaml::{MAX_DEPTH, MAX_VALUES};
