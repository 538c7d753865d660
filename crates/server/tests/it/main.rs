//! The server from outside: over HTTP and WebSockets, with the fake place and SQLite.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)] // Only `#[test]` functions are exempt by themselves.

mod access;
mod app_sockets;
mod apps;
mod apps_domain;
mod boards;
mod bounds;
mod captures;
mod channels;
mod crowd;
mod frames;
mod help;
mod in_browser;
mod launches;
mod learning;
mod line;
mod lti;
mod lti_outbox;
mod lti_setup;
mod markdown;
mod oidc;
mod origin;
mod people;
mod platform;
mod privacy;
mod restart;
mod rules;
mod sockets;
mod world;
