//! The agent's parts: [`machine`] makes nodes and networks, [`init`] is PID 1 of a node and the
//! handle to it, [`serve`] answers the
//! wire protocol. A library only so that tests reach them; nothing else depends on it.

pub mod init;
pub mod machine;
pub mod serve;
