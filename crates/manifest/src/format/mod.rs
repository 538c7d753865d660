//! The lab format as tables: every key of `lab.yaml`, what it may hold and what it means.
//!
//! Change the format here; `docs/lab.schema.json` and `docs/lab-format.md` are written from it.

mod kinds;
mod lab;
mod node;
mod step;

pub(crate) use kinds::*;
pub(crate) use lab::LAB;
pub(crate) use step::PLACES;
