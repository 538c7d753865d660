//! Pages that come out of a lab: a node's web server, a page of the author's. Nobody vouches for
//! them, so they are served from origins of their own, below another registrable domain than the
//! platform's.
//!
//! A request whose `Host` is below that domain never reaches the platform's router. The only thing
//! that opens it is a cookie of that one origin, which a one-time ticket is traded for; the ticket
//! comes from the API. What is connected to is found by session and app, never by anything that a
//! client or an application says.

mod activity;
mod domain;
mod files;
mod headers;
mod own_pages;
mod pass;
mod proxy;
mod target;
mod upstream;

pub use domain::{AppsDomain, Site};
pub(crate) use pass::{Door, Grant};
pub(crate) use proxy::{Apps, OPEN_PATH};
pub(crate) use target::{find as find_target, site};
