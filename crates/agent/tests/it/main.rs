//! Tests of the agent's parts at their boundary. They need root: see CONTRIBUTING.md.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod init_check;
mod init_files;
mod init_node;
mod init_protect;
mod init_service;
mod init_spawn;
mod init_users;
mod machine;
mod machine_apart;
mod machine_display;
mod machine_hostile;
mod machine_life;
mod machine_shares;
mod serve_capture;
mod serve_connect;
mod serve_exec;
mod serve_machine;
mod serve_peer;
mod serve_terminal;
