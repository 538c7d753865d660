//! The forms of `labwright export`, a file each; and what they have in common.

pub mod list;
pub mod scorm;
pub mod serve;
pub mod web;
mod wireshark;
