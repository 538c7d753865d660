//! The forms of `labwright export`, a file each.

pub mod scorm;
pub mod web;
mod wireshark;
