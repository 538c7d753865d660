//! Tests of the manifest at its boundary: folders in, labs or rendered problems out.

mod cases;
mod generated;
mod hostile;
mod support;
mod whole;
